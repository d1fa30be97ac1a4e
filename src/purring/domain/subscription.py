"""A subscription: what is sold, to whom, how often, and which method pays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from purring.domain.catalog import Price, period
from purring.domain.ids import CustomerId, MethodId, PriceId, SubscriptionId, TestClockId
from purring.domain.money import Money


class SubscriptionStatus(StrEnum):
    """The state (behaviour §6); why it is so stands in `StatusReason`."""

    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    SUSPENDED = "suspended"
    CANCELED = "canceled"


class StatusReason(StrEnum):
    """Why a subscription is in its state."""

    NONE = ""
    PAYMENT_DECLINED = "payment_declined"
    WINDOW_CLOSED = "window_closed"
    CHARGEBACK = "chargeback"
    SUSPENDED_TOO_LONG = "suspended_too_long"
    CUSTOMER_REQUEST = "customer_request"
    MERCHANT_REQUEST = "merchant_request"


class SubscriptionEvent(StrEnum):
    """What can happen to a subscription."""

    TRIAL_ENDED = "trial_ended"
    RENEWED = "renewed"
    FELL_DUE = "fell_due"
    PAID_UP = "paid_up"
    PAID_IN_PART = "paid_in_part"
    WINDOW_CLOSED_SUSPEND = "window_closed_suspend"
    WINDOW_CLOSED_CANCEL = "window_closed_cancel"
    SUSPENSION_ENDED = "suspension_ended"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscription.

    Periods run from `anchor_on` in the merchant's zone, so month ends don't drift; `next_period_index` is the next one
    to invoice, `period_start_on`..`period_end_on` (half-open) the one now running (the trial, at first).
    `method_tied_at` moves whenever the tied method changes. `next_step_at`: when renewal, trial end or cancellation
    falls due, or a notice ahead of it. `announced_on`: first day of the newest period whose charge was announced.
    `test_clock_id`: its customer's.
    `pending_price_id`, `pending_quantity`: what is sold from the next period on, where that is something else.
    `paused_at`: no period is begun since then, until `resumes_at` or until somebody resumes it. `credit_minor`: what
    is in the customer's favor, in the price's currency; it settles the next invoices.
    """

    id: SubscriptionId
    customer_id: CustomerId
    status: SubscriptionStatus
    price: Price
    quantity: int
    anchor_on: date
    next_period_index: int
    period_start_on: date
    period_end_on: date
    method_id: MethodId | None = None
    method_tied_at: datetime | None = None
    backup_method_id: MethodId | None = None
    reason: StatusReason = StatusReason.NONE
    next_step_at: datetime | None = None
    past_due_at: datetime | None = None
    suspended_at: datetime | None = None
    cancel_at_period_end: bool = False
    cancel_warned_at: datetime | None = None
    canceled_at: datetime | None = None
    pending_quantity: int | None = None
    pending_price_id: PriceId | None = None
    paused_at: datetime | None = None
    resumes_at: datetime | None = None
    credit_minor: int = 0
    announced_on: date | None = None
    external_id: str | None = None
    test_clock_id: TestClockId | None = None
    version: int = 1

    @property
    def amount(self) -> Money:
        """What one period costs."""
        return self.price.amount_for(self.quantity)

    @property
    def credit(self) -> Money:
        """What is in the customer's favor."""
        return Money(self.credit_minor, self.price.unit_amount.currency)

    @property
    def is_resting(self) -> bool:
        """Whether it is paused and not about to end: no period begins before it is resumed."""
        return self.paused_at is not None and not self.cancel_at_period_end

    @property
    def next_period_on(self) -> date:
        """First day of the next period to invoice."""
        return period(self.anchor_on, self.price.interval, self.next_period_index).start_on
