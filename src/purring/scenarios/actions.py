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
    short_for,
)


class AddMethod(MethodPart):
    """The customer adds a card or an account; it is tied to nothing."""

    as_: Name = Field(alias="as", description="its name from now on")


class EditMethod(Part):
    """The customer edits what may be edited."""

    method: MethodName = Field(description="which one")
    expires: ExpiryText | None = Field(None, description="the new expiry")
    holder_name: Sentence | None = Field(None, description="the new holder")
    billing_address: Sentence | None = Field(None, description="the new address")
    phone: Sentence | None = Field(None, description="the new phone number")


class Tie(Part):
    """A method is to pay a subscription, or to back it up."""

    subscription: SubscriptionName = Field(description="which subscription")
    method: MethodName = Field(description="which method")


class TwoMethods(Part):
    """One method gives way to another."""

    old: MethodName = Field(description="the one that pays now")
    new: MethodName = Field(description="the one that shall pay")


class OneMethod(Part):
    """One method."""

    method: MethodName = Field(description="which one")


class PayNow(Part):
    """The customer pays an open invoice at once."""

    invoice: InvoiceName = Field(description="which invoice")
    method: MethodName = Field(description="with what")


class OneInvoice(Part):
    """One invoice."""

    invoice: InvoiceName = Field(description="which one")


class Confirm(Part):
    """The customer answers the bank's question about the last charge."""

    invoice: InvoiceName = Field(description="which invoice")
    succeeds: bool = Field(True, description="whether the bank takes the confirmation")


class Pause(Part):
    """An operator pauses automatic charges."""

    invoice: InvoiceName = Field(description="which invoice")
    until: MomentText | None = Field(None, description="until when; else until somebody resumes it")


class Move(Part):
    """An operator moves the next planned charge."""

    invoice: InvoiceName = Field(description="which invoice")
    to: MomentText = Field(description="to when")


class RecordPayment(Part):
    """An operator books money that came another way."""

    invoice: InvoiceName = Field(description="which invoice")
    amount: MoneyText = Field(description="how much")
    reference: Sentence = Field("bank statement", description="where it was found")


class CorrectOutcome(Part):
    """An operator says what became of the last charge."""

    invoice: InvoiceName = Field(description="which invoice")
    to: Literal["succeeded", "declined"] = Field(description="what it was")
    note: Sentence = Field("told by the bank", description="how we know")


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
    afterwards: FinalText | None = Field(None, description="and when these are used up; else the last answer again")


class GatewayOutage(Part):
    """The whole gateway fails."""

    lasts: DurationText = Field(description="for so long")
    kind: Annotated[OutageKind, Word] = Field(OutageKind.NOT_PROCESSED, description="how its failure looks")


class Chargeback(Part):
    """The customer's bank takes the money of an invoice back."""

    invoice: InvoiceName = Field(description="which invoice")
    amount: MoneyText | None = Field(None, description="how much; all of it unless said")


class EventPlan(Part):
    """How the gateway's events come from now on."""

    held: bool = Field(False, description="not until they are released")
    delay: DurationText | None = Field(None, description="so much late")
    copies: int = Field(1, description="so many times; 0: they are lost")


class Release(Part):
    """The gateway sends the events that it held back."""

    in_reverse: bool = Field(False, description="the newest first")


class SendAgain(Part):
    """The gateway, or somebody who pretends to be it, sends the last event about an invoice once more."""

    invoice: InvoiceName = Field(description="which invoice")
    copies: int = Field(1, description="so many times")
    delay: DurationText | None = Field(None, description="so much later")
    forgery: Annotated[Forgery, Word] | None = Field(None, description="what is wrong with it")


class KillWorker(Part):
    """The worker dies the next time it comes to this point; another one takes over when its lease has lapsed."""

    point: Literal["after_begin", "after_charge", "after_record"] = Field(description="where")


class StopWorker(Part):
    """No worker runs for a while, and nothing is received."""

    lasts: DurationText = Field(description="for so long")


class Refusal(Part):
    """That an action is refused."""

    code: Annotated[RefusalCode, Word] = Field(description="the problem's code")
    names: list[Name] = Field([], description="what stands in the way: methods and subscriptions that it lists")


class Action(Part):
    """One thing that somebody does, under its name; `refused` beside it says that it is not allowed."""

    add_method: AddMethod | None = Field(None, description="Customer: adds a method, tied to nothing")
    edit_method: EditMethod | None = Field(None, description="Customer: edits a method")
    tie: Tie | None = Field(None, description="Customer: lets a method pay a subscription")
    set_backup: Tie | None = Field(None, description="Customer: agrees that a method is charged when the tied one fails")
    replace_everywhere: TwoMethods | None = Field(None, description="Customer: moves all subscriptions; the old one stays")
    remove_method: OneMethod | None = Field(None, description="Customer: removes a method")
    remove_and_replace: TwoMethods | None = Field(None, description="Customer: both or neither")
    pay_now: PayNow | None = Field(None, description="Customer: pays an open invoice")
    confirm: Confirm | None = Field(None, description="Customer: answers the bank's question")
    declare_transfer: OneInvoice | None = Field(None, description="Customer: says that a bank transfer is on its way")
    retry_now: OneInvoice | None = Field(None, description="Operator: charges the tied method at once")
    pause: Pause | None = Field(None, description="Operator: pauses automatic charges")
    resume: OneInvoice | None = Field(None, description="Operator: lifts a pause")
    skip_next: OneInvoice | None = Field(None, description="Operator: leaves the next planned charge out")
    move_next: Move | None = Field(None, description="Operator: moves the next planned charge")
    write_off: OneInvoice | None = Field(None, description="Operator: gives an invoice up")
    record_payment: RecordPayment | None = Field(None, description="Operator: books money that came another way")
    correct_outcome: CorrectOutcome | None = Field(None, description="Operator: says what became of the last charge")
    change_policy: PolicyPart | None = Field(None, description="Operator: changes the policy; open recoveries keep theirs")
    start_subscription: StartSubscription | None = Field(None, description="Merchant: sells another subscription")
    cancel_now: OneSubscription | None = Field(None, description="Merchant: ends a subscription at once")
    cancel_at_period_end: OneSubscription | None = Field(None, description="Merchant: ends it after the running period")
    change_quantity: ChangeQuantity | None = Field(None, description="Merchant: another quantity from the next period on")
    hand_over: HandOver | None = Field(None, description="Merchant: hands over an invoice made elsewhere")
    answers: Answers | None = Field(None, description="Gateway: answers differently from now on")
    outage: GatewayOutage | None = Field(None, description="Gateway: fails as a whole")
    charge_back: Chargeback | None = Field(None, description="Gateway: the bank takes an invoice's money back")
    win_dispute: OneInvoice | None = Field(None, description="Gateway: the merchant wins the dispute")
    lose_dispute: OneInvoice | None = Field(None, description="Gateway: the merchant loses the dispute")
    plan_events: EventPlan | None = Field(None, description="Gateway: how its events come from now on")
    release_events: Release | None = Field(None, description="Gateway: sends what it held back")
    send_event_again: SendAgain | None = Field(None, description="Gateway: sends an event once more, or a forged one")
    kill_worker: KillWorker | None = Field(None, description="Engine: the worker dies at a point")
    stop_worker: StopWorker | None = Field(None, description="Engine: no worker runs for a while")
    refused: Annotated[Refusal, short_for("code", str)] | None = Field(
        None, description="the action is refused: a code, or `code` and `names`"
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
