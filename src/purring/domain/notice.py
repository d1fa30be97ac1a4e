"""A notice owed to the people at a customer, and each person's copy of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from purring.domain.ids import AttemptId, CustomerId, InvoiceId, NoticeId, SubscriptionId, TestClockId


class NoticeKind(StrEnum):
    """What a notice is about; each kind has one template folder."""

    PAYMENT_DECLINED = "payment_declined"
    ACTION_NEEDED = "action_needed"
    LAST_NOTICE = "last_notice"
    ACCESS_ENDED = "access_ended"
    CANCELLATION_WARNING = "cancellation_warning"
    SUBSCRIPTION_CANCELED = "subscription_canceled"
    PAYMENT_RECEIVED = "payment_received"
    METHOD_CHANGED = "method_changed"
    CARD_EXPIRES_SOON = "card_expires_soon"
    UPCOMING_CHARGE = "upcoming_charge"
    RECEIPT = "receipt"


DECLINE_NOTICES = frozenset({NoticeKind.PAYMENT_DECLINED, NoticeKind.ACTION_NEEDED, NoticeKind.LAST_NOTICE})
"""Kinds that say a payment failed; none goes out after the payment is known."""


class NoticeStatus(StrEnum):
    """Whether it still has to go out.

    `WITHDRAWN`: the money came first, or another notice carries it. `UNDELIVERED`: nobody could be reached for good; it
    can still be read in the portal.
    """

    OWED = "owed"
    SENT = "sent"
    WITHDRAWN = "withdrawn"
    UNDELIVERED = "undelivered"


class Channel(StrEnum):
    """The way on which a person's copy of a notice travels."""

    EMAIL = "email"
    SMS = "sms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One notice. `number` counts decline notices of one invoice; `context` is what its template needs, as JSON.

    `carried_by`: the newer notice of the same invoice that tells of it too, since nobody had got this one yet.
    `read_at`: when somebody had first seen it, as far as we know. `escalated`: it goes to readers as well.
    `test_clock_id`: its customer's.
    """

    id: NoticeId
    kind: NoticeKind
    customer_id: CustomerId
    invoice_id: InvoiceId | None
    subscription_id: SubscriptionId | None
    attempt_id: AttemptId | None
    status: NoticeStatus
    owed_at: datetime
    due_at: datetime
    number: int = 0
    context: Mapping[str, object]
    sent_at: datetime | None = None
    carried_by: NoticeId | None = None
    read_at: datetime | None = None
    escalated: bool = False
    test_clock_id: TestClockId | None = None


def told_at(notice: Notice, now: datetime, *, reachable: bool) -> datetime:
    """When the people were told: `now` as long as they weren't.

    What can reach nobody counts from the day it could be read in the portal. `reachable`: somebody can be written to.
    """
    if notice.status is NoticeStatus.UNDELIVERED or not reachable:
        return notice.owed_at
    return notice.sent_at or now
