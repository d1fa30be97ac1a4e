"""Somebody who reads: a language together with the zone whose clocks they go by."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from purring.domain.money import Money
from purring.i18n.catalog import Translator, mark
from purring.i18n.format import format_date, format_money, format_time


class Reader(Translator):
    """Says texts, amounts and instants as one reader wants them, with ordinary spaces; a `domain.language.Language`."""

    def __init__(self, locale: str, tz: ZoneInfo) -> None:
        super().__init__(locale)
        self.tz = tz

    def instant(self, at: datetime) -> str:
        """A day and the time of day, to the minute."""
        day = format_date(at, self.locale, tz=self.tz, plain=True)
        return self.say(mark("{day} at {time}"), day=day, time=format_time(at, self.locale, tz=self.tz, plain=True))

    def day(self, on: date) -> str:
        """A day with its month's name and its year."""
        return format_date(on, self.locale, plain=True)

    def money(self, amount: Money) -> str:
        """An amount with its currency."""
        return format_money(amount, self.locale, plain=True)

    def say(self, message: str, **figures: object) -> str:
        """The text with its figures, whose places are written `{name}`."""
        return self.gettext(message).format(**figures)
