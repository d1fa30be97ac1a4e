"""What people, the merchant, the gateway and the engine may do in a story: one action per entry of a `do` list."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from purring.domain.errors import RefusalCode
from purring.gateways.sandbox.events import Forgery
from purring.gateways.sandbox.settings import OutageKind
from purring.scenarios.given import ExpiryText, InvoicePart, MethodPart, PolicyPart, SubscriptionPart
from purring.scenarios.part import (
    AnswerText,
    DurationText,
    FinalText,
    InvoiceName,
    MethodName,
    MomentText,
    MoneyText,
    Name,
    Part,
    Sentence,
    SubscriptionName,
    Word,
    maybe,
    short_for,
    unless_said,
)


class AddMethod(MethodPart):
    """The customer adds a card or an account; it is tied to nothing."""

    as_: Name = Field(alias="as", description="its name from now on")


class EditMethod(Part):
    """The customer edits what may be edited."""

    method: MethodName = Field(description="which one")
    expires: ExpiryText | None = maybe("the new expiry")
    holder_name: Sentence | None = maybe("the new holder")
    billing_address: Sentence | None = maybe("the new address")
    phone: Sentence | None = maybe("the new phone number")


class Tie(Part):
    """A method is to pay a subscription, or to back it up."""

    subscription: SubscriptionName = Field(description="which one")
    method: MethodName = Field(description="which one")


class TwoMethods(Part):
    """One method gives way to another."""

    old: MethodName = Field(description="the one that pays now")
    new: MethodName = Field(description="the one that shall pay")


class OneMethod(Part):
    """One method."""

    method: MethodName = Field(description="which one")


class PayNow(Part):
    """The customer pays an open invoice at once."""

    invoice: InvoiceName = Field(description="which one")
    method: MethodName = Field(description="with what")


class Settle(Part):
    """The customer pays everything that a method owes, each invoice a charge of its own."""

    owed_on: MethodName = Field(description="what was to pay")
    method: MethodName = Field(description="with what")


class Reads(Part):
    """Somebody opens the page of an invoice, having got a notice about it."""

    person: str = Field(description="who, by their address")
    invoice: InvoiceName = Field(description="which one")


class MailBounces(Part):
    """There is no such mailbox, from now on."""

    person: str = Field(description="whose, by their address")


class OneInvoice(Part):
    """One invoice."""

    invoice: InvoiceName = Field(description="which one")


class Confirm(Part):
    """The customer answers the bank's question about the last charge."""

    invoice: InvoiceName = Field(description="which one")
    succeeds: bool = unless_said(default=True, description="whether the bank takes the confirmation")


class Pause(Part):
    """An operator pauses automatic charges."""

    invoice: InvoiceName = Field(description="which one")
    until: MomentText | None = maybe("until when; else until somebody resumes it")


class Move(Part):
    """An operator moves the next planned charge."""

    invoice: InvoiceName = Field(description="which one")
    to: MomentText = Field(description="to when")


class RecordPayment(Part):
    """An operator books money that came another way."""

    invoice: InvoiceName = Field(description="which one")
    amount: MoneyText = Field(description="how much")
    reference: Sentence = unless_said("bank statement", "where it was found")


class CorrectOutcome(Part):
    """An operator says what became of the last charge."""

    invoice: InvoiceName = Field(description="which one")
    to: Literal["succeeded", "declined"] = Field(description="what it was")
    note: Sentence = unless_said("told by the bank", "how we know")


class StartSubscription(SubscriptionPart):
    """The merchant sells another subscription."""

    as_: Name = Field(alias="as", description="its name from now on")


class OneSubscription(Part):
    """One subscription."""

    subscription: SubscriptionName = Field(description="which one")


class ChangeQuantity(Part):
    """Another number of units from the next period on."""

    subscription: SubscriptionName = Field(description="which one")
    quantity: int = Field(description="how many")


class HandOver(InvoicePart):
    """Another system hands over an invoice."""

    as_: Name = Field(alias="as", description="its name from now on")


class Answers(Part):
    """The gateway answers differently from now on."""

    method: MethodName = Field(description="to charges of this one")
    answers: list[AnswerText] = Field(description="what, in order")
    afterwards: FinalText | None = maybe("and when these are used up; else the last answer again")


class GatewayOutage(Part):
    """The whole gateway fails."""

    lasts: DurationText = Field(description="for so long")
    kind: Annotated[OutageKind, Word] = unless_said(OutageKind.NOT_PROCESSED, "how its failure looks")


class Chargeback(Part):
    """The customer's bank takes the money of an invoice back."""

    invoice: InvoiceName = Field(description="which one")
    amount: MoneyText | None = maybe("how much; all of it unless said")


class EventPlan(Part):
    """How the gateway's events come from now on."""

    held: bool = unless_said(default=False, description="not until they are released")
    delay: DurationText | None = maybe("so much late")
    copies: int = unless_said(1, "so many times; 0: they are lost")


