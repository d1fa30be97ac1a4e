"""A small world for tests of the store: a merchant that sells one thing, customers with a card, and their invoices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection

from purring.clock import SeededIds, VirtualClock
from purring.domain import test_clock
from purring.domain.attempt import Attempt, AttemptStatus, Initiator
from purring.domain.catalog import Interval, IntervalUnit, Price, Product
from purring.domain.changes import Changes, Noun
from purring.domain.customer import Customer, Person, Role
from purring.domain.endpoint import DisabledReason, Endpoint, EndpointStatus
from purring.domain.event import EventDraft, EventKind
from purring.domain.facts import Facts
from purring.domain.ids import (
    AttemptId,
    CustomerId,
    EndpointId,
    IdMaker,
    InvoiceId,
    LineId,
    MerchantId,
    MethodId,
    NoticeId,
    PersonId,
    PriceId,
    ProductId,
    RecoveryId,
    SubscriptionId,
    TestClockId,
)
from purring.domain.invoice import Invoice, InvoiceLine, InvoiceStatus
from purring.domain.journal import EntryDraft, EntryKind
from purring.domain.merchant import Merchant
from purring.domain.money import Money
from purring.domain.notice import Notice, NoticeKind, NoticeStatus
from purring.domain.payment_method import MethodKind, PaymentMethod
from purring.domain.policy import Policy
from purring.domain.recovery import Recovery, RecoveryStatus
from purring.domain.subscription import Subscription, SubscriptionStatus
from purring.domain.test_clock import ClockKey
from purring.store import catalog, customers, endpoints, events, merchants, methods, subscriptions, test_clocks
from purring.store.changes import save_many
from purring.store.engine import Store
from purring.store.facts import Key, load_many

NOW = datetime(2026, 3, 2, 9, 0, 0, 123456, tzinfo=UTC)
TODAY = NOW.date()
PRICE = Money(24_900, "NOK")


@dataclass
class World:
    """One merchant in a store. Everything it makes is there when the call returns."""

    store: Store
    ids: IdMaker = field(default_factory=lambda: SeededIds(VirtualClock(NOW), 7))
    numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)
    merchant: Merchant = field(init=False)
    price: Price = field(init=False)

    def __post_init__(self) -> None:
        """Open the shop."""
        self.merchant = Merchant(
            id=MerchantId(self.ids.new("mer_")), name="Fjord AS", timezone="Europe/Oslo", locale="nb", policy=Policy()
        )
        product = Product(id=ProductId(self.ids.new("prod_")), merchant_id=self.merchant.id, name="Team plan")
        self.price = Price(
            id=PriceId(self.ids.new("price_")),
            merchant_id=self.merchant.id,
            product_id=product.id,
            unit_amount=PRICE,
            interval=Interval(unit=IntervalUnit.MONTH, count=1),
        )
        with self.store.transaction() as conn:
            merchants.create(conn, self.merchant, NOW)
            catalog.create_products(conn, [product])
            catalog.create_prices(conn, [self.price])

    def customer(self, *roles: Role) -> Customer:
        """Add a customer, with one billing admin unless roles are given."""
        customer_id = CustomerId(self.ids.new("cus_"))
        people = tuple(self.person(customer_id, role) for role in roles or (Role.BILLING_ADMIN,))
        customer = Customer(id=customer_id, name="Kari", timezone="Europe/Oslo", locale="nb", people=people)
        with self.store.transaction() as conn:
            customers.create_many(conn, self.merchant.id, [customer])
        return customer

    def person(self, customer_id: CustomerId, role: Role) -> Person:
        """Make somebody up."""
        person_id = PersonId(self.ids.new("per_"))
        return Person(
            id=person_id, customer_id=customer_id, name="Kari", email="kari@example.com", locale="nb", role=role
        )

    def card(self, customer: Customer, fingerprint: str | None = None, **fields: Any) -> PaymentMethod:
        """Add a card, of its own identity unless one is given."""
        method = PaymentMethod(
            id=MethodId(self.ids.new("pm_")),
            customer_id=customer.id,
            kind=MethodKind.CARD,
            gateway="sandbox",
            token=f"tok_{self.numbers()}",
            fingerprint=fingerprint or f"card_{self.numbers()}",
            scheme="visa",
            last4="4242",
            created_at=NOW - timedelta(days=90),
        )
        method = replace(method, **fields)
        with self.store.transaction() as conn:
            methods.create_many(conn, self.merchant.id, [method])
        return method

    def subscription(self, customer: Customer, method: PaymentMethod | None, **fields: Any) -> Subscription:
        """Add an active subscription that has been invoiced for its running period."""
        subscription = Subscription(
            id=SubscriptionId(self.ids.new("sub_")),
            customer_id=customer.id,
            status=SubscriptionStatus.ACTIVE,
            price=self.price,
            quantity=1,
            anchor_on=TODAY,
            next_period_index=1,
            period_start_on=TODAY,
            period_end_on=date(2026, 4, 2),
            method_id=method.id if method else None,
            method_tied_at=NOW if method else None,
            next_step_at=NOW + timedelta(days=31),
        )
        subscription = replace(subscription, **fields)
        with self.store.transaction() as conn:
            subscriptions.create_many(conn, self.merchant.id, [subscription])
        return subscription

    def invoice(self, subscription: Subscription, **fields: Any) -> Invoice:
        """Issue an invoice that is due now, with its event and its entry."""
        invoice = Invoice(
            id=InvoiceId(self.ids.new("inv_")),
            number=f"T-{self.numbers()}",
            customer_id=subscription.customer_id,
            subscription_id=subscription.id,
            status=InvoiceStatus.OPEN,
            total=PRICE,
            invoice_on=TODAY,
            issued_at=NOW,
            lines=(InvoiceLine(id=LineId(self.ids.new("il_")), description="Team plan", quantity=1, amount=PRICE),),
            next_step_at=NOW,
        )
        invoice = replace(invoice, **fields)
        event = EventDraft(kind=EventKind.INVOICE_ISSUED, object_id=invoice.id, at=NOW, data={})
        entry = EntryDraft(
            kind=EntryKind.INVOICED, invoice_id=invoice.id, attempt_id=None, amount=invoice.total, at=NOW
        )
        self.save(Changes(created=(invoice,), events=(event,), entries=(entry,)))
        return invoice

    def owe_event(self, conn: Connection) -> None:
        """Add an endpoint, and an event that it is owed."""
        endpoint = Endpoint(
            id=EndpointId(self.ids.new("ep_")),
            merchant_id=self.merchant.id,
            url="https://shop.example/purring",
            description="",
            wanted=(),
            status=EndpointStatus.ENABLED,
            reason=DisabledReason.NONE,
            created_at=NOW,
            secret="sealed",
        )
        endpoints.create(conn, endpoint)
        said = EventDraft(kind=EventKind.POLICY_CHANGED, object_id=self.merchant.id, at=NOW, data={"version": 1})
        events.append(conn, [(self.merchant.id, said)], self.ids)

    def wind_a_clock(self, conn: Connection) -> ClockKey:
        """Add a test clock that has work since NOW."""
        made = test_clock.TestClock(
            id=TestClockId(self.ids.new("clk_")),
            name="",
            status=test_clock.ClockStatus.READY,
            now_at=NOW,
            next_step_at=NOW,
            created_at=NOW,
        )
        test_clocks.create(conn, self.merchant.id, made)
        return self.merchant.id, made.id

    def due(self) -> Facts:
        """Add a customer with a card, a subscription and an invoice that is due; give the facts."""
        customer = self.customer()
        invoice = self.invoice(self.subscription(customer, self.card(customer)))
        return self.facts(invoice)

    def save(self, changes: Changes, now: datetime = NOW) -> None:
        """Save what a decision wants."""
        self.save_all([changes], now)

    def save_all(self, batch: Sequence[Changes], now: datetime = NOW) -> None:
        """Save what several decisions want, in one transaction."""
        with self.store.transaction() as conn:
            save_many(conn, [(self.merchant.id, changes) for changes in batch], self.ids, now)

    def change(self, *changed: Noun) -> None:
        """Replace nouns."""
        self.save(Changes(changed=changed))

    def key(self, invoice: Invoice) -> Key:
        """Give an invoice's key."""
        return (self.merchant.id, invoice.id)

    def facts(self, invoice: Invoice, now: datetime = NOW) -> Facts:
        """Load an invoice's facts."""
        with self.store.transaction() as conn:
            return load_many(conn, [self.key(invoice)], now, lock=True)[self.key(invoice)]

    def attempt(self, facts: Facts, at: datetime = NOW, **fields: Any) -> Attempt:
        """Make up an attempt on the tied method, just started."""
        method = facts.tied_method
        assert method
        attempt = Attempt(
            id=AttemptId(self.ids.new("att_")),
            invoice_id=facts.invoice.id,
            method_id=method.id,
            gateway=method.gateway,
            fingerprint=method.fingerprint,
            amount=facts.invoice.total,
            number=len(facts.attempts) + 1,
            initiator=Initiator.AUTOMATIC,
            status=AttemptStatus.STARTED,
            started_at=at,
            key_expires_at=at + timedelta(hours=24),
        )
        return replace(attempt, **fields)

    def recovery(self, facts: Facts, **fields: Any) -> Recovery:
        """Make up an open recovery."""
        recovery = Recovery(
            id=RecoveryId(self.ids.new("rec_")),
            invoice_id=facts.invoice.id,
            status=RecoveryStatus.OPEN,
            policy=facts.policy,
            opened_at=NOW,
            window_ends_at=NOW + timedelta(days=28),
        )
        return replace(recovery, **fields)

    def notice(self, facts: Facts, **fields: Any) -> Notice:
        """Make up an owed notice about a decline."""
        notice = Notice(
            id=NoticeId(self.ids.new("ntc_")),
            kind=NoticeKind.PAYMENT_DECLINED,
            customer_id=facts.customer.id,
            invoice_id=facts.invoice.id,
            subscription_id=facts.invoice.subscription_id,
            attempt_id=None,
            status=NoticeStatus.OWED,
            owed_at=NOW,
            due_at=NOW,
            number=1,
            context={"amount": "249.00 NOK"},
        )
        return replace(notice, **fields)
