"""How merchants, what they sell, customers and what pays look from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from purring.domain.calendar import IntervalUnit
from purring.domain.catalog import Price, Product
from purring.domain.customer import Customer, CustomerKind, Person, Role
from purring.domain.merchant import Merchant
from purring.domain.payment_method import MethodKind, MethodStatus, PaymentMethod
from purring.web.api.types import MoneyOut, Out, maybe, money_out


class MerchantOut(Out):
    """Who sells. In `test` mode no gateway that moves money is ever met."""

    id: str
    name: str
    timezone: str
    locale: str
    support_email: str
    mode: Literal["test", "live"]
    policy_version: int
    version: int


def merchant_out(value: Merchant) -> MerchantOut:
    """A merchant as it goes out."""
    return MerchantOut(
        id=value.id,
        name=value.name,
        timezone=value.timezone,
        locale=value.locale,
        support_email=value.support_email,
        mode="live" if value.is_live else "test",
        policy_version=value.policy.version,
        version=value.version,
    )


class ProductOut(Out):
    """Something that is sold."""

    id: str
    name: str
    version: int


def product_out(value: Product) -> ProductOut:
    """A product as it goes out."""
    return ProductOut(id=value.id, name=value.name, version=value.version)


class IntervalOut(Out):
    """How often is billed: every `count` units."""

    unit: IntervalUnit
    count: int


class PriceOut(Out):
    """What one unit of a product costs per interval."""

    id: str
    product_id: str
    unit_amount: MoneyOut
    interval: IntervalOut
    trial_days: int
    version: int


def price_out(value: Price) -> PriceOut:
    """A price as it goes out."""
    return PriceOut(
        id=value.id,
        product_id=value.product_id,
        unit_amount=money_out(value.unit_amount),
        interval=IntervalOut(unit=value.interval.unit, count=value.interval.count),
        trial_days=value.trial_days,
        version=value.version,
    )


class PersonOut(Out):
    """Somebody who looks after a customer's billing."""

    id: str
    name: str
    email: str
    locale: str
    role: Role
    phone: str
    takes_sms: bool


def person_out(value: Person) -> PersonOut:
    """A person as they go out."""
    return PersonOut(
        id=value.id,
        name=value.name,
        email=value.email,
        locale=value.locale,
        role=value.role,
        phone=value.phone,
        takes_sms=value.takes_sms,
    )


class CustomerOut(Out):
    """Who owes. `test_clock_id`: the clock that it lives by; null: the real one."""

    id: str
    name: str
    timezone: str
    locale: str
    country: str
    kind: CustomerKind
    external_id: str | None
    test_clock_id: str | None
    people: list[PersonOut]
    version: int


def customer_out(value: Customer) -> CustomerOut:
    """A customer as it goes out."""
    return CustomerOut(
        id=value.id,
        name=value.name,
        timezone=value.timezone,
        locale=value.locale,
        country=value.country,
        kind=value.kind,
        external_id=value.external_id,
        test_clock_id=value.test_clock_id,
        people=[person_out(one) for one in value.people],
        version=value.version,
    )


class MethodOut(Out):
    """What can be charged. The gateway's token isn't shown again."""

    id: str
    customer_id: str
    customer: CustomerOut | None
    kind: MethodKind
    gateway: str
    scheme: str
    last4: str
    status: MethodStatus
    exp_month: int | None
    exp_year: int | None
    holder_name: str
    billing_address: str
    phone: str
    backup_consent_at: datetime | None
    created_at: datetime
    removed_at: datetime | None
    version: int


def method_out(value: PaymentMethod, customer: Customer | None = None) -> MethodOut:
    """A payment method as it goes out."""
    return MethodOut(
        id=value.id,
        customer_id=value.customer_id,
        customer=maybe(customer_out, customer),
        kind=value.kind,
        gateway=value.gateway,
        scheme=value.scheme,
        last4=value.last4,
        status=value.status,
        exp_month=value.exp_month,
        exp_year=value.exp_year,
        holder_name=value.holder_name,
        billing_address=value.billing_address,
        phone=value.phone,
        backup_consent_at=value.backup_consent_at,
        created_at=value.created_at,
        removed_at=value.removed_at,
        version=value.version,
    )
