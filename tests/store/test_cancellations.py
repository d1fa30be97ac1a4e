"""What a cancellation must know: charges in flight, the warning that was given, and disputed invoices beside it."""

from __future__ import annotations

from datetime import timedelta

from purring.domain.attempt import AttemptStatus
from purring.domain.changes import Changes
from purring.domain.invoice import DisputeStatus
from purring.domain.notice import NoticeKind
from purring.domain.subscription import Subscription, SubscriptionStatus
from purring.domain.subscription_facts import SubscriptionFacts
from purring.store import subscriptions
from tests.store.world import NOW, World


def _load(world: World, subscription: Subscription, *, canceling: bool = False) -> SubscriptionFacts:
    keys = [(world.merchant.id, subscription.id)]
    with world.store.transaction() as conn:
        return subscriptions.load_for_renewal(conn, keys, canceling=canceling)[0]


def test_a_cancellation_knows_what_is_in_flight(world: World) -> None:
    """Where the clock may end a subscription, or somebody wants to; a renewal doesn't ask."""
    facts, other = world.due(), world.due()
    started = world.attempt(facts)
    ended = world.attempt(other, status=AttemptStatus.DECLINED, ended_at=NOW)
    world.save(Changes(created=(started, ended)))
    assert facts.subscription
    assert other.subscription
    assert (started.id,) == _load(world, facts.subscription, canceling=True).in_flight
    assert () == _load(world, facts.subscription).in_flight
    assert () == _load(world, other.subscription, canceling=True).in_flight


def test_a_suspended_subscription_knows_its_newest_warning(world: World) -> None:
    """Not another kind of notice, and not another subscription's."""
    customer = world.customer()
    facts = world.facts(world.invoice(world.subscription(customer, world.card(customer))))
    suspended = world.subscription(
        customer, None, status=SubscriptionStatus.SUSPENDED, suspended_at=NOW, cancel_warned_at=NOW
    )
    warned = {"kind": NoticeKind.CANCELLATION_WARNING, "invoice_id": None, "subscription_id": suspended.id}
    older = world.notice(facts, **warned)
    newer = world.notice(facts, **warned, owed_at=NOW + timedelta(hours=1))
    others = world.notice(facts, kind=NoticeKind.CANCELLATION_WARNING, owed_at=NOW + timedelta(hours=2))
    world.save(Changes(created=(older, newer, others, world.notice(facts))))
    assert newer == _load(world, suspended).cancel_warning
    assert facts.subscription
    assert None is _load(world, facts.subscription).cancel_warning


def test_a_disputed_sibling_is_known_as_one(world: World) -> None:
    """It holds a subscription back though it has no recovery."""
    customer = world.customer()
    subscription = world.subscription(customer, world.card(customer))
    first = world.invoice(subscription)
    world.invoice(subscription, dispute=DisputeStatus.OPEN)
    world.invoice(subscription)
    assert [True, False] == [sibling.disputed for sibling in world.facts(first).siblings]
