"""What a gateway's "no" means: one reason, one class, the earliest next time, and the rules that said so.

An answer carries up to three codes: the network's advice, its own code, and the gateway's. Each finds its row in the
rulebook. The strictest class among the rows wins, so no source can make another's answer looser; the reason is that of
the first row of this class in the order of `_Word.rank`; the longest delay counts (docs/decisions/0010).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from purring.domain.rulebook.advice import as_numbered_by
from purring.domain.rulebook.codes import NOT_A_DECLINE, Code, Kind, Stop
from purring.domain.rulebook.reasons import (
    MANDATE_REASONS,
    MASKED_REASONS,
    STRICTNESS,
    DeclineClass,
    DeclineReason,
)
from purring.domain.rulebook.tables import ANY_OTHER_CODE, rows_in, span_of

__all__ = [
    "MANDATE_REASONS",
    "MASKED_REASONS",
    "STRICTNESS",
    "Answer",
    "DeclineClass",
    "DeclineReason",
    "Verdict",
    "classify",
]

CACHED_ANSWERS_MAX = 8192

_UNTOLD = frozenset({DeclineReason.UNKNOWN, DeclineReason.GENERIC_DECLINE, DeclineReason.DO_NOT_HONOR})
"""Reasons that tell nothing: any other reason of the same class is preferred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The codes of one declined charge, as they came.

    `gateway` is our name of the gateway; `network` is "visa", "mastercard", "amex", ..., "ach", "bacs", "sepa", or ""
    when it is not known. `raw_code` is the network's own code, `advice_code` a merchant advice code, `gateway_code` the
    gateway's. `message` is for operators only and never decides anything.
    """

    gateway: str
    network: str
    raw_code: str | None = None
    advice_code: str | None = None
    gateway_code: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an answer means. `rules` are the ids of the rows that spoke, strictest first.

    `retry_after` is the delay that the network prescribes, counted from the decline. `known` is false when the answer
    holds no code, or one that no table lists: operators should see it. `hard_stop` says that the network forbids
    another attempt on this card, whoever makes it.
    """

    reason: DeclineReason
    decline_class: DeclineClass
    retry_after: timedelta | None = None
    rules: tuple[str, ...] = ()
    known: bool = True
    hard_stop: bool = False


def classify(answer: Answer, on: date) -> Verdict:
    """The meaning of an answer under the rules in force on a day."""
    codes = (answer.advice_code, answer.raw_code, answer.gateway_code)
    return _classify(answer.gateway, answer.network, codes, span_of(on))


class _Word(NamedTuple):
    """A row as classification reads it: everything that follows from the row alone, worked out beforehand."""

    rank: tuple[int, bool, int]
    rule: str
    reason: DeclineReason
    decline_class: DeclineClass
    delay: timedelta | None
    defers: bool
    is_listed: bool
    stops_card: bool


_Words = Mapping[str, _Word]

_NO_WORD = Verdict(reason=DeclineReason.UNKNOWN, decline_class=DeclineClass.UNKNOWN, known=False)


@lru_cache(maxsize=CACHED_ANSWERS_MAX)
def _classify(gateway: str, network: str, codes: tuple[str | None, str | None, str | None], span: int) -> Verdict:
    listed = zip(_words(gateway, network, span), codes, strict=True)
    sent = [(words, code) for words, code in listed if code and not code.isspace()]
    found = [word for words, code in sent if (word := _word_for(words, code)) is not None]
    if not found:
        return _NO_WORD
    speaking = [word for word in found if not word.defers] or found
    if len(speaking) > 1:
        speaking.sort(key=_rank)
    first = speaking[0]
    return Verdict(
        reason=first.reason,
        decline_class=first.decline_class,
        retry_after=max([word.delay for word in speaking if word.delay], default=None),
        rules=tuple([word.rule for word in speaking]),
        known=len(found) == len(sent) and False not in [word.is_listed for word in found],
        hard_stop=True in [word.stops_card for word in speaking],
    )


_rank = attrgetter("rank")


def _word_for(words: _Words, code: str) -> _Word | None:
    """The word of one code; of any other code for one that isn't listed."""
    return words.get(code.strip().upper()) or words.get(ANY_OTHER_CODE)


@lru_cache(maxsize=256)
def _words(gateway: str, network: str, span: int) -> tuple[_Words, _Words, _Words]:
    """What each advice code, raw code and gateway's code says in a span; advice as this gateway numbers it."""
    advice, raw, own = (
        {code: _word(*rule) for code, rule in rows_in(kind, key, span).items()}
        for kind, key in zip(Kind, (network, network, gateway), strict=True)
    )
    return as_numbered_by(gateway, advice, ANY_OTHER_CODE), raw, own


def _word(rule: str, row: Code) -> _Word:
    """A row as a word; approval met in a decline contradicts itself, which is unknown."""
    decline_class = DeclineClass.UNKNOWN if row.decline_class is NOT_A_DECLINE else row.decline_class
    return _Word(
        rank=(-STRICTNESS[decline_class], row.reason in _UNTOLD, _place(row)),
        rule=rule,
        reason=row.reason,
        decline_class=decline_class,
        delay=timedelta(hours=row.delay_hours) if row.delay_hours else None,
        defers=row.defers,
        is_listed=row.code != ANY_OTHER_CODE,
        stops_card=row.stop is Stop.CARD,
    )


def _place(row: Code) -> int:
    """Network stop, authentication required, prescribed delay, state of the mandate, all others.

    Within a rank this is the order of behaviour §3; rows that come out equal keep theirs: the network's advice, its raw
    code, the gateway's code.
    """
    marks = (
        row.stop is not None,
        row.reason is DeclineReason.AUTHENTICATION_REQUIRED,
        row.delay_hours is not None,
        row.reason in MANDATE_REASONS,
        True,
    )
    return marks.index(True)
