"""The one schedule of an invoice: facts and the time in, every step to come out (behaviour §2).

The schedule shows the longest future: each planned charge is taken to decline once more. While an attempt is open it
holds nothing but the questions to the gateway, because what follows depends on the answer. Computing it twice gives the
same answer, and it can be computed at any time: nothing in it needs to be kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from operator import attrgetter

from purring.domain.attempt import Attempt, AttemptStatus
from purring.domain.calendar import at_local, days, local_date, zone
from purring.domain.charge_plan import first_charge, planned_charges
from purring.domain.clause import Clause
from purring.domain.facts import Facts
from purring.domain.invoice import DisputeStatus, Invoice, InvoiceStatus
from purring.domain.notice import NoticeKind, NoticeStatus, told_at
from purring.domain.policy import EndAction, Policy
from purring.domain.recovery import HoldReason, Recovery, RecoveryStatus
from purring.domain.step import Charge, Close, Notify, Resolve, Schedule, SetStatus, Step
from purring.domain.subscription import StatusReason, Subscription, SubscriptionStatus


def schedule(facts: Facts, now: datetime) -> Schedule:
    """Every step to come for the invoice of `facts`, seen at `now`."""
    attempt, invoice, recovery = facts.open_attempt, facts.invoice, facts.recovery
    if attempt is not None:
        return resolving(attempt, now)
    if not invoice.is_open:
        return _settled(invoice, recovery, now)
    if invoice.unchecked:
        return Schedule((), Clause("invoice.unchecked"))
    if invoice.dispute is not DisputeStatus.NONE:
        return Schedule((), Clause("invoice.disputed", (invoice.dispute.value,)))
    if recovery is None:
        return _first_charge(facts, now)
    if not recovery.is_open:
        return Schedule((), Clause("recovery.closed", (recovery.status.value,)))
    return _recovering(facts, recovery, now)


def _settled(invoice: Invoice, recovery: Recovery | None, now: datetime) -> Schedule:
    """Nothing, or the close of a recovery whose invoice was given up."""
    clause = Clause("invoice.settled", (invoice.status.value,))
    if recovery is None or not recovery.is_open:
        return Schedule((), clause)
    written_off = invoice.status is InvoiceStatus.UNCOLLECTIBLE
    outcome = RecoveryStatus.WRITTEN_OFF if written_off else RecoveryStatus.CANCELED
    return Schedule((Step(now, Close(outcome), clause),), clause)


def _first_charge(facts: Facts, now: datetime) -> Schedule:
    """The charge on the invoice date, or the request for a method where there is none to charge."""
    if facts.subscription and facts.subscription.status is SubscriptionStatus.CANCELED:
        return Schedule((), Clause("subscription.canceled"))
    step = first_charge(facts, now)
    return Schedule((step,), None if isinstance(step.action, Charge) else step.clause)


def _recovering(facts: Facts, recovery: Recovery, now: datetime) -> Schedule:
    """Planned charges, the last notice, and what ends the window."""
    subscription = facts.subscription
    if subscription and subscription.status is SubscriptionStatus.CANCELED:
        return _after_cancellation(recovery, subscription, now)
    if recovery.hold is not HoldReason.NONE and recovery.held_until is None:
        return Schedule((), Clause("hold.without_end", (recovery.hold.value,)))
    charges, barrier = planned_charges(facts, recovery, now)
    steps = sorted((*charges, *_ending(facts, recovery, now)), key=_at)
    return Schedule(tuple(steps), barrier)


def _after_cancellation(recovery: Recovery, subscription: Subscription, now: datetime) -> Schedule:
    """The close: the window ran out if that is what canceled the subscription, else the cancellation cut it short."""
    ran_out = subscription.reason is StatusReason.WINDOW_CLOSED and recovery.window_ends_at <= now
    outcome = RecoveryStatus.EXHAUSTED if ran_out else RecoveryStatus.CANCELED
    clause = Clause("subscription.canceled")
    return Schedule((Step(now, Close(outcome), clause),), clause)


_at = attrgetter("at")

_HARSH = {
    EndAction.SUSPEND: (SubscriptionStatus.SUSPENDED, "window.suspend"),
    EndAction.CANCEL: (SubscriptionStatus.CANCELED, "window.cancel"),
}


def _ending(facts: Facts, recovery: Recovery, now: datetime) -> list[Step]:
    """The last notice, the harsher status at least `warning_lead_days` after it, and the close."""
    policy = recovery.policy
    ends_at = max(recovery.window_ends_at, now)
    if recovery.held_until is not None:
        ends_at = max(ends_at, recovery.held_until)
    harsh = _HARSH.get(policy.end_action) if _can_get_harsher(facts) else None
    if harsh is None:
        return _quiet_ending(recovery, ends_at)
    steps = []
    warned_at = last_warning_at(facts, recovery, now)
    if warned_at is None:
        warned_at = max(now, _warning_at(facts, policy, ends_at))
        steps.append(
            Step(warned_at, Notify(NoticeKind.LAST_NOTICE), Clause("window.warning", (policy.warn_days_before_close,)))
        )
    closes_at = max(ends_at, warned_at + days(policy.warning_lead_days))
    status, clause = harsh
    steps.append(Step(closes_at, SetStatus(status), Clause(clause, (policy.version,))))
    steps.append(Step(closes_at, Close(RecoveryStatus.EXHAUSTED), _why_closed(recovery, closes_at)))
    return steps


def _warning_at(facts: Facts, policy: Policy, ends_at: datetime) -> datetime:
    """When the last notice is owed: so many days before the end by the customer's calendar, whatever the clocks do."""
    tz = zone(facts.customer.timezone)
    at = at_local(local_date(ends_at, tz) - days(policy.warn_days_before_close), policy.close_at, tz)
    return min(at, ends_at - days(policy.warning_lead_days))


