"""Payment methods, and the identities of the cards and accounts behind them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, and_, select

from purring.domain.errors import NotFound
from purring.domain.ids import CustomerId, MerchantId, MethodId
from purring.domain.payment_method import PaymentMethod
from purring.store import bulk
from purring.store.recall import Query
from purring.store.schema import card_identity, payment_method

SHAPE = bulk.Shape(payment_method)


def create_many(conn: Connection, merchant_id: MerchantId, methods: Sequence[PaymentMethod]) -> None:
    """Add payment methods."""
    insert(conn, [(merchant_id, method) for method in methods])


def insert(conn: Connection, methods: Sequence[tuple[MerchantId, PaymentMethod]]) -> None:
    """Add payment methods of any merchants, and the identities that are new."""
    identities = sorted({(merchant_id, method.fingerprint) for merchant_id, method in methods})
    bulk.insert_missing(conn, card_identity, ("merchant_id", "fingerprint"), identities)
    SHAPE.insert(conn, methods)


def get(conn: Connection, merchant_id: MerchantId, method_id: MethodId) -> PaymentMethod:
    """Find a payment method.

    Raises NotFound.
    """
    found = load(conn, [(merchant_id, method_id)])
    if not found:
        raise NotFound(f"There is no payment method {method_id}.", field="method_id")
    return found[merchant_id, method_id]


def load(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, PaymentMethod]:
    """Load payment methods."""
    rows = bulk.matching(conn, payment_method, set(keys))
    return {(row.merchant_id, row.id): from_row(row) for row in rows}


def of_customer(conn: Connection, merchant_id: MerchantId, customer_id: CustomerId) -> list[PaymentMethod]:
    """List a customer's methods, removed ones too, oldest first."""
    return of_customers(conn, [(merchant_id, customer_id)]).get((merchant_id, customer_id), [])


def of_customers(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, list[PaymentMethod]]:
    """List customers' methods, removed ones too, oldest first."""
    return _OF_CUSTOMERS.grouped(conn, keys)


def by_token(
    conn: Connection, merchant_id: MerchantId, gateway: str, tokens: Iterable[str]
) -> dict[tuple[CustomerId, str], PaymentMethod]:
    """Find the usable methods behind a gateway's tokens, under their customer and token."""
    own = payment_method.c
    rows = conn.execute(
        select(payment_method).where(
            and_(
                own.merchant_id == merchant_id,
                own.gateway == gateway,
                own.token.in_(sorted(set(tokens))),
                own.status == "active",
            )
        )
    )
    return {(row.customer_id, row.token): from_row(row) for row in rows}


def from_row(row: Any) -> PaymentMethod:  # noqa: ANN401 - a row
    """Make a method of its row."""
    return PaymentMethod(**SHAPE.plain(row))


_OF_CUSTOMERS = Query(
    lambda dialect: bulk.select_matching(dialect, payment_method, "customer_id", ("created_at", "id")),
    from_row,
    by="customer_id",
)
