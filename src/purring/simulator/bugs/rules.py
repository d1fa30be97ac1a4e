"""Guards of policy and rulebook: holds, stops, windows, ceilings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from purring.domain import charge_plan, stops
from purring.domain.decide import begin
from purring.domain.facts import Facts
from purring.domain.invoice import DisputeStatus
from purring.domain.recovery import HoldReason
from purring.domain.subscription import SubscriptionStatus
from purring.operations import charge
from purring.simulator.bugs.bug import Bug, Patch, around, instead, nothing
from purring.simulator.faults import Fault
from purring.store import attempts, changes, subscriptions


def _blind(look: Callable[[Facts], Facts]) -> Patch:
    """The worker plans on facts that lack something."""
    return around(begin, "schedule", lambda before: lambda facts, now: before(look(facts), now))


def _unheld(facts: Facts) -> Facts:
    recovery = facts.recovery
    return replace(facts, recovery=replace(recovery, hold=HoldReason.NONE, held_until=None)) if recovery else facts


def _undisputed(facts: Facts) -> Facts:
    return replace(facts, invoice=replace(facts.invoice, dispute=DisputeStatus.NONE))


def _running(facts: Facts) -> Facts:
    subscription = facts.subscription
    if subscription is None or subscription.status is not SubscriptionStatus.CANCELED:
        return facts
    return replace(facts, subscription=replace(subscription, status=SubscriptionStatus.ACTIVE))


def _wide(facts: Facts) -> Facts:
    recovery = facts.recovery
    if recovery is None or recovery.hold is not HoldReason.NONE:
        return facts
    policy = replace(recovery.policy, retry="fixed", offsets_days=tuple(range(1, recovery.policy.window_days + 1)))
    ends_at = recovery.window_ends_at + timedelta(days=10)
    return replace(facts, recovery=replace(recovery, policy=policy, window_ends_at=ends_at))


def _no_uses(_before: Any) -> Any:  # noqa: ANN401 - whatever stood there
    return lambda *_: {}


BUGS = (
    Bug(
        name="a hold is ignored",
        what="Charges go on while somebody paused them.",
        needs=(Fault.PEOPLE_REARRANGE,),
        patches=[_blind(_unheld)],
    ),
    Bug(
        name="a dispute is ignored",
        what="What the bank took back is charged again.",
        needs=(Fault.CHARGEBACK,),
        patches=[_blind(_undisputed)],
    ),
    Bug(
        name="a cancellation is ignored",
        what="Charges go on after the subscription ended.",
        needs=(Fault.PEOPLE_END_IT,),
        patches=[_blind(_running)],
    ),
    Bug(
        name="the window has no end",
        what="Charges go on after the window closed.",
        patches=[_blind(_wide)],
    ),
    Bug(
        name="a stop is ignored",
        what="A card is charged again for the same debt after the bank said never.",
        needs=(Fault.HARD_DECLINES,),
        patches=[instead(charge_plan, "stopped_by", nothing)],
    ),
    Bug(
        name="a stop holds for one debt only",
        what="A card that the network forbade is charged for the next invoice.",
        needs=(Fault.HARD_DECLINES, Fault.SHARED_CARD),
        patches=[instead(stops, "_for_every_debt", lambda *_: [])],
    ),
    Bug(
        name="a network's wait is ignored",
        what="A card is charged before the time that the network named.",
        needs=(Fault.HARD_DECLINES,),
        patches=[instead(charge_plan, "network_delay", nothing)],
    ),
    Bug(
        name="nothing counts under the ceilings",
        what="Earlier attempts on a card aren't found.",
        needs=(Fault.PEOPLE_PAY,),
        patches=[around(attempts, "uses", _no_uses)],
    ),
    Bug(
        name="invoices of one batch don't see each other",
        what="Two customers who share a card are charged at once.",
        needs=(Fault.SHARED_CARD,),
        patches=[instead(charge, "_seeing", lambda facts, _started: facts)],
    ),
    Bug(
        name="a debit comes without its form",
        what="A bank isn't told that a debit is presented again.",
        patches=[instead(begin, "presentment", nothing)],
    ),
    Bug(
        name="a new card wakes nobody",
        what="Tying another method doesn't let the invoice look again.",
        needs=(Fault.PEOPLE_CHANGE_METHODS,),
        patches=[instead(subscriptions, "wake", nothing)],
    ),
    Bug(
        name="an ended subscription wakes nobody",
        what="A paused recovery stays open when its subscription ends.",
        needs=(Fault.PEOPLE_REARRANGE, Fault.PARTIAL),
        patches=[instead(changes, "_wake_canceled", nothing)],
    ),
)
