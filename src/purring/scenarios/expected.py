"""What a story may say must be true: anything listed must match, anything not listed is not looked at."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from purring.domain.attempt import AttemptStatus, Initiator
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.event import EventKind
from purring.domain.invoice import DisputeStatus, InvoiceStatus
from purring.domain.notice import NoticeKind
from purring.domain.payment_method import MethodStatus
from purring.domain.recovery import Cause
from purring.domain.subscription import SubscriptionStatus
from purring.scenarios.part import (
    NONE,
    DayText,
    InvoiceName,
    LocaleText,
    MaybeMomentText,
    MethodName,
    MomentText,
    MoneyText,
    Part,
    Sentence,
    SubscriptionName,
    Word,
    short_for,
)

StepWord = Literal["charge", "notify", "set_status", "resolve", "close", "none"]
ClauseWord = Annotated[str, Field(pattern=r"^([a-z_]+\.[a-z_]+|late|none)$")]


class StepPart(Part):
    """A step of the schedule, or `none`."""

    step: StepWord | None = Field(None, description="what kind of step, or `none`")
    at: MomentText | None = Field(None, description="the day, or the minute")
    method: MethodName | None = Field(None, description="of a charge: what is charged")
    backup: bool | None = Field(None, description="of a charge: whether as the backup")
    notice: Annotated[NoticeKind, Word] | None = Field(None, description="of a notice: its kind")
    status: str | None = Field(None, description="of a set_status or a close: to what")
    why: ClauseWord | None = Field(None, description="the clause it comes from")


class AttemptPart(Part):
    """One attempt."""

    status: Annotated[AttemptStatus, Word] | None = Field(None, description="what came of it")
    method: MethodName | None = Field(None, description="what was charged")
    backup: bool | None = Field(None, description="whether as the backup")
    reason: Annotated[DeclineReason, Word] | None = Field(None, description="of a decline: why")
    class_: Annotated[DeclineClass, Word] | None = Field(None, alias="class", description="of a decline: what it allows")
    rules: list[str] | None = Field(None, description="of a decline: rules that said so, among others")
    by: Annotated[Initiator, Word] | None = Field(None, description="who caused it")
    why: ClauseWord | None = Field(None, description="the clause it came from")
    at: MomentText | None = Field(None, description="the day, or the minute")
    amount: MoneyText | None = Field(None, description="what was asked for")
    captured: MoneyText | None = Field(None, description="what came in")


class AttemptsPart(Part):
    """The attempts of an invoice so far; a lone number means `count`."""

    count: int | None = Field(None, description="how many")
    last: AttemptPart | None = Field(None, description="the newest")
    includes: list[AttemptPart] | None = Field(None, description="each of these matches some attempt")
    exactly: list[AttemptPart] | None = Field(None, description="these, in this order, and no other")


class InvoicePartExpected(Part):
    """One invoice with its recovery, its schedule, and what the gateway's own ledger says of it."""

    status: Annotated[InvoiceStatus, Word] | None = Field(None, description="where it stands")
    owed: MoneyText | None = Field(None, description="what is still to be paid")
    dispute: Annotated[DisputeStatus, Word] | None = Field(None, description="a chargeback's course")
    invoice_on: DayText | None = Field(None, description="its date")
    period: str | None = Field(None, pattern=r"^\S+ to \S+$", description="`2026-03-01 to 2026-04-01`, half-open")
    attempts: Annotated[AttemptsPart, short_for("count", int)] | None = Field(None, description="its attempts so far")
    recovery: Literal["open", "recovered", "exhausted", "written_off", "canceled", "none"] | None = Field(
        None, description="its recovery"
    )
    cause: Annotated[Cause, Word] | None = Field(None, description="what brought the money in")
    hold: Literal["none", "operator", "bank_transfer", "partial_payment"] | None = Field(
        None, description="why retries pause"
    )
    held_until: MaybeMomentText | None = Field(None, description="until when they pause")
    window_ends: MaybeMomentText | None = Field(None, description="when the window closes")
    next: Annotated[StepPart, short_for("step", str)] | None = Field(None, description="the next step, or `none`")
    next_charge: Annotated[StepPart, short_for("step", str)] | None = Field(
        None, description="the next planned charge, or `none`"
    )
    barrier: ClauseWord | None = Field(None, description="why no further automatic charge is planned, or `none`")
    access_ends: MaybeMomentText | None = Field(None, description="when the subscription is suspended or canceled")
    schedule: list[StepPart] | None = Field(None, description="every step to come, and no other")
    untied_method: MethodName | None = Field(None, description="the newer method that pays nothing, or `none`")
    captured: MoneyText | None = Field(None, description="what the gateway's ledger took for it, refunds not counted")
    charges_seen: int | None = Field(None, description="how many charges reached the bank, by the gateway's ledger")


