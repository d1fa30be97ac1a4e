"""Settle everything owed on one method: itemised first, then invoice by invoice (behaviour §5)."""

from __future__ import annotations

from dataclasses import dataclass

from purring.domain.errors import Refused
from purring.domain.ids import CustomerId, InvoiceId, MerchantId, MethodId
from purring.domain.money import Money
from purring.operations.pay import Paid, pay_now
from purring.operations.services import Services
from purring.operations.test_clocks import timed
from purring.store import invoices
from purring.store.facts import load_many


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """One open invoice that a method is to pay."""

    invoice_id: InvoiceId
    number: str
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What came of one invoice: a payment, declined or not, or the reason why none was tried."""

    owed: Owed
    paid: Paid | None = None
    refused: Refused | None = None


@timed
def owed_on(services: Services, merchant_id: MerchantId, customer_id: CustomerId, method_id: MethodId) -> list[Owed]:
    """The customer's open invoices that this method is tied to, oldest first: what a change of method offers to pay."""
    with services.store.reading() as conn:
        unpaid = invoices.open_of_customer(conn, merchant_id, customer_id)
        keys = [(merchant_id, invoice.id) for invoice in unpaid]
        cases = load_many(conn, keys, services.clock.now(), lock=False)
    return [
        Owed(invoice_id=key[1], number=cases[key].invoice.number, amount=cases[key].invoice.owed)
        for key in keys
        if cases[key].tied_method_id == method_id
    ]


def settle(
    services: Services,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    method_id: MethodId,
    with_method_id: MethodId,
) -> list[Settled]:
    """Pay everything owed on `method_id` with `with_method_id`, each invoice a charge of its own."""
    return [
        _settle_one(services, merchant_id, owed, with_method_id)
        for owed in owed_on(services, merchant_id, customer_id, method_id)
    ]


def _settle_one(services: Services, merchant_id: MerchantId, owed: Owed, with_method_id: MethodId) -> Settled:
    """Pay one invoice; a refusal of one doesn't stop the others."""
    try:
        return Settled(owed=owed, paid=pay_now(services, merchant_id, owed.invoice_id, with_method_id))
    except Refused as refused:
        return Settled(owed=owed, refused=refused)
