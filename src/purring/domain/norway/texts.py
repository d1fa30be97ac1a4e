"""What operators read about a charge or a letter: one sentence for each message; its figures are numbered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from purring.domain.language import Language
from purring.domain.money import Money
from purring.domain.norway.law import LetterKind
from purring.domain.text import mark

TEXTS: dict[str, str] = {
    "norway.allowed": mark("{0} may be claimed."),
    "norway.off": mark("The merchant's dunning terms don't include this charge."),
    "norway.objection": mark("The customer objects with reason: nothing is claimed and no letter is sent."),
    "norway.no_row": mark("No {0} is known for {1}: nothing is claimed and no such letter is sent."),
    "norway.not_due": mark("The invoice was due on {0} and is not late yet."),
    "norway.too_early": mark("The invoice was due on {0}: no fee in the first 14 days."),
    "norway.two_used": mark("Two letters with a fee were sent, the last on {0}."),
    "norway.last_used": mark("No reminder or notice bears a fee after the notice or demand of {0}."),
    "norway.short_deadline": mark("The first reminder of {0} set no deadline of 14 days or more: no second fee."),
    "norway.deadline_runs": mark("The deadline of {0} has not been missed yet."),
    "norway.no_deadline": mark("No letter with a deadline of 14 days or more was sent: no payment demand with a fee."),
    "norway.demand_used": mark("A payment demand with a fee was sent on {0}."),
    "norway.compensated": mark("The compensation was claimed on {0}: fees are part of it."),
    "norway.fees_cover": mark("The fees claimed, {0}, are as much as the compensation or more."),
    "norway.consumer": mark("The customer is a consumer: no compensation."),
    "norway.not_own_letter": mark("Under {0}, only collection companies send this letter."),
    "norway.short_notice": mark("A collection notice of {0} sets a deadline of {1} or later."),
}

FEE: dict[LetterKind, str] = {
    LetterKind.REMINDER: mark("fee for a reminder"),
    LetterKind.COLLECTION_NOTICE: mark("fee for a collection notice"),
    LetterKind.PAYMENT_DEMAND: mark("fee for a payment demand"),
}
RATE: Final = mark("inkassosats")
ACT: Final = mark("collection act")
INTEREST: Final = mark("forsinkelsesrente")
"""What a row can be missing for, as `norway.no_row` names it."""


def said(message_id: str, figures: Sequence[object], language: Language) -> str:
    """The sentence of a message."""
    return language.gettext(TEXTS[message_id]).format(*(_shown(figure, language) for figure in figures))


def _shown(figure: object, language: Language) -> str:
    """A figure as a person reads it; what no catalogue has, such as an edition, stays as it is."""
    match figure:
        case Money():
            return language.money(figure)
        case date():
            return language.day(figure)
        case _:
            return language.gettext(str(figure))
