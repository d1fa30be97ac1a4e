"""Limits and pauses of a gateway hold over all workers together, and everything gets through in the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from threading import Condition
from typing import Any

import pytest

from purring.domain.attempt import AttemptStatus, Outcome
from purring.domain.ids import InvoiceId
from purring.domain.throttle import PAUSE, POSTPONED_MAX, PROBES_MAX
from purring.engine.limiter import FAILURES_MAX
from purring.engine.loop import Worker
from purring.gateways.base import ChargeRequest, Gateway
from purring.gateways.sandbox.settings import OutageKind
from purring.operations.gateways import end_pause, gateway_limits, set_limits
from purring.operations.pay import pay_now
from purring.operations.renew import renew_due
from purring.operations.services import LEASE
from purring.store.engine import open_store
from tests.world import NOON, Killed, Shop, World, kill_at, paid_once

SECOND = timedelta(seconds=1)


class Counted:
    """The sandbox gateway, with a count of the calls that are being made; the first ones wait for each other."""

    def __init__(self, gateway: Gateway, meet: int) -> None:
        """Let nobody go before as many have met, or too long has gone by."""
        self._gateway, self._meet, self._changed = gateway, meet, Condition()
        self.now = self.most = 0

    def charge(self, request: ChargeRequest) -> Outcome:
        """Ask for the money."""
        with self._changed:
            self.now += 1
            self.most = max(self.most, self.now)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most >= self._meet, timeout=2)
        try:
            return self._gateway.charge(request)
        finally:
            with self._changed:
                self.now -= 1

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the gateway's own
        """Do everything else as the gateway does."""
        return getattr(self._gateway, name)


@pytest.fixture
def workers(world: World) -> Iterator[list[Worker]]:
    """Three processes, each with a store of its own."""
    with ExitStack() as stack:
        yield [stack.enter_context(_worker(world, f"worker-{n}", stack)) for n in range(3)]


def _worker(world: World, owner: str, stack: ExitStack, **others: Any) -> Any:  # noqa: ANN401 - a context manager
    store = open_store(world.database_url, durable=False, pool_size=2)
    stack.callback(store.close)
    return world.worker(owner=owner, store=store, **others)


def _sell(shop: Shop, count: int) -> list[InvoiceId]:
    """Invoices that are due now, each of a customer with a good card."""
    sold = [shop.sold("approve") for _ in range(count)]
    while renew_due(shop.services):
        pass
    return [shop.invoice(one).id for one in sold]


def _play(world: World, workers: Sequence[Worker], until: timedelta, step: timedelta = timedelta()) -> None:
    """Let the workers work side by side, one turn each, from one due instant to the next, a step later at least."""
    while True:
        while not all(worker.turn().is_idle for worker in workers):
            pass
        due_at = workers[0].next_due_at()
        if due_at is None or due_at > NOON + until:
            return
        world.clock.advance_to(max(due_at, world.clock.now() + step))


def _times(world: World, of: Sequence[InvoiceId] = ()) -> list[datetime]:
    """When the gateway saw the charges of these invoices, or of all."""
    return sorted(charge.at for charge in world.seen() if not of or charge.invoice_id in of)


def _attempts(shop: Shop, invoices: Sequence[InvoiceId]) -> list[list[str]]:
    return [shop.attempts(one) for one in invoices]


def test_no_span_of_time_sees_more_charges_than_the_pace(world: World, shop: Shop, workers: list[Worker]) -> None:
    """Three workers with one backlog keep to one bucket; all is charged about as fast as it flows, and once."""
    set_limits(world.services, "sandbox", per_s=2, burst=4)
    invoices = _sell(shop, 20)
    _play(world, workers, timedelta(minutes=2))
    times = _times(world)
    for first, since in enumerate(times):
        for last in range(first, len(times)):
            assert last - first + 1 <= 4 + 2 * (times[last] - since) / SECOND
    assert [["succeeded"]] * 20 == _attempts(shop, invoices)
    assert paid_once(world, [shop.facts(one).invoice for one in invoices])
    assert times[-1] - NOON <= timedelta(seconds=(20 - 4) / 2 + 10)


def test_no_more_charges_are_under_way_than_may_be(world: World, shop: Shop) -> None:
    """Workers in threads, each with many connections, together make as many calls as are allowed, and no more."""
    set_limits(world.services, "sandbox", in_flight_max=5)
    invoices = _sell(shop, 24)
    counted = Counted(world.sandbox.gateway, meet=5)
    with ExitStack() as stack:
        given = {"gateways": {"sandbox": counted}, "in_flight_max": 8, "batch_max": 9}
        some = [stack.enter_context(_worker(world, f"worker-{n}", stack, **given)) for n in range(3)]
        with ThreadPoolExecutor(3) as threads:
            while any(shop.attempts(one) == [] for one in invoices):
                list(threads.map(lambda worker: worker.run_until_idle(), some))
                world.clock.advance_to(world.clock.now() + SECOND)
    assert 5 == counted.most
    assert [["succeeded"]] * 24 == _attempts(shop, invoices)


def test_a_dead_workers_room_comes_back_with_its_lease(world: World, shop: Shop) -> None:
    """What was begun by a worker that died is held to be under way until its lease is over, and no longer."""
    set_limits(world.services, "sandbox", in_flight_max=3)
    invoices = _sell(shop, 7)
    with world.worker(kill_at("after_begin"), owner="dead") as dying, pytest.raises(Killed):
        dying.turn()
    with world.worker(owner="alive") as alive:
        _play(world, [alive], LEASE - SECOND, SECOND)
        assert [] == _times(world)
        _play(world, [alive], LEASE + timedelta(minutes=1), SECOND)
    assert paid_once(world, [shop.facts(one).invoice for one in invoices])
    assert NOON + LEASE <= _times(world)[0]


def test_a_merchants_own_limit_holds_nobody_else_up(world: World, shop: Shop, workers: list[Worker]) -> None:
    """A merchant who wants one charge in two seconds gets that, and its neighbor is charged at once."""
    other = world.shop("Vik AS")
    set_limits(world.services, "sandbox", shop.id, per_s=0.5)
    slow, fast = _sell(shop, 5), _sell(other, 5)
    _play(world, workers, timedelta(minutes=1))
    times = {
        one: [charge.at for charge in world.seen() if charge.invoice_id in own] for one, own in enumerate((slow, fast))
    }
    assert [NOON] * 5 == times[1]
    assert [NOON + 2 * n * SECOND for n in range(5)] == sorted(times[0])


def test_room_is_shared_among_merchants(world: World, shop: Shop, workers: list[Worker]) -> None:
    """Beside another's backlog k charges of one among m merchants take k * m / pace, and a turn of each worker."""
    few = world.shop("Vik AS")
    set_limits(world.services, "sandbox", per_s=1, burst=1)
    _sell(shop, 12)
    own = _sell(few, 3)
    _play(world, workers, timedelta(minutes=2))
    assert _times(world, own)[-1] - NOON <= timedelta(seconds=3 * 2 + len(workers) + 1)
    assert 15 == len(_times(world))


