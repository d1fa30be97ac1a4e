"""Money taken back at the bank, and money given back by the merchant."""

from __future__ import annotations

from purring.domain.changes import Draft
from purring.domain.decide.begin import replan
from purring.domain.decide.settle import fall_due, restore_subscription, take_back
from purring.domain.errors import InvalidInput, RefusalCode, Refused
from purring.domain.event import EventKind
from purring.domain.invoice import DisputeStatus, InvoiceEvent
from purring.domain.journal import EntryKind
from purring.domain.money import Money
from purring.domain.subscription import StatusReason
from purring.domain.transitions import INVOICE, moved


def charged_back(draft: Draft, amount: Money) -> None:
    """A chargeback takes the money and opens the invoice again, without automatic retries. Told twice, it acts once."""
    invoice = draft.facts.invoice
    if invoice.dispute is not DisputeStatus.NONE:
        return
    take_back(draft, EntryKind.CHARGED_BACK, InvoiceEvent.CHARGED_BACK, amount)
    draft.put_invoice(dispute=DisputeStatus.OPEN)
    draft.say(EventKind.INVOICE_CHARGED_BACK, invoice.id, amount=str(amount))
    if draft.facts.invoice.is_open:
        fall_due(draft, StatusReason.CHARGEBACK)
    replan(draft)


def dispute_won(draft: Draft, amount: Money) -> None:
    """The money comes back and closes the invoice again; what is too much by then is booked as too much."""
    invoice = draft.facts.invoice
    if invoice.dispute is not DisputeStatus.OPEN:
        return
    back = min(amount, invoice.owed) if invoice.is_open else Money.zero(amount.currency)
    if back:
        draft.book(EntryKind.CHARGEBACK_RETURNED, back)
    if back < amount:
        draft.book(EntryKind.OVERPAID, amount - back)
        draft.say(EventKind.INVOICE_OVERPAID, invoice.id, surplus=str(amount - back), attempt_id=None)
    draft.put_invoice(dispute=DisputeStatus.WON, paid_minor=invoice.paid_minor + back.minor)
    draft.say(EventKind.INVOICE_DISPUTE_WON, invoice.id, amount=str(amount))
    if back and not draft.facts.invoice.owed:
        draft.put_invoice(status=moved(INVOICE, invoice.status, InvoiceEvent.DISPUTE_WON), closed_at=draft.now)
        restore_subscription(draft)
    replan(draft)


def dispute_lost(draft: Draft) -> None:
    """The money stays away; the invoice stays open for whoever wants to pay it, and nothing is charged by itself."""
    invoice = draft.facts.invoice
    if invoice.dispute is not DisputeStatus.OPEN:
        return
    draft.put_invoice(dispute=DisputeStatus.LOST)
    draft.say(EventKind.INVOICE_DISPUTE_LOST, invoice.id)
    replan(draft)


def refunded(draft: Draft, amount: Money) -> None:
    """The merchant gave money back: it is no debt again, so the same sum is credited."""
    invoice = draft.facts.invoice
    if amount.minor <= 0:
        raise InvalidInput("a refund must be above zero", field="amount")
    if amount.currency != invoice.kept.currency or amount > invoice.kept:
        raise Refused(RefusalCode.AMOUNT_MISMATCH, field="amount", details=(str(invoice.kept),))
    draft.book(EntryKind.REFUNDED, amount)
    draft.book(EntryKind.CREDITED, amount)
    draft.put_invoice(refunded_minor=invoice.refunded_minor + amount.minor)
    draft.say(EventKind.INVOICE_REFUNDED, invoice.id, amount=str(amount))
