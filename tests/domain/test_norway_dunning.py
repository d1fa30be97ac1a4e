"""The amounts of Norwegian dunning: the law's own numbers, both sides of every date, and refusal without a row."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.errors import InvalidDate, InvalidMoney
from purring.domain.money import Money
from purring.domain.norway.dunning import (
    b2b_compensation,
    count_resets_on,
    earliest_deadline,
    earliest_fee_day,
    interest_parts,
    is_long_enough,
    late_interest,
    letter_fee,
    payment_demand_fee,
    reminder_fee,
)
from purring.domain.norway.dunning_rows import KNOWN_TO, NORWAY, RULES
from purring.domain.norway.law import LetterKind, Row
from purring.domain.norway.pages import norway

DAY = timedelta(days=1)
FIRST = date(2024, 1, 1)
LAST = KNOWN_TO - DAY
DAYS = st.dates(FIRST, LAST)
AMOUNTS = st.integers(1, 10**12).map(lambda minor: Money(minor, "NOK"))
NEW_ACT = next(row for row in NORWAY.regimes if row.valid_from is None)


def _kr(kroner: int) -> Money:
    return Money(kroner * 100, "NOK")


# ---------------------------------------------------------------------------------------------------------------------
# Fees


@pytest.mark.parametrize(
    ("on", "reminder", "demand"),
    [
        (date(2020, 10, 1), 35, 105),
        (date(2025, 12, 31), 35, 105),
        (date(2026, 1, 1), 38, 113),
        (date(2026, 12, 31), 38, 113),
    ],
)
def test_a_fee_follows_the_rate_of_the_day(on: date, reminder: int, demand: int) -> None:
    """A letter's fee is its share of the rate on the day of sending, in whole kroner, .50 up."""
    assert _kr(reminder) == reminder_fee(on) == letter_fee(LetterKind.COLLECTION_NOTICE, on)
    assert _kr(demand) == payment_demand_fee(on)


@pytest.mark.parametrize(
    ("rate_minor", "reminder", "demand"), [(70_999, 35, 106), (71_000, 36, 107), (69_000, 35, 104), (68_999, 34, 103)]
)
def test_a_fee_is_rounded_to_whole_kroner_half_up(rate_minor: int, reminder: int, demand: int) -> None:
    """35.4995 becomes 35, 35.50 becomes 36; 103.50 becomes 104."""
    rates = tuple(replace(row, rate=Money(rate_minor, "NOK")) for row in NORWAY.collection_rates)
    law = replace(NORWAY, collection_rates=rates)
    assert (_kr(reminder), _kr(demand)) == (reminder_fee(LAST, law=law), payment_demand_fee(LAST, law=law))


@pytest.mark.parametrize(
    ("on", "what"),
    [
        (date(1989, 9, 30), "collection act"),
        (date(1989, 10, 1), "fee for a reminder"),
        (date(2020, 9, 30), "fee for a reminder"),
        (date(2027, 1, 1), "collection act"),
    ],
)
def test_no_fee_without_a_row(on: date, what: str) -> None:
    """Before the first row and from the end of the last one on, a fee is refused, and the message says what to do."""
    with pytest.raises(InvalidDate) as caught:
        reminder_fee(on)
    expected = f"No {what} is known for {on}; charge nothing, and add the row once its regulation is published."
    assert (expected, "on", (what, str(on))) == (caught.value.message, caught.value.field, caught.value.details)


def test_no_fee_without_a_collection_rate() -> None:
    """A share of a rate that isn't known is no fee."""
    law = replace(NORWAY, collection_rates=NORWAY.collection_rates[:1])
    assert _kr(35) == reminder_fee(date(2025, 12, 31), law=law)
    with pytest.raises(InvalidDate, match="No inkassosats is known for 2026-01-01"):
        reminder_fee(date(2026, 1, 1), law=law)


