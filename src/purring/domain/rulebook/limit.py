"""What a limit is, what it counts, and what it answers; the rows stand in `limit_rows`, the arithmetic in `limits`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from purring.domain.language import ENGLISH, Language
from purring.domain.rulebook.codes import Source
from purring.domain.rulebook.schemes import SCHEME_NAMES
from purring.domain.text import mark, mark_plural

_DAY = timedelta(hours=24)


class Scope(StrEnum):
    """Which earlier attempts a limit counts, all of one card or account: the unit is attempts for each of these."""

    CARD = "card"
    CARD_AMOUNT = "card_amount"
    INVOICE = "invoice"


_OURS = {
    Scope.CARD: mark("Our ceiling of {attempts} per card in {window}"),
    Scope.CARD_AMOUNT: mark("Our ceiling of {attempts} per card and amount in {window}"),
    Scope.INVOICE: mark("Our ceiling for {scheme} of {attempts} per invoice and account, all within {window}"),
}
_THEIRS = {
    Scope.CARD: mark("{scheme} allows {attempts} per card in {window}"),
    Scope.CARD_AMOUNT: mark("{scheme} allows {attempts} per card and amount in {window}"),
    Scope.INVOICE: mark("{scheme} allows {attempts} per invoice and account, all within {window}"),
}
_ATTEMPTS = mark_plural("one attempt", "{n} attempts")
_HOURS = mark_plural("{n} hour", "{n} hours")
_DAYS = mark_plural("{n} day", "{n} days")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most `attempts_max` attempts in any `window`; if it `counts_from_first`, in one window from the first on.

    `scheme` is a network, a bank scheme, or "*" for every card. An `automatic_only` limit doesn't hold a customer back,
    though the customer's attempts count. Valid from the start of `valid_from` until the day before `valid_to`.
    `is_ours`: no network or scheme demands it in this form. Without a `text` of its own, its figures are said.
    """

    id: str
    edition: str
    scheme: str
    scope: Scope
    attempts_max: int
    window: timedelta
    automatic_only: bool = False
    counts_from_first: bool = False
    valid_from: date
    valid_to: date | None = None
    is_ours: bool = False
    source: Source
    text: str = ""

    def __post_init__(self) -> None:
        assert self.attempts_max > 0, f"{self.id} would forbid everything"
        assert self.window > timedelta(), f"{self.id} has no window"
        assert not self.window % _DAY, f"the window of {self.id} is not in whole days of 24 hours"

    @property
    def window_days(self) -> int:
        """The window in days of 24 hours each."""
        return self.window // _DAY

    @property
    def wording(self) -> str:
        """What the limit says, with places for its figures; the same for every edition, so it is translated once."""
        return self.text or (_OURS if self.is_ours else _THEIRS)[self.scope]

    def is_valid_on(self, day: date) -> bool:
        """Whether the limit is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """An attempt on the card or account that was declined or is still open; approved ones don't count."""

    at: datetime
    amount_minor: int
    currency: str
    invoice_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What one limit has used, and from when on it allows another attempt; `opens_at` is none for never.

    `unit` tells for each what the attempts are counted, in windows of `window_days` days of 24 hours: rolling, or one
    from the first attempt on if it `counts_from_first`. `text` is the limit's wording, with places for these figures.
    """

    rule_id: str
    edition: str
    used: int
    allowed: int
    unit: Scope
    window_days: int
    counts_from_first: bool
    opens_at: datetime | None
    text: str
    scheme: str = ""

    @property
    def is_full(self) -> bool:
        """Whether the limit forbids an attempt now."""
        return self.opens_at is None or self.used >= self.allowed

    def describe(self) -> str:
        """Say it in English, in a sentence without its full stop."""
        return self.said(ENGLISH)

    def said(self, language: Language) -> str:
        """Say it to an operator, in a sentence without its full stop."""
        if self.opens_at is None:
            text = mark("{limit}: {used} of {allowed} used; no further attempt is allowed")
        elif self.is_full:
            text = mark("{limit}: {used} of {allowed} used; the window opens on {opens_at}")
        else:
            text = mark("{limit}: {used} of {allowed} used")
        opens_at = language.instant(self.opens_at) if self.opens_at else ""
        limit = worded(self.text, self.scheme, self.allowed, self.window_days, language)
        return language.gettext(text).format(limit=limit, used=self.used, allowed=self.allowed, opens_at=opens_at)

    def plain(self) -> dict[str, object]:
        """The note as JSON has it: the limit in English as `text`, and as `wording` what `note_from` needs."""
        opens_at = self.opens_at.astimezone(UTC).isoformat() if self.opens_at else None
        flat = {name: getattr(self, name) for name in self.__slots__}  # asdict would copy deeply
        said = _in_english(self.text, self.scheme, self.allowed, self.window_days)
        return {**flat, "unit": self.unit.value, "opens_at": opens_at, "text": said, "wording": self.text}


def worded(wording: str, scheme: str, attempts: int, window_days: int, language: Language) -> str:
    """A limit's wording with its figures."""
    length, forms = (24, _HOURS) if window_days == 1 else (window_days, _DAYS)
    figures = {
        "{scheme}": SCHEME_NAMES.get(scheme, scheme),
        "{attempts}": language.ngettext(*_ATTEMPTS, attempts).format(n=attempts),
        "{window}": language.ngettext(*forms, length).format(n=length),
    }
    said = language.gettext(wording)
    for place, figure in figures.items():
        said = said.replace(place, figure)
    return said


@lru_cache(maxsize=1024)
def _in_english(wording: str, scheme: str, attempts: int, window_days: int) -> str:
    """The wording in English, which every attempt keeps with its notes."""
    return worded(wording, scheme, attempts, window_days, ENGLISH)


def note_from(data: Mapping[str, Any]) -> Note:
    """The note of which this is the JSON."""
    kept = dict(data)
    kept["text"] = kept.pop("wording")
    kept["unit"] = Scope(kept["unit"])
    kept["opens_at"] = datetime.fromisoformat(kept["opens_at"]) if kept["opens_at"] else None
    return Note(**kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """The earliest instant that every limit allows, or `NEVER`, and the limits that delayed it."""

    at: datetime
    notes: tuple[Note, ...] = ()
