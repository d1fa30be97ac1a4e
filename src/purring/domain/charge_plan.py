"""Which charges are still to come for an invoice, and when: the policy proposes, facts and rulebook delay or forbid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from operator import attrgetter
from zlib import crc32

from purring.domain.attempt import Attempt, AttemptStatus, Initiator
from purring.domain.calendar import at_local, days, local_date, zone
from purring.domain.clause import Clause
from purring.domain.facts import Facts
from purring.domain.invoice import InvoiceSource
from purring.domain.payment_method import PaymentMethod
from purring.domain.policies import policy_named
from purring.domain.policies.base import Outlook
from purring.domain.policy import Policy
from purring.domain.recovery import Recovery
from purring.domain.rulebook.limits import Limit, Permit, Use, permit
from purring.domain.step import Charge, SetStatus, Step
from purring.domain.stops import network_delay, stop_clause, stopped_by
from purring.domain.subscription import SubscriptionStatus

OUTAGE_FIRST_DELAY = timedelta(minutes=5)
OUTAGE_DELAY_MAX = timedelta(hours=6)
OUTAGE_SPREAD_S = 1800
"""After an outage the invoices that waited come back over this many seconds, each at its own place."""

BACKUP_WITHIN = timedelta(days=1)
"""A backup belongs to the step on which the main method failed; later it would be a surprise."""


def first_charge(facts: Facts, now: datetime) -> Step:
    """The charge on the invoice date, or the step that asks for a method where none can be charged."""
    again_at = outage_over_at(facts)
    floor = max(again_at or facts.invoice.issued_at, now)
    method = facts.tied_method
    if method is None:
        return Step(floor, SetStatus(SubscriptionStatus.PAST_DUE), Clause("invoice.no_method"))
    stopped = stopped_by(facts, method, now.date())
    if stopped is not None:
        return Step(floor, SetStatus(SubscriptionStatus.PAST_DUE), stop_clause(facts, stopped))
    if again_at is not None:
        clause = Clause("outage.retry", (len(_failed_since_counted(facts)) + 1,))
    else:
        planned_at, clause = first_planned(facts)
        floor = max(planned_at, now)
    delayed_to = network_delay(facts, method, now.date())
    if delayed_to and delayed_to > floor:
        floor, clause = delayed_to, Clause("network.delay", (floor,))
    allowed = _permit(facts, method, Initiator.AUTOMATIC, floor)
    if allowed.at > window_ends_at(facts):
        return Step(floor, SetStatus(SubscriptionStatus.PAST_DUE), Clause("invoice.no_room"))
    return Step(allowed.at, Charge(method.id), _delayed(clause, floor, allowed))


def first_planned(facts: Facts) -> tuple[datetime, Clause]:
    """When the first charge of an invoice is planned, and why then.

    Those of renewals are spread over the policy's minutes, each at the place that follows from its invoice's id. A
    subscription's first one isn't, since somebody waits for it, nor is what was handed over.
    """
    invoice, subscription = facts.invoice, facts.subscription
    spread = timedelta(minutes=facts.policy.spread_minutes)
    is_renewal = subscription is not None and invoice.period_start_on not in {None, subscription.anchor_on}
    if not spread or not is_renewal or invoice.source is not InvoiceSource.PURRING:
        return invoice.issued_at, Clause("invoice.first_charge")
    place = timedelta(seconds=crc32(invoice.id.encode()) % (spread // timedelta(seconds=1) + 1))
    return invoice.issued_at + place, Clause("invoice.spread", (spread,))


def window_ends_at(facts: Facts) -> datetime:
    """When the window closes: as pinned in the recovery, or as it would be if one opened."""
    if facts.recovery is not None:
        return facts.recovery.window_ends_at
    policy = facts.policy
    return at_local(facts.invoice.invoice_on + days(policy.window_days), policy.close_at, zone(facts.customer.timezone))


def planned_charges(facts: Facts, recovery: Recovery, now: datetime) -> tuple[list[Step], Clause | None]:
    """Every automatic charge still to come in the window, or the reason why there is none."""
    backup = _backup_charge(facts, recovery, now)
    steps, barrier = _by_tied_method(facts, recovery, now)
    return [*backup, *steps], None if backup else barrier


def _by_tied_method(facts: Facts, recovery: Recovery, now: datetime) -> tuple[list[Step], Clause | None]:
    """The charges of the tied method, unless there is none or a decline stopped it."""
    method = facts.tied_method
    if method is None:
        return [], Clause("method.none")
    stopped = stopped_by(facts, method, now.date())
    if stopped is not None:
        return [], stop_clause(facts, stopped)
    return _on_method(facts, recovery, method, now)


def _backup_charge(facts: Facts, recovery: Recovery, now: datetime) -> list[Step]:
    """One charge of the agreed backup, right after an automatic charge of the tied method failed."""
    failed = _failed_on_this_step(facts)
    backup = _agreed_backup(facts, failed, now) if failed else None
    if failed is None or backup is None or recovery.is_held(now):
        return []
    failed_at = failed.ended_at or failed.started_at
    if recovery.skipped_until and failed_at <= recovery.skipped_until:
        return []
    barred = (network_delay(facts, backup, now.date()), outage_over_at(facts))
    allowed = _permit(facts, backup, Initiator.AUTOMATIC, max((now, *(until for until in barred if until))))
    if allowed.at > min(recovery.window_ends_at, failed_at + BACKUP_WITHIN):
        return []
    return [Step(allowed.at, Charge(backup.id, backup=True), Clause("policy.backup"))]


def _failed_on_this_step(facts: Facts) -> Attempt | None:
    """The automatic charge of the tied method that was declined last, unless anybody has tried anything since.

    A decline without an answer is one that an operator wrote down: what follows is for a person to decide.
    """
    last = next((attempt for attempt in reversed(facts.attempts) if attempt.status is not AttemptStatus.FAILED), None)
    if last is None or last.status is not AttemptStatus.DECLINED or last.initiator is not Initiator.AUTOMATIC:
        return None
    if last.is_backup or last.answer is None:
        return None
    return last if last.method_id == facts.tied_method_id else None


def _agreed_backup(facts: Facts, failed: Attempt, now: datetime) -> PaymentMethod | None:
    """The backup, if the customer agreed to it, nothing stopped it, and it is another card than the one that failed."""
    backup = facts.usable(facts.subscription.backup_method_id) if facts.subscription else None
    if backup is None or backup.backup_consent_at is None or backup.fingerprint == failed.fingerprint:
        return None
    return None if stopped_by(facts, backup, now.date()) else backup


@dataclass(frozen=True, slots=True)
class _Slot:
    """One proposed time with the clause that proposed it."""

    at: datetime
    clause: Clause


def _on_method(
    facts: Facts, recovery: Recovery, method: PaymentMethod, now: datetime
) -> tuple[list[Step], Clause | None]:
    """The remaining planned charges of the tied method, each at the earliest time the rules allow."""
    limits = facts.limits_on(now.date(), method.scheme)
    floor, why = _floor(facts, recovery, method, now)
    slots = _made_up_for(facts, recovery, _slots(facts, recovery, method, now, limits), floor, why)
    steps, full = _permitted(facts, method, recovery.window_ends_at, slots, limits)
    if steps:
        return steps, None
    if floor > recovery.window_ends_at:
        return [], slots[0].clause if slots and why != "late" else Clause("window.over")
    return [], full or Clause("policy.exhausted", (recovery.policy.retry, recovery.policy.version))


def _slots(
    facts: Facts, recovery: Recovery, method: PaymentMethod, now: datetime, limits: tuple[Limit, ...]
) -> list[_Slot]:
    """What policy, operator and a changed method propose after the last automatic charge, rising."""
    last = facts.last_counted
    base = last.started_at if last else recovery.opened_at
    # Times that went by while a debit was under way, or before the method was as it is now, weren't missed.
    changed_at = _changed_at(facts, method)
    free_at = max(changed_at, last.ended_at or base if last else base)
    outlook = Outlook(
        policy=recovery.policy,
        invoice_on=facts.invoice.invoice_on,
        zone=facts.customer.timezone,
        now=now,
        window_ends_at=recovery.window_ends_at,
        attempts=facts.attempts,
        limits=limits,
        uses=facts.uses_of(method, now),
    )
    times = policy_named(recovery.policy.retry)(outlook)
    clauses = _retry_clauses(recovery.policy, facts.invoice.invoice_on, facts.customer.timezone, times)
    slots = [_Slot(at, clause) for at, clause in zip(times, clauses, strict=True) if at > free_at]
    fresh = _fresh_slot(facts, method, changed_at) if changed_at > base else []
    if fresh:
        slots = [slot for slot in slots if slot.at > fresh[0].at]
    added = [*_first_slot(facts, recovery, last), *fresh]
    if added:
        slots = sorted((*added, *slots), key=attrgetter("at"))
    if recovery.skipped_until:
        slots = [slot for slot in slots if slot.at > recovery.skipped_until]
    if recovery.moved_to and recovery.moved_to > base:
        later = [slot for slot in slots[1:] if slot.at > recovery.moved_to]
        slots = [_Slot(recovery.moved_to, Clause("policy.moved")), *later]
    return slots


def _retry_clauses(policy: Policy, invoice_on: date, timezone: str, times: tuple[datetime, ...]) -> tuple[Clause, ...]:
    """Name the planned retries: which of how many, and the day of the window."""
    return _named_retries((policy.retry, policy.version, policy.window_days), invoice_on, timezone, times)


@lru_cache(maxsize=8192)
def _named_retries(
    policy: tuple[str, int, int], invoice_on: date, timezone: str, times: tuple[datetime, ...]
) -> tuple[Clause, ...]:
    """Name them once for all customers who share policy, day and zone."""
    name, version, window_days = policy
    days_since = [(local_date(at, zone(timezone)) - invoice_on).days for at in times]
    return tuple(
        Clause("policy.retry", (name, version, n, len(times), day, window_days))
        for n, day in enumerate(days_since, start=1)
    )


def _first_slot(facts: Facts, recovery: Recovery, last: Attempt | None) -> list[_Slot]:
    """The first charge, where somebody's own declined attempt opened the recovery before it could be made."""
    if last or not facts.attempts or facts.attempts[0].started_at > recovery.opened_at:
        return []
    return [_Slot(*first_planned(facts))]


