"""Renewal: periods, trials, suspensions and numbers, however long no worker ran."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text

from purring.domain.money import Money
from purring.domain.subscription import Subscription, SubscriptionStatus
from purring.operations import pay, recoveries, subscriptions
from purring.operations.renew import renew_due
from tests.world import FUNDS, PRICE, Shop, World, only


def _periods(shop: Shop, of: Subscription) -> list[date]:
    return [one.period_start_on for one in shop.invoices(of.customer_id) if one.period_start_on]


def _numbers(world: World) -> list[str]:
    return sorted(str(row[2]) for row in world.dump()["invoice"])


def test_month_ends_come_back(world: World, shop: Shop) -> None:
    """A subscription that began on the 31st is billed on the last day of shorter months, and on the 31st again."""
    world.clock.advance_to(datetime(2026, 3, 31, 8, tzinfo=UTC))
    subscription = shop.sold("approve")
    world.play(days=130)
    expected = [date(2026, 3, 31), date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 30), date(2026, 7, 31)]
    assert expected == _periods(shop, subscription)


def test_missed_periods_are_billed_one_by_one(world: World, shop: Shop) -> None:
    """After months without a worker every period gets its invoice, dated that day, and is charged once."""
    subscription = shop.sold("approve")
    world.work()
    world.later(days=100)
    invoices = shop.invoices(subscription.customer_id)
    assert [date(2026, 3, 2), date(2026, 4, 2), date(2026, 5, 2), date(2026, 6, 2)] == _periods(shop, subscription)
    assert {"paid"} == {one.status.value for one in invoices}
    assert [world.clock.now().date()] * 3 == [one.invoice_on for one in invoices[1:]]
    assert ["P-000001", "P-000002", "P-000003", "P-000004"] == _numbers(world)


def test_a_trial_is_free(world: World, shop: Shop) -> None:
    """Nothing is invoiced before the trial is over; then the first period begins."""
    subscription = shop.sold("approve", trial_days=14)
    world.play(days=13)
    assert [] == shop.invoices(subscription.customer_id)
    assert SubscriptionStatus.TRIALING is shop.subscription(subscription.id).status
    world.play(days=1)
    assert ("paid", "active") == shop.status(subscription)
    assert [date(2026, 3, 16)] == _periods(shop, subscription)


def test_a_quantity_holds_from_the_next_period_on(world: World, shop: Shop) -> None:
    """More units are billed with the next invoice, and from then on."""
    subscription = shop.sold("approve")
    world.work()
    subscriptions.change_quantity(world.services, shop.id, subscription.id, 3)
    world.play(days=65)
    assert [PRICE, PRICE * 3, PRICE * 3] == [one.total for one in shop.invoices(subscription.customer_id)]


def test_a_cancellation_waits_for_the_periods_end(world: World, shop: Shop) -> None:
    """A subscription that is to end runs to the end of what is paid, and isn't billed again."""
    subscription = shop.sold("approve")
    world.work()
    subscriptions.cancel_at_period_end(world.services, shop.id, subscription.id)
    world.play(days=30)
    assert SubscriptionStatus.ACTIVE is shop.subscription(subscription.id).status
    world.play(days=60)
    assert SubscriptionStatus.CANCELED is shop.subscription(subscription.id).status
    only(shop.invoices(subscription.customer_id))


def test_a_cancellation_at_the_periods_end_closes_what_was_paused(world: World, shop: Shop) -> None:
    """A recovery that was paused until somebody resumes it has no time of its own any more, and is closed all the same.

    Found by the simulator.
    """
    subscription = shop.sold(FUNDS)
    world.work()
    invoice = shop.invoice(subscription)
    recoveries.pause(world.services, shop.id, invoice.id)
    subscriptions.cancel_at_period_end(world.services, shop.id, subscription.id)
    world.play(days=40)
    recovery = shop.facts(invoice.id).recovery
    assert recovery
    assert "canceled" == recovery.status.value


