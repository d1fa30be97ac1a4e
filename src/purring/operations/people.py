"""The people who look after a customer's billing: who there is, what they may do, which language they read."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from purring.domain.access import with_role, without
from purring.domain.customer import AddressState, Customer, Person, Role
from purring.domain.errors import InvalidInput, NotFound
from purring.domain.ids import CustomerId, MerchantId, PersonId
from purring.domain.merchant import Merchant
from purring.i18n.locales import check_locale
from purring.notices.removal import removal_mail
from purring.notices.send import Delivered
from purring.operations.customers import NewPerson, new_person, require_reachable
from purring.operations.services import Services
from purring.store import customers, merchants, notices, sessions
from purring.telemetry.logs import log


def add_person(services: Services, merchant_id: MerchantId, customer_id: CustomerId, new: NewPerson) -> Person:
    """Add somebody to a customer.

    Raises:
        InvalidInput: the address or the phone is none, or somebody there has the address already.
        UnknownLocale: a language that we lack.
    """
    person = new_person(services, customer_id, new)
    with services.store.transaction() as conn:
        _require_new(customers.lock(conn, merchant_id, customer_id), person)
        customers.add_people(conn, merchant_id, [person])
    return person


def person_of(services: Services, merchant_id: MerchantId, customer_id: CustomerId, person_id: PersonId) -> Person:
    """One of a customer's people. Raises NotFound."""
    with services.store.reading() as conn:
        return _of(customers.get(conn, merchant_id, customer_id), person_id)


def change_person(
    services: Services,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    person_id: PersonId,
    **fields: Any,
) -> Person:
    """Change what somebody is called, may do, reads, or where they are reached; a new address counts as good.

    Raises:
        NotFound: no such customer, or no such person there.
        InvalidInput, UnknownLocale: as `add_person`.
        Refused: nobody could manage billing any more.
    """
    with services.store.transaction() as conn:
        customer = customers.lock(conn, merchant_id, customer_id)
        before = _of(customer, person_id)
        after = replace(before, **fields)
        require_reachable(after)
        check_locale(after.locale)
        _require_new(customer, after)
        with_role(customer, before, after.role)
        if after.email != before.email:
            after = replace(after, email_state=AddressState.FINE)
        customers.change_person(conn, merchant_id, after)
    return after


def _require_new(customer: Customer, person: Person) -> None:
    """Refuse an address that somebody else at the customer has."""
    if any(one.email.lower() == person.email.lower() and one.id != person.id for one in customer.people):
        raise InvalidInput("somebody with this address is there already; change their role instead", field="email")


def change_role(
    services: Services, merchant_id: MerchantId, customer_id: CustomerId, person_id: PersonId, role: Role
) -> None:
    """Give somebody another role. Raises NotFound; Refused where it would leave no billing admin."""
    with services.store.transaction() as conn:
        customer = customers.lock(conn, merchant_id, customer_id)
        person = _of(customer, person_id)
        with_role(customer, person, role)
        customers.change_person(conn, merchant_id, replace(person, role=role))


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """Who was removed from where; tell them afterwards."""

    person: Person
    customer: Customer
    merchant: Merchant


def remove_person(services: Services, merchant_id: MerchantId, customer_id: CustomerId, person_id: PersonId) -> Removed:
    """Let somebody look after a customer's billing no more: nothing lets them in, and no notice is sent to them.

    What they were sent stays on record with their name. Raises NotFound; Refused where it would leave no billing admin.
    """
    now = services.clock.now()
    with services.store.transaction() as conn:
        customer = customers.lock(conn, merchant_id, customer_id)
        person = _of(customer, person_id)
        without(customer, person)
        customers.remove_person(conn, merchant_id, person.id, now)
        sessions.end_all(conn, merchant_id, person.id, now)
        notices.withdraw_from(conn, merchant_id, person.id)
        return Removed(person=person, customer=customer, merchant=merchants.get(conn, merchant_id))


def tell_removed(services: Services, removed: Removed) -> None:
    """Mail somebody that they were removed, once that is committed. A mail that gets lost takes nothing back."""
    mail = removal_mail(
        removed.person,
        removed.customer.name,
        removed.merchant,
        from_email=services.from_email,
        now=services.clock.now(),
    )
    outcome = services.sender.send(mail)
    if not isinstance(outcome, Delivered):
        log.warning("removal_not_told", person_id=removed.person.id, detail=outcome.detail)


def set_language(services: Services, merchant_id: MerchantId, person: Person, locale: str) -> None:
    """Let somebody read pages and notices in another language. Raises UnknownLocale."""
    chosen = check_locale(locale)
    with services.store.transaction() as conn:
        customers.change_person(conn, merchant_id, replace(person, locale=chosen))


def _of(customer: Customer, person_id: PersonId) -> Person:
    for person in customer.people:
        if person.id == person_id:
            return person
    raise NotFound(f"There is no person {person_id} at this customer.", field="person_id")
