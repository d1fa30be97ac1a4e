"""A charge is made once, wherever a worker dies and whoever comes back late."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event

import pytest

from purring.domain.attempt import AttemptStatus
from purring.domain.errors import RefusalCode, Refused
from purring.domain.ids import InvoiceId, MethodId
from purring.operations.pay import pay_now
from purring.operations.services import LEASE
from tests.bystander import Bystander
from tests.world import FUNDS, Killed, Shop, World, kill_at, paid_once

POINTS = ("after_claim", "after_begin", "after_charge", "after_record")
PATIENCE_S = 30.0


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("answer", ["approve", FUNDS, "timeout before", "timeout after", "unavailable 1 times"])
def test_a_killed_worker_is_replaced(world: World, shop: Shop, point: str, answer: str) -> None:
    """Wherever a worker dies and whatever the gateway answers, the next one gets the invoice paid, once."""
    subscription = shop.sold(answer, "approve")
    with world.worker(kill_at(point)) as first, pytest.raises(Killed):
        first.run_until_idle()
    world.play(days=8)
    assert ("paid", "active") == shop.status(subscription)
    assert paid_once(world, [shop.invoice(subscription)])
    assert [charge.key for charge in world.seen()] == sorted({charge.key for charge in world.seen()})


@pytest.mark.parametrize("point", POINTS)
def test_nobody_takes_a_living_workers_invoice(world: World, shop: Shop, point: str) -> None:
    """While a lease lasts, another worker neither sends nor asks."""
    subscription = shop.sold("approve")
    with world.worker(kill_at(point)) as first, pytest.raises(Killed):
        first.run_until_idle()
    before = shop.facts(subscription), world.seen()
    with world.worker(owner="worker-2") as second:
        second.run_until_idle()
    assert before[1] == world.seen()
    assert before[0].attempts == shop.facts(subscription).attempts


@pytest.mark.parametrize("answer", ["approve", FUNDS, "timeout after", "pending 3 days"])
def test_a_zombie_records_late(world: World, shop: Shop, answer: str) -> None:
    """A worker that slept through its lease after the charge comes back to record: nothing is booked twice."""
    subscription = shop.sold(answer, "approve")

    def sleep_and_be_replaced(point: str) -> None:
        if point == "after_charge":
            world.clock.advance_to(world.clock.now() + LEASE + timedelta(seconds=1))
            with world.worker(owner="worker-2") as other:
                other.run_until_idle()

    with world.worker(sleep_and_be_replaced) as zombie:
        zombie.turn()
        zombie.turn()
    events = shop.events(subscription)
    assert 1 == events.count("attempt.started")
    assert len(set(events)) == len(events)
    world.play(days=8)
    assert ("paid", "active") == shop.status(subscription)
    assert paid_once(world, [shop.invoice(subscription)])


def test_a_zombie_sends_nothing(world: World, shop: Shop) -> None:
    """A worker that slept through its lease before the charge doesn't send it: somebody else has settled it."""
    subscription = shop.sold("approve")
    sent: list[int] = []

    def sleep_and_be_replaced(point: str) -> None:
        if point == "after_begin" and not sent:
            world.clock.advance_to(world.clock.now() + LEASE + timedelta(seconds=1))
            with world.worker(owner="worker-2") as other:
                other.run_until_idle()
            sent.append(len(world.seen()))
        if point == "after_charge":
            sent.append(len(world.seen()))

    with world.worker(sleep_and_be_replaced) as zombie:
        zombie.turn()
        zombie.turn()
    assert [1, 1] == sent[:2]
    assert ("paid", "active") == shop.status(subscription)
    assert 1 == len(world.seen())


def test_a_slow_batch_sends_nothing_late(world: World, shop: Shop) -> None:
    """What isn't sent within half the lease isn't sent at all; it goes out later under the same key."""
    subscription = shop.sold("approve")

    def dawdle(point: str) -> None:
        if point == "after_begin" and not world.seen():
            world.clock.advance_to(world.clock.now() + LEASE / 2)

    with world.worker(dawdle) as worker:
        worker.turn()
        assert [AttemptStatus.STARTED] == [one.status for one in shop.facts(subscription).attempts]
        worker.turn()
    assert [] == world.seen()
    world.later(minutes=2)
    assert ["succeeded"] == shop.attempts(subscription)
    assert [one.id for one in shop.facts(subscription).attempts] == [charge.key for charge in world.seen()]


@pytest.mark.parametrize("answer", ["approve", FUNDS, "pending 3 days"])
def test_a_resent_charge_that_meets_an_outage_is_in_doubt(world: World, shop: Shop, answer: str) -> None:
    """The second sending's "nothing was done" doesn't say what the first one did: no new attempt before that is known.

    Without this the invoice would be charged again under another key after the outage.
    """
    subscription = shop.sold(answer, "approve")
    with world.worker(kill_at("after_charge")) as first, pytest.raises(Killed):
        first.run_until_idle()
    world.sandbox.remote.rate_limit(1)
    world.later(minutes=3)
    assert ["unknown"] == shop.attempts(subscription)
    world.play(days=8)
    assert ("paid", "active") == shop.status(subscription)
    assert paid_once(world, [shop.invoice(subscription)])


