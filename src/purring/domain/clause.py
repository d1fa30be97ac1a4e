"""Why a step stands in a schedule, or why none does: a rule or policy clause by name, with the figures it saw.

Sentences are made when somebody reads them, in that reader's language: a schedule is computed far more often than it is
shown. An attempt keeps the clause it was made by as text, so that it can be said in any language later.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from string import Formatter

from purring.domain.invoice import DisputeStatus, InvoiceStatus
from purring.domain.language import ENGLISH, Language, joined, span
from purring.domain.recovery import HoldReason, RecoveryStatus
from purring.domain.rulebook.limit import Note, note_from
from purring.domain.rulebook.reasons import DeclineClass, DeclineReason
from purring.domain.text import mark
from purring.domain.words import POLICY_WORDS, word

TEXTS: dict[str, str] = {
    "invoice.settled": mark("The invoice is {invoice_status}: nothing more happens."),
    "invoice.disputed": mark("The payment is disputed ({dispute}): no automatic charge."),
    "invoice.unchecked": mark(
        "Restored from a backup: nothing is charged before the gateways were asked what they charged since."
    ),
    "invoice.first_charge": mark("First charge, on the invoice date."),
    "invoice.spread": mark("First charge; those of renewals are spread over {spread}, each at a place of its own."),
    "invoice.no_method": mark("No usable payment method is tied: the customer is asked for one."),
    "invoice.no_room": mark("The networks' ceilings leave no room for a first charge within the window."),
    "subscription.canceled": mark("The subscription is canceled: no automatic charge."),
    "recovery.closed": mark("The recovery is closed ({recovery_status})."),
    "hold.without_end": mark("Paused ({hold}) until somebody resumes it."),
    "hold.until": mark("Paused ({hold}) until {until_at}."),
    "method.none": mark("No usable payment method is tied."),
    "method.stopped": mark("This method isn't charged: {reason} ({decline_class})."),
    "card.forbidden": mark("The network forbids this card for good: {reason}, by {rules}, on invoice {invoice_id}."),
    "card.unchanged": mark(
        "The card's data are wrong and haven't changed since: {reason}, by {rules}, on invoice {invoice_id}."
    ),
    "policy.retry": mark("Policy {policy} v{version}: retry {number} of {count}, day {day} of {last_day}."),
    "policy.moved": mark("Moved to this day by an operator."),
    "policy.fresh_method": mark("The payment method was changed after the last try: one try at the next retry hour."),
    "policy.backup": mark("The customer agreed to a backup method; the main one failed on this step."),
    "customer.pay_now": mark("The customer paid now."),
    "operator.retry_now": mark("An operator retried now."),
    "policy.exhausted": mark("Policy {policy} v{version} plans no further retry in the window."),
    "late": mark("Planned for {planned_at}; made up for now."),
    "rule.delay": mark("Planned for {planned_at}; held back by the rules. {limits}"),
    "network.delay": mark("Planned for {planned_at}; the network asked to wait until now."),
    "network.until": mark("The network asked to wait with this card until {until_at}."),
    "rule.no_room": mark("The networks' ceilings leave no room before the window closes. {limits}"),
    "outage.retry": mark("The gateway was not available, try {number}: this costs no attempt."),
    "unknown.crashed": mark("The charge was being sent when its worker stopped: settle what became of it."),
    "unknown.ask": mark("The outcome is unknown: ask the gateway, {after} after the charge."),
    "pending.ask": mark("The debit is not settled yet: ask the gateway."),
    "action.ask": mark("The bank's confirmation is due: ask the gateway what came of it."),
    "queue.operator": mark("The gateway could not say what happened: an operator has to look."),
    "window.over": mark("The window is over: nothing is charged any more."),
    "window.warning": mark("Last notice, {lead_days} before the window closes."),
    "window.close": mark("The window of {window_days} closes."),
    "window.close_after_warning": mark("The window of {window_days} is over; {lead_days} after the last notice."),
    "window.suspend": mark("Policy v{version}: suspend when the window closes."),
    "window.cancel": mark("Policy v{version}: cancel when the window closes."),
    "window.write_off": mark("Policy v{version}: write the invoice off when the window closes."),
}
"""The sentence of every clause. A figure's name tells its kind: see `_READ`; those that aren't there are text.

