"""What the core needs of a reader's language to say a sentence; `purring.i18n` brings the others than English."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from purring.domain.money import Money
from purring.domain.text import mark_plural


class Language(Protocol):
    """Says texts, counts and instants as a reader wants them."""

    def gettext(self, message: str) -> str:
        """The text, placeholders untouched."""
        ...

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """The form of the text for n things."""
        ...

    def instant(self, at: datetime) -> str:
        """An instant, to the minute."""
        ...

    def day(self, on: date) -> str:
        """A day."""
        ...

    def money(self, amount: Money) -> str:
        """An amount with its currency."""
        ...


class _English:
    """The language of the sources, with instants in UTC."""

    def gettext(self, message: str) -> str:
        return message

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return singular if n == 1 else plural

    def instant(self, at: datetime) -> str:
        return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

    def day(self, on: date) -> str:
        return on.isoformat()

    def money(self, amount: Money) -> str:
        return str(amount)


ENGLISH: Language = _English()
"""For texts that are made where nobody's language is known: refusals, traces, what operators see in a terminal."""

_DAY = mark_plural("{n} day", "{n} days")
_HOUR = mark_plural("{n} hour", "{n} hours")
_MINUTE = mark_plural("{n} minute", "{n} minutes")


def span(length: timedelta, language: Language) -> str:
    """A span in whole days, hours or minutes: the largest unit that fits."""
    minutes = round(length.total_seconds() / 60)
    for unit, (one, many) in ((24 * 60, _DAY), (60, _HOUR)):
        if minutes >= unit and minutes % unit == 0:
            return language.ngettext(one, many, minutes // unit).format(n=minutes // unit)
    return language.ngettext(*_MINUTE, minutes).format(n=minutes)


def joined(sentences: list[str]) -> str:
    """Whole sentences, one after the other."""
    return " ".join(f"{sentence}." for sentence in sentences)
