"""What happened, oldest first: read as timelines, never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, union

from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import CustomerId, EventId, IdMaker, InvoiceId, MerchantId
from purring.store import bulk, event_deliveries
from purring.store.schema import attempt, event, invoice, payment_method, recovery, subscription

_COLUMNS = ("merchant_id", "id", "kind", "object_id", "at", "data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened."""

    id: EventId
    kind: EventKind
    object_id: str
    at: datetime
    data: dict[str, Any]


def append(conn: Connection, drafts: Iterable[tuple[MerchantId, EventDraft]], ids: IdMaker) -> None:
    """Append events in their order, and owe them to the endpoints that want them."""
    rows = [
        (merchant_id, ids.new("evt_"), draft.kind, draft.object_id, draft.at, dict(draft.data))
        for merchant_id, draft in drafts
    ]
    if rows:
        bulk.insert(conn, event, _COLUMNS, rows)
        event_deliveries.owe(conn, [row[:5] for row in rows], ids)


def after(conn: Connection, merchant_id: MerchantId, last: str, *, limit: int) -> list[Event]:
    """List a merchant's events behind an id, in the order they were made."""
    found = select(event).where(event.c.merchant_id == merchant_id, event.c.id > last)
    return _events(conn.execute(found.order_by(event.c.id).limit(limit)))


def load(conn: Connection, keys: Iterable[bulk.Key]) -> list[Event]:
    """Load events by their ids."""
    return _events(bulk.matching(conn, event, set(keys), order=("id",)))


def under_keys(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, Event]:
    """Load events, each under its key."""
    rows = bulk.matching(conn, event, set(keys))
    return {(row.merchant_id, row.id): found for row, found in zip(rows, _events(rows), strict=True)}


def of_objects(conn: Connection, merchant_id: MerchantId, object_ids: Iterable[str]) -> list[Event]:
    """List what happened to some objects."""
    keys = {(merchant_id, object_id) for object_id in object_ids}
    return _events(bulk.matching(conn, event, keys, "object_id", order=("at", "id")))


def of_invoice(conn: Connection, merchant_id: MerchantId, invoice_id: InvoiceId) -> list[Event]:
    """List what happened to an invoice, its recovery and its attempts."""
    return of_objects(conn, merchant_id, {invoice_id, *_parts(conn, merchant_id, [invoice_id])})


def of_customer(conn: Connection, merchant_id: MerchantId, customer_id: CustomerId) -> list[Event]:
    """List what happened to a customer, its methods, subscriptions, invoices, recoveries and attempts."""
    owned = union(
        *(
            select(table.c.id).where(table.c.merchant_id == merchant_id, table.c.customer_id == customer_id)
            for table in (payment_method, subscription, invoice)
        )
    )
    own = [row.id for row in conn.execute(owned)]
    return of_objects(conn, merchant_id, {customer_id, *own, *_parts(conn, merchant_id, own)})


def _parts(conn: Connection, merchant_id: MerchantId, invoice_ids: Sequence[str]) -> list[str]:
    keys = [(merchant_id, invoice_id) for invoice_id in invoice_ids]
    return [row.id for table in (attempt, recovery) for row in bulk.matching(conn, table, keys, "invoice_id")]


def _events(rows: Iterable[Any]) -> list[Event]:
    return [Event(id=row.id, kind=row.kind, object_id=row.object_id, at=row.at, data=row.data) for row in rows]
