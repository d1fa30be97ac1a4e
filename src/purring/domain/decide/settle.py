"""What money does to an invoice: coming in, coming late, being taken back."""

from __future__ import annotations

from datetime import datetime

from purring.domain.attempt import Attempt, Initiator
from purring.domain.changes import Draft
from purring.domain.charge_plan import window_ends_at
from purring.domain.decide.owing import owe, withdraw_declines
from purring.domain.event import EventKind
from purring.domain.facts import Facts
from purring.domain.ids import InvoiceId, RecoveryId
from purring.domain.invoice import DisputeStatus, InvoiceEvent, InvoiceStatus
from purring.domain.journal import EntryKind
from purring.domain.money import Money
from purring.domain.notice import NoticeKind
from purring.domain.noun import replace
from purring.domain.recovery import Cause, HoldReason, Recovery, RecoveryEvent, RecoveryStatus
from purring.domain.renewal import resumed
from purring.domain.subscription import StatusReason, SubscriptionEvent, SubscriptionStatus
from purring.domain.transitions import INVOICE, RECOVERY, SUBSCRIPTION, moved


def pay(draft: Draft, received: Money, cause: Cause, attempt: Attempt | None = None) -> None:
    """Book money that came in and draw the consequences: paid, paid in part, or more than was owed."""
    invoice, attempt_id = draft.facts.invoice, attempt.id if attempt else None
    applied = min(received, invoice.owed) if invoice.status in _PAYABLE else Money.zero(received.currency)
    surplus = received - applied
    if applied and invoice.status is InvoiceStatus.UNCOLLECTIBLE:
        draft.book(EntryKind.WRITE_OFF_REVERSED, invoice.owed)
        draft.put_invoice(status=moved(INVOICE, invoice.status, InvoiceEvent.REVIVED), closed_at=None)
    if applied:
        draft.book(EntryKind.PAID, applied, attempt_id)
        draft.put_invoice(paid_minor=invoice.paid_minor + applied.minor)
    if surplus:
        draft.book(EntryKind.OVERPAID, surplus, attempt_id)
        draft.say(EventKind.INVOICE_OVERPAID, invoice.id, surplus=str(surplus), attempt_id=attempt_id)
    if applied and not draft.facts.invoice.owed:
        _paid_up(draft, cause, attempt)
    elif applied:
        _paid_in_part(draft, applied)


_PAYABLE = {InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE}


def _paid_up(draft: Draft, cause: Cause, attempt: Attempt | None) -> None:
    """Invoice, recovery and subscription change together, and no reminder goes out any more."""
    invoice = draft.facts.invoice
    status = moved(INVOICE, invoice.status, InvoiceEvent.PAID)
    draft.put_invoice(status=status, closed_at=draft.now)
    draft.say(EventKind.INVOICE_PAID, invoice.id, amount=str(invoice.total), cause=cause.value)
    withdraw_declines(draft)
    recovery = draft.facts.recovery
    if recovery is not None and recovery.status is not RecoveryStatus.RECOVERED:
        ended = moved(RECOVERY, recovery.status, RecoveryEvent.PAID)
        recovered = replace(recovery, status=ended, cause=cause, closed_at=draft.now)
        draft.put_recovery(replace(recovered, hold=HoldReason.NONE, held_until=None))
        draft.say(EventKind.RECOVERY_RECOVERED, recovery.id, cause=cause.value)
    restore_subscription(draft)
    if recovery is not None:
        owe(draft, NoticeKind.PAYMENT_RECEIVED, attempt)
    elif draft.facts.merchant.policy.notices.receipts:
        owe(draft, NoticeKind.RECEIPT, attempt)


def restore_subscription(draft: Draft) -> None:
    """Bring the subscription back as far as its other invoices allow, once this one is settled."""
    assert not draft.facts.invoice.is_open, "an invoice that is owed brings nobody back"
    subscription = draft.facts.subscription
    event = _way_back(draft.facts)
    if subscription is None or event is None:
        return
    status = moved(SUBSCRIPTION, subscription.status, event)
    active = status is SubscriptionStatus.ACTIVE
    back = replace(
        subscription,
        status=status,
        reason=StatusReason.NONE if active else StatusReason.PAYMENT_DECLINED,
        past_due_at=None if active else subscription.past_due_at,
        suspended_at=None,
        cancel_warned_at=None,
    )
    suspended = subscription.status is SubscriptionStatus.SUSPENDED
    draft.put_subscription(
        resumed(back, draft.facts.merchant, draft.now, draft.facts.tied_method) if suspended else back
    )
    kind = EventKind.SUBSCRIPTION_ACTIVE if active else EventKind.SUBSCRIPTION_PAST_DUE
    draft.say(kind, subscription.id, was=subscription.status.value)


def _way_back(facts: Facts) -> SubscriptionEvent | None:
    """Which event brings the subscription back, if its other unpaid invoices let it move at all.

    An invoice that isn't charged yet holds nothing back; one in recovery, given up, disputed or reversed does.
    """
    subscription = facts.subscription
    if subscription is None:
        return None
    behind = [sibling for sibling in facts.siblings if sibling.disputed or sibling.recovery_status is not None]
    if subscription.status is SubscriptionStatus.PAST_DUE:
        return None if behind else SubscriptionEvent.PAID_UP
    if subscription.status is not SubscriptionStatus.SUSPENDED:
        return None
    if any(sibling.recovery_status is RecoveryStatus.EXHAUSTED for sibling in behind):
        return None
    return SubscriptionEvent.PAID_IN_PART if behind else SubscriptionEvent.PAID_UP


