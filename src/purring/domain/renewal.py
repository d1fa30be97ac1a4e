"""A subscription's own clock: renewal into an invoice, the end of a trial, the end of a long suspension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from purring.domain.ahead import announced, announces_at
from purring.domain.calendar import days, local_date, start_of_day, zone
from purring.domain.catalog import Price, period
from purring.domain.changes import Changes
from purring.domain.errors import InvalidInput, RefusalCode, Refused
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import InvoiceId, LineId, MerchantId, NoticeId, invoice_id_of
from purring.domain.invoice import Invoice, InvoiceEvent, InvoiceLine, InvoiceStatus
from purring.domain.journal import EntryDraft, EntryKind
from purring.domain.merchant import Merchant
from purring.domain.money import Money
from purring.domain.notice import NoticeKind, told_at
from purring.domain.noun import replace
from purring.domain.payment_method import PaymentMethod
from purring.domain.recovery import Cause
from purring.domain.subscription import StatusReason, Subscription, SubscriptionEvent, SubscriptionStatus
from purring.domain.subscription_facts import SubscriptionFacts, about_subscription
from purring.domain.transitions import INVOICE, SUBSCRIPTION, moved

IN_FLIGHT_PATIENCE = timedelta(hours=1)
"""Nothing is canceled while a charge is in flight; the clock strikes again after this long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIds:
    """Ids and the number for what a renewal may create."""

    invoice_id: InvoiceId
    line_id: LineId
    number: str
    notice_id: NoticeId


def next_step_at(
    subscription: Subscription, merchant: Merchant, method: PaymentMethod | None = None
) -> datetime | None:
    """When the subscription's own clock strikes next; None once it is canceled.

    `method`: what is tied, where announcements ahead matter; without it the clock learns of them when it strikes.
    """
    own_at, announces = own_step_at(subscription, merchant), announces_at(subscription, merchant, method)
    return min(own_at, announces) if own_at and announces else own_at


def own_step_at(subscription: Subscription, merchant: Merchant) -> datetime | None:
    """When renewal, the end of a trial, of a pause or of the subscription itself falls due."""
    match subscription.status:
        case SubscriptionStatus.CANCELED:
            return None
        case SubscriptionStatus.SUSPENDED:
            return _suspension_step_at(subscription, merchant)
        case SubscriptionStatus.TRIALING | SubscriptionStatus.ACTIVE | SubscriptionStatus.PAST_DUE:
            if subscription.is_resting:
                return subscription.resumes_at
            return start_of_day(subscription.next_period_on, zone(merchant.timezone))
        case _:
            assert_never(subscription.status)


def period_invoice_id(merchant_id: MerchantId, subscription: Subscription) -> InvoiceId:
    """The id of the next period's invoice, which follows from the period.

    A database that was restored from a backup issues it anew under the same id, by which the gateway knows its charges.
    """
    start_on = subscription.next_period_on
    return invoice_id_of(start_on, merchant_id, subscription.id, start_on.isoformat())


def _suspension_step_at(subscription: Subscription, merchant: Merchant) -> datetime:
    """The warning before the cancellation, then the cancellation itself."""
    policy, suspended_at, warned_at = merchant.policy, subscription.suspended_at, subscription.cancel_warned_at
    assert suspended_at, f"suspended subscription {subscription.id} doesn't know since when"
    cancel_at = suspended_at + days(policy.suspended_days)
    if warned_at is None:
        lead_days = min(policy.warn_days_before_close, policy.suspended_days)
        return cancel_at - days(lead_days)
    return max(cancel_at, warned_at + days(policy.warning_lead_days))


def resumed(
    subscription: Subscription, merchant: Merchant, now: datetime, method: PaymentMethod | None = None
) -> Subscription:
    """Wind the clock of a subscription that may be invoiced again; periods it missed while suspended aren't billed."""
    today = local_date(now, zone(merchant.timezone))
    if subscription.next_period_on < today:
        subscription = replace(subscription, anchor_on=today, next_period_index=0)
    return replace(subscription, next_step_at=next_step_at(subscription, merchant, method))


