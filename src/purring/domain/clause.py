"""Why a step stands in a schedule, or why none does: a rule or policy clause by name, with the figures it saw.

Sentences are made when somebody reads them: a schedule is computed far more often than it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

TEXTS: dict[str, str] = {
    "invoice.settled": "The invoice is {0}: nothing more happens.",
    "invoice.disputed": "The payment is disputed ({0}): no automatic charge.",
    "invoice.first_charge": "First charge, on the invoice date.",
    "invoice.no_method": "No usable payment method is tied: the customer is asked for one.",
    "invoice.no_room": "The networks' ceilings leave no room for a first charge within the window.",
    "subscription.canceled": "The subscription is canceled: no automatic charge.",
    "recovery.closed": "The recovery is closed ({0}).",
    "hold.without_end": "Paused ({0}) until somebody resumes it.",
    "hold.until": "Paused ({0}) until {1}.",
    "method.none": "No usable payment method is tied.",
    "method.stopped": "This method isn't charged: {0} ({1}).",
    "policy.retry": "Policy {0} v{1}: retry {2} of {3}, day {4} of {5}.",
    "policy.moved": "Moved to this day by an operator.",
    "policy.fresh_method": "The payment method was changed after the last try: one try at the next retry hour.",
    "policy.backup": "The customer agreed to a backup method; the main one failed on this step.",
    "customer.pay_now": "The customer paid now.",
    "operator.retry_now": "An operator retried now.",
    "policy.exhausted": "Policy {0} v{1} plans no further retry in the window.",
    "late": "Planned for {0}; made up for now.",
    "rule.delay": "Planned for {0}; {1}",
    "network.delay": "Planned for {0}; the network asked to wait until now.",
    "network.until": "The network asked to wait with this card until {0}.",
    "rule.no_room": "The networks' ceilings leave no room before the window closes: {0}",
    "outage.retry": "The gateway was not available, try {0}: this costs no attempt.",
    "unknown.crashed": "The charge was being sent when its worker stopped: settle what became of it.",
    "unknown.ask": "The outcome is unknown: ask the gateway, {0} after the charge.",
    "pending.ask": "The debit is not settled yet: ask the gateway.",
    "action.ask": "The bank's confirmation is due: ask the gateway what came of it.",
    "queue.operator": "The gateway could not say what happened: an operator has to look.",
    "window.over": "The window is over: nothing is charged any more.",
    "window.warning": "Last notice, {0} days before the window closes.",
    "window.close": "The window of {0} days closes.",
    "window.close_after_warning": "The window of {0} days is over; {1} days after the last notice.",
    "window.suspend": "Policy v{0}: suspend when the window closes.",
    "window.cancel": "Policy v{0}: cancel when the window closes.",
    "window.write_off": "Policy v{0}: write the invoice off when the window closes.",
}


@dataclass(frozen=True, slots=True)
class Clause:
    """The name of a clause and the figures for its sentence, in order."""

    id: str
    figures: tuple[object, ...] = ()

    @property
    def text(self) -> str:
        """The sentence an operator reads."""
        return TEXTS[self.id].format(*map(_shown, self.figures))


def _shown(figure: object) -> object:
    """A figure as an operator reads it: instants to the minute in UTC, spans in the unit that fits."""
    match figure:
        case datetime():
            return f"{figure.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        case timedelta():
            return _span(round(figure.total_seconds() / 60))
        case _:
            return figure


def _span(minutes: int) -> str:
    """A span in whole days, hours or minutes."""
    for unit, length in (("day", 24 * 60), ("hour", 60)):
        if minutes >= length and minutes % length == 0:
            count = minutes // length
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{minutes} minutes"
