"""The shape of Norway's dunning law: rows that are valid for a time, and the rules that decisions name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from purring.domain.money import Money


class LetterKind(StrEnum):
    """What a creditor sends when an invoice is overdue; the statute's own words beside ours."""

    REMINDER = "reminder"
    """Purring."""
    COLLECTION_NOTICE = "collection_notice"
    """Inkassovarsel."""
    PAYMENT_DEMAND = "payment_demand"
    """Betalingsoppfordring, sent by the creditor itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Valid from the start of `valid_from` to the end of the day before `valid_to`.

    No `valid_from` says that the day isn't set yet: such a row is never valid. `valid_to` is the first day for which
    nobody has told us that the row still holds; what isn't `verified` rests on a single source.
    """

    id: str
    edition: str
    valid_from: date | None
    valid_to: date
    source: str
    verified: bool = True

    def __post_init__(self) -> None:
        """A row that is never valid would hide a slip of the pen."""
        assert self.valid_from is None or self.valid_from < self.valid_to, f"{self.id} {self.edition} ends too early"

    def is_valid_on(self, day: date) -> bool:
        """Whether the row is in force on a day."""
        return self.valid_from is not None and self.valid_from <= day < self.valid_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime(Row):
    """A collection act; `own_collection` tells whether creditors send notices and payment demands themselves."""

    own_collection: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionRate(Row):
    """Inkassosatsen, of which every fee is a share."""

    rate: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class FeeShare(Row):
    """How many twentieths of the collection rate a letter's fee is under one regime, rounded to whole kroner."""

    regime_id: str
    letter: LetterKind
    twentieths: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HalfYear(Row):
    """Late interest in hundredths of a percent a year, and the compensation between businesses, of one half-year."""

    rate_bp: int
    compensation: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the statutes, by the id that decisions name."""

    id: str
    edition: str
    text: str
    statute: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """All rows together."""

    regimes: tuple[Regime, ...]
    collection_rates: tuple[CollectionRate, ...]
    fee_shares: tuple[FeeShare, ...]
    half_years: tuple[HalfYear, ...]


_AnyRow = TypeVar("_AnyRow", bound=Row)


def valid_row(rows: Iterable[_AnyRow], on: date) -> _AnyRow | None:
    """The row that is in force on a day, if there is one."""
    return next((row for row in rows if row.is_valid_on(on)), None)
