"""The steps of a schedule that need nobody else: notices, statuses, the end of a recovery."""

from __future__ import annotations

from typing import assert_never

from purring.domain.changes import Draft
from purring.domain.decide.owing import owe, withdraw_declines
from purring.domain.decide.settle import open_recovery, restore_subscription
from purring.domain.event import EventKind
from purring.domain.invoice import InvoiceEvent, InvoiceStatus
from purring.domain.journal import EntryKind
from purring.domain.notice import NoticeKind
from purring.domain.noun import replace
from purring.domain.recovery import RecoveryEvent, RecoveryStatus
from purring.domain.renewal import next_step_at
from purring.domain.step import Charge, Close, Notify, Resolve, SetStatus, Step
from purring.domain.subscription import StatusReason, SubscriptionEvent, SubscriptionStatus
from purring.domain.transitions import INVOICE, RECOVERY, SUBSCRIPTION, moved


def carry_out(draft: Draft, step: Step) -> None:
    """Apply one step that is due and needs no gateway."""
    match step.action:
        case Notify(kind):
            _warn(draft, kind)
        case SetStatus(status):
            _set_status(draft, status)
        case Close(status):
            close(draft, status)
        case Charge() | Resolve():
            raise AssertionError("charges and questions need a gateway")
        case _:
            assert_never(step.action)


def _warn(draft: Draft, kind: NoticeKind) -> None:
    """Owe the warning that must precede every harsher status."""
    recovery = draft.facts.recovery
    assert recovery, "only a recovery has a warning"
    owe(draft, kind)
    draft.say(EventKind.RECOVERY_WARNED, recovery.id)


def _set_status(draft: Draft, status: SubscriptionStatus | InvoiceStatus) -> None:
    """Move what the step names: each status here has one way in."""
    if status is SubscriptionStatus.PAST_DUE:
        _ask_for_method(draft)
    elif status is SubscriptionStatus.SUSPENDED:
        _end_access(draft, SubscriptionEvent.WINDOW_CLOSED_SUSPEND)
        owe(draft, NoticeKind.ACCESS_ENDED)
    elif status is SubscriptionStatus.CANCELED:
        _end_access(draft, SubscriptionEvent.WINDOW_CLOSED_CANCEL)
        owe(draft, NoticeKind.SUBSCRIPTION_CANCELED)
    else:
        assert status is InvoiceStatus.UNCOLLECTIBLE, f"no step sets {status}"
        write_off(draft)


def _ask_for_method(draft: Draft) -> None:
    """There is nothing to charge: the recovery opens without a decline, and the customer is asked for a method."""
    open_recovery(draft)
    owe(draft, NoticeKind.ACTION_NEEDED)


def _end_access(draft: Draft, event: SubscriptionEvent) -> None:
    """The window closed unpaid: suspend or cancel, as the policy says."""
    subscription = draft.facts.subscription
    assert subscription, "only a subscription's access can end"
    status = moved(SUBSCRIPTION, subscription.status, event)
    suspended = status is SubscriptionStatus.SUSPENDED
    ended = replace(
        subscription,
        status=status,
        reason=StatusReason.WINDOW_CLOSED,
        suspended_at=draft.now if suspended else None,
        canceled_at=None if suspended else draft.now,
    )
    draft.put_subscription(replace(ended, next_step_at=next_step_at(ended, draft.facts.merchant)))
    kind = EventKind.SUBSCRIPTION_SUSPENDED if suspended else EventKind.SUBSCRIPTION_CANCELED
    draft.say(kind, subscription.id, reason=ended.reason.value, invoice_id=draft.facts.invoice.id)


def write_off(draft: Draft) -> None:
    """Give the invoice up: the loss is booked, nothing is charged or asked for any more."""
    withdraw_declines(draft)
    invoice = draft.facts.invoice
    owed = invoice.owed
    status = moved(INVOICE, invoice.status, InvoiceEvent.WRITTEN_OFF)
    draft.book(EntryKind.WRITTEN_OFF, owed)
    draft.put_invoice(status=status, closed_at=draft.now)
    draft.say(EventKind.INVOICE_UNCOLLECTIBLE, invoice.id, amount=str(owed))


_CLOSINGS: dict[RecoveryStatus, tuple[RecoveryEvent, EventKind]] = {
    RecoveryStatus.EXHAUSTED: (RecoveryEvent.WINDOW_CLOSED, EventKind.RECOVERY_EXHAUSTED),
    RecoveryStatus.WRITTEN_OFF: (RecoveryEvent.WRITTEN_OFF, EventKind.RECOVERY_WRITTEN_OFF),
    RecoveryStatus.CANCELED: (RecoveryEvent.CANCELED, EventKind.RECOVERY_CANCELED),
}


def close(draft: Draft, to: RecoveryStatus) -> None:
    """End the recovery unpaid; a written-off one lets the subscription go on."""
    recovery = draft.facts.recovery
    assert recovery, "only a recovery can be closed"
    event, kind = _CLOSINGS[to]
    status = moved(RECOVERY, recovery.status, event)
    draft.put_recovery(replace(recovery, status=status, closed_at=draft.now))
    draft.say(kind, recovery.id)
    if status is RecoveryStatus.WRITTEN_OFF:
        restore_subscription(draft)