Attempts keep clauses by name with their figures: one that needs other figures is a new clause.
"""


def _limits(text: str) -> tuple[Note, ...]:
    """The notes that were written as JSON."""
    return tuple(map(note_from, json.loads(text)))


_READ: Mapping[str, Callable[[str], object]] = {
    "invoice_status": InvoiceStatus,
    "dispute": DisputeStatus,
    "recovery_status": RecoveryStatus,
    "hold": HoldReason,
    "reason": DeclineReason,
    "decline_class": DeclineClass,
    "planned_at": datetime.fromisoformat,
    "until_at": datetime.fromisoformat,
    **dict.fromkeys(("after", "spread"), lambda text: timedelta(seconds=float(text))),
    "limits": _limits,
    **dict.fromkeys(("version", "number", "count", "day", "last_day", "window_days", "lead_days"), int),
}
"""How the text of a figure is read."""


@dataclass(frozen=True, slots=True)
class Clause:
    """The name of a clause and the figures for its sentence, in the order in which it names them; as text, if kept."""

    id: str
    figures: tuple[object, ...] = ()

    @property
    def text(self) -> str:
        """The sentence in English, with instants in UTC."""
        return self.said(ENGLISH)

    def said(self, language: Language) -> str:
        """The sentence that an operator reads; the id, if this version has no such clause."""
        shown = {name: _shown(name, figure, language) for name, figure in self._named()}
        return language.gettext(TEXTS.get(self.id, self.id)).format_map(shown)

    @property
    def kept(self) -> tuple[str, ...]:
        """The id and the figures as text, for keeping: `kept_clause` makes a clause of it that says the same."""
        return self.id, *(_as_text(figure) for figure in self.figures)

    def plain(self) -> dict[str, object]:
        """The figures under their names, as JSON has them."""
        return {name: _plain(figure) for name, figure in self._named()}

    def _named(self) -> list[tuple[str, object]]:
        """The figures by name, each of its own type."""
        named = zip(figure_names(self.id), self.figures, strict=False)
        return [(name, _READ.get(name, str)(one) if isinstance(one, str) else one) for name, one in named]


def named_clause(clause_id: str, figures: Mapping[str, object]) -> Clause:
    """The clause of which `plain` gave these figures."""
    return Clause(clause_id, tuple(_as_text(figures[name]) for name in figure_names(clause_id)))


def kept_clause(kept: Sequence[str]) -> Clause | None:
    """The clause that was kept so; none if nothing was."""
    return Clause(kept[0], tuple(kept[1:])) if kept else None


@cache
def figure_names(clause_id: str) -> tuple[str, ...]:
    """The names of a clause's figures, in order."""
    return tuple(name for _, name, _, _ in Formatter().parse(TEXTS.get(clause_id, "")) if name)


def _shown(name: str, figure: object, language: Language) -> str:
    """A figure as a person reads it."""
    match figure:
        case datetime():
            return language.instant(figure)
        case timedelta():
            return span(figure, language)
        case tuple():
            return joined([note.said(language) for note in figure])
        case StrEnum():
            return language.gettext(word(figure))
        case int() if name.endswith("_days"):
            return span(timedelta(days=figure), language)
        case str() if name == "policy":
            return language.gettext(POLICY_WORDS.get(figure, figure))
        case _:
            return str(figure)


def _as_text(figure: object) -> str:
    """A figure as text that `_READ` understands."""
    value = _plain(figure)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else str(value)


def _plain(figure: object) -> object:
    """A figure as JSON has it: instants in ISO 8601 and UTC, spans in seconds, limits as objects."""
    match figure:
        case datetime():
            return figure.astimezone(UTC).isoformat()
        case timedelta():
            return figure.total_seconds()
        case tuple():
            return [note.plain() for note in figure]
        case StrEnum():
            return figure.value
        case _:
            return figure
