"""What happened, beside the object it happened to: one typed shape for each kind of event.

A field that isn't declared here doesn't leave the house: no notes and no names that operators write.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from purring.domain.attempt import AttemptStatus
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.endpoint import EVERY_KIND, DisabledReason
from purring.domain.event import EventKind
from purring.domain.money import parse_money
from purring.domain.norway.letters import EntryKind
from purring.domain.recovery import Cause, HoldReason
from purring.domain.subscription import StatusReason, SubscriptionStatus
from purring.webhooks.states import Payload


def _amount(value: object) -> object:
    """Read an amount as events keep it: `249.00 NOK`."""
    if not isinstance(value, str):
        return value
    money = parse_money(value)
    return {"amount_minor": money.minor, "currency": money.currency}


class MoneyAmount(Payload):
    """An amount in the currency's smallest unit."""

    amount_minor: int
    currency: str


Amount = Annotated[MoneyAmount, BeforeValidator(_amount)]


class Nothing(Payload):
    """The object says it all."""


class TotalFacts(Payload):
    """What is billed."""

    total: Amount


class PaidFacts(Payload):
    """How much was owed, and what brought it in."""

    amount: Amount
    cause: Cause


class PartlyPaidFacts(Payload):
    """How much came in, and how much is still owed."""

    applied: Amount
    owed: Amount


class AmountFacts(Payload):
    """How much money it is about."""

    amount: Amount


class SurplusFacts(Payload):
    """How much more came in than was owed, and by which attempt if by any."""

    surplus: Amount
    attempt_id: str | None = None


class LetterFacts(Payload):
    """What was written, of which day, and until when it may be answered."""

    letter_id: str
    letter: EntryKind
    dated_on: date
    deadline_on: date | None
    claimed: Amount | None


class StartedFacts(Payload):
    """What is charged for."""

    invoice_id: str


class SucceededFacts(Payload):
    """How much was captured."""

    captured: Amount


class DeclinedFacts(Payload):
    """Why it was declined."""

    reason: DeclineReason
    decline_class: DeclineClass


class PendingFacts(Payload):
    """When the debit should have settled."""

    expected_at: datetime


class ActionFacts(Payload):
    """When the bank gives up waiting for the customer."""

    expires_at: datetime


class CorrectedFacts(Payload):
    """What an operator found out."""

    was: AttemptStatus
    to: AttemptStatus


class AboutInvoiceFacts(Payload):
    """Which invoice it is about."""

    invoice_id: str


class CauseFacts(Payload):
    """What brought the money in."""

    cause: Cause


class PausedFacts(Payload):
    """Why automatic charges pause, and until when if that is known."""

    reason: HoldReason
    until: datetime | None


class SkippedFacts(Payload):
    """Which charge is left out."""

    charge_at: datetime


class MovedFacts(Payload):
    """Which charge was moved, and to when."""

    charge_at: datetime
    to: datetime


class FallenDueFacts(Payload):
    """Why, and by which invoice; or what it was before a part was paid."""

    reason: StatusReason | None = None
    invoice_id: str | None = None
    was: SubscriptionStatus | None = None


class RestoredFacts(Payload):
    """What it was before."""

    was: SubscriptionStatus


class EndedFacts(Payload):
    """Why, and by which invoice if by one."""

    reason: StatusReason
    invoice_id: str | None = None


class CancelScheduledFacts(Payload):
    """The last day that is paid for ends before this one."""

    period_end_on: date


class PauseFacts(Payload):
    """Until when, if that is known."""

    until: datetime | None


class RepricedFacts(Payload):
    """What is sold, and whether from now on or from the next period on."""

    price_id: str | None = None
    quantity: int | None = None
    at_once: bool | None = None


class MethodChangedFacts(Payload):
    """Which method paid before, and which does now."""

    was: str | None = Field(default=None, validation_alias="from")
    to: str | None = None


class EditedFacts(Payload):
    """Which fields changed."""

    fields: list[str]


class PolicyFacts(Payload):
    """Which version is in force now."""

    version: int


class OverriddenFacts(Payload):
    """Which limit, to what, and in which version."""

    limit_id: str
    attempts_max: int
    version: int


class DisabledFacts(Payload):
    """Why."""

    reason: DisabledReason


