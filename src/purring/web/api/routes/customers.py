"""Customers with their people, and their payment methods."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from purring.domain.customer import Customer, CustomerKind, Role
from purring.domain.ids import CustomerId, MethodId, TestClockId
from purring.domain.payment_method import MethodKind
from purring.operations import customers, methods
from purring.operations.api_keys import Scope
from purring.operations.listing import one_of, some_of
from purring.operations.services import Services
from purring.store.listing import Listed
from purring.web.api.answers import (
    LIMIT,
    Asked,
    Cursor,
    Expand,
    IdempotencyKey,
    IfMatch,
    Limit,
    PageOut,
    done,
    page,
    require_version,
    shown,
)
from purring.web.api.caller import Call, may
from purring.web.api.parties import CustomerOut, MethodOut, customer_out, method_out
from purring.web.api.types import (
    WHOLE,
    Country,
    CustomerKey,
    Email,
    In,
    Locale,
    MethodKey,
    Name,
    Out,
    TestClockKey,
    Text,
    Timezone,
    Word,
)

router = APIRouter(tags=["Customers"])
Reads = Annotated[Call, may(Scope.CUSTOMERS_READ)]
Writes = Annotated[Call, may(Scope.CUSTOMERS_WRITE)]
PEOPLE_MAX = 50
Month = Annotated[int, Field(ge=1, le=12), WHOLE]
Year = Annotated[int, Field(ge=2000, le=2099), WHOLE]
Last4 = Annotated[str, Field(pattern="^[0-9A-Za-z]{0,4}$", description="At most the last four.")]
Token = Annotated[str, Field(min_length=1, max_length=200, pattern="^[!-~]+$")]
Scheme = Annotated[str, Field(pattern="^[a-z_]{1,40}$", description="visa, mastercard, sepa, ach, bacs, ...")]


class PersonIn(In):
    """Somebody who looks after billing; notices go to billing admins and payers.

    `phone` is an international number such as +4790000000, for text messages to who `takes_sms`.
    """

    name: Name
    email: Email
    locale: Locale
    role: Word[Role] = Role.BILLING_ADMIN
    phone: Text = ""
    takes_sms: bool = False


class CustomerIn(In):
    """Who owes. Charges and dates follow its time zone; with a `test_clock_id`, time is what that clock says."""

    name: Name
    timezone: Timezone
    locale: Locale
    country: Country = ""
    kind: Word[CustomerKind] = CustomerKind.CONSUMER
    external_id: Name | None = None
    test_clock_id: TestClockKey | None = None
    people: Annotated[list[PersonIn], Field(max_length=PEOPLE_MAX, default_factory=list)]


class CustomerChange(In):
    """The fields to change; all others stay."""

    name: Name | None = None
    timezone: Timezone | None = None
    locale: Locale | None = None
    country: Country | None = None
    kind: Word[CustomerKind] | None = None
    external_id: Name | None = None


class MethodIn(In):
    """A method as the gateway's own field gave it: a token, and what may be shown."""

    customer_id: CustomerKey
    kind: Word[MethodKind]
    gateway: Scheme
    token: Token
    fingerprint: Token
    scheme: Scheme
    last4: Last4
    exp_month: Month | None = None
    exp_year: Year | None = None
    holder_name: Text = ""
    billing_address: Text = ""
    phone: Text = ""


class MethodChange(In):
    """The fields to change. The number can't be: replace the method instead."""

    exp_month: Month | None = None
    exp_year: Year | None = None
    holder_name: Text | None = None
    billing_address: Text | None = None
    phone: Text | None = None


class Replacement(In):
    """The method that takes over everywhere; `remove`: the old one goes, or else nothing happens at all."""

    with_id: MethodKey
    remove: bool = False


class ReplacedOut(Out):
    """The method that pays now."""

    payment_method: MethodOut


@router.get("/customers", response_model=PageOut[CustomerOut])
def list_customers(
    call: Reads, external_id: Name | None = None, limit: Limit = LIMIT, cursor: Cursor = None
) -> Response:
    """List customers, newest first."""
    asked = Asked(what=Listed.CUSTOMER, limit=limit, cursor=cursor, where={"external_id": external_id})
    return page(call, asked, lambda nouns: [customer_out(one) for one in nouns])


@router.post("/customers", response_model=CustomerOut, status_code=201)
def create_customer(call: Writes, body: CustomerIn, idempotency_key: IdempotencyKey = None) -> Response:
    """Add a customer with its people."""

    def act(services: Services) -> CustomerOut:
        people = [
            customers.NewPerson(
                name=one.name,
                email=one.email,
                locale=one.locale,
                role=one.role,
                phone=one.phone,
                takes_sms=one.takes_sms,
            )
            for one in body.people
        ]
        made = customers.create_customer(
            services,
            call.merchant_id,
            name=body.name,
            timezone=body.timezone,
            locale=body.locale,
            country=body.country,
            kind=body.kind,
            external_id=body.external_id,
            test_clock_id=TestClockId(body.test_clock_id) if body.test_clock_id else None,
            people=people,
        )
        return customer_out(made)

    return done(call, idempotency_key, act, 201)