def _quiet_ending(recovery: Recovery, ends_at: datetime) -> list[Step]:
    """The end of a window after which nothing gets harsher for the customer."""
    policy = recovery.policy
    close = Clause("window.close", (policy.window_days,))
    if policy.end_action is not EndAction.WRITE_OFF:
        return [Step(ends_at, Close(RecoveryStatus.EXHAUSTED), close)]
    write_off = Step(ends_at, SetStatus(InvoiceStatus.UNCOLLECTIBLE), Clause("window.write_off", (policy.version,)))
    return [write_off, Step(ends_at, Close(RecoveryStatus.WRITTEN_OFF), close)]


def _why_closed(recovery: Recovery, closes_at: datetime) -> Clause:
    """Name the warning's lead where it is what the close waits for."""
    policy = recovery.policy
    if closes_at <= recovery.window_ends_at:
        return Clause("window.close", (policy.window_days,))
    return Clause("window.close_after_warning", (policy.window_days, policy.warning_lead_days))


def _can_get_harsher(facts: Facts) -> bool:
    """Whether the subscription is still one that can be suspended or canceled."""
    subscription = facts.subscription
    return subscription is not None and subscription.status is SubscriptionStatus.PAST_DUE


def last_warning_at(facts: Facts, recovery: Recovery, now: datetime) -> datetime | None:
    """When the last notice went out (see `told_at`); None if it isn't owed yet.

    One from before the recovery was opened again doesn't count.
    """
    for notice in reversed(facts.notices):
        if notice.owed_at < recovery.opened_at:
            break
        if notice.kind is not NoticeKind.LAST_NOTICE or notice.status is NoticeStatus.WITHDRAWN:
            continue
        return told_at(notice, now, reachable=bool(facts.customer.notified_people))
    return None


UNKNOWN_ASKED_AFTER = (
    timedelta(minutes=5),
    timedelta(hours=1),
    *(timedelta(days=n) for n in range(1, 6)),
)
"""Behaviour §7: after 5 minutes, 1 hour, then daily five times."""
MADE_UP_AFTER = timedelta(hours=1)
"""Between two questions that are made up for."""

WAITING_DAYS_MAX = 7
"""A debit that isn't settled, or a confirmation that isn't answered, goes to the operators after so many days."""


def resolving(attempt: Attempt, now: datetime) -> Schedule:
    """The questions still to be put to the gateway about an open attempt."""
    if attempt.status is AttemptStatus.STARTED:
        return Schedule((Step(now, Resolve(attempt.id), Clause("unknown.crashed")),))
    since = attempt.asked_at or attempt.started_at
    times = [at for at in _ask_times(attempt) if at > since]
    if not times:
        return Schedule((), Clause("queue.operator"))
    overdue = [at for at in times if at <= now]
    later = [at for at in times if at > now]
    clause = _ASK_CLAUSES[attempt.status]
    ask_at = [now, *later] if overdue else later
    steps = tuple(Step(at, Resolve(attempt.id), Clause(clause, (at - attempt.started_at,))) for at in ask_at)
    return Schedule(steps, Clause(clause, (ask_at[0] - attempt.started_at,)))


_ASK_CLAUSES = {
    AttemptStatus.UNKNOWN: "unknown.ask",
    AttemptStatus.PENDING: "pending.ask",
    AttemptStatus.ACTION_REQUIRED: "action.ask",
}


def _ask_times(attempt: Attempt) -> list[datetime]:
    """When to ask about an attempt: a fixed cadence, or from the day the gateway named, daily."""
    last_at = attempt.started_at + days(WAITING_DAYS_MAX)
    if attempt.status is AttemptStatus.UNKNOWN:
        planned = [attempt.started_at + after for after in UNKNOWN_ASKED_AFTER]
        return sorted([*planned, *(at for at in _made_up(attempt, planned) if at <= last_at)])
    first_at = min(attempt.expected_at or last_at, last_at)
    daily = [attempt.started_at + days(n) for n in range(1, WAITING_DAYS_MAX + 1)]
    return [first_at, *(at for at in daily if at > first_at)]


def _made_up(attempt: Attempt, planned: Sequence[datetime]) -> list[datetime]:
    """When to put, after the last planned question, those whose time passed while no worker ran.

    The only one put may have met an outage.
    """
    since = attempt.asked_at or attempt.started_at
    missed = sum(at <= since for at in planned) - attempt.asked_count
    return [max([since, *planned[-1:]]) + MADE_UP_AFTER * n for n in range(1, missed + 1)]
