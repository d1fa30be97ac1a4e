"""The demo's world: a merchant with its customers in an embedded database, the sandbox, a clock, a worker."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from purring.clock import SeededIds, VirtualClock
from purring.demo import population
from purring.demo.mailbox import Mailbox
from purring.demo.population import Buyer
from purring.demo.provider import Provider
from purring.demo.timeline import Timeline
from purring.domain.changes import Changes
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import CustomerId
from purring.domain.merchant import Merchant
from purring.engine.loop import Worker
from purring.operations import merchants
from purring.operations.services import Services
from purring.store import catalog, customers
from purring.store.changes import save_many
from purring.store.engine import Store

STARTS_AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
"""A Monday; summer time begins during the ten weeks, in America before Europe."""

IN_FLIGHT_MAX = 8
"""More calls at once only wait for each other on two cores: the sandbox answers within a millisecond."""


@dataclass(slots=True, kw_only=True)
class World:
    """Everything that plays along."""

    seed: int
    clock: VirtualClock
    provider: Provider
    mailbox: Mailbox
    services: Services
    worker: Worker
    merchant: Merchant
    buyers: dict[CustomerId, Buyer]
    timeline: Timeline = field(default_factory=Timeline)
    cards_added: Counter[CustomerId] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def after(self, hours: int) -> datetime:
        """The full hour so many hours from now."""
        return self.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)


def make_world(*, seed: int, count: int, store: Store, clock: VirtualClock, provider: Provider) -> World:
    """Found the merchant and let its customers move in."""
    mailbox = Mailbox()
    services = Services(
        store=store,
        gateways={provider.gateway.name: provider.gateway},
        clock=clock,
        ids=SeededIds(clock, f"{seed}/ids"),
        sender=mailbox,
        owner="demo",
        from_email="billing@nordlys.example",
        in_flight_max=IN_FLIGHT_MAX,
    )
    merchant = merchants.create_merchant(
        services, name="Nordlys Software", timezone="Europe/Oslo", support_email="help@nordlys.example"
    )
    return World(
        seed=seed,
        clock=clock,
        provider=provider,
        mailbox=mailbox,
        services=services,
        worker=Worker(services),
        merchant=merchant,
        buyers=_move_in(services, provider, merchant, seed, count),
    )


def _move_in(
    services: Services, provider: Provider, merchant: Merchant, seed: int, count: int
) -> dict[CustomerId, Buyer]:
    """Make the customers up and write them down: one transaction here, a few requests there."""
    now = services.clock.now()
    sold = population.Catalog(merchant=merchant, ids=services.ids)
    buyers = population.buyers(sold, seed, count, now)
    provider.write({one.method.token: one.script for buyer in buyers for one in buyer.wallets})
    with services.store.transaction() as conn:
        catalog.create_products(conn, list(sold.products.values()))
        catalog.create_prices(conn, list(sold.prices.values()))
        customers.create_many(conn, merchant.id, [buyer.customer for buyer in buyers])
        save_many(conn, [(merchant.id, _moved_in(buyer, now)) for buyer in buyers], services.ids, now)
    return {buyer.customer.id: buyer for buyer in buyers}


def _moved_in(buyer: Buyer, now: datetime) -> Changes:
    """A customer's methods and subscription, as events tell of them."""
    methods = [wallet.method for wallet in buyer.wallets]
    events = [
        EventDraft(kind=EventKind.METHOD_ADDED, object_id=method.id, at=now, data={"last4": method.last4})
        for method in methods
    ]
    sold = EventDraft(kind=EventKind.SUBSCRIPTION_CREATED, object_id=buyer.subscription.id, at=now, data={})
    return Changes(created=(*methods, buyer.subscription), events=(*events, sold))
