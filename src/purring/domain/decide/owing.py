"""Owe a notice: which kind, counted how, and everything its text needs, taken from the schedule."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import blake2b

from purring.domain.attempt import Attempt, AttemptStatus, Initiator
from purring.domain.calendar import days
from purring.domain.changes import Draft
from purring.domain.decide.telling import context
from purring.domain.decline import DeclineClass
from purring.domain.event import EventKind
from purring.domain.facts import Facts
from purring.domain.ids import NoticeId, make_id
from purring.domain.notice import DECLINE_NOTICES, Notice, NoticeKind, NoticeStatus
from purring.domain.notice_times import COMBINED, due_at
from purring.domain.noun import replace
from purring.domain.recipients import is_escalated
from purring.domain.step import Charge, Schedule, Step

MERGED_WARNING = timedelta(days=1)
"""A last notice that would fall due this soon after a decline is sent as the decline's own notice instead."""

HELD_BACK_PATIENCE = timedelta(days=1)
"""How long after its planned time a silent retry may take before the notice that waits for it goes out after all."""

BACKUP_PATIENCE = timedelta(hours=1)
"""How long a decline's notice waits for the backup method's answer, so that one notice tells both."""


def owe_for_decline(draft: Draft, attempt: Attempt) -> None:
    """Owe the one notice of a decline, unless a request to confirm was owed for the same attempt already."""
    if is_told(draft.facts, attempt):
        return
    told_of = _withdraw_main(draft, attempt) if attempt.is_backup else []
    plan = draft.plan
    kind = kind_for_decline(plan, attempt, draft.now)
    not_before = _waits_until(draft.facts, plan, kind, attempt, draft.now)
    owe(draft, kind, attempt, not_before=not_before, instead_of=told_of)
    if kind is NoticeKind.LAST_NOTICE and draft.facts.recovery:
        draft.say(EventKind.RECOVERY_WARNED, draft.facts.recovery.id)


def _waits_until(facts: Facts, plan: Schedule, kind: NoticeKind, attempt: Attempt, now: datetime) -> datetime:
    """Until when a decline's notice waits for something that may make it needless; `now`: it doesn't."""
    first = plan.next_charge
    if first is None:
        return now
    if isinstance(first.action, Charge) and first.action.backup:
        return now + BACKUP_PATIENCE
    if kind is NoticeKind.PAYMENT_DECLINED and _may_hold_back(facts, plan, first, attempt, now):
        return first.at + HELD_BACK_PATIENCE
    return now


def _may_hold_back(facts: Facts, plan: Schedule, retry: Step, attempt: Attempt, now: datetime) -> bool:
    """Whether the policy lets a silent retry come first: one of the first declines, the retry soon, no warning before.

    What the customer has tried themselves is told at once.
    """
    terms, warning = facts.policy.notices, plan.warning
    if attempt.initiator is not Initiator.AUTOMATIC:
        return False
    declined = [one for one in facts.attempts if one.status is AttemptStatus.DECLINED and not one.is_backup]
    in_time = retry.at <= now + days(terms.hold_back_days)
    unwarned = warning is None or warning.at > retry.at + HELD_BACK_PATIENCE
    return len(declined) <= terms.hold_back_max and in_time and unwarned


def is_told(facts: Facts, attempt: Attempt) -> bool:
    """Whether a notice about the failure of this attempt was owed."""
    return any(notice.attempt_id == attempt.id and notice.kind in DECLINE_NOTICES for notice in facts.notices)


def _withdraw_main(draft: Draft, backup: Attempt) -> list[NoticeId]:
    """Take back what still waits for the backup's answer: the backup's own notice tells both."""
    before = [attempt for attempt in draft.facts.attempts if attempt.id != backup.id and not attempt.is_backup]
    declined = [attempt.id for attempt in before if attempt.status is AttemptStatus.DECLINED]
    return _withdraw(draft, [notice for notice in draft.facts.notices if notice.attempt_id in declined[-1:]])


def kind_for_decline(plan: Schedule, attempt: Attempt, now: datetime) -> NoticeKind:
    """The last notice if one is due within a day anyway, a request if nothing happens by itself, else the plain one."""
    warning, charge = plan.warning, plan.next_charge
    if warning and warning.at <= now + MERGED_WARNING and (charge is None or charge.at > warning.at):
        return NoticeKind.LAST_NOTICE
    if charge is None or attempt.decline_class is not DeclineClass.RETRY_LATER:
        return NoticeKind.ACTION_NEEDED
    return NoticeKind.PAYMENT_DECLINED


def owe(
    draft: Draft,
    kind: NoticeKind,
    attempt: Attempt | None = None,
    *,
    not_before: datetime | None = None,
    instead_of: Iterable[NoticeId] = (),
) -> None:
    """Owe one notice of `kind`, about `attempt` if one is behind it. Its id follows from what it is about and when.

    A decline notice carries older ones that still wait, and those that it stands `instead_of`.
    """
    waiting = [notice for notice in draft.facts.notices if kind in DECLINE_NOTICES and _still_waits(notice, draft.now)]
    carried = {*instead_of, *_withdraw(draft, waiting)}
    facts = draft.facts
    number = _next_number(facts) if kind in DECLINE_NOTICES else 0
    notice = Notice(
        id=notice_id(draft.now, facts.invoice.id, attempt.id if attempt else "", kind.value),
        kind=kind,
        customer_id=facts.customer.id,
        invoice_id=facts.invoice.id,
        subscription_id=facts.subscription.id if facts.subscription else None,
        attempt_id=attempt.id if attempt else None,
        status=NoticeStatus.OWED,
        owed_at=draft.now,
        due_at=due_at(kind, not_before or draft.now, facts.merchant.policy.notices, facts.customer),
        number=number,
        escalated=kind in DECLINE_NOTICES and is_escalated(facts),
        context={**context(facts, draft.now, attempt, draft.plan), "number": number},
        test_clock_id=facts.customer.test_clock_id,
    )
    draft.put_notice(notice)
    for old in facts.notices:
        if old.id in carried:
            draft.put_notice(replace(old, carried_by=notice.id))


def _still_waits(notice: Notice, now: datetime) -> bool:
    """Whether a decline notice is put off beyond now. The warning is never taken back for another kind of notice."""
    return notice.kind in COMBINED and notice.status is NoticeStatus.OWED and notice.due_at > now


def notice_id(at: datetime, *about: str) -> NoticeId:
    """An id that sorts by time and follows from what the notice is about."""
    digest = blake2b(" ".join(about).encode(), digest_size=10).digest()
    return NoticeId(make_id("ntc_", int(at.timestamp() * 1000), int.from_bytes(digest)))


def _next_number(facts: Facts) -> int:
    """Decline notices are counted per invoice; withdrawn ones were never read."""
    read = (n for n in facts.notices if n.kind in DECLINE_NOTICES and n.status is not NoticeStatus.WITHDRAWN)
    return 1 + max((notice.number for notice in read), default=0)


def withdraw_declines(draft: Draft) -> None:
    """Take back failure notices that haven't gone out: the money came, or nobody asks for it any more."""
    _withdraw(draft, [notice for notice in draft.facts.notices if notice.kind in DECLINE_NOTICES])


def _withdraw(draft: Draft, notices: list[Notice]) -> list[NoticeId]:
    """Take back those that are still owed; give their ids."""
    owed = [notice for notice in notices if notice.status is NoticeStatus.OWED]
    for notice in owed:
        draft.put_notice(replace(notice, status=NoticeStatus.WITHDRAWN))
    return [notice.id for notice in owed]
