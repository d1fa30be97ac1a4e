"""A small world for tests of operations and engine: services on a virtual clock, a sandbox in-process, and shops.

Everything is real: the store, the gateway's client, the provider's ledger. What the provider answers is scripted in the
sandbox's own words (`approve`, `visa 51`, `timeout after`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, select

from purring.clock import SeededIds, VirtualClock
from purring.domain.catalog import Price, parse_interval
from purring.domain.customer import Customer
from purring.domain.errors import GatewayError
from purring.domain.facts import Facts
from purring.domain.ids import CustomerId, InvoiceId, MerchantId, SubscriptionId
from purring.domain.invoice import Invoice
from purring.domain.merchant import Merchant
from purring.domain.money import Money
from purring.domain.notice import Notice, NoticeKind
from purring.domain.payment_method import MethodKind, PaymentMethod
from purring.domain.policy import Policy
from purring.domain.subscription import Subscription
from purring.engine.loop import Worker
from purring.engine.pipeline import Interrupt, uninterrupted
from purring.gateways.base import (
    Gateway,
)
from purring.gateways.sandbox.local import LocalSandbox
from purring.gateways.sandbox.oracle import SeenCharge, captured_by_invoice, seen_charges
from purring.gateways.sandbox.remote import SandboxDelivery, SandboxToken
from purring.gateways.sandbox.script import parse_answer
from purring.gateways.sandbox.settings import DEFAULT_EVENT_SECRET
from purring.gateways.sandbox.signing import HEADER, sign
from purring.notices.message import Message
from purring.notices.send import Delivered, Outcome
from purring.operations import customers, invoices, merchants, methods, subscriptions
from purring.operations.inbound import receive
from purring.operations.services import Services
from purring.operations.view import facts_of
from purring.store import customers as stored_customers
from purring.store import events as stored_events
from purring.store import invoices as stored_invoices
from purring.store import journal as stored_journal
from purring.store import notices as stored_notices
from purring.store import subscriptions as stored_subscriptions
from purring.store.columns import metadata
from purring.store.engine import open_store
from purring.store.invariants import InvariantResult, check

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
"""When every world begins: a Monday, early afternoon in Oslo."""

PRICE = Money(24_900, "NOK")
FUNDS = "visa 51"
"""The decline that stays on the schedule: insufficient funds."""


class Killed(Exception):
    """The worker died where the test wanted it to."""


def kill_at(point: str) -> Interrupt:
    """Die at a named point of the turn, each time it is reached."""

    def interrupt(reached: str) -> None:
        if reached == point:
            raise Killed(reached)

    return interrupt


class Outbox:
    """Keeps what would have been mailed. `answers` come first, one per message, then everything is delivered."""

    in_flight_max = 1

    def __init__(self, *answers: Outcome | Exception) -> None:
        """Say what becomes of the first messages."""
        self.messages: list[Message] = []
        self._answers = list(answers)

    def send(self, message: Message) -> Outcome:
        """Keep it."""
        self.messages.append(message)
        answer = self._answers.pop(0) if self._answers else Delivered()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """Keep nothing open."""


@dataclass
class World:
    """One database, one provider, one clock, one process's services."""

    database_url: str
    directory: Path
    in_flight_max: int = 1
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(NOON))
    outbox: Outbox = field(default_factory=Outbox)
    sandbox: LocalSandbox = field(init=False)
    services: Services = field(init=False)
    _position: int = 0

    def __post_init__(self) -> None:
        """Open everything."""
        self.sandbox = LocalSandbox(self.directory / "sandbox.sqlite3", self.clock.now)
        gateways: dict[str, Gateway] = {"sandbox": self.sandbox.gateway}
        self.services = Services(
            store=open_store(self.database_url, durable=False, pool_size=2),
            gateways=gateways,
            clock=self.clock,
            ids=SeededIds(self.clock, 1),
            sender=self.outbox,
            owner="worker-1",
            from_email="billing@purring.example",
            in_flight_max=self.in_flight_max,
        )

    def close(self) -> None:
        """Close everything."""
        self.services.store.close()
        self.sandbox.close()

    # What happens in it

    def process(self, owner: str, **others: Any) -> Services:
        """The services of another process on the same data."""
        return replace(self.services, owner=owner, **others)

    @contextmanager
    def worker(self, interrupt: Interrupt = uninterrupted, owner: str = "worker-1", **others: Any) -> Iterator[Worker]:
        """A worker process, until the end of the block."""
        worker = Worker(self.process(owner, **others), interrupt)
        try:
            yield worker
        finally:
            worker.close()

    def work(self) -> None:
        """Do everything that is due at this instant."""
        with self.worker() as worker:
            worker.run_until_idle()

    def later(self, **by: int) -> None:
        """Let time pass at once, as if no worker had run meanwhile; then do what is due."""
        self.clock.advance_to(self.clock.now() + timedelta(**by))
        self.work()

    def play(self, **by: int) -> None:
        """Let time pass from one due instant to the next, the gateway's events included."""
        until = self.clock.now() + timedelta(**by)
        with self.worker() as worker:
            self._settle(worker)
            while (due_at := worker.next_due_at()) is not None and due_at <= until:
                self.clock.advance_to(max(due_at, self.clock.now()))
                self._settle(worker)
            self.clock.advance_to(until)
            self._settle(worker)

    def _settle(self, worker: Worker) -> None:
        worker.run_until_idle()
        while self.take_events_in():
            worker.run_until_idle()

    def take_events_in(self) -> int:
        """Receive what the gateway has sent since the last time, unless it is down; gives how many events."""
        try:
            deliveries = self.sandbox.remote.deliveries(self._position)
        except GatewayError:
            return 0
        for delivery in deliveries:
            self._position = delivery.position
            receive(self.services, "sandbox", delivery.headers, delivery.body)
        return len(deliveries)

    def send_event(self, body: Mapping[str, object], services: Services | None = None) -> bool:
        """Receive an event of the test's own making, with the provider's signature; whether it was new."""
        content = json.dumps(body).encode()
        headers = {HEADER: sign(DEFAULT_EVENT_SECRET, content, self.clock.now())}
        return receive(services or self.services, "sandbox", headers, content)

    def events_sent(self) -> list[SandboxDelivery]:
        """Everything that the provider has sent so far, signed now."""
        return self.sandbox.remote.deliveries()

    # What is true in it

    def shop(self, name: str = "Fjord AS", policy: Policy | None = None) -> Shop:
        """Open a merchant."""
        merchant = merchants.create_merchant(
            self.services, name=name, timezone="Europe/Oslo", support_email="help@fjord.example", policy=policy
        )
        return Shop(world=self, merchant=merchant)

    def dump(self, *, without: Collection[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, `without` the columns of these names."""
        with self.services.store.reading() as conn:
            return {table.name: _rows(conn, table, without) for table in metadata.sorted_tables}

    def broken(self) -> list[InvariantResult]:
        """The sentences about what must always hold that don't."""
        with self.services.store.reading() as conn:
            return [result for result in check(conn, self.clock.now()) if not result.holds]

    def captured(self) -> dict[str, list[Money]]:
        """What the provider captured for each invoice, from its own ledger."""
        return captured_by_invoice(self.sandbox.ledger_path)

    def seen(self) -> list[SeenCharge]:
        """The charges that reached the issuers, oldest first, from the provider's ledger."""
        return seen_charges(self.sandbox.ledger_path)


def _rows(conn: Connection, table: Table, without: Collection[str]) -> list[tuple[Any, ...]]:
    columns = [column for column in table.columns if column.name not in without]
    return sorted(map(tuple, conn.execute(select(*columns))), key=repr)


@dataclass
class Shop:
    """One merchant with what it sells and to whom."""

    world: World
    merchant: Merchant
    numbers: Callable[[], int] = field(default_factory=lambda: count(1).__next__)

    @property
    def services(self) -> Services:
        """The world's."""
        return self.world.services

    @property
    def id(self) -> MerchantId:
        """The merchant's."""
        return self.merchant.id

    def customer(self, *people: customers.NewPerson, **fields: Any) -> Customer:
        """A customer; without people, with one billing admin who reads Bokmål."""
        number = self.numbers()
        kari = customers.NewPerson(name="Kari", email=f"kari{number}@example.com", locale="nb")
        given = {"name": f"Customer {number}", "timezone": "Europe/Oslo", "locale": "nb", "country": "NO"}
        return customers.create_customer(self.services, self.id, **{**given, **fields}, people=people or [kari])

    def token(self, *answers: str, test: str | None = None) -> SandboxToken:
        """A card at the provider that will answer so, and then repeat the last answer."""
        token = self.world.sandbox.remote.make_token(test or f"visa-{self.merchant.id[-6:]}{self.numbers()}")
        if answers:
            self.world.sandbox.remote.script(token.token, [parse_answer(answer) for answer in answers])
        return token

    def card(self, customer: Customer, *answers: str, test: str | None = None) -> PaymentMethod:
        """A card of a customer, tied to nothing."""
        token = self.token(*answers, test=test)
        return self.method_of(customer, token)

    def method_of(self, customer: Customer, token: SandboxToken) -> PaymentMethod:
        """A method behind a token."""
        new = methods.NewMethod(
            kind=MethodKind(token.kind),
            gateway="sandbox",
            token=token.token,
            fingerprint=token.fingerprint,
            scheme=token.network,
            last4=token.last4,
        )
        return methods.add_method(self.services, self.id, customer.id, new)

    def price(self, amount: Money = PRICE, interval: str = "1 month") -> Price:
        """A price of a product of its own."""
        return subscriptions.create_price(
            self.services, self.id, product_name="Team plan", unit_amount=amount, interval=parse_interval(interval)
        )

    def subscribe(self, customer: Customer, method: PaymentMethod | None = None, **fields: Any) -> Subscription:
        """A monthly subscription from today on; it hasn't been invoiced yet."""
        amount = fields.pop("amount", PRICE)
        given = {"start_on": self.world.clock.now().date(), "method_id": method.id if method else None}
        new = subscriptions.NewSubscription(
            customer_id=customer.id, **{**given, "price": fields.pop("price", None) or self.price(amount), **fields}
        )
        return subscriptions.create_subscription(self.services, self.id, new)

    def sold(self, *answers: str, **fields: Any) -> Subscription:
        """A subscription of a customer of its own, paid by a card that will answer so."""
        customer = self.customer()
        return self.subscribe(customer, self.card(customer, *answers), **fields)

    def hand_over(self, customer: Customer, method: PaymentMethod | None = None, **fields: Any) -> Invoice:
        """An invoice from elsewhere, of today, declined there already unless said otherwise."""
        given: dict[str, Any] = {
            "customer_id": customer.id,
            "number": f"X-{self.numbers()}",
            "amount": PRICE,
            "invoice_on": self.world.clock.now().date(),
            "method_id": method.id if method else None,
            "description": "Team plan",
        }
        return invoices.hand_over(self.services, self.id, invoices.HandedOver(**{**given, **fields}))

    # What is stored

    def invoices(self, customer_id: CustomerId) -> list[Invoice]:
        """A customer's invoices, oldest first."""
        with self.services.store.reading() as conn:
            return stored_invoices.of_customer(conn, self.id, customer_id)

    def invoice(self, of: Subscription) -> Invoice:
        """The newest invoice of a subscription."""
        own = [one for one in self.invoices(of.customer_id) if one.subscription_id == of.id]
        return max(own, key=lambda one: one.id)

    def facts(self, of: Subscription | InvoiceId) -> Facts:
        """The facts of an invoice, or of a subscription's newest one."""
        invoice_id = self.invoice(of).id if isinstance(of, Subscription) else of
        return facts_of(self.services, self.id, invoice_id)

    def buyer(self, of: Subscription) -> Customer:
        """Whose subscription it is."""
        with self.services.store.reading() as conn:
            return stored_customers.get(conn, self.id, of.customer_id)

    def status(self, of: Subscription) -> tuple[str, str]:
        """The newest invoice's status and the subscription's."""
        facts = self.facts(of)
        assert facts.subscription
        return facts.invoice.status.value, facts.subscription.status.value

    def subscription(self, subscription_id: SubscriptionId) -> Subscription:
        """A subscription as it is now."""
        with self.services.store.reading() as conn:
            return stored_subscriptions.get(conn, self.id, subscription_id)

    def attempts(self, of: Subscription | InvoiceId) -> list[str]:
        """The outcomes of an invoice's attempts, oldest first."""
        return [attempt.status.value for attempt in self.facts(of).attempts]

    def journal(self, of: Subscription | InvoiceId) -> list[str]:
        """The money facts of an invoice, oldest first, as `paid 249.00 NOK`."""
        with self.services.store.reading() as conn:
            entries = stored_journal.of_invoice(conn, self.id, self.facts(of).invoice.id)
        return [f"{entry.kind.value} {entry.amount}" for entry in entries]

    def notices(self, customer_id: CustomerId) -> list[Notice]:
        """What a customer is owed or was told, oldest first."""
        with self.services.store.reading() as conn:
            return stored_notices.of_customer(conn, self.id, customer_id)

    def events(self, of: Subscription | CustomerId) -> list[str]:
        """The kinds of everything that happened to a customer and what it owns, oldest first."""
        customer_id = of.customer_id if isinstance(of, Subscription) else of
        with self.services.store.reading() as conn:
            return [event.kind.value for event in stored_events.of_customer(conn, self.id, customer_id)]

    def told(self, customer_id: CustomerId) -> list[NoticeKind]:
        """The kinds of the notices that were not withdrawn, oldest first."""
        return [notice.kind for notice in self.notices(customer_id) if notice.status.value != "withdrawn"]


def only(things: Sequence[Any]) -> Any:  # noqa: ANN401 - whatever is in there
    """The one thing there is."""
    assert len(things) == 1, things
    return things[0]


def paid_once(world: World, invoices: Sequence[Invoice]) -> bool:
    """Whether the provider captured each of these invoices exactly once, in full."""
    captured: Mapping[str, list[Money]] = world.captured()
    return all(captured.get(invoice.id) == [invoice.total] for invoice in invoices)
