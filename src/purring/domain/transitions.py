"""Every status change there is, as data: `(status, event) → status`, one table per noun. What is absent is illegal.

The diagrams in `docs/reference/states.md` are drawn from these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from purring.domain.attempt import OPEN_ATTEMPT, AttemptEvent, AttemptStatus
from purring.domain.errors import IllegalTransition
from purring.domain.invoice import InvoiceEvent, InvoiceStatus
from purring.domain.payment_method import MethodEvent, MethodStatus
from purring.domain.recovery import RecoveryEvent, RecoveryStatus
from purring.domain.subscription import SubscriptionEvent, SubscriptionStatus

Status = TypeVar("Status", AttemptStatus, InvoiceStatus, MethodStatus, RecoveryStatus, SubscriptionStatus)
Event = TypeVar("Event", AttemptEvent, InvoiceEvent, MethodEvent, RecoveryEvent, SubscriptionEvent)

_ANSWERS = {
    AttemptEvent.APPROVED: AttemptStatus.SUCCEEDED,
    AttemptEvent.DECLINED: AttemptStatus.DECLINED,
    AttemptEvent.ACTION_REQUIRED: AttemptStatus.ACTION_REQUIRED,
    AttemptEvent.PENDING: AttemptStatus.PENDING,
    AttemptEvent.ABSENT: AttemptStatus.FAILED,
}

ATTEMPT: Mapping[tuple[AttemptStatus, AttemptEvent], AttemptStatus] = {
    **{(status, event): to for status in OPEN_ATTEMPT for event, to in _ANSWERS.items()},
    (AttemptStatus.STARTED, AttemptEvent.UNKNOWN): AttemptStatus.UNKNOWN,
    (AttemptStatus.STARTED, AttemptEvent.UNAVAILABLE): AttemptStatus.FAILED,
    (AttemptStatus.UNKNOWN, AttemptEvent.UNKNOWN): AttemptStatus.UNKNOWN,
    (AttemptStatus.PENDING, AttemptEvent.UNKNOWN): AttemptStatus.PENDING,
    (AttemptStatus.ACTION_REQUIRED, AttemptEvent.UNKNOWN): AttemptStatus.ACTION_REQUIRED,
    (AttemptStatus.UNKNOWN, AttemptEvent.CORRECTED_TO_SUCCEEDED): AttemptStatus.SUCCEEDED,
    (AttemptStatus.PENDING, AttemptEvent.CORRECTED_TO_SUCCEEDED): AttemptStatus.SUCCEEDED,
    (AttemptStatus.ACTION_REQUIRED, AttemptEvent.CORRECTED_TO_SUCCEEDED): AttemptStatus.SUCCEEDED,
    (AttemptStatus.DECLINED, AttemptEvent.CORRECTED_TO_SUCCEEDED): AttemptStatus.SUCCEEDED,
    (AttemptStatus.FAILED, AttemptEvent.CORRECTED_TO_SUCCEEDED): AttemptStatus.SUCCEEDED,
    (AttemptStatus.UNKNOWN, AttemptEvent.CORRECTED_TO_DECLINED): AttemptStatus.DECLINED,
    (AttemptStatus.PENDING, AttemptEvent.CORRECTED_TO_DECLINED): AttemptStatus.DECLINED,
    (AttemptStatus.ACTION_REQUIRED, AttemptEvent.CORRECTED_TO_DECLINED): AttemptStatus.DECLINED,
    (AttemptStatus.SUCCEEDED, AttemptEvent.CORRECTED_TO_DECLINED): AttemptStatus.DECLINED,
}

INVOICE: Mapping[tuple[InvoiceStatus, InvoiceEvent], InvoiceStatus] = {
    (InvoiceStatus.OPEN, InvoiceEvent.PAID): InvoiceStatus.PAID,
    (InvoiceStatus.UNCOLLECTIBLE, InvoiceEvent.REVIVED): InvoiceStatus.OPEN,
    (InvoiceStatus.OPEN, InvoiceEvent.WRITTEN_OFF): InvoiceStatus.UNCOLLECTIBLE,
    (InvoiceStatus.OPEN, InvoiceEvent.VOIDED): InvoiceStatus.VOID,
    (InvoiceStatus.PAID, InvoiceEvent.CHARGED_BACK): InvoiceStatus.OPEN,
    (InvoiceStatus.OPEN, InvoiceEvent.DISPUTE_WON): InvoiceStatus.PAID,
    (InvoiceStatus.PAID, InvoiceEvent.PAYMENT_REVERSED): InvoiceStatus.OPEN,
}

RECOVERY: Mapping[tuple[RecoveryStatus, RecoveryEvent], RecoveryStatus] = {
    (RecoveryStatus.OPEN, RecoveryEvent.PAID): RecoveryStatus.RECOVERED,
    (RecoveryStatus.EXHAUSTED, RecoveryEvent.PAID): RecoveryStatus.RECOVERED,
    (RecoveryStatus.CANCELED, RecoveryEvent.PAID): RecoveryStatus.RECOVERED,
    (RecoveryStatus.WRITTEN_OFF, RecoveryEvent.PAID): RecoveryStatus.RECOVERED,
    (RecoveryStatus.OPEN, RecoveryEvent.WINDOW_CLOSED): RecoveryStatus.EXHAUSTED,
    (RecoveryStatus.OPEN, RecoveryEvent.WRITTEN_OFF): RecoveryStatus.WRITTEN_OFF,
    (RecoveryStatus.EXHAUSTED, RecoveryEvent.WRITTEN_OFF): RecoveryStatus.WRITTEN_OFF,
    (RecoveryStatus.OPEN, RecoveryEvent.CANCELED): RecoveryStatus.CANCELED,
    (RecoveryStatus.RECOVERED, RecoveryEvent.REOPENED): RecoveryStatus.OPEN,
}

SUBSCRIPTION: Mapping[tuple[SubscriptionStatus, SubscriptionEvent], SubscriptionStatus] = {
    (SubscriptionStatus.TRIALING, SubscriptionEvent.TRIAL_ENDED): SubscriptionStatus.ACTIVE,
    (SubscriptionStatus.ACTIVE, SubscriptionEvent.RENEWED): SubscriptionStatus.ACTIVE,
    (SubscriptionStatus.PAST_DUE, SubscriptionEvent.RENEWED): SubscriptionStatus.PAST_DUE,
    (SubscriptionStatus.ACTIVE, SubscriptionEvent.FELL_DUE): SubscriptionStatus.PAST_DUE,
    (SubscriptionStatus.PAST_DUE, SubscriptionEvent.FELL_DUE): SubscriptionStatus.PAST_DUE,
    (SubscriptionStatus.SUSPENDED, SubscriptionEvent.FELL_DUE): SubscriptionStatus.SUSPENDED,
    (SubscriptionStatus.PAST_DUE, SubscriptionEvent.PAID_UP): SubscriptionStatus.ACTIVE,
    (SubscriptionStatus.SUSPENDED, SubscriptionEvent.PAID_UP): SubscriptionStatus.ACTIVE,
    (SubscriptionStatus.SUSPENDED, SubscriptionEvent.PAID_IN_PART): SubscriptionStatus.PAST_DUE,
    (SubscriptionStatus.PAST_DUE, SubscriptionEvent.WINDOW_CLOSED_SUSPEND): SubscriptionStatus.SUSPENDED,
    (SubscriptionStatus.PAST_DUE, SubscriptionEvent.WINDOW_CLOSED_CANCEL): SubscriptionStatus.CANCELED,
    (SubscriptionStatus.SUSPENDED, SubscriptionEvent.SUSPENSION_ENDED): SubscriptionStatus.CANCELED,
    (SubscriptionStatus.TRIALING, SubscriptionEvent.CANCELED): SubscriptionStatus.CANCELED,
    (SubscriptionStatus.ACTIVE, SubscriptionEvent.CANCELED): SubscriptionStatus.CANCELED,
    (SubscriptionStatus.PAST_DUE, SubscriptionEvent.CANCELED): SubscriptionStatus.CANCELED,
    (SubscriptionStatus.SUSPENDED, SubscriptionEvent.CANCELED): SubscriptionStatus.CANCELED,
}

METHOD: Mapping[tuple[MethodStatus, MethodEvent], MethodStatus] = {
    (MethodStatus.ACTIVE, MethodEvent.EDITED): MethodStatus.ACTIVE,
    (MethodStatus.ACTIVE, MethodEvent.REMOVED): MethodStatus.REMOVED,
}


def moved(table: Mapping[tuple[Status, Event], Status], status: Status, event: Event) -> Status:
    """The status after `event`.

    Raises:
        IllegalTransition: the table has no such step.
    """
    try:
        return table[status, event]
    except KeyError:
        raise IllegalTransition(f"{type(status).__name__} {status.value!r} can't take {event.value!r}") from None
