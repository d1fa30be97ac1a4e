"""An outage costs no attempt and no notice; the gateway is left alone, and its backlog comes back spread out."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from purring.domain.attempt import Approved, Attempt, AttemptStatus, Outcome, Unavailable, Unknown
from purring.domain.ids import AttemptId, InvoiceId, MerchantId
from purring.domain.money import Money
from purring.engine.limiter import FAILURES_MAX, Breaker
from purring.gateways.sandbox.settings import OutageKind
from purring.operations.charge import Answered
from tests.world import FUNDS, NOON, Shop, World, paid_once

DOWN = Unavailable(detail="down")
UP = Approved(gateway_ref="ch_1", captured=Money(1, "NOK"))


def _failed(shop: Shop, sold: list[InvoiceId]) -> list[Attempt]:
    return [one for invoice in sold for one in shop.facts(invoice).attempts if one.status is AttemptStatus.FAILED]


@pytest.mark.parametrize("kind", [OutageKind.NOT_PROCESSED, OutageKind.TIMEOUT])
def test_an_outage_ends_without_a_trace_for_the_customer(world: World, shop: Shop, kind: OutageKind) -> None:
    """After hours without the gateway everything is charged once, and nobody was told of a decline."""
    sold = [shop.sold("approve") for _ in range(12)]
    world.sandbox.remote.outage(kind, until=NOON + timedelta(hours=2))
    world.play(days=2)
    assert {("paid", "active")} == {shop.status(one) for one in sold}
    assert paid_once(world, [shop.invoice(one) for one in sold])
    assert [] == [kind for one in sold for kind in shop.told(one.customer_id)]
    assert not any(shop.facts(one).recovery for one in sold)


def test_a_gateway_that_is_down_is_left_alone(world: World, shop: Shop) -> None:
    """Once a few charges have failed the others wait without trying, each until a time of its own."""
    sold = [shop.sold("approve") for _ in range(25)]
    world.sandbox.remote.outage(OutageKind.NOT_PROCESSED, until=NOON + timedelta(hours=2))
    with world.worker(batch_max=10) as worker:
        worker.run_until_idle()
    invoices = [shop.invoice(one).id for one in sold]
    assert FAILURES_MAX == len(_failed(shop, invoices))
    put_off = [shop.facts(one).invoice.next_step_at for one in invoices if not shop.facts(one).attempts]
    assert 15 == len(put_off)
    assert len(set(put_off)) >= 13


def test_the_backlog_is_spread_out(world: World, shop: Shop) -> None:
    """When the gateway is back the invoices that waited come over half an hour, not in one second."""
    sold = [shop.sold("approve") for _ in range(20)]
    world.sandbox.remote.outage(OutageKind.NOT_PROCESSED, until=NOON + timedelta(minutes=1))
    world.play(hours=2)
    times = sorted(charge.at for charge in world.seen())
    assert len(sold) == len(times)
    assert times[-1] - times[0] > timedelta(minutes=10)
    assert max(later - earlier for earlier, later in pairwise(times)) < timedelta(minutes=20)
    assert len(set(times)) > len(sold) // 2


def test_an_outage_within_a_recovery_uses_up_no_retry(world: World, shop: Shop) -> None:
    """A retry that meets an outage is made up for; the policy's count and the notices stay as they would have been."""
    subscription = shop.sold(FUNDS, "unavailable 2 times", FUNDS, "approve")
    world.play(days=12)
    outcomes = shop.attempts(subscription)
    assert ["declined", "failed", "failed", "declined", "succeeded"] == outcomes
    assert ["payment_declined", "payment_declined", "payment_received"] == [
        kind.value for kind in shop.told(subscription.customer_id)
    ]


def test_retry_after_is_honoured(world: World, shop: Shop) -> None:
    """A gateway that asks for two hours gets them."""
    subscription = shop.sold("rate limited 2 hours", "approve")
    world.play(hours=1, minutes=59)
    assert ["failed"] == shop.attempts(subscription)
    world.play(hours=1)
    assert ["failed", "succeeded"] == shop.attempts(subscription)
    first, second = shop.facts(subscription).attempts
    assert second.started_at - first.started_at >= timedelta(hours=2)


def test_a_gateway_that_is_not_configured_is_an_outage(world: World, shop: Shop) -> None:
    """An invoice whose gateway is missing from the settings waits, holds nobody up, and is charged when it is there."""
    subscription = shop.sold("approve")
    with world.worker(gateways={}) as worker:
        worker.run_until_idle()
    assert ["failed"] == shop.attempts(subscription)
    world.play(hours=1)
    assert ("paid", "active") == shop.status(subscription)


def test_equal_invoices_on_one_card_look_in_their_turn(world: World, shop: Shop) -> None:
    """One at a time is charged when the gateway is back; each looks a few times, not whenever another was charged."""
    count = 24
    for _ in range(count):
        customer = shop.customer()
        shop.hand_over(customer, shop.card(customer, "approve", test="visa-equal"), declined=False)
    world.sandbox.remote.outage(OutageKind.NOT_PROCESSED, until=NOON + timedelta(hours=1))
    looks = 0
    with world.worker() as worker:
        while (due_at := worker.next_due_at()) is not None and due_at <= NOON + timedelta(hours=2):
            world.clock.advance_to(max(due_at, world.clock.now()))
            looks += worker.turn().charged
    assert count == sum(len(one) for one in world.captured().values())
    assert looks <= 8 * count


def _answered(outcome: Outcome, *, is_charge: bool = True) -> Answered:
    return Answered(
        key=(MerchantId("mer_1"), InvoiceId("inv_1")),
        gateway="sandbox",
        attempt_id=AttemptId("att_1"),
        outcome=outcome,
        is_first=True,
        is_charge=is_charge,
    )


def test_the_breaker_tells_of_failures_in_a_row() -> None:
    """Ten failures in a row are news; one answer in between starts the count anew."""
    breaker = Breaker()
    assert {} == breaker.news([_answered(DOWN)] * (FAILURES_MAX - 1) + [_answered(UP)] + [_answered(DOWN)] * 9)
    assert {"sandbox": False} == breaker.news([_answered(Unknown(detail="no answer"))])
    assert {} == breaker.news([_answered(DOWN)] * (FAILURES_MAX - 1))


def test_a_gateway_that_is_tried_is_back_once_it_answers_anything() -> None:
    """Of those who try a gateway after its pause one that is answered is enough; if none is, it stays away."""
    breaker = Breaker()
    assert {"sandbox": True} == breaker.news([_answered(DOWN), _answered(UP), _answered(DOWN)], {"sandbox"})
    assert {"sandbox": False} == breaker.news([_answered(DOWN)], {"sandbox"})
    assert {} == breaker.news([], {"sandbox"})


def test_an_honest_unknown_is_no_failure() -> None:
    """A gateway that answers a question with "I don't know" is not down."""
    assert {} == Breaker().news([_answered(Unknown(detail="not known yet"), is_charge=False)] * 50)
