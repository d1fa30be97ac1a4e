"""The operators' queue: every kind of thing that waits for a person."""

from __future__ import annotations

from enum import StrEnum


class QueueKind(StrEnum):
    """Why something waits for a person."""

    OUTCOME_UNKNOWN = "outcome_unknown"
    KEY_EXPIRED = "key_expired"
    DECLINE_UNREAD = "decline_unread"
    PARTIAL_PAYMENT = "partial_payment"
    TRANSFER_DECLARED = "transfer_declared"
    PAUSED = "paused"
    DISPUTED = "disputed"
    DISPUTE_LOST = "dispute_lost"
    SURPLUS = "surplus"
    REFUND_UNKNOWN = "refund_unknown"
    EVENT_WAITING = "event_waiting"
    EVENT_FAILED = "event_failed"
    SET_ASIDE = "set_aside"
    NOTICE_UNDELIVERED = "notice_undelivered"
    EVENTS_UNDELIVERED = "events_undelivered"
    ENDPOINT_DISABLED = "endpoint_disabled"
    UNCHECKED = "unchecked"
    FOUND_CHARGE = "found_charge"


NOTED = frozenset(
    {
        QueueKind.DECLINE_UNREAD,
        QueueKind.DISPUTED,
        QueueKind.DISPUTE_LOST,
        QueueKind.SURPLUS,
        QueueKind.NOTICE_UNDELIVERED,
        QueueKind.EVENTS_UNDELIVERED,
        QueueKind.ENDPOINT_DISABLED,
    }
)
"""What leaves the queue when a person notes down that it is dealt with; anything else leaves when it is."""
