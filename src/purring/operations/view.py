"""Look without touching: the facts of an invoice and its schedule as of now."""

from __future__ import annotations

from purring.domain.errors import NotFound
from purring.domain.facts import Facts
from purring.domain.ids import InvoiceId, MerchantId
from purring.domain.schedule import schedule
from purring.domain.step import Schedule
from purring.operations.services import Services
from purring.operations.test_clocks import timed
from purring.store import Connection
from purring.store.facts import load_many


def facts_in(
    conn: Connection, services: Services, merchant_id: MerchantId, invoice_id: InvoiceId, *, lock: bool
) -> Facts:
    """The facts of one invoice of this merchant.

    Raises:
        NotFound: the merchant has no such invoice.
    """
    key = (merchant_id, invoice_id)
    found = load_many(conn, [key], services.clock.now(), lock=lock)
    if key not in found:
        raise NotFound(f"no invoice {invoice_id}; list them with `purring show customer`", field="invoice_id")
    return found[key]


@timed
def facts_of(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId) -> Facts:
    """The facts of one invoice, from one moment of the database."""
    with services.store.reading() as conn:
        return facts_in(conn, services, merchant_id, invoice_id, lock=False)


@timed
def schedule_of(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId) -> Schedule:
    """Every step to come for one invoice."""
    return schedule(facts_of(services, merchant_id, invoice_id), services.clock.now())
