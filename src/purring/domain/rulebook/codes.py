"""The shape of a code table: one row per code, readable and extensible by someone who knows billing, not Python."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from datetime import date
from enum import StrEnum
from typing import Final, Literal

from purring.domain.rulebook.reasons import DeclineClass, DeclineReason

NOT_A_DECLINE: Final = None
"""In the place of a class: the code means approval. Met in a decline it contradicts itself, which stops and asks."""


class Grade(StrEnum):
    """How far a source can be trusted; `LOST` and `MEMORY` are called unverified."""

    CITES_PRIMARY = "secondary, citing the network's own document"
    COPY = "copy of the gateway's own page"
    SECONDARY = "secondary"
    LOST = "secondary, address not kept"
    MEMORY = "memory"
    OWN = "ours"


class Kind(StrEnum):
    """Which of an answer's codes a table reads, in the order of their weight: `decline` walks them in this order."""

    ADVICE = "advice"
    RAW = "raw"
    GATEWAY = "gateway"


class Stop(StrEnum):
    """How far a network's "never again" reaches: this payment, or every charge of this card."""

    PAYMENT = "payment"
    CARD = "card"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a row was read, and how good that is."""

    text: str
    grade: Grade
    read_on: date = date(2026, 11, 22)


@dataclass(frozen=True, slots=True)
class Code:
    """One code of one table, valid from the start of `valid_from` to the end of the day before `valid_to`.

    `code` may be "*" (any other) or a range of numbers ("2109-2999"). `category` is Visa's, `delay_hours` a wait that
    the network prescribes. A row that `defers` is silent when another code of the same answer says something.
    `uncertain` tells whether the charge may have gone through all the same.
    """

    code: str
    meaning: str
    reason: DeclineReason
    decline_class: DeclineClass | None
    _: KW_ONLY
    source: Source
    category: int | None = None
    stop: Stop | None = None
    delay_hours: int | None = None
    defers: bool = False
    uncertain: Literal["", "maybe", "yes"] = ""
    valid_from: date | None = None
    valid_to: date | None = None
    note: str = ""

    @property
    def edition(self) -> str:
        """The row's first day, or the day its source was read."""
        return str(self.valid_from or self.source.read_on)

    def is_valid_on(self, day: date) -> bool:
        """Whether the row is in force on a day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class Table:
    """The codes of one network, scheme or gateway; `key` is its name in an `Answer` ("*": every card network)."""

    id: str
    title: str
    kind: Kind
    key: str
    codes: tuple[Code, ...]
