"""Customers and their people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from purring.domain.calendar import zone
from purring.domain.customer import Customer, CustomerKind, Person, Role, require_phone
from purring.domain.errors import InvalidInput
from purring.domain.ids import CustomerId, MerchantId, PersonId, TestClockId
from purring.i18n.locales import check_locale
from purring.notices.message import is_address
from purring.operations.services import Services
from purring.operations.test_clocks import require_standing
from purring.store import Connection, customers, merchants


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """Somebody who looks after billing."""

    name: str
    email: str
    locale: str
    role: Role = Role.BILLING_ADMIN
    phone: str = ""
    takes_sms: bool = False


def create_customer(
    services: Services,
    merchant_id: MerchantId,
    *,
    name: str,
    timezone: str,
    locale: str,
    country: str = "",
    kind: CustomerKind = CustomerKind.CONSUMER,
    external_id: str | None = None,
    test_clock_id: TestClockId | None = None,
    people: Sequence[NewPerson] = (),
) -> Customer:
    """Add a customer with its people.

    Raises:
        NotFound: no such merchant, or test clock.
        Refused: the test clock is deleted.
        UnknownZone, UnknownLocale: no such time zone, or a language that we lack.
        InvalidInput: the external id is taken, or a person's e-mail address or phone is none.
    """
    zone(timezone)
    customer_id = CustomerId(services.ids.new("cus_"))
    customer = Customer(
        id=customer_id,
        name=name,
        timezone=timezone,
        locale=check_locale(locale),
        country=country,
        kind=kind,
        external_id=external_id,
        test_clock_id=test_clock_id,
        people=tuple(new_person(services, customer_id, person) for person in people),
    )
    with services.store.transaction() as conn:
        merchants.get(conn, merchant_id)
        _require_free(conn, merchant_id, external_id)
        require_standing(conn, merchant_id, test_clock_id)
        customers.create_many(conn, merchant_id, [customer])
    return customer


def change_customer(
    services: Services,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    check: Callable[[Customer], None],
    **fields: Any,
) -> Customer:
    """Change a customer's own fields. `check` sees it before, and may refuse.

    Raises:
        NotFound: no such customer.
        UnknownZone, UnknownLocale, InvalidInput: as `create_customer`.
    """
    with services.store.transaction() as conn:
        before = customers.lock(conn, merchant_id, customer_id)
        check(before)
        after = replace(before, **fields)
        zone(after.timezone)
        check_locale(after.locale)
        if after.external_id != before.external_id:
            _require_free(conn, merchant_id, after.external_id)
        if after != before:
            customers.SHAPE.update(conn, [(merchant_id, after)])
        return customers.get(conn, merchant_id, customer_id)


def _require_free(conn: Connection, merchant_id: MerchantId, external_id: str | None) -> None:
    """Refuse a merchant's own id that another customer has."""
    for known, other in customers.by_external_id(conn, merchant_id, filter(None, [external_id])).items():
        raise InvalidInput(f"{known} is the external id of {other.id} already", field="external_id")


def new_person(services: Services, customer_id: CustomerId, person: NewPerson) -> Person:
    """One person with an id, whom we can write to. Raises InvalidInput, UnknownLocale."""
    require_reachable(person)
    return Person(
        id=PersonId(services.ids.new("per_")),
        customer_id=customer_id,
        name=person.name,
        email=person.email,
        locale=check_locale(person.locale),
        role=person.role,
        phone=person.phone,
        takes_sms=person.takes_sms,
    )


def require_reachable(person: NewPerson | Person) -> None:
    """Refuse somebody whom we can't write to. Raises InvalidInput."""
    if not is_address(person.email):
        raise InvalidInput("a person's e-mail address must be like name@example.com", field="email")
    require_phone(person.phone, takes_sms=person.takes_sms)
