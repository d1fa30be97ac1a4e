"""A subscription and what belongs to it, for decisions that no single invoice is behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from purring.domain.catalog import Price, Product
from purring.domain.customer import Customer
from purring.domain.ids import AttemptId, InvoiceId, NoticeId
from purring.domain.merchant import Merchant
from purring.domain.notice import Notice, NoticeKind, NoticeStatus
from purring.domain.notice_times import due_at
from purring.domain.payment_method import PaymentMethod
from purring.domain.subscription import Subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A price, and what it is for."""

    price: Price
    product: Product


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionFacts:
    """One subscription, who sells it, who pays, and what is sold.

    `next_offer`: what is sold from the next period on, where that is something else. `unpaid`: invoices that a change
    at once must wait for. `method`: what is tied. `in_flight`: open attempts of its invoices. `cancel_warning`: the
    newest warning of its cancellation.
    """

    merchant: Merchant
    customer: Customer
    subscription: Subscription
    product: Product
    method: PaymentMethod | None = None
    next_offer: Offer | None = None
    unpaid: tuple[InvoiceId, ...] = ()
    in_flight: tuple[AttemptId, ...] = ()
    cancel_warning: Notice | None = None


def about_subscription(
    facts: SubscriptionFacts,
    subscription: Subscription,
    kind: NoticeKind,
    now: datetime,
    notice_id: NoticeId,
    *,
    method: PaymentMethod | None = None,
) -> Notice:
    """A notice about the subscription itself as it is then, with no invoice behind it."""
    ends_at = subscription.suspended_at
    deleted_at = subscription.next_step_at if ends_at else subscription.canceled_at
    context: dict[str, object] = {
        "merchant_name": facts.merchant.name,
        "support_email": facts.merchant.support_email,
        "amount": str(subscription.amount),
        "product": facts.product.name,
        "timezone": facts.customer.timezone,
        "status": subscription.status.value,
        "status_reason": subscription.reason.value,
        "method": {"kind": method.kind.value, "scheme": method.scheme, "last4": method.last4} if method else None,
        "access_ends_at": ends_at.isoformat() if ends_at else None,
        "data_deleted_at": deleted_at.isoformat() if deleted_at else None,
        "end_action": facts.merchant.policy.end_action.value,
    }
    return Notice(
        id=notice_id,
        kind=kind,
        customer_id=subscription.customer_id,
        invoice_id=None,
        subscription_id=subscription.id,
        attempt_id=None,
        status=NoticeStatus.OWED,
        owed_at=now,
        due_at=due_at(kind, now, facts.merchant.policy.notices, facts.customer),
        context=context,
        test_clock_id=facts.customer.test_clock_id,
    )
