"""Everything there is to tell about an invoice or a customer, from one moment of the database."""

from __future__ import annotations

from dataclasses import dataclass

from purring.domain.customer import Customer
from purring.domain.errors import NotFound
from purring.domain.facts import Facts
from purring.domain.ids import MerchantId, NoticeId
from purring.domain.invoice import Invoice
from purring.domain.merchant import Merchant
from purring.domain.norway.letters import Entry
from purring.domain.payment_method import PaymentMethod
from purring.domain.schedule import schedule
from purring.domain.step import Schedule
from purring.domain.subscription import Subscription
from purring.operations import lookup
from purring.operations.services import Services
from purring.operations.test_clocks import now_for
from purring.store import Connection, customers, events, invoices, letters, methods, notices, subscriptions
from purring.store.events import Event
from purring.store.facts import load_many
from purring.store.notices import Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceStory:
    """An invoice: what is known, what happened, who was told, and what comes next."""

    facts: Facts
    schedule: Schedule
    events: tuple[Event, ...]
    deliveries: tuple[Delivery, ...]
    letters: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerStory:
    """A customer with everything that is theirs, and what happened."""

    merchant: Merchant
    customer: Customer
    methods: tuple[PaymentMethod, ...]
    subscriptions: tuple[Subscription, ...]
    invoices: tuple[Invoice, ...]
    events: tuple[Event, ...]


def invoice_story(services: Services, merchant_id: MerchantId, name: str) -> InvoiceStory:
    """The story of the invoice with this id, number or external id, or whose recovery has this id.

    Raises NotFound.
    """
    with services.store.reading() as conn:
        invoice_id = lookup.recovery_named(conn, merchant_id, name)
        now = now_for(conn, services, merchant_id, invoice_id)
        facts = load_many(conn, [(merchant_id, invoice_id)], now, lock=False)[merchant_id, invoice_id]
        told = notices.deliveries_of_notices(conn, [(merchant_id, notice.id) for notice in facts.notices])
        written = tuple(letters.of_invoice(conn, merchant_id, invoice_id))
        happened = [*events.of_invoice(conn, merchant_id, invoice_id), *_to_subscription(conn, facts)]
    return InvoiceStory(
        facts=facts,
        schedule=schedule(facts, now),
        events=tuple(sorted(happened, key=lambda one: (one.at, one.id))),
        deliveries=tuple(told),
        letters=written,
    )


def _to_subscription(conn: Connection, facts: Facts) -> list[Event]:
    """What happened to the invoice's subscription since it was issued, unless it was another invoice's doing."""
    if facts.subscription is None:
        return []
    happened = events.of_objects(conn, facts.merchant.id, [facts.subscription.id])
    own = facts.invoice.id
    return [one for one in happened if one.at >= facts.invoice.issued_at and one.data.get("invoice_id", own) == own]


def customer_story(services: Services, merchant: Merchant, name: str) -> CustomerStory:
    """The story of the customer with this id or external id.

    Raises NotFound.
    """
    with services.store.reading() as conn:
        customer_id = lookup.customer_named(conn, merchant.id, name)
        return CustomerStory(
            merchant=merchant,
            customer=customers.get(conn, merchant.id, customer_id),
            methods=tuple(methods.of_customer(conn, merchant.id, customer_id)),
            subscriptions=tuple(subscriptions.of_customer(conn, merchant.id, customer_id)),
            invoices=tuple(invoices.of_customer(conn, merchant.id, customer_id)),
            events=tuple(events.of_customer(conn, merchant.id, customer_id)),
        )


def copies_of_notice(services: Services, merchant_id: MerchantId, notice_id: NoticeId) -> list[Delivery]:
    """Everybody's copy of a notice.

    Raises NotFound.
    """
    with services.store.reading() as conn:
        found = notices.deliveries_of_notices(conn, [(merchant_id, notice_id)])
    if not found:
        raise NotFound(
            f"There is no notice {notice_id} that anybody gets; `purring show invoice` names them.", field="id"
        )
    return found