@router.get("/customers/{customer_id}", response_model=CustomerOut)
def get_customer(call: Reads, customer_id: CustomerKey) -> Response:
    """Read a customer."""
    value = one_of(call.services, Listed.CUSTOMER, call.merchant_id, customer_id)
    return shown(customer_out(value), value.version)


@router.patch("/customers/{customer_id}", response_model=CustomerOut)
def change_customer(call: Writes, customer_id: CustomerKey, body: CustomerChange, if_match: IfMatch = None) -> Response:
    """Change a customer."""
    fields = body.model_dump(exclude_none=True)

    def check(before: Customer) -> None:
        require_version(if_match, before.version)

    def act(services: Services) -> CustomerOut:
        changed = customers.change_customer(services, call.merchant_id, CustomerId(customer_id), check, **fields)
        return customer_out(changed)

    return done(call, None, act)


# ---------------------------------------------------------------------------------------------------------------------
# Payment methods


@router.get("/payment_methods", response_model=PageOut[MethodOut])
def list_methods(
    call: Reads,
    customer_id: CustomerKey | None = None,
    expand: Expand[Literal["customer"]] = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List payment methods, removed ones too, newest first."""
    whole = frozenset[str](expand or ())
    asked = Asked(what=Listed.METHOD, limit=limit, cursor=cursor, where={"customer_id": customer_id})

    def made(nouns: Sequence[Any]) -> list[MethodOut]:
        ids = [one.customer_id for one in nouns] if whole else []
        owners = some_of(call.services, Listed.CUSTOMER, call.merchant_id, ids)
        return [method_out(one, owners.get(one.customer_id)) for one in nouns]

    return page(call, asked, made)


@router.post("/payment_methods", response_model=MethodOut, status_code=201)
def add_method(call: Writes, body: MethodIn, idempotency_key: IdempotencyKey = None) -> Response:
    """Add a payment method to a customer; it pays nothing before it is tied to something."""

    def act(services: Services) -> MethodOut:
        fields = body.model_dump(exclude={"customer_id"})
        added = methods.add_method(
            services, call.merchant_id, CustomerId(body.customer_id), methods.NewMethod(**fields)
        )
        return method_out(added)

    return done(call, idempotency_key, act, 201)


@router.get("/payment_methods/{method_id}", response_model=MethodOut)
def get_method(call: Reads, method_id: MethodKey, expand: Expand[Literal["customer"]] = None) -> Response:
    """Read a payment method."""
    whole = frozenset[str](expand or ())
    value = one_of(call.services, Listed.METHOD, call.merchant_id, method_id)
    owner = one_of(call.services, Listed.CUSTOMER, call.merchant_id, value.customer_id) if whole else None
    return shown(method_out(value, owner), value.version)


@router.patch("/payment_methods/{method_id}", response_model=MethodOut)
def edit_method(call: Writes, method_id: MethodKey, body: MethodChange, if_match: IfMatch = None) -> Response:
    """Edit what may be edited; the open invoices that the method pays are planned anew."""
    fields = body.model_dump(exclude_none=True)

    def act(services: Services) -> MethodOut:
        before = one_of(services, Listed.METHOD, call.merchant_id, method_id)
        require_version(if_match, before.version)
        methods.edit_method(services, call.merchant_id, MethodId(method_id), **fields)
        return _method(services, call, method_id)

    return done(call, None, act)


@router.post("/payment_methods/{method_id}/replace", response_model=ReplacedOut)
def replace_method(
    call: Writes, method_id: MethodKey, body: Replacement, idempotency_key: IdempotencyKey = None
) -> Response:
    """Let another method pay everything that this one pays."""

    def act(services: Services) -> ReplacedOut:
        verb = methods.remove_and_replace if body.remove else methods.replace_everywhere
        verb(services, call.merchant_id, MethodId(method_id), MethodId(body.with_id))
        return ReplacedOut(payment_method=_method(services, call, body.with_id))

    return done(call, idempotency_key, act)


@router.delete("/payment_methods/{method_id}", response_model=MethodOut)
def remove_method(call: Writes, method_id: MethodKey) -> Response:
    """Remove a method that nothing uses; what stands in the way is listed in the problem's details."""

    def act(services: Services) -> MethodOut:
        methods.remove_method(services, call.merchant_id, MethodId(method_id))
        return _method(services, call, method_id)

    return done(call, None, act)


def _method(services: Services, call: Call, method_id: str) -> MethodOut:
    return method_out(one_of(services, Listed.METHOD, call.merchant_id, method_id))