def test_a_customer_who_pays_is_counted_but_not_held_up(world: World, shop: Shop) -> None:
    """The customer's charge goes out although there is no room; the workers make room for it afterwards."""
    set_limits(world.services, "sandbox", per_s=1, burst=1, in_flight_max=1)
    first, second = _sell(shop, 2)
    with world.worker() as worker:
        worker.pipeline.turn()
        waiting = next(one for one in (first, second) if not shop.attempts(one))
        facts = shop.facts(waiting)
        assert facts.tied_method
        of_merchant = world.process("web", store=world.services.store.of(shop.id))
        pay_now(of_merchant, shop.id, waiting, facts.tied_method.id)
        (third,) = _sell(shop, 1)
        _play(world, [worker], timedelta(seconds=0.9))
        assert [] == shop.attempts(third)
        _play(world, [worker], timedelta(seconds=10))
    assert ["succeeded"] == shop.attempts(third)


def test_what_finds_no_room_is_put_off_within_the_bound(world: World, shop: Shop) -> None:
    """Nobody waits for longer than the stated hour before somebody looks again, however slow the gateway."""
    set_limits(world.services, "sandbox", per_s=1 / 60, burst=1)
    invoices = _sell(shop, 70)
    with world.worker() as worker:
        worker.run_until_idle()
    due = [shop.facts(one).invoice.next_step_at for one in invoices if not shop.attempts(one)]
    assert 69 == len(due)
    assert all(at and NOON < at <= NOON + POSTPONED_MAX for at in due)


def test_a_pause_holds_for_all_workers_and_few_try_the_gateway_after_it(world: World, shop: Shop) -> None:
    """What one worker found the others know; after the pause a few charges of one of them try the gateway."""
    invoices = _sell(shop, 20)
    world.sandbox.remote.outage(OutageKind.NOT_PROCESSED, until=NOON + timedelta(minutes=20))
    with world.worker(batch_max=FAILURES_MAX) as finder, world.worker(owner="worker-2") as other:
        finder.turn()
        other.run_until_idle()
        assert FAILURES_MAX == len(_failed(shop, invoices))
        (paused,) = gateway_limits(world.services)
        assert NOON + PAUSE == paused.paused_until
        world.clock.advance_to(NOON + PAUSE + timedelta(minutes=30))
    with world.worker(kill_at("after_begin"), owner="dying") as dying, pytest.raises(Killed):
        dying.turn()
    begun = [one for one in invoices if shop.facts(one).open_attempt]
    assert PROBES_MAX == len(begun)
    with world.worker(owner="worker-3") as third:
        third.run_until_idle()
        assert begun == [one for one in invoices if shop.facts(one).open_attempt]
        _play(world, [third], timedelta(hours=2))
    assert [] == gateway_limits(world.services)
    assert paid_once(world, [shop.facts(one).invoice for one in invoices])


def test_a_gateway_that_stays_away_is_tried_by_few(world: World, shop: Shop) -> None:
    """Each pause ends with a try of a few charges and, while none is answered, makes place for one twice as long."""
    invoices = _sell(shop, 40)
    world.sandbox.remote.outage(OutageKind.NOT_PROCESSED, until=NOON + timedelta(hours=2))
    with world.worker(batch_max=FAILURES_MAX) as worker:
        _play(world, [worker], timedelta(hours=1))
        (paused,) = gateway_limits(world.services)
        assert 3 <= paused.pauses <= 5
        assert FAILURES_MAX + PROBES_MAX <= len(_failed(shop, invoices)) <= FAILURES_MAX + 4 * PROBES_MAX


def test_an_operator_ends_a_pause(world: World, shop: Shop) -> None:
    """What comes due then is charged without a try."""
    assert not end_pause(world.services, "sandbox")
    invoices = _sell(shop, 12)
    world.sandbox.remote.outage(OutageKind.NOT_PROCESSED, until=NOON + SECOND)
    with world.worker(batch_max=FAILURES_MAX) as worker:
        worker.run_until_idle()
        assert end_pause(world.services, "sandbox")
        assert [] == gateway_limits(world.services)
        _play(world, [worker], timedelta(hours=1))
    assert paid_once(world, [shop.facts(one).invoice for one in invoices])


def _failed(shop: Shop, invoices: Sequence[InvoiceId]) -> list[str]:
    return [one.id for own in invoices for one in shop.facts(own).attempts if one.status is AttemptStatus.FAILED]
