"""How subscriptions, invoices, attempts and recoveries look from outside."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from purring.domain.attempt import Attempt, AttemptStatus, Initiator
from purring.domain.customer import Customer
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.facts import Facts
from purring.domain.invoice import DisputeStatus, Invoice, InvoiceSource, InvoiceStatus
from purring.domain.money import Money
from purring.domain.payment_method import PaymentMethod
from purring.domain.recovery import Cause, HoldReason, Recovery, RecoveryStatus
from purring.domain.standing import Standing, Status
from purring.domain.step import Action, Charge, Close, Notify, Resolve, Schedule, SetStatus, Step
from purring.domain.subscription import StatusReason, Subscription, SubscriptionStatus
from purring.web.api.parties import CustomerOut, MethodOut, PriceOut, customer_out, method_out, price_out
from purring.web.api.types import MoneyOut, Out, maybe, money_out


class SubscriptionOut(Out):
    """What is sold to a customer, how often, and which method pays."""

    id: str
    customer_id: str
    customer: CustomerOut | None
    status: SubscriptionStatus
    reason: StatusReason
    price: PriceOut
    quantity: int
    pending_quantity: int | None
    pending_price_id: str | None
    credit: MoneyOut
    amount: MoneyOut
    period_start_on: date
    period_end_on: date
    payment_method_id: str | None
    payment_method: MethodOut | None
    backup_method_id: str | None
    cancel_at_period_end: bool
    paused_at: datetime | None
    resumes_at: datetime | None
    past_due_at: datetime | None
    suspended_at: datetime | None
    canceled_at: datetime | None
    external_id: str | None
    version: int


def subscription_out(
    value: Subscription, customer: Customer | None = None, method: PaymentMethod | None = None
) -> SubscriptionOut:
    """A subscription as it goes out."""
    return SubscriptionOut(
        id=value.id,
        customer_id=value.customer_id,
        customer=maybe(customer_out, customer),
        status=value.status,
        reason=value.reason,
        price=price_out(value.price),
        quantity=value.quantity,
        pending_quantity=value.pending_quantity,
        pending_price_id=value.pending_price_id,
        credit=money_out(value.credit),
        amount=money_out(value.amount),
        period_start_on=value.period_start_on,
        period_end_on=value.period_end_on,
        payment_method_id=value.method_id,
        payment_method=maybe(method_out, method),
        backup_method_id=value.backup_method_id,
        cancel_at_period_end=value.cancel_at_period_end,
        paused_at=value.paused_at,
        resumes_at=value.resumes_at,
        past_due_at=value.past_due_at,
        suspended_at=value.suspended_at,
        canceled_at=value.canceled_at,
        external_id=value.external_id,
        version=value.version,
    )


class LineOut(Out):
    """One line of an invoice; the amount is for the whole quantity."""

    id: str
    description: str
    quantity: int
    amount: MoneyOut


class InvoiceOut(Out):
    """What is owed for one period, and how much of it is settled."""

    id: str
    number: str
    customer_id: str
    customer: CustomerOut | None
    subscription_id: str | None
    subscription: SubscriptionOut | None
    payment_method_id: str | None
    status: InvoiceStatus
    dispute: DisputeStatus
    source: InvoiceSource
    total: MoneyOut
    owed: MoneyOut
    paid: MoneyOut
    refunded: MoneyOut
    lines: list[LineOut]
    invoice_on: date
    period_start_on: date | None
    period_end_on: date | None
    issued_at: datetime
    closed_at: datetime | None
    external_id: str | None
    version: int


def invoice_out(
    value: Invoice, customer: Customer | None = None, subscription: Subscription | None = None
) -> InvoiceOut:
    """An invoice as it goes out."""
    currency = value.total.currency
    return InvoiceOut(
        id=value.id,
        number=value.number,
        customer_id=value.customer_id,
        customer=maybe(customer_out, customer),
        subscription_id=value.subscription_id,
        subscription=maybe(subscription_out, subscription),
        payment_method_id=value.method_id,
        status=value.status,
        dispute=value.dispute,
        source=value.source,
        total=money_out(value.total),
        owed=money_out(value.owed),
        paid=money_out(Money(value.paid_minor, currency)),
        refunded=money_out(Money(value.refunded_minor, currency)),
        lines=[
            LineOut(id=line.id, description=line.description, quantity=line.quantity, amount=money_out(line.amount))
            for line in value.lines
        ],
        invoice_on=value.invoice_on,
        period_start_on=value.period_start_on,
        period_end_on=value.period_end_on,
        issued_at=value.issued_at,
        closed_at=value.closed_at,
        external_id=value.external_id,
        version=value.version,
    )


class AttemptOut(Out):
    """One request for money. `why` names the clause it was made by, `rules` those that its answer was read by."""

    id: str
    invoice_id: str
    invoice: InvoiceOut | None
    payment_method_id: str
    payment_method: MethodOut | None
    gateway: str
    gateway_ref: str | None
    amount: MoneyOut
    captured: MoneyOut
    number: int
    initiator: Initiator
    status: AttemptStatus
    reason: DeclineReason | None
    decline_class: DeclineClass | None
    is_backup: bool
    rules: list[str]
    started_at: datetime
    ended_at: datetime | None
    version: int


def attempt_out(value: Attempt, invoice: Invoice | None = None, method: PaymentMethod | None = None) -> AttemptOut:
    """An attempt as it goes out."""
    return AttemptOut(
        id=value.id,
        invoice_id=value.invoice_id,
        invoice=maybe(invoice_out, invoice),
        payment_method_id=value.method_id,
        payment_method=maybe(method_out, method),
        gateway=value.gateway,
        gateway_ref=value.gateway_ref,
        amount=money_out(value.amount),
        captured=money_out(Money(value.captured_minor, value.amount.currency)),
        number=value.number,
        initiator=value.initiator,
        status=value.status,
        reason=value.reason,
        decline_class=value.decline_class,
        is_backup=value.is_backup,
        rules=list(value.rules),
        started_at=value.started_at,
        ended_at=value.ended_at,
        version=value.version,
    )


class RecoveryOut(Out):
    """The weeks in which one declined invoice is got paid."""

    id: str
    invoice_id: str
    invoice: InvoiceOut | None
    status: RecoveryStatus
    policy_version: int
    opened_at: datetime
    window_ends_at: datetime
    hold: HoldReason
    held_until: datetime | None
    moved_to: datetime | None
    cause: Cause
    closed_at: datetime | None
    version: int


def recovery_out(value: Recovery, invoice: Invoice | None = None) -> RecoveryOut:
    """A recovery as it goes out."""
    return RecoveryOut(
        id=value.id,
        invoice_id=value.invoice_id,
        invoice=maybe(invoice_out, invoice),
        status=value.status,
        policy_version=value.policy.version,
        opened_at=value.opened_at,
        window_ends_at=value.window_ends_at,
        hold=value.hold,
        held_until=value.held_until,
        moved_to=value.moved_to,
        cause=value.cause,
        closed_at=value.closed_at,
        version=value.version,
    )


class StepOut(Out):
    """One thing to come. `of` is what it concerns: a method, a kind of notice, a status, an attempt."""

    at: datetime
    action: Literal["charge", "notify", "set_status", "resolve", "close"]
    of: str
    clause: str
    reason: str


class ScheduleOut(Out):
    """Everything to come for one invoice. `barrier` says why no automatic charge is among it, where none is."""

    invoice_id: str
    standing: Standing
    next_charge_at: datetime | None
    access_ends_at: datetime | None
    can_pay: bool
    untied_method_id: str | None
    steps: list[StepOut]
    barrier: str | None


def schedule_out(facts: Facts, plan: Schedule, status: Status) -> ScheduleOut:
    """A schedule as it goes out, its reasons in English."""
    return ScheduleOut(
        invoice_id=facts.invoice.id,
        standing=status.standing,
        next_charge_at=status.next_charge_at,
        access_ends_at=status.ends.access_ends_at,
        can_pay=status.can_pay,
        untied_method_id=status.untied.id if status.untied else None,
        steps=[_step_out(one) for one in plan.steps],
        barrier=plan.barrier.text if plan.barrier else None,
    )


def _step_out(step: Step) -> StepOut:
    action, of = _said(step.action)
    return StepOut(at=step.at, action=action, of=of, clause=step.clause.id, reason=step.clause.text)


def _said(action: Action) -> tuple[Literal["charge", "notify", "set_status", "resolve", "close"], str]:
    match action:
        case Charge():
            return "charge", action.method_id
        case Notify():
            return "notify", action.kind.value
        case SetStatus():
            return "set_status", action.status.value
        case Resolve():
            return "resolve", action.attempt_id
        case Close():
            return "close", action.status.value
