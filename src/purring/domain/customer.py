"""A customer and the people who look after its billing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from purring.domain.errors import InvalidInput, MissingField
from purring.domain.ids import CustomerId, PersonId, TestClockId

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


class Role(StrEnum):
    """What a person may do (behaviour §8). A `BILLING_ADDRESS` may nothing: it only gets notices."""

    BILLING_ADMIN = "billing_admin"
    PAYER = "payer"
    READER = "reader"
    BILLING_ADDRESS = "billing_address"


class CustomerKind(StrEnum):
    """In which capacity a customer owes: the law protects consumers, so whoever isn't known is one."""

    CONSUMER = "consumer"
    BUSINESS = "business"


class AddressState(StrEnum):
    """Whether mail to an address arrives and is wanted, as far as anybody has told us.

    `BOUNCED`: a server said that there is no such mailbox. `COMPLAINED`: its reader called a mail of ours spam.
    """

    FINE = "fine"
    BOUNCED = "bounced"
    COMPLAINED = "complained"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody at the customer, addressed in their own language.

    `phone` is an international number such as +4790000000, or "". They get text messages only if they `takes_sms`.
    Somebody who was removed stays on record, since what they were sent does; they are none of a customer's people.
    """

    id: PersonId
    customer_id: CustomerId
    name: str
    email: str
    locale: str
    role: Role = Role.BILLING_ADMIN
    phone: str = ""
    takes_sms: bool = False
    email_state: AddressState = AddressState.FINE
    removed_at: datetime | None = None

    @property
    def is_reachable(self) -> bool:
        """Whether mail to them arrives as far as we know."""
        return self.email_state is not AddressState.BOUNCED

    @property
    def is_notified(self) -> bool:
        """Whether notices go to them: to billing admins, payers and billing addresses."""
        return self.role is not Role.READER


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who owes. `timezone` is an IANA name: charges and dates follow it.

    `test_clock_id`: the clock that it lives by, and all that it owes; None: the real one.
    """

    id: CustomerId
    name: str
    timezone: str
    locale: str
    country: str = ""
    kind: CustomerKind = CustomerKind.CONSUMER
    external_id: str | None = None
    test_clock_id: TestClockId | None = None
    people: tuple[Person, ...] = ()
    version: int = 1

    @property
    def notified_people(self) -> tuple[Person, ...]:
        """Those who get notices: everybody but readers."""
        return tuple(person for person in self.people if person.is_notified)


def require_phone(phone: str, *, takes_sms: bool) -> None:
    """Refuse what can't be the number of a telephone, and text messages to nowhere.

    Raises InvalidInput. Source: ITU-T E.164 §6 (November 2010): at most 15 digits, the first of a country code.
    """
    if phone and not _PHONE.fullmatch(phone):
        remedy = "write + and its country code, without spaces, such as +4790000000"
        raise InvalidInput(f"a person's phone is no international number; {remedy}", field="phone")
    if takes_sms and not phone:
        raise MissingField("a person who takes text messages needs a phone", field="phone")
