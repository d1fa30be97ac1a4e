"""Invoices: issued by Purring or handed in from another biller; what is still to come, and what people do about one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from purring.domain.ids import CustomerId, InvoiceId, MethodId, SubscriptionId
from purring.domain.invoice import InvoiceStatus
from purring.domain.schedule import schedule
from purring.domain.standing import status as status_of
from purring.operations import invoices, links, recoveries
from purring.operations.api_keys import Scope
from purring.operations.invoice_paper import invoice_pdf
from purring.operations.listing import one_of, some_of
from purring.operations.pay import pay_now
from purring.operations.services import Services
from purring.operations.test_clocks import in_its_time
from purring.operations.view import facts_of
from purring.store.listing import Listed
from purring.web.api.answers import (
    LIMIT,
    Asked,
    Cursor,
    Expand,
    IdempotencyKey,
    Limit,
    PageOut,
    done,
    done_beyond,
    done_beyond_if_need_be,
    page,
    shown,
)
from purring.web.api.billing import AttemptOut, InvoiceOut, ScheduleOut, attempt_out, invoice_out, schedule_out
from purring.web.api.caller import Call, may
from purring.web.api.types import (
    CustomerKey,
    Day,
    In,
    InvoiceKey,
    Locale,
    MethodKey,
    MoneyIn,
    Name,
    Nothing,
    Out,
    SubscriptionKey,
)
from purring.web.files import file_of

router = APIRouter(tags=["Invoices"])
Reads = Annotated[Call, may(Scope.INVOICES_READ)]
Writes = Annotated[Call, may(Scope.INVOICES_WRITE)]
Expands = Literal["customer", "subscription"]
_PDF: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


class HandedInvoice(In):
    """An open invoice of another biller. `declined`: its first charge failed there; else Purring makes the first one.

    `payment_method_id` pays it where no subscription stands behind it.
    """

    customer_id: CustomerKey
    number: Name
    amount: MoneyIn
    invoice_on: Day
    description: Name
    payment_method_id: MethodKey | None = None
    subscription_id: SubscriptionKey | None = None
    declined: bool = True
    external_id: Name | None = None


class Payment(In):
    """The method that is to pay, with the customer present."""

    payment_method_id: MethodKey


class RecordedPayment(In):
    """Money that came another way, and how it can be found there."""

    amount: MoneyIn
    reference: Name


class RecordedRefund(In):
    """Money that was given back elsewhere."""

    amount: MoneyIn


class PaidOut(Out):
    """What came of a charge: invoice and attempt as they are now. An attempt that was declined is an answer, too."""

    invoice: InvoiceOut
    attempt: AttemptOut


class RevokedOut(Out):
    """How many links to the invoice led there until now."""

    revoked: Annotated[int, Field(ge=0)]


@router.get("/invoices", response_model=PageOut[InvoiceOut])
def list_invoices(
    *,
    call: Reads,
    customer_id: CustomerKey | None = None,
    subscription_id: SubscriptionKey | None = None,
    status: InvoiceStatus | None = None,
    external_id: Name | None = None,
    number: Name | None = None,
    expand: Expand[Expands] = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List invoices, those of the newest days first."""
    whole = frozenset[str](expand or ())
    where = {
        "customer_id": customer_id,
        "subscription_id": subscription_id,
        "status": status,
        "external_id": external_id,
        "number": number,
    }
    asked = Asked(what=Listed.INVOICE, limit=limit, cursor=cursor, where=where)
    return page(call, asked, lambda nouns: _made(call, whole, nouns))


@router.post("/invoices", response_model=InvoiceOut, status_code=201)
def hand_over(call: Writes, body: HandedInvoice, idempotency_key: IdempotencyKey = None) -> Response:
    """Hand in an invoice that another biller made: it is recovered in just the same way."""

    def act(services: Services) -> InvoiceOut:
        new = invoices.HandedOver(
            customer_id=CustomerId(body.customer_id),
            number=body.number,
            amount=body.amount.money(),
            invoice_on=body.invoice_on,
            description=body.description,
            method_id=MethodId(body.payment_method_id) if body.payment_method_id else None,
            subscription_id=SubscriptionId(body.subscription_id) if body.subscription_id else None,
            declined=body.declined,
            external_id=body.external_id,
        )
        made = invoices.hand_over(services, call.merchant_id, new)
        return _now(services, call, made.id)

    return done(call, idempotency_key, act, 201)


@router.get("/invoices/{invoice_id}", response_model=InvoiceOut)
def get_invoice(call: Reads, invoice_id: InvoiceKey, expand: Expand[Expands] = None) -> Response:
    """Read an invoice."""
    whole = frozenset[str](expand or ())
    value = one_of(call.services, Listed.INVOICE, call.merchant_id, invoice_id)
    return shown(_made(call, whole, [value])[0], value.version)


