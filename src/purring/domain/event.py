"""Everything that happens and that others may want to know: one append-only row for each change of state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from purring.domain.notice import NoticeKind


class EventKind(StrEnum):
    """The closed list of events, named `<noun>.<what happened>`."""

    INVOICE_ISSUED = "invoice.issued"
    INVOICE_HANDED_OVER = "invoice.handed_over"
    INVOICE_PAID = "invoice.paid"
    INVOICE_PARTIALLY_PAID = "invoice.partially_paid"
    INVOICE_UNCOLLECTIBLE = "invoice.uncollectible"
    INVOICE_VOIDED = "invoice.voided"
    INVOICE_CHARGED_BACK = "invoice.charged_back"
    INVOICE_DISPUTE_WON = "invoice.dispute_won"
    INVOICE_DISPUTE_LOST = "invoice.dispute_lost"
    INVOICE_REFUNDED = "invoice.refunded"
    INVOICE_OVERPAID = "invoice.overpaid"
    INVOICE_PAYMENT_RECORDED = "invoice.payment_recorded"
    INVOICE_LETTER_RECORDED = "invoice.letter_recorded"
    INVOICE_COMPENSATION_CLAIMED = "invoice.compensation_claimed"
    INVOICE_OBJECTION_RECORDED = "invoice.objection_recorded"
    INVOICE_OBJECTION_SETTLED = "invoice.objection_settled"
    ATTEMPT_STARTED = "attempt.started"
    ATTEMPT_SUCCEEDED = "attempt.succeeded"
    ATTEMPT_DECLINED = "attempt.declined"
    ATTEMPT_PENDING = "attempt.pending"
    ATTEMPT_ACTION_REQUIRED = "attempt.action_required"
    ATTEMPT_UNKNOWN = "attempt.unknown"
    ATTEMPT_FAILED = "attempt.failed"
    ATTEMPT_NEEDS_OPERATOR = "attempt.needs_operator"
    ATTEMPT_CORRECTED = "attempt.corrected"
    RECOVERY_OPENED = "recovery.opened"
    RECOVERY_RECOVERED = "recovery.recovered"
    RECOVERY_EXHAUSTED = "recovery.exhausted"
    RECOVERY_WRITTEN_OFF = "recovery.written_off"
    RECOVERY_CANCELED = "recovery.canceled"
    RECOVERY_PAUSED = "recovery.paused"
    RECOVERY_RESUMED = "recovery.resumed"
    RECOVERY_SKIPPED = "recovery.skipped"
    RECOVERY_MOVED = "recovery.moved"
    RECOVERY_WARNED = "recovery.warned"
    RECOVERY_TRANSFER_DECLARED = "recovery.transfer_declared"
    RECOVERY_REOPENED = "recovery.reopened"
    SUBSCRIPTION_CREATED = "subscription.created"
    SUBSCRIPTION_TRIAL_ENDED = "subscription.trial_ended"
    SUBSCRIPTION_RENEWED = "subscription.renewed"
    SUBSCRIPTION_PAST_DUE = "subscription.past_due"
    SUBSCRIPTION_ACTIVE = "subscription.active"
    SUBSCRIPTION_SUSPENDED = "subscription.suspended"
    SUBSCRIPTION_CANCEL_WARNED = "subscription.cancel_warned"
    SUBSCRIPTION_CANCEL_SCHEDULED = "subscription.cancel_scheduled"
    SUBSCRIPTION_CANCELED = "subscription.canceled"
    SUBSCRIPTION_CHANGED = "subscription.changed"
    SUBSCRIPTION_PAUSED = "subscription.paused"
    SUBSCRIPTION_RESUMED = "subscription.resumed"
    SUBSCRIPTION_METHOD_CHANGED = "subscription.method_changed"
    SUBSCRIPTION_CHARGE_ANNOUNCED = "subscription.charge_announced"
    METHOD_ADDED = "payment_method.added"
    METHOD_EDITED = "payment_method.edited"
    METHOD_REMOVED = "payment_method.removed"
    METHOD_EXPIRES_SOON = "payment_method.expires_soon"
    BRAND_CHANGED = "brand.changed"
    NOTICE_TEXT_CHANGED = "notice_text.changed"
    POLICY_CHANGED = "policy.changed"
    POLICY_LIMIT_OVERRIDDEN = "policy.limit_overridden"
    NOTICE_DUE = "notice.due"
    NOTICE_BOUNCED = "notice.bounced"
    NOTICE_COMPLAINED = "notice.complained"
    QUEUE_SETTLED = "queue.settled"
    ENDPOINT_DISABLED = "endpoint.disabled"
    ENDPOINT_TESTED = "endpoint.tested"
    TEST_CLOCK_ADVANCED = "test_clock.advanced"
    TEST_CLOCK_DELETED = "test_clock.deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDraft:
    """An event before the store gives it an id: which object, what happened, and the facts a reader needs."""

    kind: EventKind
    object_id: str
    at: datetime
    data: Mapping[str, object]


OWES: dict[EventKind, NoticeKind] = {
    EventKind.ATTEMPT_DECLINED: NoticeKind.PAYMENT_DECLINED,
    EventKind.ATTEMPT_ACTION_REQUIRED: NoticeKind.ACTION_NEEDED,
    EventKind.RECOVERY_WARNED: NoticeKind.LAST_NOTICE,
    EventKind.RECOVERY_RECOVERED: NoticeKind.PAYMENT_RECEIVED,
    EventKind.SUBSCRIPTION_SUSPENDED: NoticeKind.ACCESS_ENDED,
    EventKind.SUBSCRIPTION_CANCEL_WARNED: NoticeKind.CANCELLATION_WARNING,
    EventKind.SUBSCRIPTION_CANCELED: NoticeKind.SUBSCRIPTION_CANCELED,
    EventKind.SUBSCRIPTION_METHOD_CHANGED: NoticeKind.METHOD_CHANGED,
    EventKind.SUBSCRIPTION_CHARGE_ANNOUNCED: NoticeKind.UPCOMING_CHARGE,
    EventKind.METHOD_EXPIRES_SOON: NoticeKind.CARD_EXPIRES_SOON,
    EventKind.INVOICE_PAID: NoticeKind.RECEIPT,
}
"""Which notice an event owes the customer. A receipt is owed only if the policy says so, and no recovery ended."""

SILENT = frozenset(
    {
        EventKind.INVOICE_ISSUED,
        EventKind.INVOICE_HANDED_OVER,
        EventKind.INVOICE_PARTIALLY_PAID,
        EventKind.INVOICE_UNCOLLECTIBLE,
        EventKind.INVOICE_VOIDED,
        EventKind.INVOICE_CHARGED_BACK,
        EventKind.INVOICE_DISPUTE_WON,
        EventKind.INVOICE_DISPUTE_LOST,
        EventKind.INVOICE_REFUNDED,
        EventKind.INVOICE_OVERPAID,
        EventKind.INVOICE_PAYMENT_RECORDED,
        EventKind.INVOICE_LETTER_RECORDED,
        EventKind.INVOICE_COMPENSATION_CLAIMED,
        EventKind.INVOICE_OBJECTION_RECORDED,
        EventKind.INVOICE_OBJECTION_SETTLED,
        EventKind.ATTEMPT_STARTED,
        EventKind.ATTEMPT_SUCCEEDED,
        EventKind.ATTEMPT_PENDING,
        EventKind.ATTEMPT_UNKNOWN,
        EventKind.ATTEMPT_FAILED,
        EventKind.ATTEMPT_NEEDS_OPERATOR,
        EventKind.ATTEMPT_CORRECTED,
        EventKind.RECOVERY_OPENED,
        EventKind.RECOVERY_EXHAUSTED,
        EventKind.RECOVERY_WRITTEN_OFF,
        EventKind.RECOVERY_CANCELED,
        EventKind.RECOVERY_PAUSED,
        EventKind.RECOVERY_RESUMED,
        EventKind.RECOVERY_SKIPPED,
        EventKind.RECOVERY_MOVED,
        EventKind.RECOVERY_TRANSFER_DECLARED,
        EventKind.RECOVERY_REOPENED,
        EventKind.SUBSCRIPTION_CREATED,
        EventKind.SUBSCRIPTION_TRIAL_ENDED,
        EventKind.SUBSCRIPTION_RENEWED,
        EventKind.SUBSCRIPTION_PAST_DUE,
        EventKind.SUBSCRIPTION_ACTIVE,
        EventKind.SUBSCRIPTION_CANCEL_SCHEDULED,
        EventKind.SUBSCRIPTION_CHANGED,
        EventKind.SUBSCRIPTION_PAUSED,
        EventKind.SUBSCRIPTION_RESUMED,
        EventKind.METHOD_ADDED,
        EventKind.METHOD_EDITED,
        EventKind.METHOD_REMOVED,
        EventKind.BRAND_CHANGED,
        EventKind.NOTICE_TEXT_CHANGED,
        EventKind.POLICY_CHANGED,
        EventKind.POLICY_LIMIT_OVERRIDDEN,
        EventKind.NOTICE_DUE,
        EventKind.NOTICE_BOUNCED,
        EventKind.NOTICE_COMPLAINED,
        EventKind.QUEUE_SETTLED,
        EventKind.ENDPOINT_DISABLED,
        EventKind.TEST_CLOCK_ADVANCED,
        EventKind.TEST_CLOCK_DELETED,
        EventKind.ENDPOINT_TESTED,
    }
)
"""Events the customer isn't told about; a test sees to it that every event stands in one of the two."""
