"""Pages of a merchant's rows, newest first by id: a page stays where it is, whatever is added meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, select

from purring.domain.ids import MerchantId
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
    subscription,
    test_clock,
)


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
}


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
    for name, value in where.items():
        statement = statement.where(own[name] == value)
    if before is not None:
        statement = statement.where(own.id < before)
    found = conn.execute(statement).scalars().all()
    return Page(ids=tuple(found[:limit]), has_more=len(found) > limit)