def _changed_at(facts: Facts, method: PaymentMethod) -> datetime:
    """When the tied method was tied, added or edited, whatever came last."""
    tied_at = facts.subscription.method_tied_at if facts.subscription else None
    return max(tied_at, method.fresh_at) if tied_at else method.fresh_at


def _fresh_slot(facts: Facts, method: PaymentMethod, changed_at: datetime) -> list[_Slot]:
    """One try at the next retry hour after a change, unless somebody has tried the method since."""
    if any(_tried(attempt, method, changed_at) for attempt in facts.attempts):
        return []
    tz = zone(facts.customer.timezone)
    today = local_date(changed_at, tz)
    at = at_local(today, facts.policy.retry_at, tz)
    if at <= changed_at:
        at = at_local(today + days(1), facts.policy.retry_at, tz)
    return [_Slot(at, Clause("policy.fresh_method"))]


def _tried(attempt: Attempt, method: PaymentMethod, since: datetime) -> bool:
    """Whether an attempt has tried this method since; one that an outage swallowed hasn't."""
    counts = attempt.status is not AttemptStatus.FAILED
    return counts and attempt.method_id == method.id and attempt.started_at >= since


def _floor(facts: Facts, recovery: Recovery, method: PaymentMethod, now: datetime) -> tuple[datetime, str]:
    """Before when nothing is charged, and the clause that says so."""
    floor, why = now, "late"
    barred = (
        (recovery.held_until, "hold.until"),
        (network_delay(facts, method, now.date()), "network.delay"),
        (outage_over_at(facts), "outage.retry"),
    )
    for until, clause in barred:
        if until and until > floor:
            floor, why = until, clause
    return floor, why


