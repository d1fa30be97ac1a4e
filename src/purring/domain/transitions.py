"""Every status change there is, as data: `(status, event) → status`, one table per noun. What is absent is illegal.

The diagrams in `docs/reference/states.md` are drawn from these tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from purring.domain.attempt import AttemptEvent as AE
from purring.domain.attempt import AttemptStatus as A
from purring.domain.errors import IllegalTransition
from purring.domain.invoice import InvoiceEvent as IE
from purring.domain.invoice import InvoiceStatus as I
from purring.domain.payment_method import MethodEvent as ME
from purring.domain.payment_method import MethodStatus as M
from purring.domain.recovery import RecoveryEvent as RE
from purring.domain.recovery import RecoveryStatus as R
from purring.domain.subscription import SubscriptionEvent as SE
from purring.domain.subscription import SubscriptionStatus as S

Status = TypeVar("Status", A, I, M, R, S)
Event = TypeVar("Event", AE, IE, ME, RE, SE)

_ANSWERS = {
    AE.APPROVED: A.SUCCEEDED,
    AE.DECLINED: A.DECLINED,
    AE.ACTION_REQUIRED: A.ACTION_REQUIRED,
    AE.PENDING: A.PENDING,
    AE.ABSENT: A.FAILED,
}

ATTEMPT: Mapping[tuple[A, AE], A] = {
    **{(status, event): to for status in (A.STARTED, A.UNKNOWN, A.PENDING, A.ACTION_REQUIRED) for event, to in _ANSWERS.items()},
    (A.STARTED, AE.UNKNOWN): A.UNKNOWN,
    (A.STARTED, AE.UNAVAILABLE): A.FAILED,
    (A.UNKNOWN, AE.UNKNOWN): A.UNKNOWN,
    (A.PENDING, AE.UNKNOWN): A.PENDING,
    (A.ACTION_REQUIRED, AE.UNKNOWN): A.ACTION_REQUIRED,
    (A.UNKNOWN, AE.CORRECTED_TO_SUCCEEDED): A.SUCCEEDED,
    (A.PENDING, AE.CORRECTED_TO_SUCCEEDED): A.SUCCEEDED,
    (A.ACTION_REQUIRED, AE.CORRECTED_TO_SUCCEEDED): A.SUCCEEDED,
    (A.DECLINED, AE.CORRECTED_TO_SUCCEEDED): A.SUCCEEDED,
    (A.FAILED, AE.CORRECTED_TO_SUCCEEDED): A.SUCCEEDED,
    (A.UNKNOWN, AE.CORRECTED_TO_DECLINED): A.DECLINED,
    (A.PENDING, AE.CORRECTED_TO_DECLINED): A.DECLINED,
    (A.ACTION_REQUIRED, AE.CORRECTED_TO_DECLINED): A.DECLINED,
    (A.SUCCEEDED, AE.CORRECTED_TO_DECLINED): A.DECLINED,
}

INVOICE: Mapping[tuple[I, IE], I] = {
    (I.OPEN, IE.PAID): I.PAID,
    (I.UNCOLLECTIBLE, IE.PAID): I.PAID,
    (I.OPEN, IE.WRITTEN_OFF): I.UNCOLLECTIBLE,
    (I.OPEN, IE.VOIDED): I.VOID,
    (I.PAID, IE.CHARGED_BACK): I.OPEN,
    (I.OPEN, IE.DISPUTE_WON): I.PAID,
    (I.PAID, IE.PAYMENT_REVERSED): I.OPEN,
}

RECOVERY: Mapping[tuple[R, RE], R] = {
    (R.OPEN, RE.PAID): R.RECOVERED,
    (R.EXHAUSTED, RE.PAID): R.RECOVERED,
    (R.CANCELED, RE.PAID): R.RECOVERED,
    (R.WRITTEN_OFF, RE.PAID): R.RECOVERED,
    (R.OPEN, RE.WINDOW_CLOSED): R.EXHAUSTED,
    (R.OPEN, RE.WRITTEN_OFF): R.WRITTEN_OFF,
    (R.EXHAUSTED, RE.WRITTEN_OFF): R.WRITTEN_OFF,
    (R.OPEN, RE.CANCELED): R.CANCELED,
    (R.RECOVERED, RE.REOPENED): R.OPEN,
}

SUBSCRIPTION: Mapping[tuple[S, SE], S] = {
    (S.TRIALING, SE.TRIAL_ENDED): S.ACTIVE,
    (S.ACTIVE, SE.RENEWED): S.ACTIVE,
    (S.PAST_DUE, SE.RENEWED): S.PAST_DUE,
    (S.ACTIVE, SE.FELL_DUE): S.PAST_DUE,
    (S.PAST_DUE, SE.FELL_DUE): S.PAST_DUE,
    (S.SUSPENDED, SE.FELL_DUE): S.SUSPENDED,
    (S.PAST_DUE, SE.PAID_UP): S.ACTIVE,
    (S.SUSPENDED, SE.PAID_UP): S.ACTIVE,
    (S.SUSPENDED, SE.PAID_IN_PART): S.PAST_DUE,
    (S.PAST_DUE, SE.WINDOW_CLOSED_SUSPEND): S.SUSPENDED,
    (S.PAST_DUE, SE.WINDOW_CLOSED_CANCEL): S.CANCELED,
    (S.SUSPENDED, SE.SUSPENSION_ENDED): S.CANCELED,
    (S.TRIALING, SE.CANCELED): S.CANCELED,
    (S.ACTIVE, SE.CANCELED): S.CANCELED,
    (S.PAST_DUE, SE.CANCELED): S.CANCELED,
    (S.SUSPENDED, SE.CANCELED): S.CANCELED,
}

METHOD: Mapping[tuple[M, ME], M] = {
    (M.ACTIVE, ME.EDITED): M.ACTIVE,
    (M.ACTIVE, ME.REMOVED): M.REMOVED,
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