@pytest.mark.parametrize("letter", LetterKind)
def test_the_old_act_s_fees_end_with_it(letter: LetterKind) -> None:
    """Once the new act is in force, the old shares are no ground for a fee, even where their rows still hold."""
    starts_on = date(2026, 12, 1)
    old = replace(NORWAY.regimes[0], valid_to=starts_on)
    law = replace(NORWAY, regimes=(old, replace(NEW_ACT, valid_from=starts_on)))
    assert letter_fee(letter, starts_on - DAY) == letter_fee(letter, starts_on - DAY, law=law)
    with pytest.raises(InvalidDate, match=r"No fee for a .* is known for 2026-12-01"):
        letter_fee(letter, starts_on, law=law)


def test_a_law_without_a_day_is_never_in_force() -> None:
    """The act of 2026 has no day yet, so it holds on none."""
    assert not any(NEW_ACT.is_valid_on(on) for on in (date(2026, 5, 22), KNOWN_TO, date(2099, 1, 1), date.max))


# ---------------------------------------------------------------------------------------------------------------------
# Days


def test_a_fee_waits_for_day_14() -> None:
    """An invoice due on 1 March bears its first fee on the 15th."""
    assert date(2026, 3, 15) == earliest_fee_day(date(2026, 3, 1))


@pytest.mark.parametrize(
    ("deadline_on", "expected"), [(None, False), (date(2026, 3, 14), False), (date(2026, 3, 15), True)]
)
def test_a_letter_gives_14_days(deadline_on: date | None, *, expected: bool) -> None:
    """A deadline counts if it lies 14 days or more after sending."""
    assert date(2026, 3, 15) == earliest_deadline(date(2026, 3, 1))
    assert expected == is_long_enough(date(2026, 3, 1), deadline_on)


@pytest.mark.parametrize(
    ("sent_on", "resets_on"),
    [
        (date(2026, 1, 15), date(2026, 7, 15)),
        (date(2025, 8, 31), date(2026, 2, 28)),
        (date(2026, 12, 31), date(2027, 6, 30)),
    ],
)
def test_the_count_starts_anew_after_six_months(sent_on: date, resets_on: date) -> None:
    """Six calendar months; a day that the month lacks is its last."""
    assert resets_on == count_resets_on(sent_on)


# ---------------------------------------------------------------------------------------------------------------------
# Late interest


@pytest.mark.parametrize(
    ("due_on", "paid_on", "interest"),
    [
        (date(2026, 3, 1), date(2026, 2, 1), "0.00 NOK"),  # early
        (date(2026, 3, 1), date(2026, 3, 1), "0.00 NOK"),  # on the last day
        (date(2026, 3, 1), date(2026, 3, 2), "3.28 NOK"),  # 10 000 × 12 % / 365 = 3.287…
        (date(2026, 3, 1), date(2026, 3, 31), "98.63 NOK"),  # 30 days: 98.630…
        (date(2025, 12, 31), date(2026, 6, 30), "595.06 NOK"),  # 181 days at 12 %: 595.068…
        (date(2026, 6, 29), date(2026, 6, 30), "3.28 NOK"),  # the last day at 12 %
        (date(2026, 6, 30), date(2026, 7, 1), "3.35 NOK"),  # the first at 12.25 %: 3.356…
        (date(2026, 6, 29), date(2026, 7, 1), "6.64 NOK"),  # both, rounded once: 6.643…
        (date(2023, 12, 31), date(2024, 12, 31), "1250.00 NOK"),  # a leap year at 12.5 %
        (date(2024, 12, 30), date(2025, 1, 1), "6.83 NOK"),  # 1/366 + 1/365 of 1250: 6.839…
        (date(2025, 12, 31), date(2026, 12, 31), "1212.60 NOK"),  # 181 days at 12 %, 184 at 12.25 %: 1212.602…
    ],
)
def test_late_interest_of_ten_thousand_kroner(due_on: date, paid_on: date, interest: str) -> None:
    """From the day after due to the day of payment, each at its own rate, rounded down once."""
    assert interest == str(late_interest(_kr(10_000), due_on, paid_on))


