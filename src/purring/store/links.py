"""Links to single invoices, each under the hash of its token."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select, update

from purring.domain.ids import DeliveryId, InvoiceId, MerchantId
from purring.store import bulk
from purring.store.schema import invoice_link

_COLUMNS = ("merchant_id", "token_hash", "delivery_id", "invoice_id", "created_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link leads to, and whose copy of a notice it stands in."""

    merchant_id: MerchantId
    token_hash: str
    delivery_id: DeliveryId
    invoice_id: InvoiceId
    created_at: datetime
    revoked_at: datetime | None = None


def remember(conn: Connection, links: Iterable[Link]) -> None:
    """Store links that aren't there yet."""
    rows = ((link.merchant_id, link.token_hash, link.delivery_id, link.invoice_id, link.created_at) for link in links)
    bulk.insert_missing(conn, invoice_link, _COLUMNS, sorted(rows))


def by_hash(conn: Connection, token_hash: str) -> Link | None:
    """Find the link whose token has this hash."""
    row = conn.execute(select(invoice_link).where(invoice_link.c.token_hash == token_hash)).one_or_none()
    return None if row is None else Link(**row._mapping)  # noqa: SLF001 - the columns are the fields


def revoke(conn: Connection, merchant_id: MerchantId, invoice_id: InvoiceId, now: datetime) -> int:
    """Let an invoice's links lead nowhere from now on; give how many those are."""
    own = invoice_link.c
    statement = (
        update(invoice_link)
        .where(own.merchant_id == merchant_id, own.invoice_id == invoice_id, own.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return conn.execute(statement).rowcount
