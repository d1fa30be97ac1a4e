"""Subscriptions: create, cancel, change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

from purring.domain.calendar import start_of_day, zone
from purring.domain.catalog import TRIAL_DAYS_MAX, Interval, Price
from purring.domain.changes import Changes
from purring.domain.decide import arrangement
from purring.domain.errors import InvalidInput, InvalidInterval, NotFound, RefusalCode, Refused
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import (
    CustomerId,
    MerchantId,
    MethodId,
    NoticeId,
    SubscriptionId,
)
from purring.domain.money import Money
from purring.domain.renewal import canceled, next_step_at
from purring.domain.subscription import StatusReason, Subscription, SubscriptionStatus
from purring.operations.catalog import add_price, create_product
from purring.operations.methods import locked_subscription
from purring.operations.services import Services
from purring.operations.test_clocks import changes_timed, in_its_time, wake
from purring.store import Connection, customers, events, merchants, methods, subscriptions
from purring.store.changes import save_many


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """What is to be sold, to whom, from which day on, and which method pays. Days are the merchant's."""

    customer_id: CustomerId
    price: Price
    start_on: date
    quantity: int = 1
    trial_days: int = 0
    method_id: MethodId | None = None
    backup_method_id: MethodId | None = None
    external_id: str | None = None


def create_price(
    services: Services,
    merchant_id: MerchantId,
    *,
    product_name: str,
    unit_amount: Money,
    interval: Interval,
    trial_days: int = 0,
) -> Price:
    """Add a product and one price for it."""
    product = create_product(services, merchant_id, product_name)
    return add_price(
        services, merchant_id, product.id, unit_amount=unit_amount, interval=interval, trial_days=trial_days
    )


def create_subscription(services: Services, merchant_id: MerchantId, new: NewSubscription) -> Subscription:
    """Start a subscription; its first invoice is issued when its first period begins. Naming a backup is consent.

    Raises:
        NotFound: the merchant has no such customer, price or method.
        Refused: a method is another customer's, or removed.
        InvalidInput: the external id is taken, or the quantity or the trial can't be sold.
    """
    own = in_its_time(services, merchant_id, new.customer_id)
    subscription = _created(own, merchant_id, new)
    wake(services, own)
    return subscription


def _created(services: Services, merchant_id: MerchantId, new: NewSubscription) -> Subscription:
    with services.store.transaction() as conn:
        merchant = merchants.get(conn, merchant_id)
        customer = customers.lock(conn, merchant_id, new.customer_id)
        if new.price.merchant_id != merchant_id:
            raise NotFound(f"There is no price {new.price.id}.", field="price")
        _require_own_methods(conn, merchant_id, new)
        _require_new_external_id(conn, merchant_id, new)
        subscription = started(services, new, merchant.timezone)
        method = methods.get(conn, merchant_id, new.method_id) if new.method_id else None
        subscription = replace(
            subscription,
            next_step_at=next_step_at(subscription, merchant, method),
            test_clock_id=customer.test_clock_id,
        )
        subscriptions.create_many(conn, merchant_id, [subscription])
        at = services.clock.now()
        said = EventDraft(kind=EventKind.SUBSCRIPTION_CREATED, object_id=subscription.id, at=at, data={})
        events.append(conn, [(merchant_id, said)], services.ids)
        _let_back_up(conn, services, merchant_id, new.backup_method_id)
    return subscription


def _require_own_methods(conn: Connection, merchant_id: MerchantId, new: NewSubscription) -> None:
    """Refuse methods that can't pay this customer's subscription."""
    for method_id in filter(None, (new.method_id, new.backup_method_id)):
        method = methods.get(conn, merchant_id, method_id)
        if method.customer_id != new.customer_id:
            raise Refused(RefusalCode.NOT_YOUR_METHOD, field="method_id", details=(method_id,))
        if not method.is_active:
            raise Refused(RefusalCode.METHOD_NOT_USABLE, field="method_id", details=(method_id,))


def _require_new_external_id(conn: Connection, merchant_id: MerchantId, new: NewSubscription) -> None:
    """Refuse a merchant's own id that another subscription has."""
    known = subscriptions.by_external_id(conn, merchant_id, filter(None, [new.external_id]))
    for external_id, other in known.items():
        raise InvalidInput(f"{external_id} is the external id of {other.id} already", field="external_id")


def _let_back_up(conn: Connection, services: Services, merchant_id: MerchantId, method_id: MethodId | None) -> None:
    """Note that the customer agreed to a backup being charged."""
    now = services.clock.now()
    method = methods.get(conn, merchant_id, method_id) if method_id else None
    if method is not None and method.backup_consent_at is None:
        agreed = Changes(changed=(replace(method, backup_consent_at=now),))
        save_many(conn, [(merchant_id, agreed)], services.ids, now)


def started(services: Services, new: NewSubscription, timezone: str) -> Subscription:
    """The subscription before its first period: trialing, or active with its first invoice due at once."""
    new.price.amount_for(new.quantity)
    if not 0 <= new.trial_days <= TRIAL_DAYS_MAX:
        message = f"a trial of {new.trial_days} days can't be given; use 0 to {TRIAL_DAYS_MAX}"
        raise InvalidInterval(message, field="trial_days")
    anchor_on = new.start_on + timedelta(days=new.trial_days)
    return Subscription(
        id=SubscriptionId(services.ids.new("sub_")),
        customer_id=new.customer_id,
        status=SubscriptionStatus.TRIALING if new.trial_days else SubscriptionStatus.ACTIVE,
        price=new.price,
        quantity=new.quantity,
        anchor_on=anchor_on,
        next_period_index=0,
        period_start_on=new.start_on,
        period_end_on=anchor_on if new.trial_days else new.start_on + timedelta(days=1),
        method_id=new.method_id,
        method_tied_at=services.clock.now() if new.method_id else None,
        backup_method_id=new.backup_method_id,
        next_step_at=start_of_day(anchor_on, zone(timezone)),
        external_id=new.external_id,
    )


@changes_timed
def cancel_now(services: Services, merchant_id: MerchantId, subscription_id: SubscriptionId) -> None:
    """End a subscription at once; its unpaid invoices are not charged any more.

    Raises:
        Refused: it has ended already, or a charge of one of its invoices is in flight.
    """
    now = services.clock.now()
    with services.store.transaction() as conn:
        facts = locked_subscription(conn, merchant_id, subscription_id, canceling=True)
        notice_id = NoticeId(services.ids.new("ntc_"))
        changes = canceled(facts, now, StatusReason.MERCHANT_REQUEST, notice_id)
        save_many(conn, [(merchant_id, changes)], services.ids, now)
        subscriptions.wake(conn, merchant_id, subscription_id, now)


@changes_timed
def cancel_at_period_end(services: Services, merchant_id: MerchantId, subscription_id: SubscriptionId) -> None:
    """Let the running period be the last one."""
    with services.store.transaction() as conn:
        subscription = locked_subscription(conn, merchant_id, subscription_id).subscription
        changes = arrangement.cancel_at_period_end(subscription, services.clock.now())
        save_many(conn, [(merchant_id, changes)], services.ids, services.clock.now())


@changes_timed
def change_quantity(
    services: Services, merchant_id: MerchantId, subscription_id: SubscriptionId, quantity: int
) -> None:
    """Sell another quantity from the next period on."""
    with services.store.transaction() as conn:
        subscription = locked_subscription(conn, merchant_id, subscription_id).subscription
        changes = arrangement.quantity_changed(subscription, quantity, services.clock.now())
        save_many(conn, [(merchant_id, changes)], services.ids, services.clock.now())
