"""Disputes, as the gateways' events told of them."""

from __future__ import annotations

from collections.abc import Sequence

from purring.domain.disputed import Dispute, dispute_id, disputed_invoice
from purring.domain.errors import NotFound
from purring.domain.event import EventKind
from purring.domain.ids import DisputeId, MerchantId
from purring.domain.invoice import DisputeStatus, Invoice
from purring.domain.money import parse_money
from purring.operations.listing import Things
from purring.operations.services import Services
from purring.store import Connection, events, invoices, listing
from purring.store.events import Event
from purring.store.listing import Listed

_ENDS = frozenset({EventKind.INVOICE_DISPUTE_WON, EventKind.INVOICE_DISPUTE_LOST})


def disputes_of(
    services: Services,
    merchant_id: MerchantId,
    *,
    status: DisputeStatus | None = None,
    before: DisputeId | None = None,
    limit: int,
) -> Things:
    """A page of a merchant's disputes, those of the newest invoices first."""
    where = {} if status is None else {"dispute": status.value}
    last = disputed_invoice(before) if before else None
    with services.store.reading() as conn:
        page = listing.page(conn, Listed.DISPUTE, merchant_id, limit=limit, before=last, where=where)
        found = invoices.load(conn, [(merchant_id, one) for one in page.ids])
        bills = [found[merchant_id, one] for one in page.ids]
        return Things(nouns=tuple(_disputes(conn, merchant_id, bills)), has_more=page.has_more)


def dispute_of(services: Services, merchant_id: MerchantId, dispute: DisputeId) -> Dispute:
    """One dispute. Raises NotFound."""
    with services.store.reading() as conn:
        bills = list(invoices.load(conn, [(merchant_id, disputed_invoice(dispute))]).values())
        found = _disputes(conn, merchant_id, [one for one in bills if one.dispute is not DisputeStatus.NONE])
    if not found:
        raise NotFound(f"There is no dispute {dispute}.", field="id")
    return found[0]


def _disputes(conn: Connection, merchant_id: MerchantId, bills: Sequence[Invoice]) -> list[Dispute]:
    told = events.of_objects(conn, merchant_id, [one.id for one in bills]) if bills else []
    return [_dispute(bill, [event for event in told if event.object_id == bill.id]) for bill in bills]


def _dispute(bill: Invoice, told: Sequence[Event]) -> Dispute:
    opened = next(event for event in told if event.kind is EventKind.INVOICE_CHARGED_BACK)
    ends = [event.at for event in told if event.kind in _ENDS]
    return Dispute(
        id=dispute_id(bill.id),
        invoice_id=bill.id,
        status=bill.dispute,
        amount=parse_money(str(opened.data["amount"])),
        opened_at=opened.at,
        closed_at=ends[-1] if ends else None,
    )
