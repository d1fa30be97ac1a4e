"""In what form a debit is presented: counted per account and debt, as the scheme demands or as the payer agreed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from purring.domain.attempt import AttemptStatus
from purring.domain.decline import DeclineClass
from purring.domain.policy import Policy
from purring.domain.presented import presentment
from purring.domain.rulebook.presentment import Presentment
from tests.domain import make
from tests.domain.make import day

NOW = day(5)


def _presented(scheme: str, returned: int, policy: Policy | None = None) -> Presentment:
    method = make.method("a", scheme)
    attempts = tuple(make.attempt(n, day(n), of=method) for n in range(1, returned + 1))
    found = presentment(make.facts(method, policy=policy, attempts=attempts), method, NOW)
    assert found
    return found


@pytest.mark.parametrize(
    ("scheme", "first", "again"),
    [
        ("ach", (None, None, None, None), ("RETRY PYMT", None, None, None)),
        ("bacs", (None, None, None, 10), (None, "18", None, None)),
        ("sepa", (None, None, "RCUR", 14), (None, None, "RCUR", 14)),
    ],
)
def test_a_debit_has_the_form_of_its_turn(scheme: str, first: tuple[object, ...], again: tuple[object, ...]) -> None:
    """The first time, and once it has come back."""

    def form(returned: int) -> tuple[object, ...]:
        said = _presented(scheme, returned)
        return said.entry_description, said.transaction_code, said.sequence_type, said.prenotification_days

    assert [first, again, again] == [form(0), form(1), form(2)]
    assert [1, 2, 3] == [_presented(scheme, returned).number for returned in range(3)]


def test_payers_may_have_agreed_to_another_notice() -> None:
    """Where the scheme demands one; nothing is asked of a debit that needs none."""
    agreed = Policy(prenotification_days=2)
    assert [2, 2, None] == [
        _presented(scheme, returned, agreed).prenotification_days
        for scheme, returned in (("sepa", 0), ("bacs", 0), ("bacs", 1))
    ]


def test_of_a_card_no_form_is_demanded() -> None:
    """Nothing is said."""
    card = make.method("a", "visa")
    assert None is presentment(make.facts(card), card, NOW)


def test_another_account_and_an_attempt_that_never_arrived_begin_anew() -> None:
    """Only what came back from this account was presented to it."""
    method, other = make.method("a", "ach"), make.method("b", "ach")
    declined = make.attempt(1, day(1), of=other, decline_class=DeclineClass.RETRY_LATER)
    failed = replace(make.attempt(2, day(2), of=method), status=AttemptStatus.FAILED)
    found = presentment(make.facts(method, other, attempts=(declined, failed)), method, NOW)
    assert found
    assert (1, None) == (found.number, found.entry_description)
