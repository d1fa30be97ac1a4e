"""Attempts: one at a time, on the right method, each with its beginning and its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import and_, func, or_, select

from purring.domain.attempt import OPEN_ATTEMPT, AttemptStatus, Initiator
from purring.domain.decline import DeclineClass
from purring.domain.event import EventKind
from purring.domain.invoice import DisputeStatus, InvoiceStatus
from purring.store.invariants.query import NOW, Violations, events_of, happened, later, same
from purring.store.schema import attempt, event, invoice, payment_method, subscription, test_clock

ENDS_WITHIN = timedelta(days=7, hours=2)

_FINAL = (EventKind.ATTEMPT_SUCCEEDED, EventKind.ATTEMPT_DECLINED, EventKind.ATTEMPT_FAILED)
_IS_OPEN = attempt.c.status.in_(sorted(OPEN_ATTEMPT))
_AUTOMATIC = attempt.c.initiator == Initiator.AUTOMATIC
_SENT = attempt.c.status != AttemptStatus.FAILED


def one_open(_dialect: str) -> Iterator[Violations]:
    """Find invoices with two open attempts."""
    own = attempt.c
    yield (
        select(own.invoice_id.label("id"))
        .where(_IS_OPEN)
        .group_by(own.merchant_id, own.invoice_id)
        .having(func.count() > 1)
    )


def end_in_time(dialect: str) -> Iterator[Violations]:
    """Find attempts that neither ended nor reached the operators."""
    handed_on = happened(attempt, EventKind.ATTEMPT_NEEDS_OPERATOR)
    own_now = (
        select(test_clock.c.now_at)
        .join(invoice, same(invoice, test_clock, ("test_clock_id", "id")))
        .where(same(attempt, invoice, ("invoice_id", "id")))
        .correlate(attempt)
        .scalar_subquery()
    )
    is_late = later(attempt.c.started_at, ENDS_WITHIN, dialect) < func.coalesce(own_now, NOW)
    yield select(attempt.c.id).where(_IS_OPEN, is_late, ~handed_on)


def final_states_stay(_dialect: str) -> Iterator[Violations]:
    """Find attempts that ended twice, or once more after a correction."""
    ended = event.alias("ended")
    twice = events_of(attempt, *_FINAL).with_only_columns(func.count()).scalar_subquery()
    yield select(attempt.c.id).where(twice > 1)
    corrected = event.alias("corrected")
    yield (
        select(ended.c.object_id.label("id"))
        .join(corrected, same(ended, corrected, ("object_id", "object_id")))
        .where(ended.c.kind.in_(_FINAL), corrected.c.kind == EventKind.ATTEMPT_CORRECTED, ended.c.at > corrected.c.at)
    )


def started_first(_dialect: str) -> Iterator[Violations]:
    """Find attempts without the record of their start, or with one that is younger than their end."""
    started = events_of(attempt, EventKind.ATTEMPT_STARTED)
    yield select(attempt.c.id).where(
        ~started.where(event.c.at == attempt.c.started_at).exists(),
    )
    yield select(attempt.c.id).where(attempt.c.ended_at < attempt.c.started_at)


def on_own_methods(_dialect: str) -> Iterator[Violations]:
    """Find attempts on methods of another customer, of another card, or removed before."""
    own, method = attempt.c, payment_method.c
    yield (
        select(own.id)
        .join(invoice, same(attempt, invoice, ("invoice_id", "id")))
        .join(payment_method, same(attempt, payment_method, ("method_id", "id")))
        .where(
            or_(
                method.customer_id != invoice.c.customer_id,
                method.fingerprint != own.fingerprint,
                method.gateway != own.gateway,
                method.removed_at < own.started_at,
            )
        )
    )


def none_after_hard_stop(_dialect: str) -> Iterator[Violations]:
    """Find attempts on a card that the network had forbidden, or automatic ones that it had for the same invoice."""
    earlier = attempt.alias("earlier")
    stopped = select(earlier.c.id).where(
        same(earlier, attempt, ("invoice_id", "invoice_id"), ("fingerprint", "fingerprint")),
        earlier.c.decline_class == DeclineClass.NEVER_RETRY,
        earlier.c.status == AttemptStatus.DECLINED,
        earlier.c.number < attempt.c.number,
        earlier.c.ended_at <= attempt.c.started_at,
    )
    yield select(attempt.c.id).where(_AUTOMATIC, stopped.exists())
    forbidden = select(earlier.c.id).where(
        same(earlier, attempt, ("fingerprint", "fingerprint")),
        earlier.c.hard_stop,
        earlier.c.ended_at < attempt.c.started_at,
    )
    yield select(attempt.c.id).where(forbidden.exists())


def none_on_the_settled(_dialect: str) -> Iterator[Violations]:
    """Find automatic attempts begun after their invoice was given up or disputed, or its subscription canceled."""
    own = invoice.c
    automatic = select(attempt.c.id).join(invoice, same(attempt, invoice, ("invoice_id", "id"))).where(_AUTOMATIC)
    given_up = own.status.in_((InvoiceStatus.UNCOLLECTIBLE, InvoiceStatus.VOID))
    yield automatic.where(given_up, own.closed_at < attempt.c.started_at)
    taken_back = events_of(invoice, EventKind.INVOICE_CHARGED_BACK).where(event.c.at < attempt.c.started_at)
    yield automatic.where(own.dispute != DisputeStatus.NONE, taken_back.correlate(invoice, attempt).exists())
    yield automatic.join(subscription, same(invoice, subscription, ("subscription_id", "id"))).where(
        subscription.c.canceled_at < attempt.c.started_at
    )


def never_two_at_once(_dialect: str) -> Iterator[Violations]:
    """Find attempts begun while another one of the invoice was under way; corrections move an attempt's end.

    An attempt with a higher number was begun later, whatever a clock that was set back said of it.
    """
    other = attempt.alias("other")
    before = and_(other.c.number < attempt.c.number, other.c.started_at < attempt.c.started_at)
    under_way = and_(before, other.c.ended_at > attempt.c.started_at)
    uncorrected = ~happened(other, EventKind.ATTEMPT_CORRECTED)
    yield select(attempt.c.id).where(
        select(other.c.id).where(same(other, attempt, ("invoice_id", "invoice_id")), under_way, uncorrected).exists()
    )
