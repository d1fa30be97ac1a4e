"""A row that can't be worked holds up nobody else, and is worked as soon as it can be."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from purring.domain.subscription import Subscription
from purring.operations.services import LEASE
from purring.operations.transact import QUARANTINE
from tests.bystander import Bystander
from tests.world import FUNDS, Killed, Shop, World, kill_at, paid_once


def _break(world: World, of: Subscription) -> None:
    """Give its customer a time zone that no program knows."""
    _set_zone(world, of, "Nowhere/Land")


def _mend(world: World, of: Subscription) -> None:
    _set_zone(world, of, "Europe/Oslo")


def _set_zone(world: World, of: Subscription, zone: str) -> None:
    with world.services.store.transaction() as conn:
        statement = text("UPDATE customer SET timezone = :zone WHERE id = :id")
        conn.execute(statement, {"zone": zone, "id": of.customer_id})


def test_a_poisoned_invoice_holds_nobody_up(world: World, shop: Shop) -> None:
    """One invoice that can't even be begun is set aside for an hour; its whole batch is charged at once."""
    sold = [shop.sold("approve") for _ in range(6)]
    _break(world, sold[2])
    world.work()
    others = [one for one in sold if one is not sold[2]]
    assert {("paid", "active")} == {shop.status(one) for one in others}
    assert [] == shop.attempts(sold[2])
    world.later(minutes=59)
    assert [] == shop.attempts(sold[2])
    _mend(world, sold[2])
    world.clock.advance_to(world.clock.now() + QUARANTINE)
    world.work()
    assert ("paid", "active") == shop.status(sold[2])
    assert paid_once(world, [shop.invoice(one) for one in sold])


def test_an_answer_that_cannot_be_written_down_waits(world: World, shop: Shop) -> None:
    """One answer that can't be recorded doesn't take the others with it; it is asked for again when it can be."""
    sold = [shop.sold(answer) for answer in ("approve", FUNDS, "approve", "approve")]

    def spoil(point: str) -> None:
        if point == "after_charge":
            _break(world, sold[1])

    with world.worker(spoil) as worker:
        worker.turn()
        worker.turn()
    assert {("paid", "active")} == {shop.status(one) for one in sold if one is not sold[1]}
    assert ["started"] == shop.attempts(sold[1])
    _mend(world, sold[1])
    world.later(hours=1)
    assert ["declined"] == shop.attempts(sold[1])
    assert 4 == len(world.seen())


def test_a_gateway_adapter_that_breaks_leaves_the_outcome_unknown(world: World, shop: Shop) -> None:
    """An exception in one gateway call loses no other answer; what it was about is asked later, not charged again."""
    sold = [shop.sold("approve") for _ in range(3)]
    calls: list[int] = []

    def break_once() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("a bug in the adapter")

    beside = Bystander(world.sandbox.gateway, break_once)
    with world.worker(gateways={"sandbox": beside}) as worker:
        worker.run_until_idle()
    assert ["succeeded", "succeeded", "unknown"] == sorted(shop.attempts(one)[0] for one in sold)
    world.play(hours=2)
    assert {("paid", "active")} == {shop.status(one) for one in sold}
    assert paid_once(world, [shop.invoice(one) for one in sold])


def test_a_dead_workers_claims_come_free(world: World, shop: Shop) -> None:
    """Rows of a worker that died right after claiming are worked by another as soon as the lease is over, no sooner."""
    sold = [shop.sold("approve") for _ in range(3)]
    with world.worker(kill_at("after_claim")) as worker, pytest.raises(Killed):
        worker.turn()
    world.work()
    assert [[]] * 3 == [shop.attempts(one) for one in sold]
    with world.worker() as worker:
        assert world.clock.now() + LEASE == worker.next_due_at()
    world.clock.advance_to(world.clock.now() + LEASE)
    world.work()
    assert {("paid", "active")} == {shop.status(one) for one in sold}


def test_what_only_waits_is_let_go(world: World, shop: Shop) -> None:
    """No lease is left behind when everything due is done."""
    for answer in ("approve", FUNDS, "timeout before", "pending 3 days", "unavailable 1 times"):
        shop.sold(answer)
    world.work()
    world.play(days=3)
    for name in ("invoice", "subscription", "delivery", "inbound_event"):
        with world.services.store.reading() as conn:
            held = conn.execute(text(f"SELECT id FROM {name} WHERE lease_until IS NOT NULL")).all()  # noqa: S608 - our own names
        assert [] == held


def test_a_reseller_holds_nobody_up_for_long(world: World, shop: Shop) -> None:
    """A customer with more due invoices than a batch takes delays the others by at most as many turns."""
    reseller = shop.customer()
    card = shop.card(reseller, "approve")
    for _ in range(6):
        shop.subscribe(reseller, card)
    other = shop.sold("approve")
    with world.worker(batch_max=3) as worker:
        while worker.turn().renewed:
            pass
        for _ in range(6):
            worker.turn()
    assert ("paid", "active") == shop.status(other)
    world.clock.advance_to(world.clock.now() + timedelta(seconds=1))
    world.work()
    assert {"paid"} == {one.status.value for one in shop.invoices(reseller.id)}