@router.get("/invoices/{invoice_id}/schedule", response_model=ScheduleOut)
def get_schedule(call: Reads, invoice_id: InvoiceKey) -> Response:
    """Read everything that is to come for an invoice, each step with its reason, as the portal and notices have it."""
    services = in_its_time(call.services, call.merchant_id, invoice_id)
    facts, now = facts_of(services, call.merchant_id, InvoiceId(invoice_id)), services.clock.now()
    plan = schedule(facts, now)
    return shown(schedule_out(facts, plan, status_of(facts, now, plan)))


@router.get("/invoices/{invoice_id}/pdf", response_class=Response, responses=_PDF)
def get_pdf(call: Reads, invoice_id: InvoiceKey, locale: Locale | None = None) -> Response:
    """Read an invoice as a PDF, in the customer's language or in another one."""
    return file_of(invoice_pdf(call.services, call.merchant_id, InvoiceId(invoice_id), locale=locale))


@router.post("/invoices/{invoice_id}/pay", response_model=PaidOut)
def pay(call: Writes, invoice_id: InvoiceKey, body: Payment, idempotency_key: IdempotencyKey = None) -> Response:
    """Charge an open invoice at once, with the customer present."""

    def act(services: Services) -> PaidOut:
        paid = pay_now(services, call.merchant_id, InvoiceId(invoice_id), MethodId(body.payment_method_id))
        return PaidOut(invoice=_now(services, call, invoice_id), attempt=attempt_out(paid.attempt))

    return done_beyond(call, idempotency_key, act)


@router.post("/invoices/{invoice_id}/record_payment", response_model=InvoiceOut)
def record_payment(
    call: Writes, invoice_id: InvoiceKey, body: RecordedPayment, idempotency_key: IdempotencyKey = None
) -> Response:
    """Book money that came another way, such as a bank transfer; it must be all that is owed."""

    def act(services: Services) -> InvoiceOut:
        recoveries.record_payment(
            services, call.merchant_id, InvoiceId(invoice_id), body.amount.money(), body.reference
        )
        return _now(services, call, invoice_id)

    return done_beyond_if_need_be(call, idempotency_key, act)


@router.post("/invoices/{invoice_id}/record_refund", response_model=InvoiceOut)
def record_refund(
    call: Writes, invoice_id: InvoiceKey, body: RecordedRefund, idempotency_key: IdempotencyKey = None
) -> Response:
    """Book money that was given back elsewhere."""

    def act(services: Services) -> InvoiceOut:
        recoveries.refund_recorded(services, call.merchant_id, InvoiceId(invoice_id), body.amount.money())
        return _now(services, call, invoice_id)

    return done(call, idempotency_key, act)


@router.post("/invoices/{invoice_id}/declare_transfer", response_model=InvoiceOut)
def declare_transfer(
    call: Writes, invoice_id: InvoiceKey, body: Nothing, idempotency_key: IdempotencyKey = None
) -> Response:
    """The customer says that a bank transfer is on its way: retries pause for some business days."""
    del body

    def act(services: Services) -> InvoiceOut:
        recoveries.declare_transfer(services, call.merchant_id, InvoiceId(invoice_id))
        return _now(services, call, invoice_id)

    return done(call, idempotency_key, act)


@router.post("/invoices/{invoice_id}/write_off", response_model=InvoiceOut)
def write_off(call: Writes, invoice_id: InvoiceKey, body: Nothing, idempotency_key: IdempotencyKey = None) -> Response:
    """Give an invoice up: nothing more is charged."""
    del body

    def act(services: Services) -> InvoiceOut:
        recoveries.write_off(services, call.merchant_id, InvoiceId(invoice_id))
        return _now(services, call, invoice_id)

    return done_beyond_if_need_be(call, idempotency_key, act)


@router.post("/invoices/{invoice_id}/revoke_links", response_model=RevokedOut)
def revoke_links(
    call: Writes, invoice_id: InvoiceKey, body: Nothing, idempotency_key: IdempotencyKey = None
) -> Response:
    """Let the links in notices about an invoice lead nowhere."""
    del body

    def act(services: Services) -> RevokedOut:
        return RevokedOut(revoked=links.revoke_links(services, call.merchant_id, InvoiceId(invoice_id)))

    return done(call, idempotency_key, act)


def _now(services: Services, call: Call, invoice_id: str) -> InvoiceOut:
    return invoice_out(one_of(services, Listed.INVOICE, call.merchant_id, invoice_id))


def _made(call: Call, whole: frozenset[str], nouns: Sequence[Any]) -> list[InvoiceOut]:
    owner_ids = [one.customer_id for one in nouns] if "customer" in whole else []
    sold_ids = [one.subscription_id for one in nouns if one.subscription_id] if "subscription" in whole else []
    owners = some_of(call.services, Listed.CUSTOMER, call.merchant_id, owner_ids)
    sold = some_of(call.services, Listed.SUBSCRIPTION, call.merchant_id, sold_ids)
    return [invoice_out(one, owners.get(one.customer_id), sold.get(one.subscription_id)) for one in nouns]
