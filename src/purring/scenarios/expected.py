"""What a story may say must be true: anything listed must match, anything not listed is not looked at."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, PlainValidator

from purring.domain.attempt import AttemptStatus, Initiator
from purring.domain.clause import TEXTS
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.errors import InvalidInput
from purring.domain.event import EventKind
from purring.domain.invoice import DisputeStatus, InvoiceStatus
from purring.domain.notice import NoticeKind
from purring.domain.payment_method import MethodStatus
from purring.domain.queue import QueueKind
from purring.domain.recovery import Cause
from purring.domain.subscription import SubscriptionStatus
from purring.scenarios.part import (
    NONE,
    DayText,
    Form,
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
    maybe,
    reader,
    short_for,
    unless_said,
)

StepWord = Literal["charge", "notify", "set_status", "resolve", "close", "none"]


def _read_clause(text: str) -> str:
    """The name of a clause, or `none`."""
    if text in TEXTS or text == NONE:
        return text
    raise InvalidInput(f"{text[:60]!r} is no clause; use none or one of {', '.join(TEXTS)}.")


ClauseWord = Annotated[str, PlainValidator(reader(_read_clause)), Form("[a clause](#clauses)")]


class StepPart(Part):
    """A step of the schedule, or `none`."""

    step: StepWord | None = maybe("what kind of step, or `none`")
    at: MomentText | None = maybe("the day, or the minute")
    method: MethodName | None = maybe("of a charge: what is charged")
    backup: bool | None = maybe("of a charge: whether as the backup")
    notice: Annotated[NoticeKind, Word] | None = maybe("of a notice: its kind")
    status: str | None = maybe("of a set_status or a close: to what")
    why: ClauseWord | None = maybe("the clause it comes from")


class AttemptPart(Part):
    """One attempt."""

    status: Annotated[AttemptStatus, Word] | None = maybe("what came of it")
    method: MethodName | None = maybe("what was charged")
    backup: bool | None = maybe("whether as the backup")
    reason: Annotated[DeclineReason, Word] | None = maybe("of a decline: why")
    class_: Annotated[DeclineClass, Word] | None = Field(
        default=None, alias="class", description="of a decline: what it allows"
    )
    rules: list[str] | None = maybe("of a decline: rules that said so, among others")
    by: Annotated[Initiator, Word] | None = maybe("who caused it")
    why: ClauseWord | None = maybe("the clause it came from")
    at: MomentText | None = maybe("the day, or the minute")
    amount: MoneyText | None = maybe("what was asked for")
    captured: MoneyText | None = maybe("what came in")


class AttemptsPart(Part):
    """The attempts of an invoice so far; a lone number means `count`."""

    count: int | None = maybe("how many")
    last: AttemptPart | None = maybe("the newest")
    includes: list[AttemptPart] | None = maybe("each of these matches some attempt")
    exactly: list[AttemptPart] | None = maybe("these, in this order, and no other")


class InvoicePartExpected(Part):
    """One invoice with its recovery, its schedule, and what the gateway's own ledger says of it."""

    status: Annotated[InvoiceStatus, Word] | None = maybe("where it stands")
    owed: MoneyText | None = maybe("what is still to be paid")
    dispute: Annotated[DisputeStatus, Word] | None = maybe("a chargeback's course")
    invoice_on: DayText | None = maybe("its date")
    period: str | None = Field(
        default=None, pattern=r"^\S+ to \S+$", description="`2026-03-01 to 2026-04-01`, half-open"
    )
    attempts: Annotated[AttemptsPart, short_for("count", int)] | None = maybe("its attempts so far")
    recovery: Literal["open", "recovered", "exhausted", "written_off", "canceled", "none"] | None = maybe(
        "its recovery"
    )
    cause: Annotated[Cause, Word] | None = maybe("what brought the money in")
    hold: Literal["none", "operator", "bank_transfer", "partial_payment"] | None = maybe("why retries pause")
    held_until: MaybeMomentText | None = maybe("until when they pause")
    window_ends: MaybeMomentText | None = maybe("when the window closes")
    next: Annotated[StepPart, short_for("step", str)] | None = maybe("the next step, or `none`")
    next_charge: Annotated[StepPart, short_for("step", str)] | None = maybe("the next planned charge, or `none`")
    barrier: ClauseWord | None = maybe("why no further automatic charge is planned, or `none`")
    access_ends: MaybeMomentText | None = maybe("when the subscription is suspended or canceled")
    schedule: list[StepPart] | None = maybe("every step to come, and no other")
    untied_method: MethodName | None = maybe("the newer method that pays nothing, or `none`")
    captured: MoneyText | None = maybe("what the gateway's ledger took for it, refunds not counted")
    charges_seen: int | None = maybe("how many charges reached the bank, by the gateway's ledger")


