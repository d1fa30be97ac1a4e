"""What a gateway's "no" means: one reason, one class, the earliest next time, and the rules that said so.

An answer carries up to three codes: the network's advice, its own code, and the gateway's. Each finds its row in the
rulebook. The strictest class among the rows wins, so no source can make another's answer looser; the reason is that of
the first row of this class in the order of `_rank`; the longest delay counts (docs/decisions/0010).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from purring.domain.rulebook.advice import network_advice
from purring.domain.rulebook.codes import NOT_A_DECLINE, Code, Kind, Stop
from purring.domain.rulebook.reasons import (
    MANDATE_REASONS,
    MASKED_REASONS,
    STRICTNESS,
    DeclineClass,
    DeclineReason,
)
from purring.domain.rulebook.tables import ANY_OTHER_CODE, Rule, find

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
    return _classify(answer.gateway, answer.network, (answer.advice_code, answer.raw_code, answer.gateway_code), on)


@lru_cache(maxsize=CACHED_ANSWERS_MAX)
def _classify(gateway: str, network: str, codes: tuple[str | None, str | None, str | None], on: date) -> Verdict:
    sent = [
        (kind, key, code)
        for kind, key, code in zip(Kind, (network, network, gateway), codes, strict=True)
        if code is not None and code.strip()
    ]
    found = [_find(gateway, kind, key, code, on) for kind, key, code in sent]
    listed = [rule for rule in found if rule is not None]
    speaking = sorted([rule for rule in listed if not rule[1].defers] or listed, key=_rank)
    if not speaking:
        return Verdict(reason=DeclineReason.UNKNOWN, decline_class=DeclineClass.UNKNOWN, known=False)
    rows = [row for _, row in speaking]
    delay_hours = max((row.delay_hours or 0 for row in rows), default=0)
    return Verdict(
        reason=rows[0].reason,
        decline_class=_class_of(rows[0]),
        retry_after=timedelta(hours=delay_hours) if delay_hours else None,
        rules=tuple(rule for rule, _ in speaking),
        known=len(listed) == len(sent) and all(row.code != ANY_OTHER_CODE for _, row in listed),
        hard_stop=any(row.stop is Stop.CARD for row in rows),
    )


def _find(gateway: str, kind: Kind, key: str, code: str, on: date) -> Rule | None:
    """The row for one code; advice is first read through the gateway's profile."""
    if kind is not Kind.ADVICE:
        return find(kind, key, code, on)
    return find(kind, key, network_advice(gateway, code) or ANY_OTHER_CODE, on)


def _class_of(row: Code) -> DeclineClass:
    """The class of a row; approval met in a decline contradicts itself, which is unknown."""
    return DeclineClass.UNKNOWN if row.decline_class is NOT_A_DECLINE else row.decline_class


def _rank(rule: Rule) -> tuple[int, bool, int]:
    """Strictest class first; then reasons that tell something; then the order of behaviour §3.

    Rows that come out equal keep their order: the network's advice, its raw code, the gateway's code.
    """
    row = rule[1]
    return -STRICTNESS[_class_of(row)], row.reason in _UNTOLD, _place(row)


def _place(row: Code) -> int:
    """Network stop, authentication required, prescribed delay, state of the mandate, all others."""
    marks = (
        row.stop is not None,
        row.reason is DeclineReason.AUTHENTICATION_REQUIRED,
        row.delay_hours is not None,
        row.reason in MANDATE_REASONS,
        True,
    )
    return marks.index(True)
