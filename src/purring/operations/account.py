"""What a customer sees of itself: what is open and how it stands, its subscriptions, what pays, what was billed.

Each call is one look at the database: a few statements, however many invoices there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from purring.domain.calendar import IntervalUnit, add_interval, local_date, zone
from purring.domain.errors import NotFound
from purring.domain.facts import Facts
from purring.domain.ids import CustomerId, InvoiceId, MerchantId, MethodId, SubscriptionId
from purring.domain.invoice import Invoice
from purring.domain.payment_method import MethodKind, PaymentMethod
from purring.domain.schedule import schedule
from purring.domain.standing import Standing, Status, status
from purring.domain.step import Schedule
from purring.domain.subscription import Subscription, SubscriptionStatus
from purring.operations.services import Services
from purring.operations.test_clocks import timed
from purring.store import Connection, catalog, invoices, methods, subscriptions
from purring.store.facts import load_many

PAGE_INVOICES = 25
OPEN_MAX = 100
"""So many open invoices are looked at, the oldest ones; who has more pays those first."""
EXPIRES_SOON_MONTHS = 2


class Badge(StrEnum):
    """What a method in a list is marked with."""

    UNTIED = "untied"
    EXPIRES_SOON = "expires_soon"
    EXPIRED = "expired"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInvoice:
    """An invoice that isn't paid, and how it stands."""

    facts: Facts
    schedule: Schedule
    status: Status

    @property
    def invoice(self) -> Invoice:
        """The invoice itself."""
        return self.facts.invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSubscription:
    """A subscription with the name of what it is for, what pays it, and what is open of it, oldest first."""

    subscription: Subscription
    product: str
    method: PaymentMethod | None
    backup: PaymentMethod | None
    unpaid: tuple[OpenInvoice, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMethod:
    """A method on file, with the subscriptions that it pays and what is to be said about it."""

    method: PaymentMethod
    pays: tuple[OwnSubscription, ...]
    badges: frozenset[Badge]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A customer's billing as of one moment. `unpaid`: the most pressing first."""

    unpaid: tuple[OpenInvoice, ...]
    subscriptions: tuple[OwnSubscription, ...]
    methods: tuple[OwnMethod, ...]

    def subscription(self, subscription_id: SubscriptionId) -> OwnSubscription:
        """One of the subscriptions. Raises NotFound."""
        for one in self.subscriptions:
            if one.subscription.id == subscription_id:
                return one
        raise NotFound(f"There is no subscription {subscription_id} of this customer.", field="subscription_id")

    def method(self, method_id: MethodId) -> OwnMethod:
        """One of the methods that aren't removed. Raises NotFound."""
        for one in self.methods:
            if one.method.id == method_id:
                return one
        raise NotFound(f"There is no payment method {method_id} of this customer.", field="method_id")


@timed
def account(services: Services, merchant_id: MerchantId, customer_id: CustomerId) -> Account:
    """Everything that a customer's pages show."""
    now = services.clock.now()
    with services.store.reading() as conn:
        unpaid = _unpaid(conn, merchant_id, customer_id, now)
        on_file = methods.of_customer(conn, merchant_id, customer_id)
        own = _subscriptions(conn, merchant_id, customer_id, on_file, unpaid)
    return Account(
        unpaid=tuple(sorted(unpaid, key=lambda one: (_PRESSING[one.status.standing], one.invoice.invoice_on))),
        subscriptions=tuple(own),
        methods=tuple(_method(method, own, unpaid, now) for method in on_file if method.is_active),
    )


_PRESSING = {
    standing: place
    for place, standing in enumerate(
        (
            Standing.CONFIRM,
            Standing.LAST_NOTICE,
            Standing.SUSPENDED,
            Standing.NEEDS_YOU,
            Standing.RETRYING,
            Standing.UNKNOWN,
            Standing.TRYING,
            Standing.TRANSFER,
            Standing.DISPUTED,
            Standing.CANCELED,
            Standing.FINE,
            Standing.RECOVERED,
            Standing.CLOSED,
        )
    )
}


def _unpaid(conn: Connection, merchant_id: MerchantId, customer_id: CustomerId, now: datetime) -> list[OpenInvoice]:
    found = invoices.open_of_customer(conn, merchant_id, customer_id)[:OPEN_MAX]
    cases = load_many(conn, [(merchant_id, invoice.id) for invoice in found], now, lock=False)
    return [_open(facts, now) for facts in cases.values()]


def _open(facts: Facts, now: datetime) -> OpenInvoice:
    plan = schedule(facts, now)
    return OpenInvoice(facts=facts, schedule=plan, status=status(facts, now, plan))


def _subscriptions(
    conn: Connection,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    on_file: Sequence[PaymentMethod],
    unpaid: Sequence[OpenInvoice],
) -> list[OwnSubscription]:
    found = subscriptions.of_customer(conn, merchant_id, customer_id)
    products = catalog.load_products(conn, {(merchant_id, one.price.product_id) for one in found})
    by_id = {method.id: method for method in on_file if method.is_active}
    return [
        OwnSubscription(
            subscription=one,
            product=products[merchant_id, one.price.product_id].name,
            method=by_id.get(one.method_id) if one.method_id else None,
            backup=by_id.get(one.backup_method_id) if one.backup_method_id else None,
            unpaid=tuple(owed for owed in unpaid if owed.invoice.subscription_id == one.id),
        )
        for one in found
    ]


def _method(
    method: PaymentMethod, own: Sequence[OwnSubscription], unpaid: Sequence[OpenInvoice], now: datetime
) -> OwnMethod:
    pays = tuple(
        one
        for one in own
        if one.subscription.method_id == method.id and one.subscription.status is not SubscriptionStatus.CANCELED
    )
    return OwnMethod(method=method, pays=pays, badges=frozenset(_badges(method, pays, unpaid, now)))


def _badges(
    method: PaymentMethod, pays: Sequence[OwnSubscription], unpaid: Sequence[OpenInvoice], now: datetime
) -> list[Badge]:
    badges: list[Badge] = [] if pays else [Badge.UNTIED]
    expiry = expires_on(method)
    today = local_date(now, zone("UTC"))
    if expiry is not None and expiry <= today:
        badges.append(Badge.EXPIRED)
    elif expiry is not None and expiry <= add_interval(today, IntervalUnit.MONTH, 1, EXPIRES_SOON_MONTHS):
        badges.append(Badge.EXPIRES_SOON)
    failed = {one.status.failure.method.id for one in unpaid if one.status.failure and one.status.failure.method}
    return [*badges, Badge.DECLINED] if method.id in failed else badges


def expires_on(method: PaymentMethod) -> date | None:
    """The first day on which a card is no longer good; None for what doesn't expire."""
    if method.kind is not MethodKind.CARD or method.exp_year is None or method.exp_month is None:
        return None
    return add_interval(date(method.exp_year, method.exp_month, 1), IntervalUnit.MONTH, 1, 1)


def bills(
    services: Services, merchant_id: MerchantId, customer_id: CustomerId, *, before: InvoiceId | None = None
) -> list[Invoice]:
    """A page of the customer's invoices, newest first; one more than `PAGE_INVOICES` if others follow."""
    with services.store.reading() as conn:
        return invoices.page_of_customer(conn, merchant_id, customer_id, before=before, limit=PAGE_INVOICES + 1)


@timed
def own_invoice(
    services: Services, merchant_id: MerchantId, customer_id: CustomerId, invoice_id: InvoiceId
) -> OpenInvoice:
    """One of the customer's invoices, whether paid or not.

    Raises:
        NotFound: the customer has no such invoice.
    """
    now = services.clock.now()
    with services.store.reading() as conn:
        cases = load_many(conn, [(merchant_id, invoice_id)], now, lock=False)
    facts = cases.get((merchant_id, invoice_id))
    if facts is None or facts.customer.id != customer_id:
        raise NotFound(f"There is no invoice {invoice_id} of this customer.", field="invoice_id")
    return _open(facts, now)
