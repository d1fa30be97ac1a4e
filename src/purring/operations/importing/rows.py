"""The rows that can be taken in, and what can become of one. References are the merchant's own ids, and tokens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from purring.domain.catalog import Interval
from purring.domain.customer import CustomerKind, Role
from purring.domain.money import Money
from purring.domain.payment_method import MethodKind

_OWN_NUMBER = re.compile(r"P-\d{6,}")


def is_own_number(number: str) -> bool:
    """Whether Purring could give this number to an invoice of its own one day."""
    return _OWN_NUMBER.fullmatch(number) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody who looks after a customer's billing; without a locale, in the customer's."""

    name: str
    email: str
    locale: str | None = None
    role: Role = Role.BILLING_ADMIN
    phone: str = ""
    takes_sms: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCustomer:
    """A customer; zone and language are the merchant's where they are None."""

    external_id: str
    name: str
    timezone: str | None = None
    locale: str | None = None
    country: str = ""
    kind: CustomerKind = CustomerKind.CONSUMER
    contact: Contact | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """One more person at a customer."""

    customer: str
    contact: Contact


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMethod:
    """A card or bank account. `expiry` is month and year; without a fingerprint the token stands for the card."""

    customer: str
    kind: MethodKind
    gateway: str
    token: str
    scheme: str
    last4: str
    fingerprint: str | None = None
    expiry: tuple[int, int] | None = None
    holder_name: str = ""
    billing_address: str = ""
    phone: str = ""
    backup_consent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscription:
    """A subscription that was billed elsewhere until now: periods count from `started_on`, ours from `bill_from_on`."""

    external_id: str
    customer: str
    product: str
    unit_amount: Money
    interval: Interval
    started_on: date
    quantity: int = 1
    bill_from_on: date | None = None
    method: str | None = None
    backup_method: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvoice:
    """An open invoice that was issued elsewhere."""

    number: str
    customer: str
    amount: Money
    invoice_on: date
    external_id: str | None = None
    method: str | None = None
    subscription: str | None = None
    declined: bool = True
    description: str = ""


NewRow = NewCustomer | NewPerson | NewMethod | NewSubscription | NewInvoice


@dataclass(frozen=True, slots=True)
class Added:
    """It was taken in."""


@dataclass(frozen=True, slots=True)
class There:
    """It is there already, and was left as it is."""


@dataclass(frozen=True, slots=True)
class Bad:
    """It can't be taken in: which field is to blame, and what to do."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Missing:
    """It refers to something that isn't there, or is another merchant's: which field, and to what."""

    field: str
    ref: str


Result = Added | There | Bad | Missing
