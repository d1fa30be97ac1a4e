"""What is sold: products, and prices per interval of days, weeks, months or years."""

import re
from dataclasses import dataclass
from datetime import date

from purring.domain.calendar import IntervalUnit, add_interval
from purring.domain.errors import InvalidInput, InvalidInterval, InvalidMoney, InvalidPeriod, InvalidQuantity
from purring.domain.ids import MerchantId, PriceId, ProductId
from purring.domain.money import Money

__all__ = [
    "COUNT_MAX",
    "NAME_CHARS_MAX",
    "QUANTITY_MAX",
    "TRIAL_DAYS_MAX",
    "Interval",
    "IntervalUnit",
    "Period",
    "Price",
    "Product",
    "parse_interval",
    "period",
    "period_containing",
]

COUNT_MAX = 366
QUANTITY_MAX = 1_000_000
TRIAL_DAYS_MAX = 730
NAME_CHARS_MAX = 200

_WRITTEN = re.compile(r"(?P<count>[1-9][0-9]{0,2}) (?P<unit>day|week|month|year)s?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A number of days, weeks, months or years, 1 to COUNT_MAX. Raises InvalidInterval."""

    unit: IntervalUnit
    count: int

    def __post_init__(self) -> None:
        """Refuse a count out of range."""
        if not 1 <= self.count <= COUNT_MAX:
            message = f"An interval of {self.count} {self.unit}s can't be billed; use 1 to {COUNT_MAX}."
            raise InvalidInterval(message, field="interval")

    def __str__(self) -> str:
        """Write it as parse_interval reads it: `1 month`, `2 weeks`."""
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"


def parse_interval(text: str) -> Interval:
    """Read `1 month`, `2 weeks`, `90 days`.

    Raises InvalidInterval.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        message = f"{text[:60]!r} is not an interval; write a number of days, weeks, months or years: 2 weeks."
        raise InvalidInterval(message, field="interval")
    return Interval(unit=IntervalUnit(match["unit"]), count=int(match["count"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Something a merchant sells. Raises InvalidInput."""

    id: ProductId
    merchant_id: MerchantId
    name: str
    version: int = 1

    def __post_init__(self) -> None:
        """Refuse a name that can't stand on an invoice."""
        if not self.name.strip() or len(self.name) > NAME_CHARS_MAX:
            message = f"A product's name has 1 to {NAME_CHARS_MAX} characters, because it is printed on the invoice."
            raise InvalidInput(message, field="name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What one unit of a product costs per interval, after a trial. Raises InvalidMoney, InvalidInterval."""

    id: PriceId
    merchant_id: MerchantId
    product_id: ProductId
    unit_amount: Money
    interval: Interval
    trial_days: int = 0
    version: int = 1

    def __post_init__(self) -> None:
        """Refuse a price that nobody can owe."""
        if self.unit_amount.minor <= 0:
            message = f"A price of {self.unit_amount} can't be charged; send an amount above zero."
            raise InvalidMoney(message, field="unit_amount")
        if not 0 <= self.trial_days <= TRIAL_DAYS_MAX:
            message = f"A trial of {self.trial_days} days can't be given; use 0 to {TRIAL_DAYS_MAX}."
            raise InvalidInterval(message, field="trial_days")

    def amount_for(self, quantity: int) -> Money:
        """Price a number of units, 1 to QUANTITY_MAX.

        Raises InvalidQuantity, InvalidMoney.
        """
        if not 1 <= quantity <= QUANTITY_MAX:
            message = f"A quantity of {quantity} can't be billed; use 1 to {QUANTITY_MAX}."
            raise InvalidQuantity(message, field="quantity")
        return self.unit_amount * quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A billing period, counted from zero; `end_on` is the first day that is not in it. Raises InvalidPeriod."""

    start_on: date
    end_on: date
    index: int

    def __post_init__(self) -> None:
        """Refuse a period without a day in it."""
        if self.end_on <= self.start_on:
            message = f"A period from {self.start_on} to {self.end_on} has no day in it; end it after it starts."
            raise InvalidPeriod(message, field="end_on")

    def __contains__(self, on: date) -> bool:
        """Tell whether a day lies in the period."""
        return self.start_on <= on < self.end_on


def period(anchor_on: date, interval: Interval, index: int) -> Period:
    """Give the billing period with an index; number 0 starts on the anchor.

    Raises InvalidInterval past the year 9999.
    """
    return Period(
        start_on=add_interval(anchor_on, interval.unit, interval.count, index),
        end_on=add_interval(anchor_on, interval.unit, interval.count, index + 1),
        index=index,
    )


def period_containing(anchor_on: date, interval: Interval, on: date) -> Period:
    """Find the billing period that a day lies in.

    Raises InvalidPeriod before the anchor, InvalidInterval past the year 9999.
    """
    if on < anchor_on:
        message = f"{on} is before the first period, which starts on {anchor_on}; ask for a later day."
        raise InvalidPeriod(message)
    units = _units_between(anchor_on, interval.unit, on)
    index = units // interval.count
    if add_interval(anchor_on, interval.unit, interval.count, index) > on:
        index -= 1
    return period(anchor_on, interval, index)


def _units_between(anchor_on: date, unit: IntervalUnit, on: date) -> int:
    """Count the units between two days, at most one too many where months have different lengths."""
    if unit is IntervalUnit.DAY:
        return (on - anchor_on).days
    if unit is IntervalUnit.WEEK:
        return (on - anchor_on).days // 7
    months = (on.year - anchor_on.year) * 12 + on.month - anchor_on.month
    return months if unit is IntervalUnit.MONTH else months // 12
