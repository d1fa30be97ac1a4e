"""An invoice from another biller becomes ours to recover."""

from __future__ import annotations

from datetime import datetime

from purring.domain.changes import Changes, Draft
from purring.domain.charge_plan import window_ends_at
from purring.domain.decide.begin import plan_next
from purring.domain.decide.settle import open_recovery
from purring.domain.errors import InvalidInput
from purring.domain.event import EventKind
from purring.domain.facts import Facts
from purring.domain.journal import EntryKind
from purring.domain.schedule import schedule


def handed_over(facts: Facts, now: datetime, *, declined: bool) -> Changes:
    """Take the invoice of `facts` over.

    Where it was declined already, its recovery opens at once, without a notice: the biller that charged it has said so,
    and the next decline is the first one we know.

    Raises:
        InvalidInput: the window, counted from the invoice date, is over.
    """
    invoice = facts.invoice
    if window_ends_at(facts) <= now:
        message = (
            f"invoice {invoice.number} is of {invoice.invoice_on}: its recovery window of {facts.policy.window_days}"
            " days is over; write it off, or lengthen window_days first"
        )
        raise InvalidInput(message, field="invoice_on")
    draft = Draft(facts, now)
    draft.add_invoice()
    draft.say(EventKind.INVOICE_HANDED_OVER, invoice.id, number=invoice.number, total=str(invoice.total))
    draft.book(EntryKind.INVOICED, invoice.total)
    if declined:
        open_recovery(draft)
    plan_next(draft, schedule(draft.facts, now).next_step_at)
    return draft.done()