class SubscriptionPartExpected(Part):
    """One subscription."""

    status: Annotated[SubscriptionStatus, Word] | None = maybe("its state")
    reason: (
        Literal[
            "none",
            "payment_declined",
            "window_closed",
            "chargeback",
            "suspended_too_long",
            "customer_request",
            "merchant_request",
        ]
        | None
    ) = maybe("why it is so")
    method: MethodName | None = maybe("what pays it, or `none`")
    backup: MethodName | None = maybe("what backs it up, or `none`")
    quantity: int | None = maybe("units sold in the running period")
    period: str | None = Field(
        default=None, pattern=r"^\S+ to \S+$", description="`2026-03-01 to 2026-04-01`, half-open"
    )
    invoices: int | None = maybe("how many invoices it has had")


class MethodPartExpected(Part):
    """One payment method."""

    status: Annotated[MethodStatus, Word] | None = maybe("whether it can still be used")
    pays: list[SubscriptionName] | None = maybe("the subscriptions tied to it, and no other")


class NoticePart(Part):
    """Copies of notices that went out, one for each person."""

    kind: Annotated[NoticeKind, Word] | None = maybe("what it is about")
    to: str | None = maybe("the address")
    language: LocaleText | None = maybe("the language it is written in")
    number: int | None = maybe("which decline notice of its invoice")
    about: InvoiceName | None = maybe("the invoice it is about")
    says: list[Sentence] = unless_said([], "texts that stand in it")
    says_not: list[Sentence] = unless_said([], "texts that don't")
    count: int | None = maybe("exactly so many such copies; at least one unless said")


class NoticesPart(Part):
    """Notices that went out; a lone number means `count`, a list `includes`, the word `none` that there was none."""

    count: int | None = maybe("how many copies")
    includes: list[NoticePart] | None = maybe("each of these matches some copy")
    exactly: list[NoticePart] | None = maybe("these, in any order, and no other")


def _whole(value: object) -> object:
    """The mapping that a lone value stands for."""
    if value == NONE:
        return {"exactly": []}
    return {"count": value} if isinstance(value, int) else {"includes": value} if isinstance(value, list) else value


Notices = Annotated[NoticesPart, BeforeValidator(_whole)]


class QueuePart(Part):
    """Something that waits for a person; a lone word means `kind`."""

    kind: Annotated[QueueKind, Word] | None = maybe("why it waits")
    about: InvoiceName | None = maybe("the invoice it is about")
    amount: MoneyText | None = maybe("how much it is about")
    since: MomentText | None = maybe("the day, or the minute, since when it waits")


def _listed(value: object) -> object:
    """The list that the word `none` stands for."""
    return [] if value == NONE else value


class Expect(Part):
    """What must be true when the entry's actions are done and the engine has nothing more to do at that moment."""

    invoices: dict[InvoiceName, InvoicePartExpected] = unless_said({}, "invoices by name")
    subscriptions: dict[SubscriptionName, SubscriptionPartExpected] = unless_said({}, "subscriptions by name")
    methods: dict[MethodName, MethodPartExpected] = unless_said({}, "payment methods by name")
    notices: Notices | None = maybe("notices since the entry before")
    notices_so_far: Notices | None = maybe("notices since the story began")
    queue: Annotated[list[Annotated[QueuePart, short_for("kind", str)]], BeforeValidator(_listed)] | None = maybe(
        "what waits for a person, oldest first, and nothing else; or `none`"
    )
    events: list[Annotated[EventKind, Word]] | None = maybe("kinds of events since the entry before, among others")

    @property
    def says_something(self) -> bool:
        """Whether anything is listed at all."""
        return bool(self.model_fields_set)