@pytest.mark.parametrize(
    ("due_on", "paid_on", "missing"),
    [
        (date(2023, 12, 30), date(2024, 6, 1), date(2023, 12, 31)),
        (date(2026, 12, 30), date(2027, 1, 1), date(2027, 1, 1)),
        (date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 1)),
    ],
)
def test_no_interest_for_a_day_without_a_rate(due_on: date, paid_on: date, missing: date) -> None:
    """One late day without a known rate is enough to refuse; the last known day isn't."""
    assert late_interest(_kr(10_000), date(2023, 12, 31), date(2026, 12, 31))
    with pytest.raises(InvalidDate, match=f"No forsinkelsesrente is known for {missing}"):
        late_interest(_kr(10_000), due_on, paid_on)


@pytest.mark.parametrize("minor", [0, -1])
def test_nothing_bears_no_interest(minor: int) -> None:
    """Only an amount above zero can be late."""
    with pytest.raises(InvalidMoney, match="send the overdue amount, above zero"):
        late_interest(Money(minor, "NOK"), date(2026, 3, 1), date(2026, 4, 1))


@pytest.mark.parametrize("day", [date.min, date.max])
def test_a_day_that_nobody_reckons_with_is_refused(day: date) -> None:
    """Days outside the years we know are refused by name, wherever they are given."""
    with pytest.raises(InvalidDate, match="due_on"):
        late_interest(_kr(1), day, LAST)
    with pytest.raises(InvalidDate, match="paid_on"):
        late_interest(_kr(1), LAST, day)
    for function in (earliest_fee_day, earliest_deadline, count_resets_on):
        with pytest.raises(InvalidDate):
            function(day)


@given(AMOUNTS, DAYS, DAYS)
def test_late_interest_is_the_sum_of_its_days(amount: Money, one: date, other: date) -> None:
    """Reckoned day by day, the exact sum is less than one øre above what is asked, and never below it."""
    due_on, paid_on = sorted((one, other))
    late = [due_on + n * DAY for n in range(1, (paid_on - due_on).days + 1)]
    rates = [next(row.rate_bp for row in NORWAY.half_years if row.is_valid_on(day)) for day in late]
    length = {year: (date(year + 1, 1, 1) - date(year, 1, 1)).days for year in range(2024, 2027)}
    exact = sum(
        (Fraction(amount.minor * rate, 10_000 * length[day.year]) for day, rate in zip(late, rates, strict=True)),
        Fraction(),
    )
    assert 0 <= exact - late_interest(amount, due_on, paid_on).minor < 1


@given(AMOUNTS, DAYS, DAYS, DAYS)
def test_late_interest_is_simple(amount: Money, one: date, other: date, third: date) -> None:
    """Cutting the time in two changes nothing but the rounding: no interest is borne by interest."""
    due_on, between_on, paid_on = sorted((one, other, third))
    whole = late_interest(amount, due_on, paid_on)
    parts = late_interest(amount, due_on, between_on) + late_interest(amount, between_on, paid_on)
    assert Money(0, "NOK") <= whole - parts <= Money(1, "NOK")


@given(DAYS, DAYS)
def test_parts_cover_the_late_days(one: date, other: date) -> None:
    """The parts follow one another from the day after due to the day of payment, each within its row."""
    due_on, paid_on = sorted((one, other))
    parts = interest_parts(due_on, paid_on)
    assert (paid_on - due_on).days == sum(part.days for part in parts)
    for part in parts:
        assert part.days > 0
        assert part.row.is_valid_on(part.first_on)
        assert part.row.is_valid_on(part.first_on + (part.days - 1) * DAY)
    for earlier, later in pairwise(parts):
        assert earlier.first_on + earlier.days * DAY == later.first_on


