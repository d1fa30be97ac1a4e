"""The people who look after a customer's billing, and the way into the portal for one whom your application knows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from purring.domain.access import ENTRY_LIFETIME
from purring.domain.customer import Person, Role
from purring.domain.ids import CustomerId, PersonId
from purring.operations import people
from purring.operations.api_keys import Scope
from purring.operations.customers import NewPerson
from purring.operations.listing import one_of
from purring.operations.services import Services
from purring.operations.sign_in import open_for
from purring.store.listing import Listed
from purring.web.api.answers import IdempotencyKey, IfMatch, PageOut, done, require_version, shown, tag_of
from purring.web.api.caller import Call, may
from purring.web.api.parties import PersonOut, person_out
from purring.web.api.routes.customers import PersonIn
from purring.web.api.types import CustomerKey, DeletedOut, Email, In, Locale, Name, Out, PersonKey, Text, Word

router = APIRouter(tags=["People"])
Reads = Annotated[Call, may(Scope.CUSTOMERS_READ)]
Writes = Annotated[Call, may(Scope.CUSTOMERS_WRITE)]


class PersonChange(In):
    """The fields to change; all others stay. A new address counts as one that mail arrives at."""

    name: Name | None = None
    email: Email | None = None
    locale: Locale | None = None
    role: Word[Role] | None = None
    phone: Text | None = None
    takes_sms: bool | None = None


class PortalSessionIn(In):
    """Whom your application knows to be signed in, and of which customer."""

    customer_id: CustomerKey
    person_id: PersonKey


class PortalSessionOut(Out):
    """The address that lets this person in, once: send their browser there before it expires, and keep it nowhere."""

    url: str
    expires_at: datetime


@router.get("/customers/{customer_id}/people", response_model=PageOut[PersonOut])
def list_people(call: Reads, customer_id: CustomerKey) -> Response:
    """List everybody who looks after a customer's billing, oldest first, on one page."""
    customer = one_of(call.services, Listed.CUSTOMER, call.merchant_id, customer_id)
    return shown(PageOut[PersonOut](data=[person_out(one) for one in customer.people], next_cursor=None))


@router.post("/customers/{customer_id}/people", response_model=PersonOut, status_code=201)
def add_person(
    call: Writes, customer_id: CustomerKey, body: PersonIn, idempotency_key: IdempotencyKey = None
) -> Response:
    """Add somebody; whoever may sign in asks for a code on the sign-in page, or comes through a portal session."""

    def act(services: Services) -> PersonOut:
        new = NewPerson(**dict(body))
        return person_out(people.add_person(services, call.merchant_id, CustomerId(customer_id), new))

    return done(call, idempotency_key, act, 201)


@router.get("/customers/{customer_id}/people/{person_id}", response_model=PersonOut)
def get_person(call: Reads, customer_id: CustomerKey, person_id: PersonKey) -> Response:
    """Read a person."""
    made = person_out(_person(call.services, call, customer_id, person_id))
    return shown(made, tag_of(made))


@router.patch("/customers/{customer_id}/people/{person_id}", response_model=PersonOut)
def change_person(
    *, call: Writes, customer_id: CustomerKey, person_id: PersonKey, body: PersonChange, if_match: IfMatch = None
) -> Response:
    """Change somebody's role, name, language or where they are reached. One billing admin must be left."""

    def act(services: Services) -> PersonOut:
        before = person_out(_person(services, call, customer_id, person_id))
        require_version(if_match, tag_of(before))
        fields = {name: value for name, value in dict(body).items() if value is not None}
        changed = people.change_person(
            services, call.merchant_id, CustomerId(customer_id), PersonId(person_id), **fields
        )
        return person_out(changed)

    return done(call, None, act)


@router.delete("/customers/{customer_id}/people/{person_id}", response_model=DeletedOut)
def remove_person(call: Writes, customer_id: CustomerKey, person_id: PersonKey) -> Response:
    """Let somebody in no more, and tell them so. One billing admin must be left."""
    removed: list[people.Removed] = []

    def act(services: Services) -> DeletedOut:
        removed.append(people.remove_person(services, call.merchant_id, CustomerId(customer_id), PersonId(person_id)))
        return DeletedOut(id=person_id)

    answer = done(call, None, act)
    people.tell_removed(call.services, removed[-1])  # a mail, and so not before it is committed
    return answer


@router.post("/portal_sessions", response_model=PortalSessionOut, status_code=201)
def open_portal_session(call: Writes, body: PortalSessionIn, idempotency_key: IdempotencyKey = None) -> Response:
    """Let somebody into the portal without a code, because your application has signed them in already."""

    def act(services: Services) -> PortalSessionOut:
        url = open_for(services, call.merchant_id, CustomerId(body.customer_id), PersonId(body.person_id))
        return PortalSessionOut(url=url, expires_at=services.clock.now() + ENTRY_LIFETIME)

    return done(call, idempotency_key, act, 201, is_secret=True)


def _person(services: Services, call: Call, customer_id: str, person_id: str) -> Person:
    return people.person_of(services, call.merchant_id, CustomerId(customer_id), PersonId(person_id))