def issues_invoice(facts: SubscriptionFacts, now: datetime) -> bool:
    """Whether the clock, striking at `now`, issues an invoice."""
    subscription = facts.subscription
    rests = subscription.is_resting or subscription.cancel_at_period_end
    if rests or subscription.status is SubscriptionStatus.SUSPENDED:
        return False
    due_at = own_step_at(subscription, facts.merchant)
    return due_at is not None and due_at <= now


def strike(facts: SubscriptionFacts, now: datetime, ids: NewIds, alike: Sequence[SubscriptionFacts] = ()) -> Changes:
    """Do what the subscription's clock asks for at `now`: one step, then it is wound again.

    `alike`: the other subscriptions that the tied method pays, where it is about to be said that it expires.
    """
    subscription = facts.subscription
    due_at = own_step_at(subscription, facts.merchant)
    if due_at is None or due_at > now:
        return _announce(facts, now, ids, alike)
    if subscription.status is SubscriptionStatus.SUSPENDED:
        return _end_suspension(facts, now, ids)
    if subscription.is_resting:
        return unpaused(facts, now)
    if subscription.cancel_at_period_end and facts.in_flight:
        return _look_again(subscription, now + IN_FLIGHT_PATIENCE)
    if subscription.cancel_at_period_end:
        return canceled(facts, now, StatusReason.CUSTOMER_REQUEST, ids.notice_id)
    return _renew(facts, now, ids)


def _announce(facts: SubscriptionFacts, now: datetime, ids: NewIds, alike: Sequence[SubscriptionFacts]) -> Changes:
    """Announce what is due, if anything is, and wind the clock to what comes next."""
    made = announced(facts, now, ids.notice_id, alike)
    subscription, method, others = facts.subscription, facts.method, []
    for noun in made.changed:
        if isinstance(noun, Subscription):
            subscription = noun
        else:
            method = noun if isinstance(noun, PaymentMethod) else method
            others.append(noun)
    wound = replace(subscription, next_step_at=next_step_at(subscription, facts.merchant, method))
    return replace(made, changed=(wound, *others))


def _renew(facts: SubscriptionFacts, now: datetime, ids: NewIds) -> Changes:
    """Issue the invoice of the next period and move on to it."""
    renewed, events = _next_period(facts, now)
    invoice = _invoice(facts, renewed, now, ids)
    events.append(_event(EventKind.SUBSCRIPTION_RENEWED, renewed.id, now, invoice_id=invoice.id))
    return issued(Changes(changed=(renewed,), events=tuple(events)), renewed, invoice, now)


def issued(changes: Changes, subscription: Subscription, invoice: Invoice, now: datetime) -> Changes:
    """The changes with an invoice, which the subscription's credit settles as far as it goes.

    `subscription`: as `changes` leave it.
    """
    said = _event(EventKind.INVOICE_ISSUED, invoice.id, now, number=invoice.number, total=str(invoice.total))
    applied = min(subscription.credit, invoice.total)
    entries = [_entry(EntryKind.INVOICED, invoice, invoice.total, now)]
    events = [said]
    if applied:
        invoice = replace(invoice, credited_minor=applied.minor)
        entries.append(_entry(EntryKind.CREDITED, invoice, applied, now))
    if not invoice.owed:
        status = moved(INVOICE, invoice.status, InvoiceEvent.PAID)
        invoice = replace(invoice, status=status, closed_at=now, next_step_at=None)
        paid = {"amount": str(invoice.total), "cause": Cause.CREDIT.value}
        events.append(_event(EventKind.INVOICE_PAID, invoice.id, now, **paid))
    left = replace(subscription, credit_minor=subscription.credit_minor - applied.minor)
    others = tuple(noun for noun in changes.changed if noun is not subscription)
    made = Changes(created=(invoice,), changed=(left,), events=tuple(events), entries=tuple(entries))
    return replace(changes, changed=others) + made


