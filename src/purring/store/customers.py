"""Customers and the people who look after their billing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from purring.domain.customer import Customer, Person
from purring.domain.errors import NotFound
from purring.domain.ids import CustomerId, MerchantId, PersonId
from purring.domain.noun import replace
from purring.store import bulk
from purring.store.recall import Query, Whole
from purring.store.schema import customer, person

SHAPE = bulk.Shape(customer)
PERSON = bulk.Shape(person)
_CHANGEABLE = ("name", "email", "locale", "role", "phone", "takes_sms", "email_state")


def create_many(conn: Connection, merchant_id: MerchantId, customers: Sequence[Customer]) -> None:
    """Add customers with their people."""
    SHAPE.insert(conn, [(merchant_id, value) for value in customers])
    PERSON.insert(conn, [(merchant_id, one) for value in customers for one in value.people])


def add_people(conn: Connection, merchant_id: MerchantId, people: Sequence[Person]) -> None:
    """Add people to customers that are there already."""
    PERSON.insert(conn, [(merchant_id, one) for one in people])


def change_person(conn: Connection, merchant_id: MerchantId, value: Person) -> None:
    """Change what a person is called, may do or reads, and where they are reached."""
    own = person.c
    conn.execute(
        update(person)
        .where(own.merchant_id == merchant_id, own.id == value.id)
        .values({name: getattr(value, name) for name in _CHANGEABLE})
    )


def remove_person(conn: Connection, merchant_id: MerchantId, person_id: PersonId, at: datetime) -> None:
    """Let somebody be none of their customer's people any more."""
    own = person.c
    conn.execute(update(person).where(own.merchant_id == merchant_id, own.id == person_id).values(removed_at=at))


def get(conn: Connection, merchant_id: MerchantId, customer_id: CustomerId) -> Customer:
    """Find a customer.

    Raises NotFound.
    """
    found = load(conn, [(merchant_id, customer_id)])
    if not found:
        raise NotFound(f"There is no customer {customer_id}.", field="customer_id")
    return found[merchant_id, customer_id]


def lock(conn: Connection, merchant_id: MerchantId, customer_id: CustomerId) -> Customer:
    """Find a customer and keep everybody else from billing it or its methods until the transaction ends.

    Raises NotFound.
    """
    own = customer.c
    statement = select(own.id).where(own.merchant_id == merchant_id, own.id == customer_id)
    conn.execute(statement.with_for_update(key_share=True)).all()
    return get(conn, merchant_id, customer_id)


def by_external_id(conn: Connection, merchant_id: MerchantId, external_ids: Iterable[str]) -> dict[str, Customer]:
    """Find customers by the merchant's own ids; those that aren't there are left out."""
    rows = bulk.matching(conn, customer, [(merchant_id, one) for one in set(external_ids)], "external_id")
    found = _with_people(conn, rows)
    return {value.external_id: value for value in found.values() if value.external_id is not None}


def page(
    conn: Connection, merchant_id: MerchantId, *, after: CustomerId | None = None, limit: int = 100
) -> list[Customer]:
    """List a merchant's customers, oldest first, from after an id on."""
    statement = select(customer).where(customer.c.merchant_id == merchant_id).order_by(customer.c.id).limit(limit)
    if after is not None:
        statement = statement.where(customer.c.id > after)
    return list(_with_people(conn, conn.execute(statement).all()).values())


def load(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, Customer]:
    """Load customers with their people."""
    wanted = set(keys)
    looked_after = people(conn, wanted)
    found = _BY_ID.one_each(conn, wanted)
    return {key: _WHOLE.of(key, value, tuple(looked_after.get(key, ()))) for key, value in found.items()}


def people(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, list[Person]]:
    """List the people who look after customers' billing, oldest first."""
    return _PEOPLE.grouped(conn, keys)


def anybody(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, Person]:
    """Look people up by their ids, those who were removed too."""
    return {(row.merchant_id, row.id): _person(row) for row in bulk.matching(conn, person, keys)}


def _with_people(conn: Connection, rows: Sequence[Any]) -> dict[bulk.Key, Customer]:
    keys = [(row.merchant_id, row.id) for row in rows]
    looked_after = people(conn, keys)
    return {key: _customer(row, tuple(looked_after.get(key, ()))) for key, row in zip(keys, rows, strict=True)}


def _customer(row: Any, people: tuple[Person, ...]) -> Customer:  # noqa: ANN401 - a row
    return Customer(people=people, **SHAPE.plain(row))


def _person(row: Any) -> Person:  # noqa: ANN401 - a row
    return Person(**PERSON.plain(row))


def _alone(row: Any) -> Customer:  # noqa: ANN401 - a row
    return _customer(row, ())


def _with(value: Customer, people: tuple[Person, ...]) -> Customer:
    return replace(value, people=people)


_BY_ID = Query(lambda dialect: bulk.select_matching(dialect, customer), _alone, by="id")
_PEOPLE = Query(
    lambda dialect: bulk.select_matching(dialect, person, "customer_id", ("id",)).where(person.c.removed_at.is_(None)),
    _person,
    by="customer_id",
)
_WHOLE = Whole(_with)
