"""Everything around a story: our services on a virtual clock, the sandbox, and names for what there is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from purring.clock import SeededIds, VirtualClock
from purring.domain.attempt import Attempt
from purring.domain.errors import InvalidInput
from purring.domain.facts import Facts
from purring.domain.ids import CustomerId, DeliveryId, InvoiceId, MerchantId, MethodId, SubscriptionId
from purring.domain.notice import Notice, NoticeStatus
from purring.domain.payment_method import PaymentMethod
from purring.domain.subscription import Subscription
from purring.gateways.sandbox.local import LocalSandbox
from purring.gateways.sandbox.remote import SandboxToken
from purring.notices.message import Message
from purring.notices.send import Bounced, Delivered, Outcome
from purring.operations.services import Services
from purring.operations.view import facts_of
from purring.scenarios.crash import Crashes, MortalGateway, MortalSender, MortalStore
from purring.scenarios.parse import Story
from purring.store import attempts, invoices, methods, notices, subscriptions
from purring.store.engine import Store
from purring.store.events import Event
from purring.store.events import of_customer as events_of_customer

Id = TypeVar("Id", bound=str)


class Outbox:
    """Keeps every message that would have gone out, in order. `without_mailbox`: addresses that there are none of."""

    in_flight_max = 1

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.without_mailbox: set[str] = set()

    def send(self, message: Message) -> Outcome:
        """Keep it, or refuse it for good."""
        if message.to_email in self.without_mailbox:
            return Bounced(detail="5.1.1 no such mailbox", code=550)
        self.messages.append(message)
        return Delivered()

    def close(self) -> None:
        """Keep nothing open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A message with the notice that it is a copy of."""

    message: Message
    notice: Notice


class World:
    """One story's world. Names are those of the file; what they stand for is asked for by name, or told by id."""

    def __init__(self, story: Story, store: Store, directory: Path, crashes: Crashes) -> None:
        """Make it ready; nothing is given yet."""
        self.story = story
        self.clock = VirtualClock(story.time.begins_at)
        self.sandbox = LocalSandbox(directory / "sandbox.sqlite3", self.clock.now)
        self.outbox = Outbox()
        self.services = Services(
            store=MortalStore(store, crashes),
            gateways={"sandbox": MortalGateway(self.sandbox.gateway, crashes)},
            clock=self.clock,
            ids=SeededIds(self.clock, story.scenario.title),
            sender=MortalSender(self.outbox, crashes),
            owner="worker-1",
            from_email="billing@nordlys.example",
            in_flight_max=1,
        )
        self.merchant_id = MerchantId("")
        self.customers: dict[str, CustomerId] = {}
        self.methods: dict[str, MethodId] = {}
        self.tokens: dict[str, SandboxToken] = {}
        self.test_names: dict[str, str] = {}
        self.subscriptions: dict[str, SubscriptionId] = {}
        self.handed_over: dict[str, InvoiceId] = {}
        self._told: dict[DeliveryId, Notice] = {}

    def close(self) -> None:
        """Close the sandbox."""
        self.sandbox.close()

    def new_worker(self) -> Services:
        """The services under the next worker's name."""
        number = int(self.services.owner.rpartition("-")[2]) + 1
        self.services = replace(self.services, owner=f"worker-{number}")
        return self.services

    # By name

    def customer(self, name: str | None) -> CustomerId:
        """A customer; without a name, the only one.

        Raises InvalidInput.
        """
        if name is None and len(self.customers) == 1:
            return next(iter(self.customers.values()))
        if name is None:
            raise InvalidInput(f"there are several customers; say whose with of: {_either(self.customers)}")
        return _named("customer", self.customers, name)

    def method(self, name: str) -> MethodId:
        """A payment method. Raises InvalidInput."""
        return _named("method", self.methods, name)

    def subscription(self, name: str) -> SubscriptionId:
        """A subscription. Raises InvalidInput."""
        return _named("subscription", self.subscriptions, name)

    def invoice(self, name: str) -> InvoiceId:
        """An invoice: one handed over, or `main/2`, the second of subscription main. Raises InvalidInput."""
        if name in self.handed_over:
            return self.handed_over[name]
        of, _, number = name.partition("/")
        if of not in self.subscriptions:
            raise InvalidInput(f"there is no invoice {name!r}; there are {_either(self.invoices())}")
        issued = self.issued_for(of)
        if len(issued) < int(number or 1):
            raise InvalidInput(f"there is no invoice {name!r} yet; there are {_either(self.invoices())}")
        return issued[int(number or 1) - 1]

    def issued_for(self, subscription: str) -> list[InvoiceId]:
        """The invoices that were issued for a subscription, oldest first."""
        return self._issued().get(self.subscriptions[subscription], [])

    def invoices(self) -> dict[str, InvoiceId]:
        """Every invoice there is, by name: `main` is the first of subscription main, `main/2` the second."""
        found, issued = dict(self.handed_over), self._issued()
        for name, subscription_id in self.subscriptions.items():
            for number, invoice_id in enumerate(issued.get(subscription_id, ()), 1):
                found[name if number == 1 else f"{name}/{number}"] = invoice_id
        return found

    def _issued(self) -> dict[SubscriptionId, list[InvoiceId]]:
        """The invoices that were issued for each subscription, oldest first."""
        with self.services.store.reading() as conn:
            found = [
                invoice
                for customer_id in self.customers.values()
                for invoice in invoices.of_customer(conn, self.merchant_id, customer_id)
            ]
        handed_over = set(self.handed_over.values())
        issued: defaultdict[SubscriptionId, list[InvoiceId]] = defaultdict(list)
        for one in sorted(found, key=lambda one: (one.period_start_on or one.invoice_on, one.id)):
            if one.subscription_id is not None and one.id not in handed_over:
                issued[one.subscription_id].append(one.id)
        return issued

    # By id

    def name_of(self, thing_id: str) -> str:
        """The name of what has this id, or the id itself if the story doesn't know it."""
        known: dict[str, str] = {}
        for names in (self.customers, self.methods, self.subscriptions, self.invoices()):
            known.update({found: name for name, found in names.items()})
        return known.get(thing_id, thing_id)

    # What there is now

    def facts(self, invoice: str) -> Facts:
        """Everything about an invoice. Raises InvalidInput."""
        return facts_of(self.services, self.merchant_id, self.invoice(invoice))

    def current(self, subscription: str) -> Subscription:
        """A subscription as it is now. Raises InvalidInput."""
        with self.services.store.reading() as conn:
            return subscriptions.get(conn, self.merchant_id, self.subscription(subscription))

    def current_method(self, method: str) -> PaymentMethod:
        """A payment method as it is now. Raises InvalidInput."""
        with self.services.store.reading() as conn:
            return methods.get(conn, self.merchant_id, self.method(method))

    def attempts(self, invoice_id: InvoiceId) -> list[Attempt]:
        """An invoice's attempts, oldest first."""
        with self.services.store.reading() as conn:
            return attempts.of_invoice(conn, self.merchant_id, invoice_id)

    def has_plans(self, invoice_ids: Iterable[InvoiceId]) -> bool:
        """Whether anything is still to happen by itself about some invoices: a step of theirs, or a notice."""
        keys = [(self.merchant_id, invoice_id) for invoice_id in invoice_ids]
        with self.services.store.reading() as conn:
            steps = [one.next_step_at for one in invoices.load(conn, keys).values()]
            told = [one.status for some in notices.of_invoices(conn, keys).values() for one in some]
        return any(steps) or NoticeStatus.OWED in told

    def events(self) -> list[Event]:
        """Everything that happened so far, oldest first."""
        with self.services.store.reading() as conn:
            found = [
                event
                for customer_id in self.customers.values()
                for event in events_of_customer(conn, self.merchant_id, customer_id)
            ]
        return sorted(found, key=lambda event: (event.at, event.id))

    def copies(self, since: int = 0) -> list[Copy]:
        """The messages that went out, from the `since`-th on, each with its notice."""
        messages = self.outbox.messages[since:]
        missing = [(self.merchant_id, one.delivery_id) for one in messages if one.delivery_id not in self._told]
        if missing:
            with self.services.store.reading() as conn:
                found = notices.deliveries(conn, missing)
            self._told |= {copy.id: copy.notice for copy in found.values()}
        return [Copy(message=one, notice=self._told[one.delivery_id]) for one in messages]

    def local(self, at: datetime) -> str:
        """An instant as the merchant's clocks show it."""
        return f"{at.astimezone(self.story.time.zone):%Y-%m-%d %H:%M}"


def _named(kind: str, names: Mapping[str, Id], name: str) -> Id:
    """What a name stands for.

    Raises InvalidInput.
    """
    found = names.get(name)
    if found is None:
        raise InvalidInput(f"there is no {kind} {name!r}; there are {_either(names)}")
    return found


def _either(names: Iterable[str]) -> str:
    """Names in a sentence."""
    return ", ".join(names) or "none"