def _paid_in_part(draft: Draft, applied: Money) -> None:
    """A partial approval: the rest stays open, and a person decides how it is collected."""
    invoice = draft.facts.invoice
    draft.say(EventKind.INVOICE_PARTIALLY_PAID, invoice.id, applied=str(applied), owed=str(invoice.owed))
    open_recovery(draft)
    if draft.facts.recovery and draft.facts.recovery.is_open:
        hold(draft, HoldReason.PARTIAL_PAYMENT, None)


def open_recovery(draft: Draft) -> None:
    """Open the invoice's recovery if it has none, with the policy as it is now, and let the subscription fall due.

    A disputed invoice gets none: nothing is charged for it by itself, so nothing would ever end it.
    """
    facts = draft.facts
    if facts.recovery is None and facts.invoice.dispute is DisputeStatus.NONE:
        recovery = Recovery(
            id=recovery_id(facts.invoice.id),
            invoice_id=facts.invoice.id,
            status=RecoveryStatus.OPEN,
            policy=facts.merchant.policy,
            opened_at=draft.now,
            window_ends_at=window_ends_at(facts),
        )
        draft.put_recovery(recovery)
        draft.say(EventKind.RECOVERY_OPENED, recovery.id, invoice_id=facts.invoice.id)
    if draft.facts.recovery and draft.facts.recovery.is_open:
        fall_due(draft, StatusReason.PAYMENT_DECLINED)


def reopen_recovery(draft: Draft) -> None:
    """Open the recovery, again where the money it had brought in proved to be none; its window stays the same."""
    recovery = draft.facts.recovery
    if recovery is not None and recovery.status is RecoveryStatus.RECOVERED:
        status = moved(RECOVERY, recovery.status, RecoveryEvent.REOPENED)
        draft.put_recovery(
            replace(recovery, status=status, opened_at=draft.now, closed_at=None, cause=Cause.NONE, moved_to=None)
        )
        draft.say(EventKind.RECOVERY_REOPENED, recovery.id, invoice_id=recovery.invoice_id)
    open_recovery(draft)


def recovery_id(invoice_id: InvoiceId) -> RecoveryId:
    """One recovery per invoice: it carries the invoice's id under its own prefix."""
    return RecoveryId("rec_" + invoice_id.removeprefix("inv_"))


def fall_due(draft: Draft, reason: StatusReason) -> None:
    """Turn the subscription `past_due`; one that is suspended or canceled stays so."""
    subscription = draft.facts.subscription
    if subscription is None or subscription.status is not SubscriptionStatus.ACTIVE:
        return
    status = moved(SUBSCRIPTION, subscription.status, SubscriptionEvent.FELL_DUE)
    draft.put_subscription(replace(subscription, status=status, reason=reason, past_due_at=draft.now))
    draft.say(EventKind.SUBSCRIPTION_PAST_DUE, subscription.id, reason=reason.value, invoice_id=draft.facts.invoice.id)


def hold(draft: Draft, reason: HoldReason, until: datetime | None) -> None:
    """Pause automatic charges, until an instant or until somebody resumes them."""
    recovery = draft.facts.recovery
    assert recovery, "only a recovery can be held"
    draft.put_recovery(replace(recovery, hold=reason, held_until=until))
    draft.say(EventKind.RECOVERY_PAUSED, recovery.id, reason=reason.value, until=until.isoformat() if until else None)


def cause_of(facts: Facts, attempt: Attempt) -> Cause:
    """Who is to thank for an attempt's money: a retry counts as the customer's doing if they changed the method."""
    if attempt.initiator is Initiator.CUSTOMER:
        return Cause.CUSTOMER
    if attempt.initiator is Initiator.OPERATOR:
        return Cause.OPERATOR
    first, method = facts.attempts[0], facts.method(attempt.method_id)
    edited = method is not None and method.edited_at is not None and method.edited_at > first.started_at
    changed = first.method_id != attempt.method_id and not attempt.is_backup
    return Cause.CUSTOMER if edited or changed else Cause.RETRY


def take_back(draft: Draft, kind: EntryKind, event: InvoiceEvent, amount: Money) -> None:
    """Reopen a paid invoice because its money went back; on one that was given up, the loss grows.

    An invoice without money has none to give, and what was refunded is gone already.
    """
    invoice = draft.facts.invoice
    back = min(amount, invoice.kept)
    if not back:
        return
    draft.book(kind, back)
    draft.put_invoice(paid_minor=invoice.paid_minor - back.minor)
    if invoice.status is InvoiceStatus.PAID:
        draft.put_invoice(status=moved(INVOICE, invoice.status, event), closed_at=None)
    elif invoice.status is InvoiceStatus.UNCOLLECTIBLE:
        draft.book(EntryKind.WRITTEN_OFF, back)
