"""Take over invoices that another biller made, so that they are recovered in just the same way (behaviour §1.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from purring.domain.calendar import start_of_day, zone
from purring.domain.changes import Changes
from purring.domain.customer import Customer
from purring.domain.decide.hand_over import handed_over
from purring.domain.errors import RefusalCode, Refused
from purring.domain.facts import Facts
from purring.domain.ids import CustomerId, InvoiceId, LineId, MerchantId, MethodId, SubscriptionId
from purring.domain.invoice import Invoice, InvoiceLine, InvoiceSource, InvoiceStatus
from purring.domain.merchant import Merchant
from purring.domain.money import Money
from purring.operations.services import Services
from purring.store import Connection, customers, merchants, methods, subscriptions
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
        NotFound: no such customer, method or subscription at this merchant.
        Refused: the method is another customer's.
        InvalidInput: the recovery window counted from the invoice date is over.
    """
    with services.store.transaction() as conn:
        return hand_over_many(conn, services, merchant_id, [new])[0]


def hand_over_many(
    conn: Connection, services: Services, merchant_id: MerchantId, some: Sequence[HandedOver]
) -> list[Invoice]:
    """Take invoices over in one transaction. Raises as `hand_over`; then nothing is taken over."""
    now = services.clock.now()
    merchant = merchants.get(conn, merchant_id)
    buyers = customers.load(conn, {(merchant_id, new.customer_id) for new in some})
    tied = subscriptions.load(conn, {(merchant_id, new.subscription_id) for new in some if new.subscription_id})
    held = methods.of_customers(conn, {(merchant_id, new.customer_id) for new in some})
    batch: list[tuple[MerchantId, Changes]] = []
    invoices: list[Invoice] = []
    for new in some:
        facts = Facts(
            merchant=merchant,
            customer=buyers[merchant_id, new.customer_id],
            subscription=tied[merchant_id, new.subscription_id] if new.subscription_id else None,
            invoice=_invoice(services, merchant, buyers[merchant_id, new.customer_id], new),
            methods=tuple(held.get((merchant_id, new.customer_id), ())),
        )
        if new.method_id and facts.method(new.method_id) is None:
            raise Refused(RefusalCode.NOT_YOUR_METHOD, field="method_id", details=(new.method_id,))
        batch.append((merchant_id, handed_over(facts, now, declined=new.declined)))
        invoices.append(facts.invoice)
    save_many(conn, batch, services.ids, now)
    return invoices


def _invoice(services: Services, merchant: Merchant, customer: Customer, new: HandedOver) -> Invoice:
    """The invoice as ours: dated as it was, due at once."""
    now = services.clock.now()
    line = InvoiceLine(id=LineId(services.ids.new("il_")), description=new.description, quantity=1, amount=new.amount)
    return Invoice(
        id=InvoiceId(services.ids.new("inv_")),
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
        next_step_at=now,
    )
