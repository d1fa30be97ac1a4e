"""What a gateway's "no" means: one reason, one class, the earliest next time, and the rules that said so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from purring.domain.rulebook.reasons import (
    MANDATE_REASONS,
    MASKED_REASONS,
    STRICTNESS,
    DeclineClass,
    DeclineReason,
)

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
    """The meaning of an answer under the rules valid on a day."""
    del answer, on
    return Verdict(reason=DeclineReason.UNKNOWN, decline_class=DeclineClass.UNKNOWN, known=False)
