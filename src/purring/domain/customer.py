"""A customer and the people who look after its billing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from purring.domain.ids import CustomerId, PersonId


class Role(StrEnum):
    """What a person may do (behaviour §8)."""

    BILLING_ADMIN = "billing_admin"
    PAYER = "payer"
    READER = "reader"


class CustomerKind(StrEnum):
    """In which capacity a customer owes: the law protects consumers, so whoever isn't known is one."""

    CONSUMER = "consumer"
    BUSINESS = "business"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody at the customer, addressed in their own language."""

    id: PersonId
    customer_id: CustomerId
    name: str
    email: str
    locale: str
    role: Role = Role.BILLING_ADMIN

    @property
    def is_notified(self) -> bool:
        """Whether notices go to them: to billing admins and payers."""
        return self.role is not Role.READER


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who owes. `timezone` is an IANA name: charges and dates follow it."""

    id: CustomerId
    name: str
    timezone: str
    locale: str
    country: str = ""
    kind: CustomerKind = CustomerKind.CONSUMER
    external_id: str | None = None
    people: tuple[Person, ...] = ()
    version: int = 1

    @property
    def notified_people(self) -> tuple[Person, ...]:
        """Those who get notices: billing admins and payers."""
        return tuple(person for person in self.people if person.is_notified)
