"""Take over invoices that another biller made, so that they are recovered in just the same way (behaviour §1.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from purring.domain.calendar import start_of_day, zone
from purring.domain.changes import Changes
from purring.domain.customer import Customer
from purring.domain.decide.hand_over import handed_over
from purring.domain.errors import InvalidInput, InvalidMoney, NotFound, PurringError, RefusalCode, Refused
from purring.domain.facts import Facts
from purring.domain.ids import CustomerId, LineId, MerchantId, MethodId, SubscriptionId, invoice_id_of
from purring.domain.invoice import Invoice, InvoiceLine, InvoiceSource, InvoiceStatus
from purring.domain.merchant import Merchant
from purring.domain.money import Money
from purring.domain.payment_method import PaymentMethod
from purring.domain.subscription import Subscription
from purring.operations.services import Services
from purring.operations.test_clocks import in_its_time, wake
from purring.operations.transact import transact
from purring.store import Connection, customers, installation, merchants, methods, subscriptions
from purring.store import invoices as stored
from purring.store.changes import save_many


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """An open invoice from outside. `declined`: its first charge failed there; else Purring makes the first one.

    `method_id` pays it where no subscription of ours stands behind it.
    """

    customer_id: CustomerId
    number: str
    amount: Money
    invoice_on: date
    description: str
    method_id: MethodId | None = None
    subscription_id: SubscriptionId | None = None
    declined: bool = True
    external_id: str | None = None


def hand_over(services: Services, merchant_id: MerchantId, new: HandedOver) -> Invoice:
    """Take one invoice over.

    Raises:
        NotFound: no such customer or subscription at this merchant.
        Refused: the method or the subscription is another customer's.
        InvalidInput: the recovery window is over, the amount isn't above zero, or number or external id is taken.
    """
    own = in_its_time(services, merchant_id, new.customer_id)
    made = transact(own, lambda conn: hand_over_many(conn, own, merchant_id, [new])[0])
    wake(services, own)
    return made


def hand_over_many(
    conn: Connection, services: Services, merchant_id: MerchantId, some: Sequence[HandedOver]
) -> list[Invoice]:
    """Take invoices over in one transaction. Raises as `hand_over`; then nothing is taken over."""
    decided = _decide(services, _around(conn, merchant_id, some), some)
    for one in decided:
        if isinstance(one, PurringError):
            raise one
    return [one for one in _saved(conn, services, merchant_id, decided) if not isinstance(one, PurringError)]


def hand_over_good(
    conn: Connection, services: Services, merchant_id: MerchantId, some: Sequence[HandedOver]
) -> list[Invoice | PurringError]:
    """Take over what can be, and give for each of the others what `hand_over` would raise."""
    return _saved(conn, services, merchant_id, _decide(services, _around(conn, merchant_id, some), some))


_Decided = tuple[Invoice, Changes] | PurringError


def _decide(services: Services, around: _Around, some: Sequence[HandedOver]) -> list[_Decided]:
    """What becomes of each invoice; a later one sees what an earlier one did to its subscription."""
    now = services.clock.now()
    decided: list[_Decided] = []
    for new in some:
        try:
            facts = _facts(services, around, new)
            changes = handed_over(facts, now, declined=new.declined)
        except PurringError as error:
            decided.append(error)
            continue
        around.subscriptions.update({noun.id: noun for noun in changes.changed if isinstance(noun, Subscription)})
        around.taken.update(_names(new))
        decided.append((facts.invoice, changes))
    return decided


def _saved(
    conn: Connection, services: Services, merchant_id: MerchantId, decided: Sequence[_Decided]
) -> list[Invoice | PurringError]:
    batch = [(merchant_id, one[1]) for one in decided if not isinstance(one, PurringError)]
    save_many(conn, batch, services.ids, services.clock.now())
    installation.flag_new(conn, [(merchant_id, one.id) for _, made in batch for one in made.invoices])
    return [one if isinstance(one, PurringError) else one[0] for one in decided]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Around:
    """What the invoices refer to, and the names that are taken, each as its field and its value."""

    merchant: Merchant
    customers: Mapping[CustomerId, Customer]
    subscriptions: dict[SubscriptionId, Subscription]
    methods: Mapping[CustomerId, Sequence[PaymentMethod]]
    taken: set[tuple[str, str]]


def _around(conn: Connection, merchant_id: MerchantId, some: Sequence[HandedOver]) -> _Around:
    """Load it for all of them."""
    buyers = {(merchant_id, new.customer_id) for new in some}
    tied = subscriptions.load(conn, {(merchant_id, new.subscription_id) for new in some if new.subscription_id})
    numbers = stored.by_number(conn, merchant_id, {new.number for new in some})
    named = stored.by_external_id(conn, merchant_id, {new.external_id for new in some if new.external_id})
    return _Around(
        merchant=merchants.get(conn, merchant_id),
        customers={one.id: one for one in customers.load(conn, buyers).values()},
        subscriptions={one.id: one for one in tied.values()},
        methods={CustomerId(key[1]): held for key, held in methods.of_customers(conn, buyers).items()},
        taken={("number", number) for number in numbers} | {("external_id", name) for name in named},
    )


def _names(new: HandedOver) -> set[tuple[str, str]]:
    """The names that an invoice takes."""
    return {("number", new.number)} | ({("external_id", new.external_id)} if new.external_id else set())


def _facts(services: Services, around: _Around, new: HandedOver) -> Facts:
    """What is known about an invoice that comes in."""
    _check(around, new)
    customer = around.customers[new.customer_id]
    return Facts(
        merchant=around.merchant,
        customer=customer,
        subscription=around.subscriptions[new.subscription_id] if new.subscription_id else None,
        invoice=_invoice(services, around.merchant, customer, new),
        methods=tuple(around.methods.get(customer.id, ())),
    )


def _check(around: _Around, new: HandedOver) -> None:
    """Refuse what doesn't fit together."""
    if new.customer_id not in around.customers:
        raise NotFound(f"There is no customer {new.customer_id}.", field="customer_id")
    if new.subscription_id and new.subscription_id not in around.subscriptions:
        raise NotFound(f"There is no subscription {new.subscription_id}.", field="subscription_id")
    if new.subscription_id and around.subscriptions[new.subscription_id].customer_id != new.customer_id:
        raise NotFound(f"The customer has no subscription {new.subscription_id}.", field="subscription_id")
    if new.method_id and new.method_id not in {method.id for method in around.methods.get(new.customer_id, ())}:
        raise Refused(RefusalCode.NOT_YOUR_METHOD, field="method_id", details=(new.method_id,))
    if new.amount.minor <= 0:
        raise InvalidMoney(f"{new.amount} can't be owed; send an amount above zero", field="amount")
    for field, name in sorted(_names(new) & around.taken):
        raise InvalidInput(f"another invoice has {name!r} already; send each invoice once", field=field)


def _invoice(services: Services, merchant: Merchant, customer: Customer, new: HandedOver) -> Invoice:
    """The invoice as ours: dated as it was, due at once."""
    now = services.clock.now()
    line = InvoiceLine(id=LineId(services.ids.new("il_")), description=new.description, quantity=1, amount=new.amount)
    return Invoice(
        id=invoice_id_of(new.invoice_on, merchant.id, new.number),
        number=new.number,
        customer_id=customer.id,
        subscription_id=new.subscription_id,
        status=InvoiceStatus.OPEN,
        total=new.amount,
        invoice_on=new.invoice_on,
        issued_at=max(start_of_day(new.invoice_on, zone(merchant.timezone)), now),
        method_id=new.method_id,
        lines=(line,),
        source=InvoiceSource.HANDED_OVER,
        external_id=new.external_id,
        test_clock_id=customer.test_clock_id,
        next_step_at=now,
    )