def test_a_row_over_several_years_is_split_where_the_year_ends() -> None:
    """A day of a leap year counts 1/366 and its neighbor 1/365, even at one rate."""
    row = replace(NORWAY.half_years[0], valid_to=date(2026, 1, 1))
    law = replace(NORWAY, half_years=(row,))
    parts = interest_parts(date(2024, 12, 30), date(2025, 1, 1), law=law)
    assert [(date(2024, 12, 31), 1), (date(2025, 1, 1), 1)] == [(part.first_on, part.days) for part in parts]
    assert "6.83 NOK" == str(late_interest(_kr(10_000), date(2024, 12, 30), date(2025, 1, 1), law=law))


# ---------------------------------------------------------------------------------------------------------------------
# Compensation


@pytest.mark.parametrize(
    ("on", "kroner"),
    [
        (date(2024, 1, 1), 470),
        (date(2024, 6, 30), 470),
        (date(2024, 7, 1), 460),
        (date(2024, 12, 31), 460),
        (date(2025, 1, 1), 470),
        (date(2025, 6, 30), 470),
        (date(2025, 7, 1), 460),
        (date(2025, 12, 31), 460),
        (date(2026, 1, 1), 460),
        (date(2026, 6, 30), 460),
        (date(2026, 7, 1), 430),
        (date(2026, 12, 31), 430),
    ],
)
def test_compensation_follows_the_half_year(on: date, kroner: int) -> None:
    """The compensation is set for each half-year."""
    assert _kr(kroner) == b2b_compensation(on)


@pytest.mark.parametrize("on", [date(2023, 12, 31), date(2027, 1, 1)])
def test_no_compensation_without_a_row(on: date) -> None:
    """The day before the first row and the first after the last are refused."""
    with pytest.raises(InvalidDate, match=f"No forsinkelsesrente is known for {on}"):
        b2b_compensation(on)


# ---------------------------------------------------------------------------------------------------------------------
# The rows


def test_rows_follow_one_another() -> None:
    """No two rows of a kind hold on one day, none is missing between, and no edition of a rate stands twice."""
    rates: list[tuple[Row, ...]] = [NORWAY.collection_rates, NORWAY.half_years]
    for rows in rates:
        assert len(rows) == len({row.edition for row in rows})
        for older, newer in pairwise(rows):
            assert older.valid_to == newer.valid_from
        assert KNOWN_TO == rows[-1].valid_to


def test_every_letter_has_one_share_under_the_act_in_force() -> None:
    """Each kind of letter has exactly one share, and only under an act that lets creditors send it."""
    own = {row.id for row in NORWAY.regimes if row.own_collection}
    assert sorted(LetterKind) == sorted(row.letter for row in NORWAY.fee_shares)
    assert own == {row.regime_id for row in NORWAY.fee_shares}


def test_a_row_that_ends_before_it_begins_is_a_bug() -> None:
    """A row that could never hold can't be written down."""
    with pytest.raises(AssertionError, match="ends too early"):
        replace(NORWAY.half_years[0], valid_to=FIRST)


# ---------------------------------------------------------------------------------------------------------------------
# The page


def test_the_page_shows_every_row_and_admits_what_is_unverified() -> None:
    """Each row has one line with its edition; a row is called unverified exactly if it is."""
    lines = [line for paragraph in norway() for line in paragraph.splitlines()]
    rows: list[Row] = [*NORWAY.regimes, *NORWAY.collection_rates, *NORWAY.half_years]
    for row in rows:
        first = "no day set" if row.valid_from is None else str(row.valid_from)
        shown = [line for line in lines if row.edition in line and first in line]
        assert 1 == len(shown), row
        assert row.verified == ("unverified" not in shown[0])
    for rule in RULES.values():
        assert f"| `{rule.id}` | {rule.text} | {rule.statute} | {rule.edition} |" in lines
    assert {False, True} == {row.verified for row in rows}
