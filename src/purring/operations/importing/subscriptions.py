"""Subscriptions, many at once, with the products and prices that they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from purring.domain.calendar import local_date, zone
from purring.domain.catalog import Interval, Price, Product, period, period_containing
from purring.domain.changes import Changes
from purring.domain.customer import Customer
from purring.domain.errors import InvalidInput
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import MethodId, PriceId, ProductId
from purring.domain.merchant import Merchant
from purring.domain.money import Money
from purring.domain.renewal import next_step_at
from purring.domain.subscription import Subscription
from purring.operations import subscriptions as selling
from purring.operations.importing.methods import ByToken, usable_methods
from purring.operations.importing.rows import Added, Bad, Missing, NewSubscription, Result, There
from purring.operations.services import Services
from purring.store import Connection, catalog, customers, subscriptions
from purring.store.changes import save_many


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What rows may refer to, and what is there already: customer and currency by external id."""

    merchant: Merchant
    today: date
    owners: Mapping[str, Customer]
    methods: ByToken
    sold: dict[str, tuple[str, str]]


def add_subscriptions(
    conn: Connection, services: Services, merchant: Merchant, some: Sequence[NewSubscription]
) -> list[Result]:
    """Take subscriptions in, each known by its external id. What runs now was billed where it comes from."""
    now = services.clock.now()
    known = _known(conn, services, merchant, some)
    prices = _Prices(conn, services, merchant)
    batch: list[Changes] = []
    results: list[Result] = []
    for new in some:
        result = _problem(known, new)
        if result is None:
            try:
                subscription = _subscription(services, known, prices, new)
            except InvalidInput as error:
                result = Bad(error.field or "started_on", error.message)
            else:
                event = EventDraft(kind=EventKind.SUBSCRIPTION_CREATED, object_id=subscription.id, at=now, data={})
                batch.append(Changes(created=(subscription,), events=(event,)))
                known.sold[new.external_id] = (subscription.customer_id, new.unit_amount.currency)
        results.append(result or Added())
    prices.save(conn)
    save_many(conn, [(merchant.id, changes) for changes in batch], services.ids, now)
    return results


def _known(conn: Connection, services: Services, merchant: Merchant, some: Sequence[NewSubscription]) -> _Known:
    owners = customers.by_external_id(conn, merchant.id, [new.customer for new in some])
    there = subscriptions.by_external_id(conn, merchant.id, [new.external_id for new in some])
    return _Known(
        merchant=merchant,
        today=local_date(services.clock.now(), zone(merchant.timezone)),
        owners=owners,
        methods=usable_methods(conn, merchant.id, owners),
        sold={name: (one.customer_id, one.price.unit_amount.currency) for name, one in there.items()},
    )


def _problem(known: _Known, new: NewSubscription) -> Result | None:
    """Why this row makes no new subscription."""
    owner = known.owners.get(new.customer)
    if owner is None:
        return Missing("customer", new.customer)
    if new.external_id in known.sold:
        if known.sold[new.external_id] == (owner.id, new.unit_amount.currency):
            return There()
        return Bad("external_id", "a subscription with this id is there already, of another customer or currency.")
    if new.bill_from_on is not None and new.bill_from_on < known.today:
        return Bad("bill_from_on", f"{new.bill_from_on} is past, and was billed elsewhere; name today or a later day.")
    for field, token in (("method", new.method), ("backup_method", new.backup_method)):
        if token is not None and (owner.id, token) not in known.methods:
            return Missing(field, token)
    if new.backup_method is not None and known.methods[owner.id, new.backup_method].backup_consent_at is None:
        return Bad("backup_method", "the customer hasn't agreed to it; import the method with backup_consent_at.")
    return None


def _subscription(services: Services, known: _Known, prices: _Prices, new: NewSubscription) -> Subscription:
    """The subscription in the period that now runs, or before its first one.

    Raises InvalidInput.
    """
    anchor_on, interval = new.started_on, new.interval
    index = _first_to_bill(anchor_on, interval, new.bill_from_on or known.today)
    running = period(anchor_on, interval, index - 1) if index else None
    period(anchor_on, interval, index)
    owner = known.owners[new.customer]
    made = selling.started(
        services,
        selling.NewSubscription(
            customer_id=owner.id,
            price=prices.price(new.product, new.unit_amount, interval),
            start_on=anchor_on,
            quantity=new.quantity,
            method_id=_method_id(known, owner, new.method),
            backup_method_id=_method_id(known, owner, new.backup_method),
            external_id=new.external_id,
        ),
        known.merchant.timezone,
    )
    if running is not None:
        made = replace(made, period_start_on=running.start_on, period_end_on=running.end_on, next_period_index=index)
    method = known.methods[owner.id, new.method] if new.method else None
    next_at = next_step_at(made, known.merchant, method)
    return replace(made, next_step_at=next_at, test_clock_id=owner.test_clock_id)


def _first_to_bill(anchor_on: date, interval: Interval, from_on: date) -> int:
    """The index of the first period that begins on a day or later."""
    if from_on <= anchor_on:
        return 0
    containing = period_containing(anchor_on, interval, from_on)
    return containing.index + (containing.start_on < from_on)


def _method_id(known: _Known, owner: Customer, token: str | None) -> MethodId | None:
    return None if token is None else known.methods[owner.id, token].id


class _Prices:
    """The merchant's prices by product name, amount and interval; what is missing is made, and saved at the end."""

    def __init__(self, conn: Connection, services: Services, merchant: Merchant) -> None:
        self._ids = services.ids
        self._merchant_id = merchant.id
        self._products = {one.name: one for one in reversed(catalog.products_of(conn, merchant.id))}
        self._prices = {
            (one.product_id, one.unit_amount, one.interval): one
            for one in catalog.prices_of(conn, merchant.id)
            if not one.trial_days
        }
        self._new_products: list[Product] = []
        self._new_prices: list[Price] = []

    def price(self, product_name: str, unit_amount: Money, interval: Interval) -> Price:
        """The price, there already or new."""
        product = self._products.get(product_name) or self._new_product(product_name)
        key = (product.id, unit_amount, interval)
        if key not in self._prices:
            self._prices[key] = Price(
                id=PriceId(self._ids.new("price_")),
                merchant_id=self._merchant_id,
                product_id=product.id,
                unit_amount=unit_amount,
                interval=interval,
            )
            self._new_prices.append(self._prices[key])
        return self._prices[key]

    def _new_product(self, name: str) -> Product:
        product = Product(id=ProductId(self._ids.new("prod_")), merchant_id=self._merchant_id, name=name)
        self._products[name] = product
        self._new_products.append(product)
        return product

    def save(self, conn: Connection) -> None:
        """Add what was made."""
        catalog.create_products(conn, self._new_products)
        catalog.create_prices(conn, self._new_prices)
