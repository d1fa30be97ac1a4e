"""A dispute as people speak of it: one per invoice, told by the events that opened and closed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from purring.domain.ids import DisputeId, InvoiceId
from purring.domain.invoice import DisputeStatus
from purring.domain.money import Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A chargeback: how much the customer's bank took back, and how that ended."""

    id: DisputeId
    invoice_id: InvoiceId
    status: DisputeStatus
    amount: Money
    opened_at: datetime
    closed_at: datetime | None


def dispute_id(invoice_id: InvoiceId) -> DisputeId:
    """An invoice is disputed once: its dispute carries the invoice's id under its own prefix."""
    return DisputeId("dsp_" + invoice_id.removeprefix("inv_"))


def disputed_invoice(dispute: DisputeId) -> InvoiceId:
    """The invoice that a dispute is about."""
    return InvoiceId("inv_" + dispute.removeprefix("dsp_"))
