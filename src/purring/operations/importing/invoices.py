"""Open invoices from elsewhere, many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from purring.domain.calendar import local_date, zone
from purring.domain.customer import Customer
from purring.domain.errors import PurringError
from purring.domain.ids import CustomerId
from purring.domain.merchant import Merchant
from purring.domain.money import Money
from purring.domain.subscription import Subscription
from purring.operations.importing.methods import ByToken, usable_methods
from purring.operations.importing.rows import Added, Bad, Missing, NewInvoice, Result, There
from purring.operations.invoices import HandedOver, hand_over_good
from purring.operations.services import Services
from purring.store import Connection, customers, invoices, subscriptions

Identity = tuple[CustomerId, Money, date]
"""What an invoice with the same number must agree in to be the same invoice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What rows may refer to, and what is there already: identities by number, numbers by external id."""

    today: date
    owners: Mapping[str, Customer]
    methods: ByToken
    subscriptions: Mapping[str, Subscription]
    identities: dict[str, Identity]
    numbers: dict[str, str]


def add_invoices(conn: Connection, services: Services, merchant: Merchant, some: Sequence[NewInvoice]) -> list[Result]:
    """Take open invoices over, each known by its number; the declined ones begin to be recovered."""
    known = _known(conn, services, merchant, some)
    results: dict[int, Result] = {}
    waiting = list(range(len(some)))
    while waiting:
        wave, waiting = _apart(some, waiting)
        results |= {place: _problem(known, some[place]) or Added() for place in wave}
        handed = [(place, _handed_over(known, some[place])) for place in wave if results[place] == Added()]
        taken = hand_over_good(conn, services, merchant.id, [new for _, new in handed])
        for (place, _), one in zip(handed, taken, strict=True):
            if isinstance(one, PurringError):
                results[place] = Bad(one.field or "number", one.message)
        for place, _ in handed:
            if results[place] == Added():
                _remember(known, some[place])
    return [results[place] for place in range(len(some))]


def _apart(some: Sequence[NewInvoice], places: Sequence[int]) -> tuple[list[int], list[int]]:
    """Places of rows with no number, id or subscription in common, and the rest, who must see what came of those."""
    seen: set[tuple[str, str]] = set()
    wave: list[int] = []
    rest: list[int] = []
    for place in places:
        new = some[place]
        named = (("number", new.number), ("external_id", new.external_id), ("subscription", new.subscription))
        names = {(field, name) for field, name in named if name is not None}
        (rest if names & seen else wave).append(place)
        seen |= names
    return wave, rest


def _known(conn: Connection, services: Services, merchant: Merchant, some: Sequence[NewInvoice]) -> _Known:
    owners = customers.by_external_id(conn, merchant.id, [new.customer for new in some])
    there = invoices.by_number(conn, merchant.id, [new.number for new in some])
    named = invoices.by_external_id(conn, merchant.id, [new.external_id for new in some if new.external_id is not None])
    sold = [new.subscription for new in some if new.subscription is not None]
    return _Known(
        today=local_date(services.clock.now(), zone(merchant.timezone)),
        owners=owners,
        methods=usable_methods(conn, merchant.id, owners),
        subscriptions=subscriptions.by_external_id(conn, merchant.id, sold),
        identities={number: (one.customer_id, one.total, one.invoice_on) for number, one in there.items()},
        numbers={external_id: one.number for external_id, one in named.items()},
    )


def _identity(known: _Known, new: NewInvoice) -> Identity:
    return (known.owners[new.customer].id, new.amount, new.invoice_on)


def _remember(known: _Known, new: NewInvoice) -> None:
    known.identities[new.number] = _identity(known, new)
    if new.external_id is not None:
        known.numbers[new.external_id] = new.number


def _problem(known: _Known, new: NewInvoice) -> Result | None:
    """Why this row makes no new invoice."""
    owner = known.owners.get(new.customer)
    if owner is None:
        return Missing("customer", new.customer)
    if new.number in known.identities:
        if known.identities[new.number] == _identity(known, new):
            return There()
        return Bad("number", "an invoice with this number is there already, of another customer, amount or day.")
    if new.external_id is not None and new.external_id in known.numbers:
        return Bad("external_id", f"invoice {known.numbers[new.external_id]} has this id already; give each its own.")
    if new.declined and new.invoice_on > known.today:
        return Bad("invoice_on", f"{new.invoice_on} is still to come, so nothing was declined; set declined to false.")
    if new.method is not None and (owner.id, new.method) not in known.methods:
        return Missing("method", new.method)
    subscription = known.subscriptions.get(new.subscription or "")
    if new.subscription is not None and (subscription is None or subscription.customer_id != owner.id):
        return Missing("subscription", new.subscription)
    return None


def _handed_over(known: _Known, new: NewInvoice) -> HandedOver:
    owner = known.owners[new.customer]
    return HandedOver(
        customer_id=owner.id,
        number=new.number,
        amount=new.amount,
        invoice_on=new.invoice_on,
        description=new.description,
        method_id=None if new.method is None else known.methods[owner.id, new.method].id,
        subscription_id=None if new.subscription is None else known.subscriptions[new.subscription].id,
        declined=new.declined,
        external_id=new.external_id,
    )
