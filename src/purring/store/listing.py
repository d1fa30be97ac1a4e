"""Pages of a merchant's rows, newest first by id: a page stays where it is, whatever is added meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, TextClause, select, text

from purring.domain.attempt import AttemptStatus
from purring.domain.ids import MerchantId
from purring.domain.invoice import InvoiceStatus
from purring.store.schema import (
    attempt,
    customer,
    event,
    invoice,
    notice,
    payment_method,
    price,
    product,
    recovery,
    refund,
    subscription,
    test_clock,
)
from purring.store.schema.billing import DISPUTED, FAILED
from purring.store.schema.records import SELDOM


class Listed(StrEnum):
    """What can be listed page by page."""

    PRODUCT = "product"
    PRICE = "price"
    CUSTOMER = "customer"
    METHOD = "payment_method"
    SUBSCRIPTION = "subscription"
    INVOICE = "invoice"
    ATTEMPT = "attempt"
    RECOVERY = "recovery"
    NOTICE = "notice"
    EVENT = "event"
    TEST_CLOCK = "test_clock"
    REFUND = "refund"
    DISPUTE = "dispute"


_TABLES = {
    Listed.PRODUCT: product,
    Listed.PRICE: price,
    Listed.CUSTOMER: customer,
    Listed.METHOD: payment_method,
    Listed.SUBSCRIPTION: subscription,
    Listed.INVOICE: invoice,
    Listed.ATTEMPT: attempt,
    Listed.RECOVERY: recovery,
    Listed.NOTICE: notice,
    Listed.EVENT: event,
    Listed.TEST_CLOCK: test_clock,
    Listed.REFUND: refund,
    Listed.DISPUTE: invoice,
}


def _reached_by(
    what: Listed, merchant_id: MerchantId, name: str, value: str
) -> Iterator[ColumnElement[bool] | TextClause]:
    """What is true as well, and leads to an index where the column has none of its own."""
    match what, name:
        case Listed.ATTEMPT, "method_id":
            card = payment_method.c.fingerprint
            own = select(card).where(payment_method.c.merchant_id == merchant_id, payment_method.c.id == value)
            yield attempt.c.fingerprint == own.scalar_subquery()
        case Listed.ATTEMPT, "status" if value == AttemptStatus.FAILED:
            yield text(FAILED)
        case Listed.INVOICE, "status" if value != InvoiceStatus.PAID:
            yield text("status <> 'paid'")
        case Listed.NOTICE, "kind" if f"'{value}'" not in SELDOM:
            yield text(SELDOM)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some ids in their order, and whether more follow."""

    ids: tuple[str, ...]
    has_more: bool


def page(
    conn: Connection,
    what: Listed,
    merchant_id: MerchantId,
    *,
    limit: int,
    before: str | None = None,
    where: Mapping[str, str],
) -> Page:
    """The newest `limit` rows before an id whose columns have the values of `where`."""
    own = _TABLES[what].c
    statement = select(own.id).where(own.merchant_id == merchant_id).order_by(own.id.desc()).limit(limit + 1)
    if what is Listed.DISPUTE:
        statement = statement.where(text(DISPUTED))
    for name, value in where.items():
        statement = statement.where(own[name] == value, *_reached_by(what, merchant_id, name, value))
    if before is not None:
        statement = statement.where(own.id < before)
    found = conn.execute(statement).scalars().all()
    return Page(ids=tuple(found[:limit]), has_more=len(found) > limit)
