"""Money, days and times as a reader's language writes them; the only caller of Babel's formatters.

With `plain`, no-break spaces become ordinary ones, as text mail and terminals want them.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date as babel_format_date
from babel.dates import format_time as babel_format_time
from babel.numbers import NumberPattern, get_currency_symbol, parse_pattern

from purring.domain.calendar import local_date
from purring.domain.money import Money, exponent

_DAY_AND_MONTH = re.compile(r"(?<=MMMM) (?=d)|(?<=d) (?=MMMM)|(?<=d\.) (?=MMMM)")
_NO_BREAK = {ord(space): " " for space in "\u00a0\u2007\u202f"}


def plain_spaces(text: str) -> str:
    """The text with ordinary spaces in place of those that forbid a line break."""
    return text.translate(_NO_BREAK)


def format_money(money: Money, locale: str, *, plain: bool = False) -> str:
    """An amount with its currency: `NOK 1,990.00` in English, `1 990,00 kr` in Bokmål."""
    amount = Decimal(money.minor).scaleb(-exponent(money.currency))
    # The pattern says how many decimals: ISO 4217's, by which the amount was read, and not CLDR's, which are fewer.
    text = _money_pattern(money.currency, locale).apply(
        amount, _babel(locale), currency=money.currency, currency_digits=False
    )
    return plain_spaces(text) if plain else text


def format_date(
    day: date | datetime, locale: str, *, tz: ZoneInfo | None = None, weekday: bool = False, plain: bool = False
) -> str:
    """A day with its month's name and its year; an instant is the day it falls on in `tz`."""
    if isinstance(day, datetime):
        assert tz is not None, "an instant is a day only in some zone"
        day = local_date(day, tz)
    text = _format_day(day, locale, "full" if weekday else "long")
    return plain_spaces(text) if plain else text


def format_time(at: datetime, locale: str, *, tz: ZoneInfo, plain: bool = False) -> str:
    """The time of day, to the minute, that clocks in a zone show at an instant."""
    assert at.tzinfo is not None, at
    text = babel_format_time(at, "short", tzinfo=tz, locale=_babel(locale))
    return plain_spaces(text) if plain else text


@lru_cache(maxsize=4096)
def _format_day(on: date, locale: str, width: str) -> str:
    """Kept, since the thousands of notices of one night name the same few days."""
    return babel_format_date(on, _day_pattern(locale, width), locale=_babel(locale))


@lru_cache(maxsize=64)
def _day_pattern(locale: str, width: str) -> str:
    """The locale's own pattern, whose day and month stay on one line."""
    pattern = str(_babel(locale).date_formats[width].pattern)
    return _DAY_AND_MONTH.sub("\u00a0", pattern)


@lru_cache(maxsize=1024)
def _money_pattern(currency: str, locale: str) -> NumberPattern:
    """The locale's own pattern, with the currency's decimals, and a space between letters and digits.

    Source: CLDR 47, currencySpacing, which Babel leaves out (read 2026-11-23).
    """
    decimals = exponent(currency)
    pattern = _babel(locale).currency_formats["standard"].pattern
    pattern = pattern.replace("0.00", "0." + "0" * decimals if decimals else "0")
    symbol = get_currency_symbol(currency, locale=_babel(locale))
    if symbol[-1].isalpha():
        pattern = pattern.replace("¤#", "¤\u00a0#")
    if symbol[0].isalpha():
        pattern = pattern.replace("0¤", "0\u00a0¤")
    return parse_pattern(pattern)


@lru_cache(maxsize=32)
def _babel(locale: str) -> Locale:
    return Locale.parse(locale)