def _made_up_for(facts: Facts, recovery: Recovery, slots: list[_Slot], floor: datetime, why: str) -> list[_Slot]:
    """Planned times that can't be kept become one, at the first instant that can."""
    missed = [slot for slot in slots if slot.at < floor]
    if not missed:
        return slots
    figures = {
        "hold.until": (recovery.hold.value, floor),
        "outage.retry": (len(_failed_since_counted(facts)) + 1,),
    }.get(why, (missed[-1].at,))
    return [_Slot(floor, Clause(why, figures)), *(slot for slot in slots if slot.at > floor)]


def _permitted(
    facts: Facts, method: PaymentMethod, window_ends_at: datetime, slots: list[_Slot], limits: tuple[Limit, ...]
) -> tuple[list[Step], Clause | None]:
    """Move each slot to where the rulebook allows it; those that meet become one, those past the window go."""
    amount = facts.invoice.owed
    uses = list(facts.uses_of(method, window_ends_at))
    steps: list[Step] = []
    for slot in slots:
        if slot.at > window_ends_at:
            break
        if steps and slot.at <= steps[-1].at:
            continue
        allowed = permit(
            limits, uses, amount_minor=amount.minor, currency=amount.currency,
            invoice_id=facts.invoice.id, automatic=True, at=slot.at,
        )  # fmt: skip
        if allowed.at > window_ends_at:
            return steps, Clause("rule.no_room", (allowed.notes,))
        steps.append(Step(allowed.at, Charge(method.id), _delayed(slot.clause, slot.at, allowed)))
        uses.append(
            Use(at=allowed.at, amount_minor=amount.minor, currency=amount.currency, invoice_id=facts.invoice.id)
        )
    return steps, None