class ClockFacts(Payload):
    """Where the clock stands now."""

    now_at: datetime


class PersonFacts(Payload):
    """Whose copy it was."""

    person_id: str


class DueFacts(PersonFacts):
    """A notice ready to be sent by the merchant: to whom, and what it says."""

    delivery_id: str
    kind: str
    locale: str
    thread_id: str
    to_name: str
    to_email: str
    to_phone: str
    from_name: str
    reply_to: str
    subject: str
    text: str
    html: str


class BouncedFacts(PersonFacts):
    """Whose copy it was, and whether the address is refused for good."""

    is_hard: bool


FACTS: Mapping[EventKind, type[Payload]] = dict.fromkeys(EVERY_KIND, Nothing) | {
    EventKind.INVOICE_ISSUED: TotalFacts,
    EventKind.INVOICE_HANDED_OVER: TotalFacts,
    EventKind.INVOICE_PAID: PaidFacts,
    EventKind.INVOICE_PARTIALLY_PAID: PartlyPaidFacts,
    EventKind.INVOICE_UNCOLLECTIBLE: AmountFacts,
    EventKind.INVOICE_CHARGED_BACK: AmountFacts,
    EventKind.INVOICE_DISPUTE_WON: AmountFacts,
    EventKind.INVOICE_REFUNDED: AmountFacts,
    EventKind.INVOICE_OVERPAID: SurplusFacts,
    EventKind.INVOICE_PAYMENT_RECORDED: AmountFacts,
    EventKind.INVOICE_LETTER_RECORDED: LetterFacts,
    EventKind.INVOICE_COMPENSATION_CLAIMED: LetterFacts,
    EventKind.INVOICE_OBJECTION_RECORDED: LetterFacts,
    EventKind.INVOICE_OBJECTION_SETTLED: LetterFacts,
    EventKind.ATTEMPT_STARTED: StartedFacts,
    EventKind.ATTEMPT_SUCCEEDED: SucceededFacts,
    EventKind.ATTEMPT_DECLINED: DeclinedFacts,
    EventKind.ATTEMPT_PENDING: PendingFacts,
    EventKind.ATTEMPT_ACTION_REQUIRED: ActionFacts,
    EventKind.ATTEMPT_CORRECTED: CorrectedFacts,
    EventKind.RECOVERY_OPENED: AboutInvoiceFacts,
    EventKind.RECOVERY_RECOVERED: CauseFacts,
    EventKind.RECOVERY_PAUSED: PausedFacts,
    EventKind.RECOVERY_SKIPPED: SkippedFacts,
    EventKind.RECOVERY_MOVED: MovedFacts,
    EventKind.RECOVERY_REOPENED: AboutInvoiceFacts,
    EventKind.SUBSCRIPTION_RENEWED: AboutInvoiceFacts,
    EventKind.SUBSCRIPTION_PAST_DUE: FallenDueFacts,
    EventKind.SUBSCRIPTION_ACTIVE: RestoredFacts,
    EventKind.SUBSCRIPTION_SUSPENDED: EndedFacts,
    EventKind.SUBSCRIPTION_CANCEL_SCHEDULED: CancelScheduledFacts,
    EventKind.SUBSCRIPTION_CANCELED: EndedFacts,
    EventKind.SUBSCRIPTION_PAUSED: PauseFacts,
    EventKind.SUBSCRIPTION_CHANGED: RepricedFacts,
    EventKind.SUBSCRIPTION_METHOD_CHANGED: MethodChangedFacts,
    EventKind.METHOD_EDITED: EditedFacts,
    EventKind.POLICY_CHANGED: PolicyFacts,
    EventKind.POLICY_LIMIT_OVERRIDDEN: OverriddenFacts,
    EventKind.NOTICE_DUE: DueFacts,
    EventKind.NOTICE_BOUNCED: BouncedFacts,
    EventKind.NOTICE_COMPLAINED: PersonFacts,
    EventKind.ENDPOINT_DISABLED: DisabledFacts,
    EventKind.TEST_CLOCK_ADVANCED: ClockFacts,
    EventKind.TEST_CLOCK_DELETED: ClockFacts,
}
"""What is told of each kind of event beside the object: of one that isn't listed, nothing."""
