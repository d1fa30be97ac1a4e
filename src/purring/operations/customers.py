"""Customers and their people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from purring.domain.calendar import zone
from purring.domain.customer import Customer, Person, Role
from purring.domain.ids import CustomerId, MerchantId, PersonId
from purring.operations.services import Services
from purring.store import customers


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """Somebody who looks after billing."""

    name: str
    email: str
    locale: str
    role: Role = Role.BILLING_ADMIN


def create_customer(
    services: Services,
    merchant_id: MerchantId,
    *,
    name: str,
    timezone: str,
    locale: str,
    country: str = "",
    external_id: str | None = None,
    people: Sequence[NewPerson] = (),
) -> Customer:
    """Add a customer with its people."""
    zone(timezone)
    customer_id = CustomerId(services.ids.new("cus_"))
    customer = Customer(
        id=customer_id,
        name=name,
        timezone=timezone,
        locale=locale,
        country=country,
        external_id=external_id,
        people=tuple(_person(services, customer_id, person) for person in people),
    )
    with services.store.transaction() as conn:
        customers.create_many(conn, merchant_id, [customer])
    return customer


def _person(services: Services, customer_id: CustomerId, person: NewPerson) -> Person:
    """One person with an id."""
    return Person(
        id=PersonId(services.ids.new("per_")),
        customer_id=customer_id,
        name=person.name,
        email=person.email,
        locale=person.locale,
        role=person.role,
    )
