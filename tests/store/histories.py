"""What honest work leaves in the store: an invoice that was declined and then paid, and one that is being charged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from purring.domain.attempt import Attempt, AttemptStatus
from purring.domain.changes import Changes
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.event import EventDraft, EventKind
from purring.domain.invoice import Invoice, InvoiceStatus
from purring.domain.journal import EntryDraft, EntryKind
from purring.domain.notice import Notice
from purring.domain.recovery import Cause, Recovery, RecoveryStatus
from purring.domain.subscription import Subscription, SubscriptionStatus
from purring.store import inbound
from tests.store.world import NOW, PRICE, World

RETRY_AT = NOW + timedelta(days=2)
CHARGED_AT = NOW + timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The rows that a test may spoil."""

    paid: Invoice
    declined: Attempt
    succeeded: Attempt
    recovery: Recovery
    notice: Notice
    subscription: Subscription
    open: Invoice
    started: Attempt


def happened(world: World) -> History:
    """Let it all happen."""
    customer = world.customer()
    subscription = world.subscription(customer, world.card(customer))
    invoice = world.invoice(subscription)
    _declined(world, invoice)
    _paid(world, invoice)
    facts, other = world.facts(invoice), world.due()
    started = world.attempt(other, CHARGED_AT)
    world.save(Changes(created=(started,), events=(_said(EventKind.ATTEMPT_STARTED, started.id, CHARGED_AT),)))
    with world.store.transaction() as conn:
        inbound.store(conn, "sandbox", "evt_1", body=b"{}", headers={}, received_at=NOW)
    assert facts.recovery
    return History(
        paid=facts.invoice,
        declined=facts.attempts[0],
        succeeded=facts.attempts[1],
        recovery=facts.recovery,
        notice=facts.notices[0],
        subscription=subscription,
        open=other.invoice,
        started=started,
    )


def _declined(world: World, invoice: Invoice) -> None:
    facts = world.facts(invoice)
    assert facts.subscription
    attempt = world.attempt(
        facts,
        status=AttemptStatus.DECLINED,
        ended_at=NOW,
        reason=DeclineReason.INSUFFICIENT_FUNDS,
        decline_class=DeclineClass.RETRY_LATER,
    )
    recovery = world.recovery(facts)
    past_due = replace(facts.subscription, status=SubscriptionStatus.PAST_DUE)
    events = (
        _said(EventKind.ATTEMPT_STARTED, attempt.id),
        _said(EventKind.ATTEMPT_DECLINED, attempt.id),
        _said(EventKind.RECOVERY_OPENED, recovery.id),
        _said(EventKind.SUBSCRIPTION_PAST_DUE, past_due.id),
    )
    notice = world.notice(facts, attempt_id=attempt.id)
    world.save(Changes(created=(attempt, recovery, notice), changed=(past_due,), events=events))


def _paid(world: World, invoice: Invoice) -> None:
    facts = world.facts(invoice)
    assert facts.recovery
    assert facts.subscription
    attempt = world.attempt(
        facts, RETRY_AT, status=AttemptStatus.SUCCEEDED, ended_at=RETRY_AT, captured_minor=PRICE.minor
    )
    settled = replace(
        facts.invoice, status=InvoiceStatus.PAID, paid_minor=PRICE.minor, closed_at=RETRY_AT, next_step_at=None
    )
    recovered = replace(facts.recovery, status=RecoveryStatus.RECOVERED, cause=Cause.RETRY, closed_at=RETRY_AT)
    active = replace(facts.subscription, status=SubscriptionStatus.ACTIVE)
    events = (
        _said(EventKind.ATTEMPT_STARTED, attempt.id, RETRY_AT),
        _said(EventKind.ATTEMPT_SUCCEEDED, attempt.id, RETRY_AT),
        _said(EventKind.INVOICE_PAID, settled.id, RETRY_AT),
        _said(EventKind.RECOVERY_RECOVERED, recovered.id, RETRY_AT),
        _said(EventKind.SUBSCRIPTION_ACTIVE, active.id, RETRY_AT),
    )
    entry = EntryDraft(kind=EntryKind.PAID, invoice_id=settled.id, attempt_id=attempt.id, amount=PRICE, at=RETRY_AT)
    changed = (settled, recovered, active)
    world.save(Changes(created=(attempt,), changed=changed, events=events, entries=(entry,)))


def _said(kind: EventKind, object_id: str, at: datetime = NOW) -> EventDraft:
    return EventDraft(kind=kind, object_id=object_id, at=at, data={})
