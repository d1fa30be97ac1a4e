"""Money, days and times in a reader's language."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.money import EXPONENTS, MINOR_MAX, Money
from purring.i18n.format import format_date, format_money, format_time, plain_spaces
from purring.i18n.locales import locales

LOCALES = st.sampled_from(locales())
MONEY = st.builds(Money, st.integers(-MINOR_MAX, MINOR_MAX), st.sampled_from(sorted(EXPONENTS)))


@pytest.mark.parametrize(
    ("money", "locale", "text"),
    [
        (Money(199_000, "NOK"), "en", "NOK 1,990.00"),
        (Money(199_000, "NOK"), "nb", "1 990,00 kr"),
        (Money(24_995, "USD"), "en", "$249.95"),
        (Money(24_995, "USD"), "nb", "249,95 USD"),
        (Money(24_995, "CHF"), "en", "CHF 249.95"),
        (Money(24_995, "CAD"), "en", "CA$249.95"),
        (Money(1_249, "JPY"), "en", "¥1,249"),
        (Money(1_249, "JPY"), "nb", "1 249 JPY"),
        (Money(-12_500, "KWD"), "en", "-KWD 12.500"),
        (Money(100, "ISK"), "nb", "100 ISK"),
        (Money(12_345, "AFN"), "en", "AFN 123.45"),
        (Money(5, "CLF"), "en", "CLF 0.0005"),
        (Money(0, "EUR"), "nb", "0,00 €"),
    ],
)
def test_money_is_written_as_the_language_does(money: Money, locale: str, text: str) -> None:
    """A code keeps its distance from the digits, and there are as many decimals as ISO 4217 gives the currency."""
    assert text == format_money(money, locale, plain=True)


def test_money_on_a_page_does_not_break_across_lines() -> None:
    """Unless plain text is asked for, the spaces inside an amount are no-break spaces."""
    assert format_money(Money(199_000, "NOK"), "nb") == "1\u00a0990,00\u00a0kr"
    assert format_money(Money(199_000, "NOK"), "en") == "NOK\u00a01,990.00"


@given(MONEY, LOCALES)
def test_no_digit_is_lost_or_made_up(money: Money, locale: str) -> None:
    """The digits of an amount are those of its minor units, up to leading zeros."""
    digits = "".join(char for char in format_money(money, locale) if char.isdecimal())
    assert abs(money.minor) == int(digits)


@given(MONEY, LOCALES)
def test_plain_money_has_only_ordinary_spaces(money: Money, locale: str) -> None:
    """Text mail gets no space that a mail program could show as a box."""
    assert not [char for char in format_money(money, locale, plain=True) if char.isspace() and char != " "]


@pytest.mark.parametrize(
    ("locale", "weekday", "text"),
    [
        ("en", True, "Tuesday, November\u00a03, 2026"),
        ("en", False, "November\u00a03, 2026"),
        ("nb", True, "tirsdag 3.\u00a0november 2026"),
        ("nb", False, "3.\u00a0november 2026"),
    ],
)
def test_a_day_is_written_with_its_month_in_words(locale: str, *, weekday: bool, text: str) -> None:
    """Nobody has to guess which number is the month, and day and month stay on one line."""
    assert text == format_date(date(2026, 11, 3), locale, weekday=weekday)


def test_an_instant_is_the_day_of_the_zone_it_is_read_in() -> None:
    """Half past eleven at night in London is already tomorrow in Oslo."""
    at = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)
    assert format_date(at, "en", tz=ZoneInfo("Europe/London")) == "November\u00a02, 2026"
    assert format_date(at, "en", tz=ZoneInfo("Europe/Oslo")) == "November\u00a03, 2026"


def test_a_time_of_day_follows_zone_and_language() -> None:
    """The same instant reads 3:05 PM or 15:05 in Oslo."""
    at, oslo = datetime(2026, 11, 3, 14, 5, tzinfo=UTC), ZoneInfo("Europe/Oslo")
    assert format_time(at, "en", tz=oslo, plain=True) == "3:05 PM"
    assert format_time(at, "nb", tz=oslo) == "15:05"


def test_plain_spaces_replaces_every_space_that_forbids_a_break() -> None:
    """All three kinds that CLDR's patterns hold become ordinary spaces."""
    assert plain_spaces("a\u00a0b\u202fc\u2007d") == "a b c d"
