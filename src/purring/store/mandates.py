"""Mandates: what people agreed to, only ever added to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, select

from purring.domain.ids import CustomerId, MerchantId, MethodId
from purring.domain.mandate import Mandate
from purring.store import bulk
from purring.store.schema import mandate, payment_method

_SHAPE = bulk.Shape(mandate)


def add(conn: Connection, merchant_id: MerchantId, value: Mandate) -> None:
    """Add a mandate; there is no changing one."""
    _SHAPE.insert(conn, [(merchant_id, value)])


def of_method(conn: Connection, merchant_id: MerchantId, method_id: MethodId) -> Mandate | None:
    """Find the mandate under which a method is debited."""
    rows = bulk.matching(conn, mandate, [(merchant_id, method_id)], "method_id")
    return _mandate(rows[0]) if rows else None


def methods_with(conn: Connection, merchant_id: MerchantId, customer_id: CustomerId) -> set[MethodId]:
    """List those of a customer's methods that have a mandate."""
    own = mandate.c
    its = and_(payment_method.c.merchant_id == own.merchant_id, payment_method.c.id == own.method_id)
    whose = (own.merchant_id == merchant_id, payment_method.c.customer_id == customer_id)
    return {row.method_id for row in conn.execute(select(own.method_id).join(payment_method, its).where(*whose))}


def _mandate(row: Any) -> Mandate:  # noqa: ANN401 - a row
    return Mandate(**_SHAPE.plain(row))
