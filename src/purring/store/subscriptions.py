"""Subscriptions, each with its price."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select, update

from purring.domain.attempt import OPEN_ATTEMPT
from purring.domain.catalog import Price, Product
from purring.domain.errors import NotFound
from purring.domain.ids import AttemptId, CustomerId, InvoiceId, MerchantId, MethodId, SubscriptionId
from purring.domain.invoice import InvoiceStatus
from purring.domain.subscription import Subscription, SubscriptionStatus
from purring.domain.subscription_facts import Offer, SubscriptionFacts
from purring.store import bulk, catalog, customers, merchants, methods, notices
from purring.store.recall import Query, Whole
from purring.store.schema import attempt, customer, invoice, subscription

SHAPE = bulk.Shape(subscription, {"price_id": "price.id"})


def create_many(conn: Connection, merchant_id: MerchantId, subscriptions: Sequence[Subscription]) -> None:
    """Add subscriptions whose customers, prices and methods are there."""
    SHAPE.insert(conn, [(merchant_id, value) for value in subscriptions])


def get(conn: Connection, merchant_id: MerchantId, subscription_id: SubscriptionId) -> Subscription:
    """Find a subscription.

    Raises NotFound.
    """
    found = load(conn, [(merchant_id, subscription_id)])
    if not found:
        raise NotFound(f"There is no subscription {subscription_id}.", field="subscription_id")
    return found[merchant_id, subscription_id]


def load(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, Subscription]:
    """Load subscriptions with their prices."""
    found = _BY_ID.one_each(conn, set(keys))
    prices = catalog.load_prices(conn, {(key[0], price_id) for key, (price_id, _) in found.items()})
    return {key: _WHOLE.of(key, fields, prices[key[0], price_id]) for key, (price_id, fields) in found.items()}


def of_customer(conn: Connection, merchant_id: MerchantId, customer_id: CustomerId) -> list[Subscription]:
    """List a customer's subscriptions, canceled ones too, oldest first."""
    rows = bulk.matching(conn, subscription, [(merchant_id, customer_id)], "customer_id", order=("id",))
    return [value for _, value in _with_prices(conn, rows)]


def by_external_id(conn: Connection, merchant_id: MerchantId, external_ids: Iterable[str]) -> dict[str, Subscription]:
    """Find subscriptions by the merchant's own ids; those that aren't there are left out."""
    rows = bulk.matching(conn, subscription, [(merchant_id, one) for one in set(external_ids)], "external_id")
    return {value.external_id: value for _, value in _with_prices(conn, rows) if value.external_id is not None}


def tied_methods(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, frozenset[MethodId]]:
    """Tell which methods, main or backup, customers' subscriptions that aren't canceled are tied to."""
    return {key: frozenset().union(*methods) for key, methods in _TIED.grouped(conn, keys).items()}


def load_for_renewal(
    conn: Connection, keys: Sequence[bulk.Key], *, lock: bool = True, canceling: bool = False, changing: bool = False
) -> list[SubscriptionFacts]:
    """Load due subscriptions with what belongs to them, in the order of `keys`; those that aren't there are left out.

    With `lock`, nobody else bills these customers until the transaction ends. What a cancellation must know is looked
    up for those whose clock may end them, or, when `canceling`, for all; what a change at once must, when `changing`.
    """
    if lock:
        lock_customers(conn, keys, subscription)
    subscriptions = load(conn, keys)
    sellers = merchants.load(conn, [MerchantId(merchant_id) for merchant_id, _ in keys])
    buyers = customers.load(conn, {(key[0], value.customer_id) for key, value in subscriptions.items()})
    nexts = _next_prices(conn, subscriptions)
    sold = {(key[0], one.product_id) for key, one in [*nexts.items(), *_prices(subscriptions)]}
    products = catalog.load_products(conn, sold)
    tied = methods.load(conn, {(key[0], value.method_id) for key, value in subscriptions.items() if value.method_id})
    ending = {key: value for key, value in subscriptions.items() if canceling or _may_end(value)}
    flying, warnings = in_flight(conn, ending), notices.cancel_warnings(conn, ending)
    owing = _unpaid(conn, subscriptions) if changing else {}
    return [
        SubscriptionFacts(
            merchant=sellers[MerchantId(key[0])],
            customer=buyers[key[0], subscriptions[key].customer_id],
            subscription=subscriptions[key],
            product=products[key[0], subscriptions[key].price.product_id],
            method=tied.get((key[0], subscriptions[key].method_id or "")),
            next_offer=_offer(key[0], nexts.get(key), products),
            unpaid=tuple(owing.get(key, ())),
            in_flight=tuple(flying.get(key, ())),
            cancel_warning=warnings.get(key),
        )
        for key in keys
        if key in subscriptions
    ]


def _prices(subscriptions: Mapping[bulk.Key, Subscription]) -> list[tuple[bulk.Key, Price]]:
    return [(key, value.price) for key, value in subscriptions.items()]


def _next_prices(conn: Connection, subscriptions: Mapping[bulk.Key, Subscription]) -> dict[bulk.Key, Price]:
    """The prices from the next period on, of those that get another one."""
    wanted = {key: (key[0], value.pending_price_id) for key, value in subscriptions.items() if value.pending_price_id}
    found = catalog.load_prices(conn, set(wanted.values())) if wanted else {}
    return {key: found[price_key] for key, price_key in wanted.items()}


def _offer(merchant_id: str, price: Price | None, products: Mapping[bulk.Key, Product]) -> Offer | None:
    return Offer(price=price, product=products[merchant_id, price.product_id]) if price else None


