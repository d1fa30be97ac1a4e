"""The code tables as data: whole, without doubles, and not changed by accident."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.rulebook.advice import PROFILES
from purring.domain.rulebook.codes import NOT_A_DECLINE, Code, Grade, Source, Stop, Table
from purring.domain.rulebook.reasons import MANDATE_REASONS, MASKED_REASONS, STRICTNESS
from purring.domain.rulebook.tables import TABLES, rule_id

BY_ID = {table.id: table for table in TABLES}
ROWS = [row for table in TABLES for row in table.codes]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.id)
def test_no_code_stands_twice(table: Table) -> None:
    """A code has one row, or several whose days follow one another without overlapping."""
    editions: dict[str, list[Code]] = {}
    for row in table.codes:
        editions.setdefault(row.code.upper(), []).append(row)
    for rows in editions.values():
        rows.sort(key=lambda row: row.valid_from or date.min)
        for older, newer in pairwise(rows):
            assert older.valid_to is not None
            assert newer.valid_from is not None
            assert older.valid_to <= newer.valid_from


def test_ranges_hide_no_code() -> None:
    """A range of numbers covers none of its table's own codes."""
    for table in TABLES:
        numbers = {int(row.code) for row in table.codes if row.code.isdigit()}
        for row in table.codes:
            first, dash, last = row.code.partition("-")
            if dash:
                assert not numbers & set(range(int(first), int(last) + 1))


def test_rule_ids_are_unique() -> None:
    """Every row of every table has an id of its own."""
    ids = [rule_id(table, row) for table in TABLES for row in table.codes]
    assert len(ids) == len(set(ids))


def test_every_reason_is_reached() -> None:
    """Each decline reason is given by some code, and each class too."""
    assert set(DeclineReason) == {row.reason for row in ROWS}
    assert set(DeclineClass) | {NOT_A_DECLINE} == {row.decline_class for row in ROWS}
    assert set(DeclineClass) == set(STRICTNESS)
    assert len(STRICTNESS) == len(set(STRICTNESS.values()))


def test_visas_first_category_stops_and_no_other_does() -> None:
    """Category 1 forbids another attempt; of the rest, none carries a stop."""
    stops = {row.code: row.stop for row in BY_ID["visa"].codes if row.stop}
    assert {row.code for row in BY_ID["visa"].codes if row.category == 1} == set(stops)
    assert {1, 2, 3, 4} == {row.category for row in BY_ID["visa"].codes}


def test_a_stop_is_never_retried() -> None:
    """Every row with a network's stop has the class `never_retry`, whether it stops a payment or the card."""
    assert {DeclineClass.NEVER_RETRY} == {row.decline_class for row in ROWS if row.stop}
    assert set(Stop) == {row.stop for row in ROWS if row.stop}


def test_a_wait_is_for_later() -> None:
    """Only a row that permits a retry prescribes a wait, in whole hours."""
    assert {DeclineClass.RETRY_LATER} == {row.decline_class for row in ROWS if row.delay_hours is not None}
    assert all(row.delay_hours > 0 for row in ROWS if row.delay_hours is not None)


def test_a_code_that_may_hide_a_payment_permits_no_blind_retry() -> None:
    """Where the charge has surely an uncertain outcome, the class is `unknown`: it stops and asks."""
    assert {DeclineClass.UNKNOWN} == {row.decline_class for row in ROWS if row.uncertain == "yes"}


@pytest.mark.parametrize("row", ROWS, ids=[rule_id(table, row) for table in TABLES for row in table.codes])
def test_a_row_is_fit_to_be_read(row: Code) -> None:
    """A meaning starts like a sentence and has no full stop; the code fits; the source is named."""
    assert row.meaning[0].upper() == row.meaning[0]
    assert not row.meaning.endswith(".")
    assert row.code == row.code.strip()
    assert row.source.text


def test_what_nobody_checked_is_marked() -> None:
    """The rows from memory are exactly those whose source says so."""
    assert {Grade.MEMORY} == {row.source.grade for row in ROWS if row.source.text == "memory"}
    assert all(row.source.text == "memory" for row in ROWS if row.source.grade is Grade.MEMORY)


def test_masked_and_mandate_reasons_are_apart() -> None:
    """What a customer isn't told is never about the customer's own mandate."""
    assert not MASKED_REASONS & MANDATE_REASONS


def test_profiles_lead_to_advice_that_exists() -> None:
    """Whatever a gateway's profile names is a code of the network's table, and each of its codes is two digits."""
    listed = {row.code for row in BY_ID["mastercard-advice"].codes}
    for profile in PROFILES.values():
        assert set(profile.values()) <= listed
        assert all(len(code) == 2 and code.isdigit() for code in profile)


def test_a_row_ends_the_day_before_its_last() -> None:
    """`valid_from` belongs to a row, `valid_to` no longer does."""
    row = Code(
        "46",
        "Closed account",
        DeclineReason.ACCOUNT_CLOSED,
        DeclineClass.NEVER_RETRY,
        source=Source("a test", Grade.SECONDARY),
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 4, 1),
    )
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 31), date(2026, 4, 1))
    assert [False, True, True, False] == [row.is_valid_on(day) for day in days]
