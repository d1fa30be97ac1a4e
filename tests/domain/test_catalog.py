"""The catalog: intervals, prices and the billing periods they cut time into."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.catalog import (
    COUNT_MAX,
    NAME_CHARS_MAX,
    QUANTITY_MAX,
    TRIAL_DAYS_MAX,
    Interval,
    IntervalUnit,
    Period,
    Price,
    Product,
    parse_interval,
    period,
    period_containing,
)
from purring.domain.errors import InvalidInput, InvalidInterval, InvalidMoney, InvalidPeriod, InvalidQuantity
from purring.domain.ids import MerchantId, PriceId, ProductId
from purring.domain.money import Money

days_on = st.dates(min_value=date(1970, 1, 1), max_value=date(2199, 12, 31))
intervals = st.builds(Interval, unit=st.sampled_from(IntervalUnit), count=st.integers(min_value=1, max_value=COUNT_MAX))
MONTHLY = Interval(unit=IntervalUnit.MONTH, count=1)
YEARLY = Interval(unit=IntervalUnit.YEAR, count=1)


def price(minor: int = 24995, trial_days: int = 0) -> Price:
    """Make a monthly price."""
    return Price(
        id=PriceId("price_1"),
        merchant_id=MerchantId("mer_1"),
        product_id=ProductId("prod_1"),
        unit_amount=Money(minor, "USD"),
        interval=MONTHLY,
        trial_days=trial_days,
    )


@given(intervals)
def test_intervals_read_back(interval: Interval) -> None:
    """`parse_interval` undoes `str`."""
    assert interval == parse_interval(str(interval))


@pytest.mark.parametrize(("text", "written"), [("1 month", "1 month"), ("2 week", "2 weeks"), ("1 years", "1 year")])
def test_intervals_as_people_write_them(text: str, written: str) -> None:
    """Singular and plural are both understood, and written rightly."""
    assert written == str(parse_interval(text))


@pytest.mark.parametrize(
    "text", ["", "month", "0 days", "-1 days", "1.5 months", "1 fortnight", "1month", "1 Month", "٣ days"]
)
def test_other_intervals_are_refused(text: str) -> None:
    """Anything but a number and a unit is refused with an example."""
    with pytest.raises(InvalidInterval, match="2 weeks") as caught:
        parse_interval(text)
    assert "interval" == caught.value.field


@pytest.mark.parametrize("count", [0, -1, COUNT_MAX + 1])
def test_intervals_are_bounded(count: int) -> None:
    """No interval is empty or longer than the bound."""
    with pytest.raises(InvalidInterval, match=f"1 to {COUNT_MAX}"):
        Interval(unit=IntervalUnit.DAY, count=count)


@given(days_on, intervals, st.integers(min_value=0, max_value=15))
def test_periods_join_without_gap_or_overlap(anchor_on: date, interval: Interval, index: int) -> None:
    """Each period ends where the next begins, and the first begins on the anchor."""
    this, following = period(anchor_on, interval, index), period(anchor_on, interval, index + 1)
    assert anchor_on == period(anchor_on, interval, 0).start_on
    assert this.end_on == following.start_on
    assert this.start_on < this.end_on


@given(days_on, intervals, st.integers(min_value=0, max_value=40_000))
def test_every_day_lies_in_the_period_that_is_found(anchor_on: date, interval: Interval, later_days: int) -> None:
    """The period found for a day contains it and is the one its index names."""
    on = anchor_on + timedelta(days=later_days)
    found = period_containing(anchor_on, interval, on)
    assert on in found
    assert found == period(anchor_on, interval, found.index)


@given(days_on, intervals, st.integers(min_value=0, max_value=15))
def test_the_edges_of_a_period_are_found(anchor_on: date, interval: Interval, index: int) -> None:
    """The first and last day lie in the period, the day after in the next."""
    expected = period(anchor_on, interval, index)
    assert expected == period_containing(anchor_on, interval, expected.start_on)
    assert expected == period_containing(anchor_on, interval, expected.end_on - timedelta(days=1))
    assert expected.end_on not in expected
    assert index + 1 == period_containing(anchor_on, interval, expected.end_on).index


def test_a_month_end_does_not_drift() -> None:
    """From 31 January the boundaries are the ends of the months, not the 28th for ever."""
    starts = [period(date(2027, 1, 31), MONTHLY, index).start_on for index in range(5)]
    assert [date(2027, 1, 31), date(2027, 2, 28), date(2027, 3, 31), date(2027, 4, 30), date(2027, 5, 31)] == starts


def test_a_leap_day_comes_back() -> None:
    """A yearly subscription from 29 February renews on the 28th until the next leap year."""
    starts = [period(date(2028, 2, 29), YEARLY, index).start_on for index in range(5)]
    assert [date(2028, 2, 29), date(2029, 2, 28), date(2030, 2, 28), date(2031, 2, 28), date(2032, 2, 29)] == starts


def test_a_day_before_the_anchor_has_no_period() -> None:
    """Nothing is billed before the first period."""
    with pytest.raises(InvalidPeriod, match="before the first period"):
        period_containing(date(2027, 1, 31), MONTHLY, date(2027, 1, 30))


@pytest.mark.parametrize("end_on", [date(2027, 1, 1), date(2026, 12, 31)])
def test_a_period_has_a_day_in_it(end_on: date) -> None:
    """A period that ends before or when it starts is refused."""
    with pytest.raises(InvalidPeriod, match="no day in it"):
        Period(start_on=date(2027, 1, 1), end_on=end_on, index=0)


@given(st.integers(min_value=1, max_value=QUANTITY_MAX))
def test_a_quantity_multiplies_the_unit(quantity: int) -> None:
    """So many units cost so many times one."""
    assert Money(24995 * quantity, "USD") == price().amount_for(quantity)


@pytest.mark.parametrize("quantity", [0, -1, QUANTITY_MAX + 1])
def test_quantities_are_bounded(quantity: int) -> None:
    """No invoice line is empty, negative or beyond the bound."""
    with pytest.raises(InvalidQuantity, match=f"1 to {QUANTITY_MAX}"):
        price().amount_for(quantity)


@pytest.mark.parametrize("minor", [0, -1])
def test_a_price_is_above_zero(minor: int) -> None:
    """Nothing and less than nothing can't be charged."""
    with pytest.raises(InvalidMoney, match="above zero") as caught:
        price(minor)
    assert "unit_amount" == caught.value.field


@pytest.mark.parametrize("trial_days", [-1, TRIAL_DAYS_MAX + 1])
def test_trials_are_bounded(trial_days: int) -> None:
    """A trial is not negative and ends some day."""
    with pytest.raises(InvalidInterval, match=f"0 to {TRIAL_DAYS_MAX}"):
        price(trial_days=trial_days)


@pytest.mark.parametrize("name", ["", "  ", "x" * (NAME_CHARS_MAX + 1)])
def test_a_product_has_a_name_that_fits_on_an_invoice(name: str) -> None:
    """A blank or endless name is refused."""
    with pytest.raises(InvalidInput, match="printed on the invoice"):
        Product(id=ProductId("prod_1"), merchant_id=MerchantId("mer_1"), name=name)


def test_a_product_starts_at_version_one() -> None:
    """A product that was never changed is its own first version."""
    assert 1 == Product(id=ProductId("prod_1"), merchant_id=MerchantId("mer_1"), name="Tea").version