def _delayed(clause: Clause, planned_at: datetime, allowed: Permit) -> Clause:
    """The clause of a step, or the rule that moved it."""
    return clause if allowed.at == planned_at else Clause("rule.delay", (planned_at, allowed.notes))


def _permit(facts: Facts, method: PaymentMethod, initiator: Initiator, at: datetime) -> Permit:
    """The earliest instant from `at` on at which the rulebook allows a charge of this method."""
    amount = facts.invoice.owed
    return permit(
        facts.limits_on(at.date(), method.scheme),
        facts.uses_of(method, at),
        amount_minor=amount.minor,
        currency=amount.currency,
        invoice_id=facts.invoice.id,
        automatic=initiator is not Initiator.CUSTOMER,
        at=at,
    )


def permit_for(facts: Facts, method: PaymentMethod, initiator: Initiator, now: datetime) -> Permit:
    """What the rulebook says to a charge that somebody wants now: later than `now` means no."""
    return _permit(facts, method, initiator, now)


def _failed_since_counted(facts: Facts) -> list[Attempt]:
    """The attempts that an outage swallowed since the last one that counted."""
    failed: list[Attempt] = []
    for attempt in reversed(facts.attempts):
        if attempt.status is not AttemptStatus.FAILED:
            break
        failed.append(attempt)
    return failed


def outage_over_at(facts: Facts) -> datetime | None:
    """When to try again after the gateway was not available: backing off, and spread by invoice."""
    failed = _failed_since_counted(facts)
    if not failed:
        return None
    last = failed[0]
    ended_at = last.ended_at or last.started_at
    delay = min(OUTAGE_FIRST_DELAY * (1 << min(len(failed) - 1, 10)), OUTAGE_DELAY_MAX)
    spread = timedelta(seconds=crc32(last.id.encode()) % OUTAGE_SPREAD_S)
    return max(ended_at + delay + spread, last.retry_not_before or ended_at)
