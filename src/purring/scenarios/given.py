"""What is given when a story begins: the merchant, customers, methods, subscriptions, invoices made elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime, time
from typing import Annotated, Self

from pydantic import Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from purring.domain.customer import Role
from purring.domain.errors import InvalidInput
from purring.domain.notice_terms import NoticeTerms
from purring.domain.policies import POLICIES
from purring.domain.policy import EndAction, Policy
from purring.domain.rulebook.ceilings import Ceiling, Override
from purring.domain.rulebook.limit_rows import LIMITS
from purring.gateways.sandbox.script import BANK_SCHEMES, CARD_NETWORKS
from purring.scenarios.part import (
    AnswerText,
    CustomerName,
    DayText,
    FinalText,
    Form,
    IntervalText,
    LocaleText,
    MethodName,
    MoneyText,
    Name,
    Part,
    Sentence,
    SubscriptionName,
    TimeText,
    Word,
    ZoneText,
    maybe,
    reader,
    unless_said,
)


def _read_expiry(text: str) -> tuple[int, int]:
    """Month and year of `12/2027`."""
    match = re.fullmatch(r"(0[1-9]|1[0-2])/(20\d{2})", text)
    if match is None:
        raise InvalidInput(f"{text[:60]!r} is no expiry; write month and year like 12/2027.")
    return int(match[1]), int(match[2])


def _one_of(names: tuple[str, ...], what: str) -> Callable[[str], str]:
    """A reader of names from a closed list."""

    def read(text: str) -> str:
        if text in names:
            return text
        raise InvalidInput(f"{text[:60]!r} is no {what}; use one of {', '.join(names)}.")

    return read


Network = Annotated[
    str,
    PlainValidator(reader(_one_of(CARD_NETWORKS, "card network"))),
    Form(", ".join(map("`{}`".format, CARD_NETWORKS))),
]
Scheme = Annotated[
    str, PlainValidator(reader(_one_of(BANK_SCHEMES, "bank scheme"))), Form(", ".join(map("`{}`".format, BANK_SCHEMES)))
]
ExpiryText = Annotated[tuple[int, int], PlainValidator(reader(_read_expiry)), Form("`12/2027`")]
_LIMIT_IDS = tuple(sorted({limit.id for limit in LIMITS}))
LimitText = Annotated[
    str, PlainValidator(reader(_one_of(_LIMIT_IDS, "limit"))), Form(", ".join(map("`{}`".format, _LIMIT_IDS)))
]
RetryText = Annotated[
    str, PlainValidator(reader(_one_of(tuple(POLICIES), "retry policy"))), Form("`steady`, `fixed` or `none`")
]


class OverridePart(Part):
    """What allows a larger number than a ceiling of ours."""

    limit: LimitText = Field(description="which ceiling")
    reason: Sentence = Field(description="why")
    by: Sentence = Field(description="who allowed it")
    on: DayText = Field(description="and when")

    @property
    def override(self) -> Override:
        """As a policy holds it."""
        at = datetime.combine(self.on, time(), UTC)
        return Override(limit_id=self.limit, reason=self.reason, by=self.by, at=at)


class NoticeTermsPart(Part):
    """What differs from the default terms of notices. Times are the customer's."""

    hold_back_max: int | None = maybe("so many first declines aren't told while a retry is planned soon")
    hold_back_days: int | None = maybe("how soon that is")
    combine_at: TimeText | None = maybe("when the decline notices of a day go out together")
    quiet_from: TimeText | None = maybe("begin of the quiet hours")
    quiet_until: TimeText | None = maybe("and their end")
    receipts: bool | None = maybe("whether an ordinary payment is confirmed")
    expiry_days: list[int] | None = maybe("so long before a card expires it is announced, falling")
    upcoming_days: int | None = maybe("so long before a charge for a long interval it is announced")
    upcoming_from_months: int | None = maybe("which intervals are long")
    escalate_after_unread: int | None = maybe("after so many unread decline notices readers get them too")

    def over(self, terms: NoticeTerms) -> NoticeTerms:
        """The terms with these differences."""
        said = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        if "expiry_days" in said:
            said["expiry_days"] = tuple(said["expiry_days"])
        return replace(terms, **said)


