"""Notices and events: each once, none too late, none missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Table, and_, func, or_, select

from purring.domain.attempt import AttemptStatus as A
from purring.domain.event import EventKind as E
from purring.domain.invoice import InvoiceStatus as I
from purring.domain.notice import DECLINE_NOTICES, NoticeStatus
from purring.domain.recovery import RecoveryStatus as R
from purring.domain.subscription import SubscriptionStatus as S
from purring.store.invariants.query import Violations, happened, same
from purring.store.schema import (
    InboundStatus,
    attempt,
    delivery,
    inbound_event,
    invoice,
    notice,
    recovery,
    subscription,
)

_SAID: Mapping[Table, Mapping[str, tuple[E, ...]]] = {
    attempt: {
        A.STARTED: (E.ATTEMPT_STARTED,),
        A.PENDING: (E.ATTEMPT_PENDING,),
        A.ACTION_REQUIRED: (E.ATTEMPT_ACTION_REQUIRED,),
        A.UNKNOWN: (E.ATTEMPT_UNKNOWN,),
        A.SUCCEEDED: (E.ATTEMPT_SUCCEEDED, E.ATTEMPT_CORRECTED),
        A.DECLINED: (E.ATTEMPT_DECLINED, E.ATTEMPT_CORRECTED),
        A.FAILED: (E.ATTEMPT_FAILED,),
    },
    invoice: {
        I.OPEN: (E.INVOICE_ISSUED, E.INVOICE_HANDED_OVER),
        I.PAID: (E.INVOICE_PAID, E.INVOICE_DISPUTE_WON),
        I.UNCOLLECTIBLE: (E.INVOICE_UNCOLLECTIBLE,),
        I.VOID: (E.INVOICE_VOIDED,),
    },
    recovery: {
        R.OPEN: (E.RECOVERY_OPENED, E.RECOVERY_REOPENED),
        R.RECOVERED: (E.RECOVERY_RECOVERED,),
        R.EXHAUSTED: (E.RECOVERY_EXHAUSTED,),
        R.WRITTEN_OFF: (E.RECOVERY_WRITTEN_OFF,),
        R.CANCELED: (E.RECOVERY_CANCELED,),
    },
    subscription: {
        S.PAST_DUE: (E.SUBSCRIPTION_PAST_DUE,),
        S.SUSPENDED: (E.SUBSCRIPTION_SUSPENDED,),
        S.CANCELED: (E.SUBSCRIPTION_CANCELED,),
    },
}


def one_notice_per_decline(_dialect: str) -> Iterator[Violations]:
    """Find declined attempts with no notice, and attempts with more than one; a withdrawn one counts, thanks don't.

    One that was taken back while the invoice was owed is carried by another of the same invoice.
    """
    own, about_declines = notice.c, notice.c.kind.in_(sorted(DECLINE_NOTICES))
    owed = select(own.id).where(
        same(notice, attempt, ("invoice_id", "invoice_id"), ("attempt_id", "id")), about_declines
    )
    yield select(attempt.c.id).where(happened(attempt, E.ATTEMPT_DECLINED), ~owed.correlate(attempt).exists())
    yield (
        select(own.attempt_id.label("id"))
        .where(own.attempt_id.is_not(None), about_declines)
        .group_by(own.merchant_id, own.attempt_id)
        .having(func.count() > 1)
    )
    carrier = notice.alias("carrier")
    its = same(notice, carrier, ("carried_by", "id"), ("invoice_id", "invoice_id"))
    is_carried = select(carrier.c.id).where(its, carrier.c.kind.in_(sorted(DECLINE_NOTICES))).exists()
    nothing_owed = or_(invoice.c.status != I.OPEN, happened(invoice, E.INVOICE_PAID, E.INVOICE_UNCOLLECTIBLE))
    taken_back = and_(notice.c.status == NoticeStatus.WITHDRAWN, notice.c.kind.in_(sorted(DECLINE_NOTICES)))
    yield (
        select(notice.c.id)
        .join(invoice, same(notice, invoice, ("invoice_id", "id")))
        .where(taken_back, ~is_carried, or_(notice.c.carried_by.is_not(None), ~nothing_owed))
    )


def none_after_success(_dialect: str) -> Iterator[Violations]:
    """Find copies of failure notices that went out after their invoice was paid."""
    yield (
        select(delivery.c.id)
        .join(notice, same(delivery, notice, ("notice_id", "id")))
        .join(invoice, same(notice, invoice, ("invoice_id", "id")))
        .where(notice.c.kind.in_(sorted(DECLINE_NOTICES)))
        .where(invoice.c.status == I.PAID, delivery.c.sent_at > invoice.c.closed_at)
    )
    yield select(notice.c.id).where((notice.c.status == NoticeStatus.SENT) != notice.c.sent_at.is_not(None))


def states_have_events(_dialect: str) -> Iterator[Violations]:
    """Find rows whose state no event tells of."""
    for table, said in _SAID.items():
        silent = (and_(table.c.status == status, ~happened(table, *kinds)) for status, kinds in said.items())
        yield select(table.c.id).where(or_(*silent))


def inbound_acts_once(_dialect: str) -> Iterator[Violations]:
    """Find events that were stored twice, and events that acted but could act again."""
    own = inbound_event.c
    yield (select(func.min(own.id).label("id")).group_by(own.gateway, own.event_id).having(func.count() > 1))
    done = own.status == InboundStatus.WORKED
    yield select(own.id).where(done, or_(own.worked_at.is_(None), own.next_step_at.is_not(None)))
