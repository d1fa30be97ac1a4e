"""Events from a gateway act once, whatever comes twice, late, forged or in the wrong order."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from purring.domain.errors import BadSignature, ConfigError
from purring.domain.subscription import Subscription
from purring.gateways.sandbox.events import Forgery
from purring.operations.inbound import receive, work_inbound
from purring.operations.services import LEASE
from tests.bystander import Bystander
from tests.conftest import MakeDatabase
from tests.world import FUNDS, PRICE, Shop, World, only


def _paid(world: World, shop: Shop, *answers: str) -> Subscription:
    """A subscription whose first invoice was charged, and whose events haven't reached us yet."""
    subscription = shop.sold(*(answers or ("approve",)))
    world.work()
    return subscription


def _key(shop: Shop, subscription: Subscription) -> str:
    return shop.facts(subscription).attempts[-1].id


def _state(shop: Shop, subscription: Subscription) -> dict[str, Any]:
    """What an order of events must not make a difference to."""
    facts = shop.facts(subscription)
    return {
        "status": shop.status(subscription),
        "paid": facts.invoice.paid_minor,
        "dispute": facts.invoice.dispute,
        "refunded": facts.invoice.refunded_minor,
        "attempts": shop.attempts(subscription),
        "journal": sorted(shop.journal(subscription)),
    }


@pytest.mark.parametrize("forgery", list(Forgery))
def test_a_forged_event_is_refused(world: World, shop: Shop, forgery: Forgery) -> None:
    """An event that isn't the gateway's is refused and leaves no row."""
    subscription = _paid(world, shop, FUNDS)
    world.take_events_in()
    world.sandbox.remote.send_again(_key(shop, subscription), forgery=forgery)
    before = world.dump()
    with pytest.raises(BadSignature):
        world.take_events_in()
    assert before == world.dump()


def test_an_unknown_gateway_is_refused(world: World) -> None:
    """An event for a gateway that we don't have is refused, and the message names those we have."""
    with pytest.raises(ConfigError, match="sandbox"):
        receive(world.services, "nobody", {}, b"{}")


def test_a_duplicate_is_stored_once(world: World, shop: Shop) -> None:
    """An event that comes again is told apart from a new one, and changes nothing more."""
    world.sandbox.remote.plan_events(copies=3)
    subscription = _paid(world, shop, "timeout after")
    delivered = world.events_sent()
    new = [receive(world.services, "sandbox", one.headers, one.body) for one in delivered]
    assert [True, False, False] == new
    world.work()
    once = _state(shop, subscription)
    assert ("paid", "active") == once["status"]
    world.take_events_in()
    world.work()
    assert once == _state(shop, subscription)


def test_a_late_event_changes_nothing(world: World, shop: Shop) -> None:
    """The event about a charge whose answer we have had for days is taken and leaves the invoice as it is."""
    world.sandbox.remote.plan_events(delay_s=86_400 * 3)
    subscription = _paid(world, shop)
    before = _state(shop, subscription)
    world.clock.advance_to(world.clock.now() + timedelta(days=3))
    assert 1 == world.take_events_in()
    assert 1 == work_inbound(world.services)
    assert before == _state(shop, subscription)


def test_an_event_settles_what_a_timeout_left_open(world: World, shop: Shop) -> None:
    """After a time-out the gateway's event says what happened, before we ask."""
    subscription = _paid(world, shop, "timeout after")
    assert ["unknown"] == shop.attempts(subscription)
    world.take_events_in()
    world.work()
    assert ("paid", "active") == shop.status(subscription)


def test_an_unknown_charge_is_kept_with_the_reason(world: World, shop: Shop) -> None:
    """An event about a charge that isn't ours is tried a dozen times over some days and then left to the operators."""
    subscription = _paid(world, shop)
    body = json.loads(only(world.events_sent()).body)
    world.send_event({**body, "id": "evt_1", "key": "att_of_somebody_else"})
    for _ in range(20):
        world.later(hours=24)
    row = only([row for row in world.dump()["inbound_event"] if "sandbox:evt_1" in row])
    assert "failed" in row
    assert any("isn't ours" in str(value) for value in row)
    assert ("paid", "active") == shop.status(subscription)


def test_one_bad_event_holds_nobody_up(world: World, shop: Shop) -> None:
    """An event that can't act is put off; those that came with it act at once."""
    subscription = _paid(world, shop, "timeout after")
    body = json.loads(only(world.events_sent()).body)
    world.send_event({**body, "id": "evt_0", "key": "att_of_somebody_else"})
    world.take_events_in()
    world.work()
    assert ("paid", "active") == shop.status(subscription)


