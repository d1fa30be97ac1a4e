"""Payment methods: add, edit, tie, back up, replace, remove. Each is one transaction: all of it or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from purring.domain.changes import Changes
from purring.domain.customer import Customer
from purring.domain.decide import arrangement
from purring.domain.errors import InvalidInput, NotFound
from purring.domain.ids import CustomerId, MerchantId, MethodId, SubscriptionId
from purring.domain.merchant import Merchant
from purring.domain.payment_method import MethodKind, PaymentMethod
from purring.domain.subscription import Subscription
from purring.domain.subscription_facts import SubscriptionFacts
from purring.domain.test_clock import own_card
from purring.operations.mandates import Consent, keep
from purring.operations.services import Services
from purring.operations.test_clocks import changes_timed
from purring.store import Connection, attempts, customers, merchants, methods, subscriptions
from purring.store.changes import save_many


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMethod:
    """A method as the gateway's own field gave it: a token and what may be shown.

    `consent`: to the mandate of an account, where its holder agreed to one on our pages.
    """

    kind: MethodKind
    gateway: str
    token: str
    fingerprint: str
    scheme: str
    last4: str
    exp_month: int | None = None
    exp_year: int | None = None
    holder_name: str = ""
    billing_address: str = ""
    phone: str = ""
    consent: Consent | None = None


@changes_timed
def add_method(services: Services, merchant_id: MerchantId, customer_id: CustomerId, new: NewMethod) -> PaymentMethod:
    """Add a method to a customer; it is tied to nothing."""
    with services.store.transaction() as conn:
        customer, merchant = customers.lock(conn, merchant_id, customer_id), merchants.get(conn, merchant_id)
        require_same_mode(services, merchant, new.gateway)
        _require_new(methods.of_customer(conn, merchant_id, customer_id), new)
        method = _made(services, merchant, customer, new)
        _save(conn, services, merchant_id, arrangement.added(method))
        if new.consent:
            keep(conn, services, merchant_id, method.id, new.consent)
    return method


def _made(services: Services, merchant: Merchant, customer: Customer, new: NewMethod) -> PaymentMethod:
    """The method with an id; its gateway is in the merchant's own mode."""
    return PaymentMethod(
        id=MethodId(services.ids.new("pm_")),
        customer_id=customer.id,
        kind=new.kind,
        gateway=new.gateway,
        token=new.token,
        fingerprint=own_card(new.fingerprint, customer.test_clock_id),
        scheme=new.scheme,
        last4=new.last4,
        created_at=services.clock.now(),
        exp_month=new.exp_month,
        exp_year=new.exp_year,
        holder_name=new.holder_name,
        billing_address=new.billing_address,
        phone=new.phone,
        is_live=merchant.is_live,
    )


def require_same_mode(services: Services, merchant: Merchant, gateway: str) -> None:
    """Refuse a gateway that isn't there, one that moves money for a merchant in test mode, or the other way round."""
    if gateway not in services.gateways:
        there_are = ", ".join(sorted(services.gateways))
        raise InvalidInput(f"no gateway is called {gateway[:60]!r}; there are: {there_are}.", field="gateway")
    if services.gateway(gateway).capabilities.is_live != merchant.is_live:
        mode = "live" if merchant.is_live else "test"
        raise InvalidInput(f"{merchant.name} is in {mode} mode; use a {mode} gateway", field="gateway")


def _require_new(known: Sequence[PaymentMethod], new: NewMethod) -> None:
    """Refuse a token that the customer has on file already."""
    for method in known:
        if method.is_active and (method.gateway, method.token) == (new.gateway, new.token):
            raise InvalidInput(f"this token is on file already as {method.id}; tie that one", field="token")


@changes_timed
def edit_method(services: Services, merchant_id: MerchantId, method_id: MethodId, /, **fields: Any) -> None:
    """Change holder name, billing address, phone or expiry, and look again at what the method should pay."""
    with services.store.transaction() as conn:
        method = _locked(conn, merchant_id, method_id)
        _save(conn, services, merchant_id, arrangement.edited(method, services.clock.now(), **fields))
        if arrangement.EXPIRY & fields.keys():
            subscriptions.wind(conn, merchant_id, method_id, services.clock.now())
        for subscription in _of_customer(conn, merchant_id, method.customer_id):
            if subscription.method_id == method_id:
                subscriptions.wake(conn, merchant_id, subscription.id, services.clock.now())


@changes_timed
def tie_method(
    services: Services, merchant_id: MerchantId, subscription_id: SubscriptionId, method_id: MethodId
) -> None:
    """Let a method pay one subscription; its open invoices are planned anew at once."""
    with services.store.transaction() as conn:
        facts = locked_subscription(conn, merchant_id, subscription_id)
        method = _own_method(conn, merchant_id, facts.customer.id, method_id)
        _save(conn, services, merchant_id, arrangement.tied(facts, method, services.clock.now()))


