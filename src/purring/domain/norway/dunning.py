"""The amounts and days of Norwegian dunning: fees, deadlines, late interest, compensation.

Each amount is the most that the law gives on a day; where no row is valid, there is none and it is refused.
"""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from purring.domain.calendar import IntervalUnit, add_interval, require_date
from purring.domain.errors import InvalidDate, InvalidMoney
from purring.domain.money import Money
from purring.domain.norway import texts
from purring.domain.norway.dunning_rows import NORWAY
from purring.domain.norway.law import CollectionRate, FeeShare, HalfYear, Law, LetterKind, Regime, valid_row

DEADLINE: Final = timedelta(days=14)
"""The least that a letter gives, and the time after due before one bears a fee. Source: N1, N2, N4 of the rows."""

FEE_LETTERS_MAX: Final = 2
"""Reminders and collection notices with a fee, in one count. Source: N2."""

RESET_MONTHS: Final = 6
"""From the last letter with a fee until the count starts anew. Source: N3."""

_DAY = timedelta(days=1)
_BP: Final = 10_000


def earliest_fee_day(due_on: date) -> date:
    """The first day on which a reminder or collection notice may bear a fee (N1).

    Raises InvalidDate.
    """
    return require_date(due_on, "due_on") + DEADLINE


def earliest_deadline(sent_on: date) -> date:
    """The earliest day that a letter sent on a day may set for payment (N2, N4).

    Raises InvalidDate.
    """
    return require_date(sent_on, "sent_on") + DEADLINE


def is_long_enough(sent_on: date, deadline_on: date | None) -> bool:
    """Whether a letter set a deadline, and gave 14 days or more (N2, N4)."""
    return deadline_on is not None and deadline_on >= earliest_deadline(sent_on)


def count_resets_on(last_sent_on: date) -> date:
    """The day on which the count of letters with a fee starts anew (N3).

    Raises InvalidDate.
    """
    return add_interval(require_date(last_sent_on, "last_sent_on"), IntervalUnit.MONTH, RESET_MONTHS, 1)


# ---------------------------------------------------------------------------------------------------------------------
# Fees


def reminder_fee(on: date, *, law: Law = NORWAY) -> Money:
    """The fee for a reminder sent on a day.

    Raises InvalidDate where no rate is known.
    """
    return letter_fee(LetterKind.REMINDER, on, law=law)


def payment_demand_fee(on: date, *, law: Law = NORWAY) -> Money:
    """The fee for a creditor's own payment demand sent on a day.

    Raises InvalidDate where no rate is known.
    """
    return letter_fee(LetterKind.PAYMENT_DEMAND, on, law=law)


def letter_fee(letter: LetterKind, on: date, *, law: Law = NORWAY) -> Money:
    """The fee for a letter sent on a day: its share of the collection rate in whole kroner, .50 up.

    Raises InvalidDate where no rate is known.
    """
    share, rate = fee_rows(letter, on, law)
    kroner = (rate.rate.minor * share.twentieths + 1000) // 2000
    return Money(kroner * 100, rate.rate.currency)


def fee_rows(letter: LetterKind, on: date, law: Law) -> tuple[FeeShare, CollectionRate]:
    """The rows that a letter's fee comes from; a share counts only under its own act.

    Raises InvalidDate.
    """
    regime = regime_on(on, law)
    shares = (row for row in law.fee_shares if row.letter is letter and row.regime_id == regime.id)
    share = valid_row(shares, on)
    if share is None:
        raise unknown(texts.FEE[letter], on)
    rate = valid_row(law.collection_rates, on)
    if rate is None:
        raise unknown(texts.RATE, on)
    return share, rate


def regime_on(on: date, law: Law) -> Regime:
    """The act that is known to be in force on a day.

    Raises InvalidDate.
    """
    regime = valid_row(law.regimes, on)
    if regime is None:
        raise unknown(texts.ACT, on)
    return regime


def unknown(what: str, on: date) -> InvalidDate:
    """The refusal to reckon with a row that nobody gave us; `details` name what is missing and the day."""
    message = f"No {what} is known for {on}; charge nothing, and add the row once its regulation is published."
    return InvalidDate(message, field="on", details=(what, on.isoformat()))


# ---------------------------------------------------------------------------------------------------------------------
# Late interest and compensation


@dataclass(frozen=True, slots=True, kw_only=True)
class InterestPart:
    """The late days of one half-year, `days` of them from `first_on` on, and its row."""

    first_on: date
    days: int
    row: HalfYear

    def of(self, amount: Money) -> Fraction:
        """The exact interest on an amount, in minor units."""
        year_days = 366 if isleap(self.first_on.year) else 365
        return Fraction(amount.minor * self.row.rate_bp * self.days, _BP * year_days)


def late_interest(amount: Money, due_on: date, paid_on: date, *, law: Law = NORWAY) -> Money:
    """The simple interest on an amount from the day after due to the day of payment, both included (N9).

    `due_on` is the last day to pay in time: where that is no business day, the next one. Each day bears the rate that
    holds on it, over the days of its calendar year. Days are added up exactly; the sum is rounded once, down to whole
    minor units, so that never more is asked than the law gives. Paid in time, it is zero.

    Raises InvalidMoney for an amount not above zero, InvalidDate where a rate isn't known.
    """
    if amount.minor <= 0:
        raise InvalidMoney(f"{amount} bears no late interest; send the overdue amount, above zero.", field="amount")
    exact = sum((part.of(amount) for part in interest_parts(due_on, paid_on, law=law)), Fraction())
    return Money(exact.numerator // exact.denominator, amount.currency)


def interest_parts(due_on: date, paid_on: date, *, law: Law = NORWAY) -> tuple[InterestPart, ...]:
    """The late days, split where the rate or the year changes.

    Raises InvalidDate where a rate isn't known.
    """
    parts: list[InterestPart] = []
    day = require_date(due_on, "due_on") + _DAY
    end = require_date(paid_on, "paid_on") + _DAY
    while day < end:
        row = half_year_on(day, law)
        after = min(row.valid_to, date(day.year + 1, 1, 1), end)
        parts.append(InterestPart(first_on=day, days=(after - day).days, row=row))
        day = after
    return tuple(parts)


def half_year_on(on: date, law: Law) -> HalfYear:
    """The row of late interest and compensation of a day.

    Raises InvalidDate.
    """
    row = valid_row(law.half_years, on)
    if row is None:
        raise unknown(texts.INTEREST, on)
    return row


def b2b_compensation(on: date, *, law: Law = NORWAY) -> Money:
    """The compensation that one business owes another for collection costs, by the rate of a day (N8).

    Raises InvalidDate where no rate is known.
    """
    return half_year_on(on, law).compensation