def test_a_chargeback_opens_the_invoice_once(world: World, shop: Shop) -> None:
    """Told twice under different ids, a chargeback takes the money once; nothing is charged by itself after it."""
    subscription = _paid(world, shop)
    world.sandbox.remote.open_chargeback(_key(shop, subscription))
    body = json.loads(world.events_sent()[-1].body)
    world.take_events_in()
    world.send_event({**body, "id": "evt_again"})
    world.work()
    assert ("open", "past_due") == shop.status(subscription)
    assert [f"invoiced {PRICE}", f"paid {PRICE}", f"charged_back {PRICE}"] == shop.journal(subscription)
    world.play(days=20)
    assert ["succeeded"] == shop.attempts(subscription)


def test_a_refund_is_booked_once_per_event(world: World, shop: Shop) -> None:
    """Two workers who work the same event book its refund once: the one whose lease ran out leaves it alone."""
    subscription = _paid(world, shop)
    body = {"type": "refund.created", "key": _key(shop, subscription), "amount_minor": 1000, "currency": "NOK"}
    world.send_event({**body, "id": "evt_r", "occurred_at": world.clock.now().isoformat(), "reason": ""})

    def sleep_and_be_replaced() -> None:
        world.clock.advance_to(world.clock.now() + LEASE)
        assert 1 == work_inbound(world.process("worker-2"))

    beside = Bystander(world.sandbox.gateway, sleep_and_be_replaced)
    assert 1 == work_inbound(world.process("worker-1", gateways={"sandbox": beside}))
    booked = [f"invoiced {PRICE}", f"paid {PRICE}", "refunded 10.00 NOK", "credited 10.00 NOK"]
    assert booked == shop.journal(subscription)


def test_every_order_ends_the_same(new_database: MakeDatabase, tmp_path: Path) -> None:
    """Charge, chargeback and its end, all while the charge's answer was lost: any order ends in the same state."""
    ends = []
    for number, order in enumerate(permutations(range(3))):
        directory = tmp_path / str(number)
        directory.mkdir()
        world = World(new_database(), directory)
        shop = world.shop()
        subscription = _paid(world, shop, "timeout after")
        world.sandbox.remote.open_chargeback(_key(shop, subscription))
        world.sandbox.remote.end_chargeback(_key(shop, subscription), won=True)
        delivered = world.events_sent()
        assert 3 == len(delivered)
        for place in order:
            receive(world.services, "sandbox", delivered[place].headers, delivered[place].body)
            world.work()
        world.play(days=2)
        ends.append(_state(shop, subscription))
        world.close()
    assert ("paid", "active") == ends[0]["status"]
    assert [ends[0]] * 6 == ends


def test_money_found_late_is_booked(world: World, shop: Shop) -> None:
    """The gateway said that it never got a charge, and later that it took the money: it is booked, not dropped."""
    helper = _paid(world, shop)
    approved = json.loads(only(world.events_sent()).body)
    subscription = _paid(world, shop, "timeout before", FUNDS)
    world.later(minutes=6)
    assert ["failed"] == shop.attempts(subscription)
    world.send_event({**approved, "id": "evt_late", "key": _key(shop, subscription)})
    world.work()
    assert ("paid", "active") == shop.status(subscription)
    assert ["succeeded"] == shop.attempts(subscription)
    world.play(days=10)
    assert 1 == len([one for one in world.seen() if one.invoice_id == shop.invoice(helper).id])
    assert [f"invoiced {PRICE}", f"paid {PRICE}"] == shop.journal(subscription)


def test_money_found_late_beside_another_payment_is_too_much(world: World, shop: Shop) -> None:
    """Where a second attempt has paid meanwhile, the money found late is booked as too much."""
    _paid(world, shop)
    approved = json.loads(only(world.events_sent()).body)
    subscription = _paid(world, shop, "timeout before", "approve")
    first = _key(shop, subscription)
    world.play(hours=2)
    assert ["failed", "succeeded"] == shop.attempts(subscription)
    world.send_event({**approved, "id": "evt_late", "key": first})
    world.work()
    assert ["succeeded", "succeeded"] == shop.attempts(subscription)
    assert [f"invoiced {PRICE}", f"paid {PRICE}", f"overpaid {PRICE}"] == shop.journal(subscription)
