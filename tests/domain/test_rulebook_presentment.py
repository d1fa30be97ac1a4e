"""The form in which a scheme wants a debit presented, the first time and again."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.rulebook.presentment import TERMS, PresentmentTerms, presentment_terms
from purring.domain.rulebook.tables import BANK_SCHEMES

TODAY = date(2026, 11, 23)


def test_ach_wants_to_read_that_it_is_a_retry() -> None:
    """A debit entered again says RETRY PYMT, with the same amount and originator; the first says what it likes."""
    again = presentment_terms("ach", 2, TODAY)
    assert ("RETRY PYMT", True, True) == (again.entry_description, again.same_amount, again.same_originator)
    assert again == presentment_terms("ach", 3, TODAY)
    assert presentment_terms("ach", 1, TODAY).entry_description is None


def test_bacs_wants_a_code_of_its_own() -> None:
    """A debit presented again carries code 18 and the same amount, without new notice; the first needs notice."""
    again = presentment_terms("bacs", 2, TODAY)
    assert ("18", True, None) == (again.transaction_code, again.same_amount, again.prenotification_days)
    first = presentment_terms("bacs", 1, TODAY)
    assert (None, 10, True) == (first.transaction_code, first.prenotification_days, first.in_working_days)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_sepa_wants_notice_each_time(number: int) -> None:
    """Each collection is announced 14 calendar days before and belongs to the mandate's series."""
    terms = presentment_terms("sepa", number, TODAY)
    assert ("RCUR", 14, False) == (terms.sequence_type, terms.prenotification_days, terms.in_working_days)
    assert (number > 1) == terms.again


@given(st.sampled_from(["visa", "mastercard", "amex", ""]), st.integers(1, 40), st.dates())
def test_cards_demand_nothing(scheme: str, number: int, on: date) -> None:
    """No network says how a charge must be described when it is tried again."""
    terms = presentment_terms(scheme, number, on)
    nothing = PresentmentTerms(id="none", scheme=scheme, again=number > 1, source=terms.source)
    assert nothing == terms


@given(st.sampled_from(sorted(BANK_SCHEMES)), st.integers(1, 40), st.dates())
def test_at_most_one_row_speaks(scheme: str, number: int, on: date) -> None:
    """For any scheme, number and day there is one answer: the only row in force, or nothing."""
    terms = presentment_terms(scheme, number, on)
    speaking = [row for row in TERMS if row.scheme == scheme and row.again == (number > 1) and row.is_valid_on(on)]
    assert speaking == ([] if terms.id == "none" else [terms])


def test_presentations_are_counted_from_one() -> None:
    """There is no presentation before the first."""
    with pytest.raises(AssertionError, match="no presentation number 0"):
        presentment_terms("ach", 0, TODAY)