def _entry(kind: EntryKind, invoice: Invoice, amount: Money, now: datetime) -> EntryDraft:
    return EntryDraft(kind=kind, invoice_id=invoice.id, attempt_id=None, amount=amount, at=now)


def _next_period(facts: SubscriptionFacts, now: datetime) -> tuple[Subscription, list[EventDraft]]:
    """The subscription in its next period, at the price and the quantity that were asked for."""
    subscription = facts.subscription
    price = facts.next_offer.price if facts.next_offer else subscription.price
    subscription = sold_as(subscription, price, subscription.pending_quantity or subscription.quantity)
    events = []
    event = SubscriptionEvent.RENEWED
    if subscription.status is SubscriptionStatus.TRIALING:
        event = SubscriptionEvent.TRIAL_ENDED
        events.append(_event(EventKind.SUBSCRIPTION_TRIAL_ENDED, subscription.id, now))
    running = period(subscription.anchor_on, subscription.price.interval, subscription.next_period_index)
    renewed = replace(
        subscription,
        status=moved(SUBSCRIPTION, subscription.status, event),
        period_start_on=running.start_on,
        period_end_on=running.end_on,
        next_period_index=subscription.next_period_index + 1,
    )
    return replace(renewed, next_step_at=next_step_at(renewed, facts.merchant, facts.method)), events


def sold_as(subscription: Subscription, price: Price, quantity: int) -> Subscription:
    """The subscription at another price and quantity; another interval counts from the end of the running period."""
    if price.interval != subscription.price.interval:
        subscription = replace(subscription, anchor_on=subscription.next_period_on, next_period_index=0)
    return replace(subscription, price=price, quantity=quantity, pending_price_id=None, pending_quantity=None)


def _invoice(facts: SubscriptionFacts, renewed: Subscription, now: datetime, ids: NewIds) -> Invoice:
    """The invoice of the period that begins. Made late, it is dated that day, so that the window isn't shortened."""
    amount = renewed.amount
    product = facts.next_offer.product if facts.next_offer else facts.product
    line = InvoiceLine(id=ids.line_id, description=product.name, quantity=renewed.quantity, amount=amount)
    return Invoice(
        id=ids.invoice_id,
        number=ids.number,
        customer_id=renewed.customer_id,
        subscription_id=renewed.id,
        status=InvoiceStatus.OPEN,
        total=amount,
        invoice_on=max(renewed.period_start_on, local_date(now, zone(facts.merchant.timezone))),
        issued_at=now,
        period_start_on=renewed.period_start_on,
        period_end_on=renewed.period_end_on,
        lines=(line,),
        test_clock_id=facts.customer.test_clock_id,
        next_step_at=now,
    )


def paused(facts: SubscriptionFacts, now: datetime, until: datetime | None) -> Changes:
    """Begin no period any more, until an instant or until somebody resumes it; what is issued is collected as before.

    Raises:
        Refused: it has ended, or is suspended until its invoices are paid.
        InvalidInput: `until` isn't to come.
    """
    subscription = facts.subscription
    if subscription.status is SubscriptionStatus.CANCELED:
        raise Refused(RefusalCode.ALREADY_CANCELED, details=(subscription.id,))
    if subscription.status is SubscriptionStatus.SUSPENDED:
        raise Refused(RefusalCode.SUBSCRIPTION_OWES)
    if until is not None and until <= now:
        raise InvalidInput("a pause ends later than now; leave it out to pause until somebody resumes", field="until")
    after = replace(subscription, paused_at=subscription.paused_at or now, resumes_at=until)
    after = replace(after, next_step_at=next_step_at(after, facts.merchant, facts.method))
    said = _event(EventKind.SUBSCRIPTION_PAUSED, after.id, now, until=until.isoformat() if until else None)
    return Changes(changed=(after,), events=(said,))


