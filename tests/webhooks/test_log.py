"""The log of what was sent is kept for a while, and cut in batches."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from sqlalchemy import select

from purring.domain.endpoint import KEPT_FOR, EventDeliveryStatus
from purring.operations import endpoints
from purring.operations.housekeeping import cut_log
from purring.store.schema import endpoint, event_delivery, event_try
from tests.webhooks.endpoints import Receiver, listening
from tests.webhooks.endpoints import endpoint as add_endpoint
from tests.world import Shop, World


def _kept(world: World) -> tuple[Counter[str], int, int]:
    """Deliveries by status, how many tries, how many endpoints."""
    with world.services.store.reading() as conn:
        deliveries = Counter(one.value for one in conn.execute(select(event_delivery.c.status)).scalars())
        return deliveries, len(conn.execute(select(event_try)).all()), len(conn.execute(select(endpoint)).all())


def test_what_ended_long_ago_is_forgotten(world: World, shop: Shop) -> None:
    """Delivered after a month, dead after three; what is owed stays, and a deleted endpoint goes with its log."""
    listening(world, Receiver())
    opened, other = add_endpoint(shop), add_endpoint(shop, url="https://shop.example/other")
    shop.sold("approve")
    world.work()
    delivered, tries, _ = _kept(world)
    assert tries == delivered["delivered"] == delivered.total() >= 2
    shop.sold("approve")
    owed = _kept(world)[0]["owed"]
    endpoints.delete_endpoint(world.services, shop.id, opened.endpoint.id)
    assert Counter(delivered=tries, dead=owed // 2, owed=owed // 2) == _kept(world)[0]

    month, months = KEPT_FOR[EventDeliveryStatus.DELIVERED], KEPT_FOR[EventDeliveryStatus.DEAD]
    assert 0 == cut_log(world.services)
    world.clock.advance_to(world.clock.now() + month + timedelta(seconds=1))
    assert tries == cut_log(world.services)
    assert (Counter(dead=owed // 2, owed=owed // 2), 0, 2) == _kept(world)
    world.clock.advance_to(world.clock.now() + months - month - timedelta(minutes=2))
    with world.worker() as worker:
        for _ in range(2):
            worker.turn()
            world.clock.advance_to(world.clock.now() + timedelta(minutes=2))
        worker.turn()
    assert (0, 1) == (_kept(world)[0]["dead"], _kept(world)[2])
    assert other.endpoint.id == endpoints.endpoints_of(world.services, shop.id)[0][0].id