class Release(Part):
    """The gateway sends the events that it held back."""

    in_reverse: bool = unless_said(default=False, description="the newest first")


class SendAgain(Part):
    """The gateway, or somebody who pretends to be it, sends the last event about an invoice once more."""

    invoice: InvoiceName = Field(description="which one")
    copies: int = unless_said(1, "so many times")
    delay: DurationText | None = maybe("so much later")
    forgery: Annotated[Forgery, Word] | None = maybe("what is wrong with it")


class KillWorker(Part):
    """The worker dies the next time it comes to this point; another one takes over when its lease has lapsed."""

    point: Literal["after_begin", "after_charge", "after_record"] = Field(description="where")


class StopWorker(Part):
    """No worker runs for a while, and nothing is received."""

    lasts: DurationText = Field(description="for so long")


class Refusal(Part):
    """That an action is refused."""

    code: Annotated[RefusalCode, Word] = Field(description="the problem's code")
    names: list[Name] = unless_said([], "what stands in the way: methods and subscriptions that it lists")


class Action(Part):
    """One thing that somebody does, under its name; `refused` beside it says that it is not allowed."""

    add_method: AddMethod | None = maybe("Customer: adds a method, tied to nothing")
    edit_method: EditMethod | None = maybe("Customer: edits a method")
    tie: Tie | None = maybe("Customer: lets a method pay a subscription")
    set_backup: Tie | None = maybe("Customer: agrees to a method to be charged next")
    replace_everywhere: TwoMethods | None = maybe("Customer: moves everything; the old one stays")
    remove_method: OneMethod | None = maybe("Customer: removes a method")
    remove_and_replace: TwoMethods | None = maybe("Customer: both or neither")
    pay_now: PayNow | None = maybe("Customer: pays an open invoice")
    settle: Settle | None = maybe("Customer: pays everything owed on a method")
    confirm: Confirm | None = maybe("Customer: answers the bank's question")
    mail_bounces: MailBounces | None = maybe("Mail server: refuses an address for good")
    reads: Reads | None = maybe("Customer: opens the page that a notice leads to")
    declare_transfer: OneInvoice | None = maybe("Customer: says that a transfer is on its way")
    retry_now: OneInvoice | None = maybe("Operator: charges the tied method at once")
    pause: Pause | None = maybe("Operator: pauses automatic charges")
    resume: OneInvoice | None = maybe("Operator: lifts a pause")
    skip_next: OneInvoice | None = maybe("Operator: leaves the next planned charge out")
    move_next: Move | None = maybe("Operator: moves the next planned charge")
    write_off: OneInvoice | None = maybe("Operator: gives an invoice up")
    record_payment: RecordPayment | None = maybe("Operator: books money that came another way")
    correct_outcome: CorrectOutcome | None = maybe("Operator: says what became of the last charge")
    change_policy: PolicyPart | None = maybe("Operator: changes the policy for new recoveries")
    start_subscription: StartSubscription | None = maybe("Merchant: sells another subscription")
    cancel_now: OneSubscription | None = maybe("Merchant: ends a subscription at once")
    cancel_at_period_end: OneSubscription | None = maybe("Merchant: ends it after the running period")
    change_quantity: ChangeQuantity | None = maybe("Merchant: another quantity from then on")
    hand_over: HandOver | None = maybe("Merchant: hands over an invoice made elsewhere")
    answers: Answers | None = maybe("Gateway: answers differently from now on")
    outage: GatewayOutage | None = maybe("Gateway: fails as a whole")
    charge_back: Chargeback | None = maybe("Gateway: the bank takes an invoice's money back")
    win_dispute: OneInvoice | None = maybe("Gateway: the merchant wins the dispute")
    lose_dispute: OneInvoice | None = maybe("Gateway: the merchant loses the dispute")
    plan_events: EventPlan | None = maybe("Gateway: how its events come from now on")
    release_events: Release | None = maybe("Gateway: sends what it held back")
    send_event_again: SendAgain | None = maybe("Gateway: sends an event once more, or a forged one")
    kill_worker: KillWorker | None = maybe("Engine: the worker dies at a point")
    stop_worker: StopWorker | None = maybe("Engine: no worker runs for a while")
    refused: Annotated[Refusal, short_for("code", str)] | None = maybe(
        "the action is refused: a code, or `code` and `names`"
    )

    @model_validator(mode="after")
    def _is_one_action(self) -> Self:
        if len(self._said()) != 1:
            found = ", ".join(self._said()) or "nothing"
            raise PydanticCustomError("one_of", "expected one action, found {found}", {"found": found})
        return self

    def _said(self) -> list[str]:
        return [name for name in type(self).model_fields if name != "refused" and getattr(self, name) is not None]

    @property
    def name(self) -> str:
        """The action's name."""
        return self._said()[0]

    @property
    def details(self) -> Part:
        """What is said about it."""
        details = getattr(self, self.name)
        assert isinstance(details, Part), "every action has details"
        return details