def _unpaid(conn: Connection, subscriptions: Mapping[bulk.Key, Subscription]) -> dict[bulk.Key, list[InvoiceId]]:
    """The invoices that a change at once must wait for: open ones, and one of the running period that was given up."""
    own = invoice.c
    owed = bulk.looked_at_last(own.status).in_([InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE])
    statement = (
        select(own.merchant_id, own.id, own.subscription_id, own.status, own.period_start_on)
        .select_from(bulk.joined(conn.dialect.name, invoice, "subscription_id"))
        .where(owed)
        .order_by(own.id)
    )
    found: dict[bulk.Key, list[InvoiceId]] = {}
    for row in conn.execute(statement, bulk.key_params(conn.dialect.name, subscriptions)):
        key = (row.merchant_id, row.subscription_id)
        if row.status is InvoiceStatus.OPEN or row.period_start_on == subscriptions[key].period_start_on:
            found.setdefault(key, []).append(InvoiceId(row.id))
    return found


def _may_end(value: Subscription) -> bool:
    return value.cancel_at_period_end or value.status is SubscriptionStatus.SUSPENDED


def in_flight(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, list[AttemptId]]:
    """List the open attempts of subscriptions' invoices."""
    wanted = set(keys)
    if not wanted:
        return {}
    own, its = invoice.c, attempt.c
    statement = (
        select(own.merchant_id, own.subscription_id, its.id)
        .select_from(bulk.joined(conn.dialect.name, invoice, "subscription_id"))
        .join(attempt, and_(its.merchant_id == own.merchant_id, its.invoice_id == own.id))
        .where(bulk.looked_at_last(own.status) == "open", its.status.in_(sorted(OPEN_ATTEMPT)))
        .order_by(its.id)
    )
    rows = conn.execute(statement, bulk.key_params(conn.dialect.name, wanted))
    return bulk.grouped(rows, "subscription_id", lambda row: AttemptId(row.id))


def paid_by(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, list[SubscriptionId]]:
    """List the subscriptions that methods are tied to, canceled ones left out."""
    own = subscription.c
    statement = (
        select(own.merchant_id, own.id, own.method_id)
        .select_from(bulk.joined(conn.dialect.name, subscription, "method_id"))
        .where(own.status != SubscriptionStatus.CANCELED)
        .order_by(own.id)
    )
    rows = conn.execute(statement, bulk.key_params(conn.dialect.name, set(keys)))
    return bulk.grouped(rows, "method_id", lambda row: SubscriptionId(row.id))


def wind(conn: Connection, merchant_id: MerchantId, method_id: MethodId, now: datetime) -> None:
    """Let the clocks of all subscriptions that a method pays look again at once: its expiry is another."""
    own = subscription.c
    conn.execute(
        update(subscription)
        .where(own.merchant_id == merchant_id, own.method_id == method_id, own.next_step_at > now)
        .values(next_step_at=now)
    )


def wake(conn: Connection, merchant_id: MerchantId, subscription_id: SubscriptionId, now: datetime) -> None:
    """Let a subscription's open invoices be looked at at once."""
    own = invoice.c
    conn.execute(
        update(invoice)
        .where(own.merchant_id == merchant_id, own.subscription_id == subscription_id)
        .where(bulk.looked_at_last(own.status) == "open")
        .where(or_(own.next_step_at.is_(None), own.next_step_at > now))
        .values(next_step_at=now)
    )


def lock_customers(conn: Connection, keys: Iterable[bulk.Key], table: Any) -> None:  # noqa: ANN401 - a table
    """Lock the customers of some rows, in the order of their keys: whoever bills a customer holds its row.

    SQLite has one writer at a time anyway.
    """
    if conn.dialect.name == "sqlite":
        return
    conn.execute(_lock(conn.dialect.name, table), bulk.key_params(conn.dialect.name, keys)).all()


@lru_cache
def _lock(dialect: str, table: Any) -> Select[Any]:  # noqa: ANN401 - a table
    owners = select(table.c.merchant_id, table.c.customer_id).select_from(bulk.joined(dialect, table)).subquery()
    found = and_(customer.c.merchant_id == owners.c.merchant_id, customer.c.id == owners.c.customer_id)
    return (
        select(customer.c.id)
        .where(select(owners.c.customer_id).where(found).exists())
        .order_by(customer.c.merchant_id, customer.c.id)
        .with_for_update(key_share=True, of=customer)
    )


def _tied(dialect: str) -> Select[Any]:
    own = subscription.c
    return (
        select(own.merchant_id, own.id, own.customer_id, own.method_id, own.backup_method_id)
        .select_from(bulk.joined(dialect, subscription, "customer_id"))
        .where(own.status != SubscriptionStatus.CANCELED)
    )


def _with_prices(conn: Connection, rows: Sequence[Any]) -> list[tuple[MerchantId, Subscription]]:
    prices = catalog.load_prices(conn, {(row.merchant_id, row.price_id) for row in rows})
    return [(row.merchant_id, _subscription(row, prices[row.merchant_id, row.price_id])) for row in rows]


def _subscription(row: Any, price: Price) -> Subscription:  # noqa: ANN401 - a row
    return Subscription(price=price, **SHAPE.plain(row))


def _fields(row: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401 - a row
    return row.price_id, SHAPE.plain(row)


def _whole(fields: dict[str, Any], price: Price) -> Subscription:
    return Subscription(price=price, **fields)


def _methods(row: Any) -> frozenset[MethodId]:  # noqa: ANN401 - a row
    return frozenset({row.method_id, row.backup_method_id} - {None})


_BY_ID = Query(lambda dialect: bulk.select_matching(dialect, subscription), _fields, by="id")
_WHOLE = Whole(_whole)
_TIED = Query(_tied, _methods, by="customer_id")
