"""What must always hold of one invoice (behaviour §2, reliability), checked from the outside and by brute force."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from purring.domain.attempt import Attempt, AttemptStatus, Initiator
from purring.domain.calendar import days
from purring.domain.decide.begin import Go, Move
from purring.domain.decline import DeclineClass
from purring.domain.facts import Facts
from purring.domain.invoice import InvoiceStatus
from purring.domain.journal import Account
from purring.domain.money import Money
from purring.domain.notice import DECLINE_NOTICES, Notice, NoticeKind, NoticeStatus
from purring.domain.payment_method import PaymentMethod
from purring.domain.recovery import Recovery, RecoveryStatus
from purring.domain.rulebook.limits import Limit, Scope, Use, limits_for
from purring.domain.schedule import schedule
from purring.domain.step import Charge, Notify, Resolve, SetStatus, Step
from purring.domain.subscription import SubscriptionStatus
from tests.domain.make import day
from tests.domain.story import Story

HARSH = {SubscriptionStatus.SUSPENDED, SubscriptionStatus.CANCELED}


def check(story: Story) -> None:
    """Everything that must hold between two decisions."""
    check_schedule(story.counted(), story.now)
    check_attempts(story.facts)
    check_money(story)
    check_notices(story.facts)


def check_planned(story: Story) -> None:
    """After a decision, the row says when to look again; what is due already may say so as it did."""
    planned, kept = story.plan.next_step_at, story.invoice.next_step_at
    due = planned is not None and kept is not None and max(planned, kept) <= story.now
    assert due or planned == kept


# ---------------------------------------------------------------------------------------------------------------------
# The schedule


def check_schedule(facts: Facts, now: datetime) -> None:
    """No step before now, none after its end, each with a reason to read, and the same one twice."""
    plan = schedule(facts, now)
    assert plan == schedule(facts, now)
    assert all(step.at >= now for step in plan.steps)
    assert all(before.at <= after.at for before, after in pairwise(plan.steps))
    assert all(_reads(step) for step in plan.steps)
    assert plan.barrier is None or plan.barrier.text
    assert plan.steps or plan.barrier, "nothing to come, and no reason why"
    assert (plan.next_charge is None) or plan.barrier is None, "charged although nothing is charged"
    window_ends_at = _window_ends_at(facts)
    assert all(step.at <= window_ends_at for step in plan.steps if isinstance(step.action, Charge))
    if facts.open_attempt is not None:
        assert all(isinstance(step.action, Resolve) for step in plan.steps), "something else while a charge is open"
    elif facts.recovery is not None:
        last_at = _last_step_at(facts, facts.recovery, now)
        assert all(step.at <= last_at for step in plan.steps)
    check_warned(plan.steps, facts)


def check_warned(steps: tuple[Step, ...], facts: Facts) -> None:
    """A harsher status is planned only after a warning, planned or given, that is old enough."""
    for step in steps:
        if isinstance(step.action, SetStatus) and step.action.status in HARSH:
            planned = [other.at for other in steps if isinstance(other.action, Notify)]
            given = [notice.sent_at or notice.owed_at for notice in warnings(facts)]
            assert min(planned + given) + days(facts.policy.warning_lead_days) <= step.at


def warnings(facts: Facts) -> list[Notice]:
    """Last notices that weren't withdrawn."""
    return [
        notice
        for notice in facts.notices
        if notice.kind is NoticeKind.LAST_NOTICE and notice.status is not NoticeStatus.WITHDRAWN
    ]


def _reads(step: Step) -> bool:
    """Whether the clause is a sentence with all its figures."""
    text = step.clause.text
    return len(text) > 15 and text[0].isupper() and "{" not in text and "None" not in text


def _window_ends_at(facts: Facts) -> datetime:
    policy = facts.policy
    return day(policy.window_days, policy.close_at, facts.customer.timezone)


def _last_step_at(facts: Facts, recovery: Recovery, now: datetime) -> datetime:
    """No step comes later than window, hold and warning allow together; a late worker counts from now."""
    base = max(now, recovery.window_ends_at, recovery.held_until or now)
    return base + days(recovery.policy.warning_lead_days)


# ---------------------------------------------------------------------------------------------------------------------
# Attempts, money, notices


def check_attempts(facts: Facts) -> None:
    """At most one is open; a final one says when and why; only what was captured succeeded."""
    assert sum(attempt.is_open for attempt in facts.attempts) <= 1
    for attempt in facts.attempts:
        declined = attempt.status is AttemptStatus.DECLINED
        assert attempt.is_open == (attempt.ended_at is None)
        assert declined == (attempt.reason is not None) == (attempt.decline_class is not None)
        assert (attempt.status is AttemptStatus.SUCCEEDED) == (attempt.captured_minor > 0)


def check_money(story: Story) -> None:
    """The books agree with the invoice, and each entry moves something."""
    invoice = story.invoice
    assert all(entry.amount.minor > 0 for entry in story.entries)
    given_up = invoice.status is InvoiceStatus.UNCOLLECTIBLE
    assert (0 if given_up else invoice.owed.minor) == story.balance_minor(Account.RECEIVABLE)
    assert 0 <= invoice.paid_minor <= invoice.total.minor
    assert 0 <= invoice.refunded_minor <= invoice.paid_minor or invoice.dispute
    assert (invoice.status is InvoiceStatus.PAID) == (invoice.owed.minor == 0)
    overpaid_minor = -story.balance_minor(Account.OVERPAYMENTS)
    assert overpaid_minor >= 0
    assert invoice.paid_minor + overpaid_minor - invoice.refunded_minor == story.balance_minor(Account.CASH)


