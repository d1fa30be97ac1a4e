"""Which rows there are and which columns they have; the reference page and every message are made from these tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from purring.domain.catalog import QUANTITY_MAX, parse_interval
from purring.domain.customer import CustomerKind, Role, require_phone
from purring.domain.errors import InvalidInput, InvalidMoney
from purring.domain.money import Money, parse_money
from purring.domain.payment_method import MethodKind
from purring.imports import readers
from purring.imports.readers import Reader
from purring.operations.importing import rows

Values = Mapping[str, Any]
"""The values of a row by column; None where a cell is empty."""


class Kind(StrEnum):
    """What a row can be about, in the order in which they are imported: a row may refer to those before it."""

    CUSTOMER = "customer"
    PERSON = "person"
    METHOD = "method"
    SUBSCRIPTION = "subscription"
    INVOICE = "invoice"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how a cell is read, whether it may be empty, and what it says."""

    name: str
    read: Reader
    says: str
    required: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The columns of one kind, which of them make a row the same when it comes again, and what is made of a row."""

    says: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    make: Callable[[Values], rows.NewRow]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns in the order of the reference page."""
        return tuple(column.name for column in self.columns)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns that no row may leave empty."""
        return tuple(column.name for column in self.columns if column.required)


def _money(values: Values) -> Money:
    try:
        amount = parse_money(f"{values['amount']} {values['currency']}")
    except InvalidInput as error:
        wrong_currency = error.code == "unknown_currency"
        raise type(error)(error.message, field="currency" if wrong_currency else "amount") from None
    if amount.minor <= 0:
        raise InvalidMoney(f"{amount} can't be owed; write an amount above zero.", field="amount")
    return amount


def _customer(values: Values) -> rows.NewCustomer:
    contact = None
    if values["email"] is not None:
        name = values["contact_name"] or values["name"]
        contact = rows.Contact(name=name, email=values["email"], locale=values["locale"])
    elif values["contact_name"] is not None:
        raise InvalidInput("a contact needs an e-mail address.", field="email")
    return rows.NewCustomer(
        external_id=values["external_id"],
        name=values["name"],
        timezone=values["timezone"],
        locale=values["locale"],
        country=values["country"] or "",
        kind=values["type"] or CustomerKind.CONSUMER,
        contact=contact,
    )


def _person(values: Values) -> rows.NewPerson:
    phone, takes_sms = values["phone"] or "", bool(values["takes_sms"])
    require_phone(phone, takes_sms=takes_sms)
    contact = rows.Contact(
        name=values["name"],
        email=values["email"],
        locale=values["locale"],
        role=values["role"] or Role.BILLING_ADMIN,
        phone=phone,
        takes_sms=takes_sms,
    )
    return rows.NewPerson(customer=values["customer"], contact=contact)


def _method(values: Values) -> rows.NewMethod:
    if (values["exp_month"] is None) != (values["exp_year"] is None):
        missing = "exp_month" if values["exp_month"] is None else "exp_year"
        raise InvalidInput("an expiry date has a month and a year; fill both or neither.", field=missing)
    return rows.NewMethod(
        customer=values["customer"],
        kind=values["type"],
        gateway=values["gateway"],
        token=values["token"],
        scheme=values["scheme"].lower(),
        last4=values["last4"],
        fingerprint=values["fingerprint"],
        expiry=None if values["exp_month"] is None else (values["exp_month"], values["exp_year"]),
        holder_name=values["holder_name"] or "",
        billing_address=values["billing_address"] or "",
        phone=values["phone"] or "",
        backup_consent_at=values["backup_consent_at"],
    )


def _subscription(values: Values) -> rows.NewSubscription:
    return rows.NewSubscription(
        external_id=values["external_id"],
        customer=values["customer"],
        product=values["product"],
        unit_amount=_money(values),
        interval=values["interval"],
        quantity=values["quantity"] or 1,
        started_on=values["started_on"],
        bill_from_on=values["bill_from_on"],
        method=values["method"],
        backup_method=values["backup_method"],
    )


def _invoice(values: Values) -> rows.NewInvoice:
    if values["method"] is not None and values["subscription"] is not None:
        raise InvalidInput("the subscription's own method pays; leave this one empty.", field="method")
    return rows.NewInvoice(
        number=values["number"],
        external_id=values["external_id"],
        customer=values["customer"],
        amount=_money(values),
        invoice_on=values["invoice_on"],
        method=values["method"],
        subscription=values["subscription"],
        declined=True if values["declined"] is None else values["declined"],
        description=values["description"] or "",
    )


def _invoice_number(value: str) -> str:
    if rows.is_own_number(value):
        raise InvalidInput(f"{readers.shown(value)} has the form of Purring's own numbers; put something before it.")
    return readers.name(value)


def _must(name: str, read: Reader, says: str) -> Column:
    return Column(name, read, says, required=True)


def _may(name: str, read: Reader, says: str) -> Column:
    return Column(name, read, says)


_OF_CUSTOMER = _must("customer", readers.name, "The customer's `external_id`.")
_AMOUNT = _must("amount", readers.text, "A decimal number with a point, without thousands separators: `1249.95`.")
_CURRENCY = _must("currency", readers.text, "Three capital letters (ISO 4217): `USD`.")

_CUSTOMERS = (
    _must("external_id", readers.name, "Your own id of the customer; other rows refer to it."),
    _must("name", readers.name, "The customer's name."),
    _may("timezone", readers.time_zone, "An IANA name such as `Europe/Oslo`; if empty, the merchant's."),
    _may("locale", readers.locale, "The language, `en` or `nb`; if empty, the merchant's."),
    _may("country", readers.country, "Two capital letters (ISO 3166)."),
    _may("type", readers.one_of(CustomerKind), "`consumer` (if empty: the law protects those most) or `business`."),
    _may("email", readers.email, "Where notices go: the address of a billing admin."),
    _may("contact_name", readers.name, "The name of that person; if empty, the customer's."),
)

_PEOPLE = (
    _OF_CUSTOMER,
    _must("name", readers.name, "The person's name."),
    _must("email", readers.email, "The person's address."),
    _may("locale", readers.locale, "The language, `en` or `nb`; if empty, the customer's."),
    _may(
        "role",
        readers.one_of(Role),
        "`billing_admin` (if empty), `payer`, `reader`, who gets no notices, `billing_address`, which gets only those.",
    ),
    _may("phone", readers.text, "The number for text messages, with `+` and country code: `+4790000000`."),
    _may("takes_sms", readers.yes_no, "`true`: the person has agreed to text messages; `false` if empty."),
)

_METHODS = (
    _OF_CUSTOMER,
    _must("type", readers.one_of(MethodKind), "`card` or `bank_account`."),
    _must("gateway", readers.name, "The gateway that made the token: `sandbox`."),
    _must("token", readers.name, "The token; other rows refer to the method by it."),
    _must("scheme", readers.name, "The network or bank scheme: `visa`, `mastercard`, `sepa`, `ach`, `bacs`."),
    _must("last4", readers.last4, "The last four digits."),
    _may(
        "fingerprint",
        readers.name,
        "What the gateway calls the card behind the token; the networks' limits count by it, or else by the token.",
    ),
    _may("exp_month", readers.whole(1, 12), "The month of the expiry date."),
    _may("exp_year", readers.whole(2000, 2199), "Its year, four digits."),
    _may("holder_name", readers.text, "Whose name is on it."),
    _may("billing_address", readers.text, "The address that the issuer knows."),
    _may("phone", readers.text, "The holder's telephone."),
    _may(
        "backup_consent_at",
        readers.instant,
        "When the customer agreed that it may be charged after another one failed: `2026-11-23T10:00:00Z`.",
    ),
)

_SUBSCRIPTIONS = (
    _must("external_id", readers.name, "Your own id of the subscription; invoices refer to it."),
    _OF_CUSTOMER,
    _must("product", readers.name, "What is sold; a new name makes a new product."),
    _AMOUNT,
    _CURRENCY,
    _must("interval", parse_interval, "How often: `1 month`, `2 weeks`, `90 days`, `1 year`."),
    _may("quantity", readers.whole(1, QUANTITY_MAX), "How many units, `1` if empty; the amount is for one."),
    _must(
        "started_on",
        readers.day,
        "The day on which its first period began or will begin: all others count from it, so month ends don't drift.",
    ),
    _may("bill_from_on", readers.day, "Purring bills the periods that begin on this day or later; today if empty."),
    _may("method", readers.name, "The token of the method that pays."),
    _may("backup_method", readers.name, "The token of a method with `backup_consent_at`."),
)

_INVOICES = (
    _must("number", _invoice_number, "The invoice's number, as the customer knows it."),
    _may("external_id", readers.name, "Your own id of the invoice, if it isn't the number."),
    _OF_CUSTOMER,
    _AMOUNT,
    _CURRENCY,
    _must("invoice_on", readers.day, "The invoice date: the recovery's window counts from it."),
    _may(
        "method",
        readers.name,
        "The token of the method to charge; empty for an invoice of a subscription, whose own method pays.",
    ),
    _may("subscription", readers.name, "The `external_id` of the subscription that it is for."),
    _may("declined", readers.yes_no, "`true` (if empty): a charge was declined already. `false`: none was tried yet."),
    _may("description", readers.text, "What stands on the invoice."),
)

SHAPES: Mapping[Kind, Shape] = {
    Kind.CUSTOMER: Shape(
        says="Who owes, and the person who looks after its billing.",
        columns=_CUSTOMERS,
        key=("external_id",),
        make=_customer,
    ),
    Kind.PERSON: Shape(
        says="Somebody else at a customer who looks after its billing.",
        columns=_PEOPLE,
        key=("customer", "email"),
        make=_person,
    ),
    Kind.METHOD: Shape(
        says="A card or bank account, by its token at a gateway. Never by its number.",
        columns=_METHODS,
        key=("customer", "token"),
        make=_method,
    ),
    Kind.SUBSCRIPTION: Shape(
        says="Something sold per period. Purring bills it from then on, so stop billing it elsewhere.",
        columns=_SUBSCRIPTIONS,
        key=("external_id",),
        make=_subscription,
    ),
    Kind.INVOICE: Shape(
        says="An unpaid invoice from elsewhere, handed over to be recovered.",
        columns=_INVOICES,
        key=("number",),
        make=_invoice,
    ),
}

KIND = "kind"
"""The column that says of what kind a row is, where a file holds several."""

ALL_NAMES = tuple(dict.fromkeys([KIND, *(name for shape in SHAPES.values() for name in shape.names)]))
