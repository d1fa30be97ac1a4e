"""Customers and people, many at once."""

from __future__ import annotations

from collections.abc import Sequence

from purring.domain.customer import Customer, Person
from purring.domain.ids import CustomerId, PersonId
from purring.domain.merchant import Merchant
from purring.operations.importing.rows import Added, Contact, Missing, NewCustomer, NewPerson, Result, There
from purring.operations.services import Services
from purring.store import Connection, customers


def add_customers(
    conn: Connection, services: Services, merchant: Merchant, some: Sequence[NewCustomer]
) -> list[Result]:
    """Take customers in, each known by its external id."""
    known = set(customers.by_external_id(conn, merchant.id, [new.external_id for new in some]))
    made: list[Customer] = []
    results: list[Result] = []
    for new in some:
        if new.external_id in known:
            results.append(There())
            continue
        known.add(new.external_id)
        made.append(_customer(services, merchant, new))
        results.append(Added())
    customers.create_many(conn, merchant.id, made)
    return results


def _customer(services: Services, merchant: Merchant, new: NewCustomer) -> Customer:
    customer_id = CustomerId(services.ids.new("cus_"))
    locale = new.locale or merchant.locale
    people = () if new.contact is None else (_person(services, customer_id, locale, new.contact),)
    return Customer(
        id=customer_id,
        name=new.name,
        timezone=new.timezone or merchant.timezone,
        locale=locale,
        country=new.country,
        kind=new.kind,
        external_id=new.external_id,
        people=people,
    )


def _person(services: Services, customer_id: CustomerId, locale: str, contact: Contact) -> Person:
    return Person(
        id=PersonId(services.ids.new("per_")),
        customer_id=customer_id,
        name=contact.name,
        email=contact.email,
        locale=contact.locale or locale,
        role=contact.role,
        phone=contact.phone,
        takes_sms=contact.takes_sms,
    )


def add_people(conn: Connection, services: Services, merchant: Merchant, some: Sequence[NewPerson]) -> list[Result]:
    """Take people in, each known by customer and address."""
    owners = customers.by_external_id(conn, merchant.id, [new.customer for new in some])
    known = {(external_id, one.email.lower()) for external_id, owner in owners.items() for one in owner.people}
    made: list[Person] = []
    results: list[Result] = []
    for new in some:
        owner = owners.get(new.customer)
        if owner is None:
            results.append(Missing("customer", new.customer))
        elif (new.customer, new.contact.email.lower()) in known:
            results.append(There())
        else:
            known.add((new.customer, new.contact.email.lower()))
            made.append(_person(services, owner.id, owner.locale, new.contact))
            results.append(Added())
    customers.add_people(conn, merchant.id, made)
    return results