class PolicyPart(Part):
    """What differs from the default policy."""

    retry: RetryText | None = maybe("which retry policy")
    offsets_days: list[int] | None = maybe("for `fixed`: days after the invoice date, rising")
    window_days: int | None = maybe("length of the window")
    retry_at: TimeText | None = maybe("time of automatic retries, in the customer's zone")
    close_at: TimeText | None = maybe("time of warnings and of the window's end, likewise")
    warn_days_before_close: int | None = maybe("when the last notice is owed")
    warning_lead_days: int | None = maybe("least time between last notice and harsher status")
    end_action: Annotated[EndAction, Word] | None = maybe("what the end of the window does")
    suspended_days: int | None = maybe("how long a suspension lasts before it cancels")
    transfer_hold_business_days: int | None = maybe("how long a declared transfer pauses retries")
    prenotification_days: int | None = maybe("days of notice before a bank debit, as agreed with payers")
    spread_minutes: int | None = maybe("over how long the first charges of renewals are spread")
    ceilings: dict[LimitText, int] | None = maybe("the merchant's own number for each of these limits")
    overrides: list[OverridePart] | None = maybe("what allows larger numbers than our own ceilings")
    notices: NoticeTermsPart | None = maybe("when notices go out")

    @model_validator(mode="after")
    def _can_be_kept(self) -> Self:
        try:
            self.over(Policy())
        except InvalidInput as error:
            raise PydanticCustomError("unreadable", "{reason}", {"reason": error.message}) from None
        return self

    def over(self, policy: Policy) -> Policy:
        """The policy with these differences, under its old version number.

        Raises InvalidInput.
        """
        kept = {field.name: getattr(policy, field.name) for field in fields(Policy)}
        said = {name: value for name in type(self).model_fields if (value := getattr(self, name)) is not None}
        if "offsets_days" in said:
            said["offsets_days"] = tuple(said["offsets_days"])
        if self.ceilings is not None:
            said["ceilings"] = tuple(Ceiling(limit_id=name, attempts_max=n) for name, n in self.ceilings.items())
        if self.overrides is not None:
            said["overrides"] = tuple(one.override for one in self.overrides)
        if self.notices is not None:
            said["notices"] = self.notices.over(policy.notices)
        return Policy(**{**kept, **said})


class MerchantPart(Part):
    """The company that sells."""

    name: Sentence = unless_said("Nordlys", "its name, as notices say it")
    timezone: ZoneText = unless_said("Europe/Oslo", "decides what a date means")
    locale: LocaleText = unless_said("en", "its language")
    support_email: str = unless_said("support@nordlys.example", "where notices send people")
    policy: PolicyPart = unless_said(PolicyPart(), "what differs from the default policy")


class PersonPart(Part):
    """Somebody who looks after a customer's billing."""

    name: Sentence = Field(description="their name")
    email: str = Field(description="where notices go")
    locale: LocaleText = unless_said("en", "their language")
    role: Annotated[Role, Word] = unless_said(
        Role.BILLING_ADMIN, "what they may do; readers get no notices, a billing_address nothing else"
    )


class CustomerPart(Part):
    """Who owes. Without people there is one billing admin, `billing@<name>.example`, in the customer's language."""

    name: Sentence | None = maybe("its name")
    timezone: ZoneText | None = maybe("its zone; the merchant's unless said")
    locale: LocaleText = unless_said("en", "its language")
    country: str = unless_said("", "two letters; `NO` knows the holidays")
    people: list[PersonPart] = unless_said([], "who gets notices")


class MethodPart(Part):
    """A card or a bank account, tied to nothing until a subscription or an invoice names it."""

    of: CustomerName | None = maybe("whose; may be left out where there is one customer")
    card: Network | None = maybe("the card's network")
    bank_account: Scheme | None = maybe("or the account's scheme")
    expires: ExpiryText | None = maybe("the card's expiry")
    same_as: MethodName | None = maybe("another token for the card or account of this method")
    answers: list[AnswerText] = unless_said([], "what the gateway answers to its charges, in order")
    afterwards: FinalText | None = maybe("and when these are used up; else the last answer again")

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if (self.card is None) == (self.bank_account is None):
            raise PydanticCustomError("one_of", "write either card or bank_account")
        return self

    @property
    def scheme(self) -> str:
        """The network or the bank scheme."""
        found = self.card or self.bank_account
        assert found, "a method is a card or an account"
        return found


class SubscriptionPart(Part):
    """Something sold again and again."""

    of: CustomerName | None = maybe("whose; may be left out where there is one customer")
    product: Sentence = unless_said("Team plan", "what is sold, as the invoice says it")
    price: MoneyText = Field(description="of one unit, for one interval")
    every: IntervalText = Field(description="the billing interval")
    starts: DayText = Field(description="first day of the first period, or of the trial")
    quantity: int = unless_said(1, "how many units")
    trial_days: int = unless_said(0, "days before the first invoice")
    method: MethodName | None = maybe("what pays it")
    backup: MethodName | None = maybe("what the customer agreed to have charged when `method` fails")


class InvoicePart(Part):
    """An invoice made elsewhere and handed over to be recovered."""

    of: CustomerName | None = maybe("whose; may be left out where there is one customer")
    number: Sentence = Field(description="as the other system wrote it")
    amount: MoneyText = Field(description="what is owed")
    invoice_on: DayText = Field(description="its date; the window counts from it")
    method: MethodName | None = maybe("what pays it")
    subscription: SubscriptionName | None = maybe("which subscription it is for, if it is for one")
    declined: bool = unless_said(default=True, description="whether a charge was already declined elsewhere")
    description: Sentence = unless_said("Invoice made elsewhere", "what it is for")


class Given(Part):
    """What there is when the story begins. Whatever belongs to no customer belongs to the only one."""

    merchant: MerchantPart = unless_said(MerchantPart(), "the company that sells")
    customers: dict[Name, CustomerPart] = unless_said(
        {"customer": CustomerPart()}, "who buys; one called `customer` unless said"
    )
    methods: dict[Name, MethodPart] = unless_said({}, "cards and bank accounts")
    subscriptions: dict[Name, SubscriptionPart] = unless_said({}, "what is sold again and again")
    invoices: dict[Name, InvoicePart] = unless_said({}, "invoices handed over from elsewhere")