def unpaused(facts: SubscriptionFacts, now: datetime) -> Changes:
    """Go on: with the period that comes next or, where that has passed, with one that begins today.

    Raises:
        Refused: it isn't paused.
    """
    if facts.subscription.paused_at is None or facts.subscription.status is SubscriptionStatus.CANCELED:
        raise Refused(RefusalCode.NOT_ON_HOLD)
    after = replace(facts.subscription, paused_at=None, resumes_at=None)
    said = _event(EventKind.SUBSCRIPTION_RESUMED, after.id, now)
    if after.status is SubscriptionStatus.SUSPENDED:
        return Changes(changed=(after,), events=(said,))
    return Changes(changed=(resumed(after, facts.merchant, now, facts.method),), events=(said,))


def _end_suspension(facts: SubscriptionFacts, now: datetime, ids: NewIds) -> Changes:
    """Warn that a long suspension ends in cancellation; cancel when the warning is old enough and nothing in flight."""
    subscription = facts.subscription
    if subscription.cancel_warned_at is None:
        return _warn(facts, now, ids)
    if facts.in_flight:
        return _look_again(subscription, now + IN_FLIGHT_PATIENCE)
    cancel_at = _warned_at(facts, subscription.cancel_warned_at, now) + days(facts.merchant.policy.warning_lead_days)
    if cancel_at > now:
        return _look_again(subscription, cancel_at)
    return canceled(facts, now, StatusReason.SUSPENDED_TOO_LONG, ids.notice_id)


def _look_again(subscription: Subscription, at: datetime) -> Changes:
    """Leave everything as it is until then."""
    return Changes(changed=(replace(subscription, next_step_at=at),))


def _warned_at(facts: SubscriptionFacts, owed_at: datetime, now: datetime) -> datetime:
    """When the warning that was owed then was given: `now` as long as it wasn't."""
    warning = facts.cancel_warning
    if warning is None or warning.owed_at < owed_at:
        return owed_at
    return told_at(warning, now, reachable=bool(facts.customer.notified_people))


def _warn(facts: SubscriptionFacts, now: datetime, ids: NewIds) -> Changes:
    """Owe the warning, and wind the clock to the cancellation."""
    warned = replace(facts.subscription, cancel_warned_at=now)
    warned = replace(warned, next_step_at=next_step_at(warned, facts.merchant))
    notice = about_subscription(facts, warned, NoticeKind.CANCELLATION_WARNING, now, ids.notice_id)
    event = _event(EventKind.SUBSCRIPTION_CANCEL_WARNED, warned.id, now)
    return Changes(created=(notice,), changed=(warned,), events=(event,))


def canceled(facts: SubscriptionFacts, now: datetime, reason: StatusReason, notice_id: NoticeId) -> Changes:
    """End the subscription. Its unpaid invoices stay payable, but nothing is charged by itself.

    Raises:
        Refused: it has ended already, or a charge is in flight: nobody knows yet whether it is paid.
    """
    if facts.subscription.status is SubscriptionStatus.CANCELED:
        raise Refused(RefusalCode.ALREADY_CANCELED, details=(facts.subscription.id,))
    if facts.in_flight:
        raise Refused(RefusalCode.CHARGE_IN_FLIGHT, details=facts.in_flight)
    subscription = facts.subscription
    event = SubscriptionEvent.CANCELED
    if reason is StatusReason.SUSPENDED_TOO_LONG:
        event = SubscriptionEvent.SUSPENSION_ENDED
    status = moved(SUBSCRIPTION, subscription.status, event)
    ended = replace(subscription, status=status, reason=reason, canceled_at=now, next_step_at=None)
    notice = about_subscription(facts, ended, NoticeKind.SUBSCRIPTION_CANCELED, now, notice_id)
    said = _event(EventKind.SUBSCRIPTION_CANCELED, ended.id, now, reason=reason.value)
    return Changes(created=(notice,), changed=(ended,), events=(said,))


def _event(kind: EventKind, object_id: str, at: datetime, **data: object) -> EventDraft:
    """One event."""
    return EventDraft(kind=kind, object_id=object_id, at=at, data=data)