def check_notices(facts: Facts) -> None:
    """One notice for each decline, none for what wasn't declined, none still to go out once the money is there."""
    told = [notice.attempt_id for notice in facts.notices if notice.kind in DECLINE_NOTICES and notice.attempt_id]
    assert len(told) == len(set(told)), "told twice of one attempt"
    if facts.invoice.status is not InvoiceStatus.OPEN:
        owed = [notice for notice in facts.notices if notice.status is NoticeStatus.OWED]
        assert not [notice for notice in owed if notice.kind in DECLINE_NOTICES]
    carriers = {notice.id for notice in facts.notices}
    taken_back = [n for n in facts.notices if n.status is NoticeStatus.WITHDRAWN and n.kind in DECLINE_NOTICES]
    assert all(n.carried_by in carriers for n in taken_back if n.carried_by), "carried by nothing"
    numbers = [n.number for n in facts.notices if n.kind in DECLINE_NOTICES and n.status is not NoticeStatus.WITHDRAWN]
    assert numbers == sorted(set(numbers)), "two with one number"
    assert not numbers or numbers[0] >= 1


# ---------------------------------------------------------------------------------------------------------------------
# One move


def check_move(before: Facts, move: Move, now: datetime) -> None:
    """What a move of the worker may do, seen from the facts before it."""
    check_end_of_access(before, move.facts, now)
    if isinstance(move, Go):
        assert before.open_attempt is None, "a second open attempt"
        check_automatic(move.facts, before, move.attempt, now)


def check_end_of_access(before: Facts, after: Facts, now: datetime) -> None:
    """Nobody is locked out unwarned, nor while the money may be on its way."""
    if before.subscription is None or after.subscription is None:
        return
    if after.subscription.status in HARSH - {before.subscription.status}:
        assert before.open_attempt is None
        reachable = bool(before.customer.notified_people)
        told = [n.sent_at if reachable else n.owed_at for n in warnings(before)]
        lead = days(before.policy.warning_lead_days)
        assert any(at is not None and at + lead <= now for at in told), "not warned in time"


def check_automatic(facts: Facts, before: Facts, attempt: Attempt, now: datetime) -> None:
    """An automatic attempt is of the right method, at a right time, and within every limit, counted anew."""
    method, subscription = facts.method(attempt.method_id), facts.subscription
    assert method
    assert method.is_active
    assert subscription is None or subscription.status is not SubscriptionStatus.CANCELED
    if attempt.is_backup:
        assert subscription
        assert method.id == subscription.backup_method_id
        assert method.backup_consent_at
        assert before.attempts[-1].fingerprint != method.fingerprint or before.attempts[-1].is_backup
    else:
        assert method.id == facts.tied_method_id
    assert not is_stopped(before, method), "charged after a stop"
    assert facts.invoice.issued_at <= now <= _window_ends_at(facts)
    assert facts.invoice.dispute == "none"
    assert attempt.amount == facts.invoice.owed
    if facts.recovery is not None:
        assert facts.recovery.status is RecoveryStatus.OPEN
        assert not facts.recovery.is_held(now)
    for limit in limits_for(method.scheme, now.date()):
        assert used(limit, before.uses.get(method.fingerprint, ()), attempt, now) < limit.attempts_max, limit.id


def is_stopped(facts: Facts, method: PaymentMethod) -> bool:
    """Whether a decline keeps this card from being charged, told in other words than the code's."""
    declined = [a for a in facts.attempts if a.fingerprint == method.fingerprint and a.decline_class is not None]
    if any(attempt.decline_class is DeclineClass.NEVER_RETRY for attempt in declined):
        return True
    last = declined[-1] if declined else None
    if last is None or last.decline_class is DeclineClass.RETRY_LATER:
        return False
    return not (method.edited_at or method.created_at) > last.started_at


def used(limit: Limit, uses: tuple[Use, ...], attempt: Attempt, now: datetime) -> int:
    """How many earlier uses a limit counts against an attempt now."""
    counted = [use for use in uses if _counts(limit.scope, use, attempt.amount, attempt.invoice_id)]
    if limit.counts_from_first and counted and now > counted[0].at + limit.window:
        return limit.attempts_max
    return sum(limit.counts_from_first or use.at + limit.window > now for use in counted)


def _counts(scope: Scope, use: Use, amount: Money, invoice_id: str) -> bool:
    if scope is Scope.INVOICE:
        return use.invoice_id == invoice_id
    return scope is Scope.CARD or (use.amount_minor, use.currency) == (amount.minor, amount.currency)


def planned_count(story: Story) -> int:
    """How many automatic attempts have used up a planned time."""
    counted = [attempt for attempt in story.facts.attempts if attempt.initiator is Initiator.AUTOMATIC]
    return sum(attempt.status is not AttemptStatus.FAILED and not attempt.is_backup for attempt in counted)
