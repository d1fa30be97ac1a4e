"""A subscription gets another price or quantity, at the end of the running period or at once.

At once, what is left of the period is credited at the old price and charged at the new one, by whole days of the
merchant's, today among them. Several changes in one period add up to what each of them cost for as long as it lasted.
What remains in the customer's favor is kept as the subscription's credit, and settles the next invoices.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from purring.domain.calendar import local_date, zone
from purring.domain.catalog import Price, Product, period
from purring.domain.changes import Changes
from purring.domain.errors import InvalidInput, RefusalCode, Refused
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import InvoiceId, LineId
from purring.domain.invoice import Invoice, InvoiceLine, InvoiceStatus
from purring.domain.money import Money
from purring.domain.noun import replace
from purring.domain.proration import prorated
from purring.domain.renewal import issued, next_step_at, sold_as
from purring.domain.subscription import Subscription, SubscriptionStatus
from purring.domain.subscription_facts import SubscriptionFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be sold instead."""

    price: Price
    product: Product
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeIds:
    """Ids and the number for the invoice that a change may issue; two lines: what is new, and what is unused."""

    invoice_id: InvoiceId
    line_ids: tuple[LineId, LineId]
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a change costs for the rest of the period: what is sold anew less what was paid and isn't used."""

    fresh: Money
    unused: Money

    @property
    def to_pay(self) -> Money:
        """Below zero: in the customer's favor."""
        return self.fresh - self.unused


def repriced_later(subscription: Subscription, wish: Wish, now: datetime) -> Changes:
    """Sell it from the next period on."""
    _require_changeable(subscription, wish)
    after = replace(
        subscription,
        pending_price_id=None if wish.price.id == subscription.price.id else wish.price.id,
        pending_quantity=None if wish.quantity == subscription.quantity else wish.quantity,
    )
    return Changes(changed=(after,), events=(_said(after, wish, now, at_once=False),))


def repriced_now(
    facts: SubscriptionFacts, wish: Wish, difference: Difference | None, now: datetime, ids: ChangeIds
) -> Changes:
    """Sell it from today on, and settle `difference_now`: an invoice where there is more to pay, else a credit."""
    subscription = facts.subscription
    after = sold_as(subscription, wish.price, wish.quantity)
    if difference and wish.price.interval != subscription.price.interval:
        first = period(_today(facts, now), wish.price.interval, 0)
        after = replace(after, anchor_on=first.start_on, next_period_index=1)
        after = replace(after, period_start_on=first.start_on, period_end_on=first.end_on)
    invoice = _issued(facts, wish, difference, now, ids) if difference and difference.to_pay.minor > 0 else None
    if difference and invoice is None:
        after = replace(after, credit_minor=after.credit_minor - difference.to_pay.minor)
    after = replace(after, next_step_at=next_step_at(after, facts.merchant, facts.method))
    changes = Changes(changed=(after,), events=(_said(after, wish, now, at_once=True),))
    return changes if invoice is None else issued(changes, after, invoice, now)


def difference_now(facts: SubscriptionFacts, wish: Wish, now: datetime) -> Difference | None:
    """What a change at once costs; None: the running period isn't paid for, or over, so that nothing has to be settled.

    Raises:
        Refused: it has ended, is paused, or owes something.
        InvalidInput: the price is in another currency.
    """
    subscription = facts.subscription
    _require_changeable(subscription, wish)
    if subscription.paused_at is not None:
        raise Refused(RefusalCode.SUBSCRIPTION_PAUSED, details=(subscription.id,))
    if facts.unpaid or subscription.status is SubscriptionStatus.SUSPENDED:
        raise Refused(RefusalCode.SUBSCRIPTION_OWES, details=facts.unpaid)
    left_days = (subscription.period_end_on - _today(facts, now)).days
    is_paid = subscription.status is not SubscriptionStatus.TRIALING and subscription.next_period_index > 0
    if not is_paid or left_days <= 0:
        return None
    whole_days = (subscription.period_end_on - subscription.period_start_on).days
    left_days = min(left_days, whole_days)
    costs = wish.price.amount_for(wish.quantity)
    is_same = wish.price.interval == subscription.price.interval
    fresh = prorated(costs, left_days, whole_days) if is_same else costs
    return Difference(fresh=fresh, unused=prorated(subscription.amount, left_days, whole_days))


def _issued(facts: SubscriptionFacts, wish: Wish, difference: Difference, now: datetime, ids: ChangeIds) -> Invoice:
    """The invoice over the difference: it belongs to no period, since the period has one already."""
    fresh = InvoiceLine(
        id=ids.line_ids[0], description=wish.product.name, quantity=wish.quantity, amount=difference.fresh
    )
    unused = InvoiceLine(
        id=ids.line_ids[1],
        description=facts.product.name,
        quantity=facts.subscription.quantity,
        amount=-difference.unused,
    )
    return Invoice(
        id=ids.invoice_id,
        number=ids.number,
        customer_id=facts.subscription.customer_id,
        subscription_id=facts.subscription.id,
        status=InvoiceStatus.OPEN,
        total=difference.to_pay,
        invoice_on=_today(facts, now),
        issued_at=now,
        lines=(fresh, unused) if difference.unused else (fresh,),
        test_clock_id=facts.customer.test_clock_id,
        next_step_at=now,
    )


def _today(facts: SubscriptionFacts, now: datetime) -> date:
    return local_date(now, zone(facts.merchant.timezone))


def _require_changeable(subscription: Subscription, wish: Wish) -> None:
    """Refuse what has ended, and another currency."""
    if subscription.status is SubscriptionStatus.CANCELED:
        raise Refused(RefusalCode.ALREADY_CANCELED, details=(subscription.id,))
    if wish.price.unit_amount.currency != subscription.price.unit_amount.currency:
        currency = subscription.price.unit_amount.currency
        message = f"the price must be in {currency}, as the subscription's is; start a new one for another currency"
        raise InvalidInput(message, field="price_id")
    wish.price.amount_for(wish.quantity)


def _said(after: Subscription, wish: Wish, now: datetime, *, at_once: bool) -> EventDraft:
    data = {"price_id": wish.price.id, "quantity": wish.quantity, "at_once": at_once}
    return EventDraft(kind=EventKind.SUBSCRIPTION_CHANGED, object_id=after.id, at=now, data=data)
