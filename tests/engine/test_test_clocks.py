"""Test clocks: a customer's time can be moved, and nothing else moves with it."""

from __future__ import annotations

from datetime import datetime, timedelta

from purring.domain.customer import Customer
from purring.domain.ids import TestClockId
from purring.domain.subscription import Subscription
from purring.engine.test_clocks import ClockWalker
from purring.operations import test_clocks
from tests.world import FUNDS, NOON, Shop, World


def _on_a_clock(shop: Shop, *answers: str) -> tuple[TestClockId, Customer, Subscription]:
    """A customer on a clock of its own that stands at the present, with a subscription that has just begun."""
    clock = test_clocks.create_clock(shop.services, shop.id, name="a year of Kari's")
    customer = shop.customer(test_clock_id=clock.id)
    return clock.id, customer, shop.subscribe(customer, shop.card(customer, *answers))


def _advance(shop: Shop, clock_id: TestClockId, **by: int) -> tuple[datetime, str]:
    """Advance a clock, and let a worker walk it there."""
    stands = test_clocks.clock_of(shop.services, shop.id, clock_id)
    test_clocks.advance_clock(shop.services, shop.id, clock_id, stands.now_at + timedelta(**by))
    ClockWalker(shop.services).run_until_idle()
    stands = test_clocks.clock_of(shop.services, shop.id, clock_id)
    return stands.now_at, stands.status.value


def test_a_month_plays_for_one_customer_and_stands_still_for_all_others(world: World, shop: Shop) -> None:
    """Invoice, decline, retries, notices, suspension: a clock's customer lives through them, and nobody else."""
    other = shop.sold(FUNDS)
    clock_id, customer, subscription = _on_a_clock(shop, FUNDS)
    world.work()
    assert [] == shop.invoices(customer.id)
    ClockWalker(world.services).run_until_idle()
    assert ["declined"] == shop.attempts(subscription)
    assert (NOON + timedelta(days=30), "ready") == _advance(shop, clock_id, days=30)
    assert (NOON, ["declined"], 1) == (world.clock.now(), shop.attempts(other), len(world.outbox.messages))
    attempts, kinds = shop.attempts(subscription), [kind.value for kind in shop.told(customer.id)]
    assert {"declined"} == set(attempts)
    assert len(attempts) in range(5, 16)
    assert ("open", "suspended") == shop.status(subscription)
    assert ("payment_declined", "access_ended") == (kinds[0], kinds[-1])
    assert {"sent", "withdrawn"} >= {notice.status.value for notice in shop.notices(customer.id)}