class SubscriptionPartExpected(Part):
    """One subscription."""

    status: Annotated[SubscriptionStatus, Word] | None = Field(None, description="its state")
    reason: Literal[
        "none",
        "payment_declined",
        "window_closed",
        "chargeback",
        "suspended_too_long",
        "customer_request",
        "merchant_request",
    ] | None = Field(None, description="why it is so")
    method: MethodName | None = Field(None, description="what pays it, or `none`")
    backup: MethodName | None = Field(None, description="what backs it up, or `none`")
    quantity: int | None = Field(None, description="units sold in the running period")
    period: str | None = Field(None, pattern=r"^\S+ to \S+$", description="`2026-03-01 to 2026-04-01`, half-open")
    invoices: int | None = Field(None, description="how many invoices it has had")


class MethodPartExpected(Part):
    """One payment method."""

    status: Annotated[MethodStatus, Word] | None = Field(None, description="whether it can still be used")
    pays: list[SubscriptionName] | None = Field(None, description="the subscriptions tied to it, and no other")


class NoticePart(Part):
    """Copies of notices that went out, one for each person."""

    kind: Annotated[NoticeKind, Word] | None = Field(None, description="what it is about")
    to: str | None = Field(None, description="the address")
    language: LocaleText | None = Field(None, description="the language it is written in")
    number: int | None = Field(None, description="which decline notice of its invoice")
    about: InvoiceName | None = Field(None, description="the invoice it is about")
    says: list[Sentence] = Field([], description="texts that stand in it")
    says_not: list[Sentence] = Field([], description="texts that don't")
    count: int | None = Field(None, description="exactly so many such copies; at least one unless said")


class NoticesPart(Part):
    """Notices that went out; a lone number means `count`, a list `includes`, the word `none` that there was none."""

    count: int | None = Field(None, description="how many copies")
    includes: list[NoticePart] | None = Field(None, description="each of these matches some copy")
    exactly: list[NoticePart] | None = Field(None, description="these, in any order, and no other")


def _whole(value: object) -> object:
    """The mapping that a lone value stands for."""
    if value == NONE:
        return {"exactly": []}
    return {"count": value} if isinstance(value, int) else {"includes": value} if isinstance(value, list) else value


Notices = Annotated[NoticesPart, BeforeValidator(_whole)]


class Expect(Part):
    """What must be true when the entry's actions are done and the engine has nothing more to do at that moment."""

    invoices: dict[InvoiceName, InvoicePartExpected] = Field({}, description="invoices by name")
    subscriptions: dict[SubscriptionName, SubscriptionPartExpected] = Field({}, description="subscriptions by name")
    methods: dict[MethodName, MethodPartExpected] = Field({}, description="payment methods by name")
    notices: Notices | None = Field(None, description="notices since the entry before")
    notices_so_far: Notices | None = Field(None, description="notices since the story began")
    events: list[Annotated[EventKind, Word]] | None = Field(
        None, description="kinds of events since the entry before, among others"
    )

    @property
    def says_something(self) -> bool:
        """Whether anything is listed at all."""
        return bool(self.model_fields_set)

