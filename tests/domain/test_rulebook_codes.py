"""The code tables as data: whole, without doubles, and not changed by accident."""

from __future__ import annotations

from collections import Counter
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

# retry_later, after customer action, update_method, never_retry, unknown, not a decline
COUNTS = {
    "iso8583": (13, 9, 9, 15, 48, 6),
    "visa": (14, 12, 8, 15, 23, 0),
    "mastercard": (2, 5, 3, 0, 5, 0),
    "mastercard-advice": (8, 0, 3, 4, 5, 0),
    "ach": (2, 2, 9, 7, 49, 0),
    "sepa": (4, 3, 8, 2, 11, 0),
    "bacs": (1, 2, 3, 2, 4, 0),
    "stripe": (12, 12, 14, 13, 2, 0),
    "adyen": (8, 12, 9, 7, 5, 1),
    "braintree": (12, 10, 19, 15, 55, 0),
}
COLUMNS = (
    DeclineClass.RETRY_LATER,
    DeclineClass.RETRY_AFTER_CUSTOMER_ACTION,
    DeclineClass.UPDATE_METHOD,
    DeclineClass.NEVER_RETRY,
    DeclineClass.UNKNOWN,
    NOT_A_DECLINE,
)


def test_no_row_was_lost_or_reclassified_by_accident() -> None:
    """Each table has so many rows of each class; whoever means to change one changes the number here too."""
    counted = {table.id: Counter(row.decline_class for row in table.codes) for table in TABLES}
    assert COUNTS == {name: tuple(count[column] for column in COLUMNS) for name, count in counted.items()}


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
    """Category 1 forbids another attempt; of the rest, none carries a stop. R0 alone stops one payment only."""
    stops = {row.code: row.stop for row in BY_ID["visa"].codes if row.stop}
    assert {row.code for row in BY_ID["visa"].codes if row.category == 1} == set(stops)
    assert {"R0"} == {code for code, stop in stops.items() if stop is Stop.PAYMENT}
    assert {1, 2, 3, 4} == {row.category for row in BY_ID["visa"].codes}


def test_a_stop_is_never_retried() -> None:
    """Every row with a network's stop has the class `never_retry`; advice 03 and 21 are Mastercard's stops."""
    assert {DeclineClass.NEVER_RETRY} == {row.decline_class for row in ROWS if row.stop}
    assert {"03", "21"} == {row.code for row in BY_ID["mastercard-advice"].codes if row.stop}


def test_prescribed_delays() -> None:
    """Mastercard's advice prescribes these hours, and no other code prescribes any."""
    expected = {"02": 72, "24": 1, "25": 24, "26": 48, "27": 96, "28": 144, "29": 192, "30": 240}
    assert expected == {row.code: row.delay_hours for row in ROWS if row.delay_hours}
    assert expected.keys() == {row.code for row in BY_ID["mastercard-advice"].codes if row.delay_hours}


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
    assert 30 == sum(row.source.grade is Grade.MEMORY for row in ROWS)


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