def test_a_cancellation_stops_charging_at_once(world: World, shop: Shop) -> None:
    """After a cancellation in the middle of a recovery nothing is charged by itself; the invoice can still be paid."""
    subscription = shop.sold(FUNDS)
    world.work()
    subscriptions.cancel_now(world.services, shop.id, subscription.id)
    world.play(days=40)
    assert ["declined"] == shop.attempts(subscription)
    assert "recovery.canceled" in shop.events(subscription)
    other = shop.card(shop.facts(subscription).customer, "approve")
    pay.pay_now(world.services, shop.id, shop.invoice(subscription).id, other.id)
    assert ("paid", "canceled") == shop.status(subscription)


def test_a_suspended_subscription_is_not_billed_and_starts_anew(world: World, shop: Shop) -> None:
    """No invoice while suspended; after the payment the periods count from that day."""
    subscription = shop.sold(FUNDS)
    world.play(days=70)
    assert SubscriptionStatus.SUSPENDED is shop.subscription(subscription.id).status
    invoice = only(shop.invoices(subscription.customer_id))
    card = shop.card(shop.facts(subscription).customer, "approve")
    pay.pay_now(world.services, shop.id, invoice.id, card.id)
    back = shop.subscription(subscription.id)
    assert (SubscriptionStatus.ACTIVE, world.clock.now().date()) == (back.status, back.anchor_on)
    world.work()
    assert world.clock.now().date() == _periods(shop, subscription)[-1]


def test_a_long_suspension_ends_with_a_warning(world: World, shop: Shop) -> None:
    """Ninety days after the suspension the subscription is canceled, and the customer was told days before."""
    subscription = shop.sold(FUNDS)
    world.play(days=130)
    assert SubscriptionStatus.CANCELED is shop.subscription(subscription.id).status
    told = {notice.kind.value: notice.owed_at for notice in shop.notices(subscription.customer_id)}
    assert told["subscription_canceled"] - told["cancellation_warning"] >= timedelta(days=3)


def test_numbers_have_no_gaps_when_a_batch_fails(world: World, shop: Shop) -> None:
    """A subscription that can't be renewed is set aside; the others of its batch are, and no number is lost."""
    sold = [shop.sold("approve") for _ in range(4)]
    _run(world, "UPDATE subscription SET status = 'suspended', suspended_at = NULL WHERE id = :id", id=sold[1].id)
    world.play(minutes=59)
    assert {("paid", "active")} == {shop.status(one) for one in sold if one is not sold[1]}
    assert ["P-000001", "P-000002", "P-000003"] == _numbers(world)
    _run(world, "UPDATE subscription SET status = 'active' WHERE id = :id", id=sold[1].id)
    world.play(minutes=2)
    assert ("paid", "active") == shop.status(sold[1])
    assert "P-000004" == shop.invoice(sold[1]).number


def test_a_batch_takes_only_its_size(world: World, shop: Shop) -> None:
    """A batch renews as many as it may, the earliest due first, one of each customer and others in its stead."""
    customer = shop.customer()
    for days_ago in (3, 1, 2):
        shop.subscribe(customer, start_on=world.clock.now().date() - timedelta(days=days_ago))
    for _ in range(3):
        shop.sold("approve")
    services = world.process("worker-1", batch_max=2)
    assert 2 == renew_due(services)
    assert [date(2026, 2, 27)] == [one.period_start_on for one in shop.invoices(customer.id)]
    sizes = [renew_due(services) for _ in range(6)]
    assert (4, 0) == (sum(sizes), sizes[-1])
    assert max(sizes) <= 2
    assert 3 == len(shop.invoices(customer.id))


def _run(world: World, statement: str, **values: object) -> None:
    with world.services.store.transaction() as conn:
        conn.execute(text(statement), values)


def test_amounts_are_those_of_the_price(world: World, shop: Shop) -> None:
    """Quantity times price, in the price's currency."""
    subscription = shop.sold("approve", quantity=3, amount=Money(333, "SEK"))
    world.work()
    assert Money(999, "SEK") == shop.invoice(subscription).total
    assert [[Money(999, "SEK")]] == list(world.captured().values())


def test_the_clock_is_the_merchants(world: World, shop: Shop) -> None:
    """A period begins when its day begins in the merchant's zone."""
    subscription = shop.sold("approve", start_on=date(2026, 3, 10))
    world.play(days=20)
    assert datetime(2026, 3, 9, 23, tzinfo=UTC) == shop.invoice(subscription).issued_at
