"""Refunds: written down before a gateway is asked, and what it answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from purring.domain.errors import NotFound
from purring.domain.ids import AttemptId, InvoiceId, MerchantId, RefundId
from purring.domain.money import Money
from purring.domain.refund import OPEN_REFUND, Refund
from purring.store import bulk
from purring.store.queue_part import few
from purring.store.schema import refund

SHAPE = bulk.Shape(
    refund,
    {"amount_minor": "amount.minor", "currency": "amount.currency"},
    fixed=frozenset({"invoice_id", "attempt_id", "gateway", "amount_minor", "currency", "created_at"}),
)


def create(conn: Connection, merchant_id: MerchantId, value: Refund) -> None:
    """Write an intention down."""
    SHAPE.insert(conn, [(merchant_id, value)])


def change_many(conn: Connection, values: Sequence[tuple[MerchantId, Refund]]) -> None:
    """Write down what came of refunds that are still as they were read.

    Raises StaleWrite.
    """
    SHAPE.update(conn, values)


def get(conn: Connection, merchant_id: MerchantId, refund_id: RefundId) -> Refund:
    """Find a refund.

    Raises NotFound.
    """
    found = load(conn, [(merchant_id, refund_id)])
    if not found:
        raise NotFound(f"There is no refund {refund_id}.", field="refund_id")
    return found[merchant_id, refund_id]


def load(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, Refund]:
    """Load refunds."""
    return {(row.merchant_id, row.id): _refund(row) for row in bulk.matching(conn, refund, set(keys))}


def of_invoice(conn: Connection, merchant_id: MerchantId, invoice_id: InvoiceId) -> list[Refund]:
    """List an invoice's refunds, oldest first."""
    rows = bulk.matching(conn, refund, [(merchant_id, invoice_id)], "invoice_id", order=("id",))
    return [_refund(row) for row in rows]


def of_attempts(conn: Connection, keys: Iterable[tuple[MerchantId, AttemptId]]) -> dict[bulk.Key, list[Refund]]:
    """List the refunds of charges, oldest first."""
    return bulk.grouped(bulk.matching(conn, refund, set(keys), "attempt_id", order=("id",)), "attempt_id", _refund)


def to_ask(conn: Connection, *, asked_before: datetime, now: datetime, limit: int) -> list[tuple[MerchantId, RefundId]]:
    """List refunds of which nobody knows what came, that weren't asked about since, and whose key is still good."""
    own = refund.c
    found = (
        select(own.merchant_id, own.id)
        .where(few(own.status, *sorted(OPEN_REFUND)), own.asked_at < asked_before, own.key_expires_at > now)
        .order_by(own.asked_at, own.id)
        .limit(limit)
    )
    return [(row.merchant_id, row.id) for row in conn.execute(found)]


def _refund(row: Any) -> Refund:  # noqa: ANN401 - a row
    fields = SHAPE.plain(row)
    return Refund(amount=Money(row.amount_minor, row.currency), **fields)