@changes_timed
def set_backup(
    services: Services, merchant_id: MerchantId, subscription_id: SubscriptionId, method_id: MethodId
) -> None:
    """Let a method step in when the tied one fails; asking for it is the customer's consent."""
    with services.store.transaction() as conn:
        subscription = locked_subscription(conn, merchant_id, subscription_id).subscription
        method = _own_method(conn, merchant_id, subscription.customer_id, method_id)
        _save(conn, services, merchant_id, arrangement.backed_up(subscription, method, services.clock.now()))


@changes_timed
def drop_backup(services: Services, merchant_id: MerchantId, subscription_id: SubscriptionId) -> None:
    """Let no method step in any more: the customer takes their consent back."""
    with services.store.transaction() as conn:
        subscription = locked_subscription(conn, merchant_id, subscription_id).subscription
        _save(conn, services, merchant_id, arrangement.without_backup(subscription, services.clock.now()))


@changes_timed
def replace_everywhere(services: Services, merchant_id: MerchantId, old_id: MethodId, new_id: MethodId) -> int:
    """Move every subscription from one method to another. Gives how many moved."""
    with services.store.transaction() as conn:
        old = _locked(conn, merchant_id, old_id)
        new = _own_method(conn, merchant_id, old.customer_id, new_id)
        everything = _facts_of_customer(conn, merchant_id, old.customer_id)
        changes = arrangement.replaced_everywhere(everything, old, new, services.clock.now())
        _save(conn, services, merchant_id, changes)
    return len(changes.changed)


@changes_timed
def remove_method(services: Services, merchant_id: MerchantId, method_id: MethodId) -> None:
    """Remove a method that nothing is tied to and no money is in flight on."""
    with services.store.transaction() as conn:
        method = _locked(conn, merchant_id, method_id)
        tied = _of_customer(conn, merchant_id, method.customer_id)
        in_flight = attempts.open_on_method(conn, merchant_id, method_id)
        changes = arrangement.removed(method, tied, in_flight, services.clock.now())
        _save(conn, services, merchant_id, changes)


@changes_timed
def remove_and_replace(services: Services, merchant_id: MerchantId, old_id: MethodId, new_id: MethodId) -> None:
    """Move everything to another method and remove the old one: both or neither."""
    with services.store.transaction() as conn:
        old = _locked(conn, merchant_id, old_id)
        new = _own_method(conn, merchant_id, old.customer_id, new_id)
        everything = _facts_of_customer(conn, merchant_id, old.customer_id)
        in_flight = attempts.open_on_method(conn, merchant_id, old_id)
        changes = arrangement.removed_and_replaced(old, new, everything, in_flight, services.clock.now())
        _save(conn, services, merchant_id, changes)


def locked_subscription(
    conn: Connection,
    merchant_id: MerchantId,
    subscription_id: SubscriptionId,
    *,
    canceling: bool = False,
    changing: bool = False,
) -> SubscriptionFacts:
    """A subscription with what belongs to it; nobody else bills its customer until the transaction ends.

    `canceling`, `changing`: with what a cancellation or a change at once must know besides.

    Raises:
        NotFound: the merchant has no such subscription.
    """
    key = (merchant_id, subscription_id)
    found = subscriptions.load_for_renewal(conn, [key], lock=True, canceling=canceling, changing=changing)
    if not found:
        raise NotFound(f"There is no subscription {subscription_id}.", field="subscription_id")
    return found[0]


def _locked(conn: Connection, merchant_id: MerchantId, method_id: MethodId) -> PaymentMethod:
    """A method as it is once nobody else bills its customer until the transaction ends.

    Raises:
        NotFound: the merchant has no such method.
    """
    customers.lock(conn, merchant_id, methods.get(conn, merchant_id, method_id).customer_id)
    return methods.get(conn, merchant_id, method_id)


def _facts_of_customer(conn: Connection, merchant_id: MerchantId, customer_id: CustomerId) -> list[SubscriptionFacts]:
    """All subscriptions of a customer, with what belongs to them."""
    keys = [(merchant_id, one.id) for one in _of_customer(conn, merchant_id, customer_id)]
    return subscriptions.load_for_renewal(conn, keys, lock=False)


def _of_customer(conn: Connection, merchant_id: MerchantId, customer_id: CustomerId) -> list[Subscription]:
    """All subscriptions of a customer."""
    return subscriptions.of_customer(conn, merchant_id, customer_id)


def _own_method(
    conn: Connection, merchant_id: MerchantId, customer_id: CustomerId, method_id: MethodId
) -> PaymentMethod:
    """One of this customer's methods; another customer's doesn't exist here.

    Raises:
        NotFound: the customer has no such method.
    """
    method = methods.get(conn, merchant_id, method_id)
    if method.customer_id != customer_id:
        raise NotFound(f"There is no payment method {method_id} of this customer.", field="method_id")
    return method


def _save(conn: Connection, services: Services, merchant_id: MerchantId, changes: Changes) -> None:
    """Write changes, and let the open invoices of every changed subscription be planned anew."""
    now = services.clock.now()
    save_many(conn, [(merchant_id, changes)], services.ids, now)
    for noun in changes.changed:
        if isinstance(noun, Subscription):
            subscriptions.wake(conn, merchant_id, noun.id, now)