def test_a_key_is_not_sent_after_its_lifetime(world: World, shop: Shop) -> None:
    """A charge that was interrupted longer ago than the gateway remembers keys is asked about, not sent again."""
    subscription = shop.sold("approve", "approve")
    with world.worker(kill_at("after_charge")) as first, pytest.raises(Killed):
        first.run_until_idle()
    world.later(hours=25)
    assert ["succeeded"] == shop.attempts(subscription)
    assert 1 == len(world.seen())


def test_a_charge_that_never_arrived_is_made_again_under_a_new_key(world: World, shop: Shop) -> None:
    """An interrupted charge whose key has expired and which the gateway never got costs nothing and comes again."""
    subscription = shop.sold("approve")
    with world.worker(kill_at("after_begin")) as first, pytest.raises(Killed):
        first.run_until_idle()
    world.later(hours=25)
    assert ["failed"] == shop.attempts(subscription)
    world.play(hours=1)
    assert ["failed", "succeeded"] == shop.attempts(subscription)
    assert [shop.facts(subscription).attempts[1].id] == [charge.key for charge in world.seen()]
    assert [] == [kind for kind in shop.told(subscription.customer_id) if "declined" in kind]


def test_a_paying_process_holds_its_invoice(world: World, shop: Shop) -> None:
    """While a customer's charge is under way no worker resends it or asks about it, even if something wakes the row."""
    subscription = shop.sold(FUNDS)
    world.work()
    invoice, method = shop.invoice(subscription), shop.facts(subscription).tied_method
    assert method
    looked: list[tuple[list[str], int]] = []

    def come_by() -> None:
        with world.worker(owner="worker-2") as other:
            other.run_until_idle()
        looked.append((shop.attempts(invoice.id), len(world.seen())))

    watched = Bystander(world.sandbox.gateway, come_by)
    world.clock.advance_to(world.clock.now() + timedelta(days=1))
    pay_now(world.process("web-1", gateways={"sandbox": watched}), shop.id, invoice.id, method.id)
    assert [(["declined", "started"], 1)] == looked
    assert ["declined", "declined"] == shop.attempts(invoice.id)


def test_a_payer_takes_the_invoice_from_a_worker_that_has_claimed_it(world: World, shop: Shop) -> None:
    """A worker that has claimed an invoice and comes to it while its customer's charge is under way leaves it alone."""
    subscription = shop.sold(FUNDS)
    world.work()
    invoice, method = shop.invoice(subscription), shop.facts(subscription).tied_method
    assert method
    world.clock.advance_to(world.clock.now() + timedelta(days=4))
    claimed, charging, turned = Event(), Event(), Event()
    meanwhile: list[list[str]] = []

    def hold(point: str) -> None:
        if point == "after_claim":
            claimed.set()
            assert charging.wait(PATIENCE_S)

    def turn() -> None:
        with world.worker(hold, owner="worker-2") as worker:
            worker.turn()
        turned.set()

    def charge() -> None:
        charging.set()
        assert turned.wait(PATIENCE_S)
        meanwhile.append(shop.attempts(invoice.id))

    beside = Bystander(world.sandbox.gateway, charge)
    with ThreadPoolExecutor(1) as threads:
        working = threads.submit(turn)
        assert claimed.wait(PATIENCE_S)
        pay_now(world.process("web-1", gateways={"sandbox": beside}), shop.id, invoice.id, method.id)
        working.result()
    assert [["declined", "started"]] == meanwhile
    assert ["declined", "declined"] == shop.attempts(invoice.id)
    assert 2 == len(world.seen())


@pytest.mark.parametrize("sent", [False, True])
def test_a_payer_settles_what_a_dead_worker_left(world: World, shop: Shop, *, sent: bool) -> None:
    """After a worker died halfway, the customer can pay as soon as its lease is over; before, it is told to wait."""
    subscription = shop.sold("approve")
    with world.worker(kill_at("after_charge" if sent else "after_begin")) as first, pytest.raises(Killed):
        first.run_until_idle()
    invoice, method = shop.invoice(subscription), shop.facts(subscription).tied_method
    assert method
    assert RefusalCode.CHARGE_IN_FLIGHT == _refusal(world, shop, invoice.id, method.id)
    world.clock.advance_to(world.clock.now() + LEASE)
    refused = _refusal(world, shop, invoice.id, method.id)
    assert (RefusalCode.ALREADY_PAID if sent else None) == refused
    assert paid_once(world, [shop.invoice(subscription)])
    world.play(days=3)
    assert 1 == len(world.seen())


def test_a_payer_who_cannot_learn_what_a_dead_worker_did_waits(world: World, shop: Shop) -> None:
    """If the gateway can't be asked just then, the interrupted charge stays in doubt; it isn't taken for undone."""
    subscription = shop.sold("approve")
    with world.worker(kill_at("after_charge")) as first, pytest.raises(Killed):
        first.run_until_idle()
    invoice, method = shop.invoice(subscription), shop.facts(subscription).tied_method
    assert method
    world.clock.advance_to(world.clock.now() + LEASE)
    world.sandbox.remote.rate_limit(1)
    assert RefusalCode.OUTCOME_UNKNOWN == _refusal(world, shop, invoice.id, method.id)
    world.play(days=1)
    assert paid_once(world, [shop.invoice(subscription)])


def _refusal(world: World, shop: Shop, invoice_id: InvoiceId, method_id: MethodId) -> RefusalCode | None:
    try:
        pay_now(world.process("web-1"), shop.id, invoice_id, method_id)
    except Refused as refused:
        return refused.code
    return None
