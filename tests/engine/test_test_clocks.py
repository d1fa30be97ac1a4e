"""Test clocks: a customer's time can be moved, and nothing else moves with it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from purring.domain.customer import Customer
from purring.domain.errors import RefusalCode, Refused, StaleWrite
from purring.domain.ids import TestClockId
from purring.domain.subscription import Subscription
from purring.engine.test_clocks import ClockWalker
from purring.operations import recoveries, test_clocks
from purring.operations.services import LEASE
from tests.webhooks.endpoints import Receiver, endpoint, listening
from tests.world import FUNDS, NOON, Killed, Shop, World, kill_at, paid_once


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


POINTS = ("after_claim", "after_begin", "after_charge", "after_record")


@pytest.mark.parametrize("point", POINTS)
def test_a_walk_that_is_cut_off_is_gone_on_with(world: World, shop: Shop, point: str) -> None:
    """Wherever a worker dies in the middle of a month, the next one walks on, and each charge is made once."""
    clock_id, customer, _ = _on_a_clock(shop, FUNDS, "timeout after", "approve")
    with pytest.raises(Killed):
        ClockWalker(shop.services, kill_at(point)).turn()
    assert 0 == ClockWalker(world.process("worker-2")).turn()
    world.clock.advance_to(world.clock.now() + LEASE)
    assert (NOON + LEASE + timedelta(days=8), "ready") == _advance(shop, clock_id, days=8, minutes=2)
    _paid_once(world, shop, customer)


@pytest.mark.parametrize("point", POINTS)
def test_whoever_lost_a_clock_neither_sends_nor_writes(world: World, shop: Shop, point: str) -> None:
    """A worker that slept through its lease comes back to a clock that another one has walked on."""
    clock_id, customer, _ = _on_a_clock(shop, FUNDS, "approve")

    def sleep_and_be_replaced(reached: str) -> None:
        if reached == point:
            world.clock.advance_to(world.clock.now() + LEASE)
            ClockWalker(world.process("worker-2")).run_until_idle()
            _advance(shop, clock_id, days=8)

    with pytest.raises(StaleWrite):
        ClockWalker(shop.services, sleep_and_be_replaced).turn()
    _paid_once(world, shop, customer)
    assert NOON + timedelta(days=8) <= test_clocks.clock_of(shop.services, shop.id, clock_id).now_at


def _paid_once(world: World, shop: Shop, customer: Customer) -> None:
    """The customer's only invoice is paid, and no key reached the provider's books twice."""
    bills = shop.invoices(customer.id)
    assert ["paid"] == [one.status.value for one in bills]
    assert paid_once(world, bills)
    keys = [charge.key for charge in world.seen()]
    assert sorted(set(keys)) == sorted(keys)


def test_what_comes_from_outside_happens_at_the_clocks_time(world: World, shop: Shop) -> None:
    """A bank's late answer and an operator's hand are of the time where the clock stands; events go out at once."""
    ahead = NOON + timedelta(days=400)
    receiver = Receiver()
    listening(world, receiver)
    endpoint(shop)
    clock = test_clocks.create_clock(shop.services, shop.id, now_at=ahead)
    customer = shop.customer(test_clock_id=clock.id)
    waits = shop.subscribe(customer, shop.card(customer, "action required"), start_on=ahead.date())
    ClockWalker(shop.services).run_until_idle()
    (attempt,) = shop.facts(waits).attempts
    world.sandbox.remote.confirm(attempt.id, succeed=True)
    world.take_events_in()
    world.work()
    assert {"invoice.issued", "attempt.action_required", "invoice.paid"} <= set(receiver.kinds)
    assert ("paid", "active") == shop.status(waits)
    assert [ahead] == [one.ended_at for one in shop.facts(waits).attempts]
    debit = shop.subscribe(customer, shop.card(customer, "pending 3 days then approve"), start_on=ahead.date())
    _advance(shop, clock.id, days=4)
    assert [ahead + timedelta(days=3)] == [one.ended_at for one in shop.facts(debit).attempts]
    ahead += timedelta(days=4)
    handed = shop.hand_over(customer, invoice_on=ahead.date())
    ClockWalker(shop.services).run_until_idle()
    assert ahead == recoveries.pause(shop.services, shop.id, handed.id).invoice.issued_at


def test_nothing_is_done_by_a_deleted_clock(world: World, shop: Shop) -> None:
    """What was due is left, what was owed is taken back, and nobody is put on it any more; one's own say is enough."""
    clock_id, customer, subscription = _on_a_clock(shop, FUNDS)
    ClockWalker(shop.services).run_until_idle()
    test_clocks.advance_clock(shop.services, shop.id, clock_id, NOON + timedelta(days=30))
    gone = test_clocks.delete_clock(shop.services, shop.id, clock_id)
    assert gone == test_clocks.delete_clock(shop.services, shop.id, clock_id)
    assert 0 == ClockWalker(shop.services).turn()
    world.later(days=40)
    assert ["declined"] == shop.attempts(subscription)
    for deed in (
        lambda: test_clocks.advance_clock(shop.services, shop.id, clock_id, NOON + timedelta(days=60)),
        lambda: shop.customer(test_clock_id=clock_id),
    ):
        with pytest.raises(Refused) as refused:
            deed()
        assert RefusalCode.CLOCK_DELETED == refused.value.code
    assert customer.test_clock_id == clock_id
