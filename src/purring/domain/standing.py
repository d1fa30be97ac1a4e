"""How an invoice stands for the people who owe it: one word, and everything a status card or a notice says beside it.

Taken from the facts and the schedule alone, so pages, notices and the API can't contradict each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from purring.domain.attempt import Attempt, AttemptStatus
from purring.domain.calendar import days
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.facts import Facts
from purring.domain.invoice import DisputeStatus, InvoiceStatus
from purring.domain.money import Money
from purring.domain.payment_method import PaymentMethod
from purring.domain.policy import EndAction
from purring.domain.recovery import HoldReason, RecoveryStatus
from purring.domain.schedule import schedule
from purring.domain.step import Schedule
from purring.domain.stops import stopped_by
from purring.domain.subscription import SubscriptionStatus


class Standing(StrEnum):
    """The one thing to know about an invoice."""

    FINE = "fine"
    """Nothing was declined: it will be charged, or it was paid at once."""
    TRYING = "trying"
    """A charge is under way, or a bank debit that hasn't settled yet."""
    UNKNOWN = "unknown"
    """Nobody knows yet whether the money moved: nobody should pay again."""
    CONFIRM = "confirm"
    """The bank waits for the customer's confirmation."""
    RETRYING = "retrying"
    """Declined; it is tried again without anybody's help."""
    NEEDS_YOU = "needs_you"
    """Declined; nothing happens before somebody does something."""
    TRANSFER = "transfer"
    """The customer has said that a bank transfer is on its way."""
    LAST_NOTICE = "last_notice"
    """The last notice was owed: access ends on the day it names."""
    SUSPENDED = "suspended"
    """Access has ended, and comes back with the money."""
    CANCELED = "canceled"
    """The subscription has ended, and the invoice is still unpaid."""
    DISPUTED = "disputed"
    """The payment was charged back, and the bank hasn't decided yet."""
    RECOVERED = "recovered"
    """Paid after it had been declined."""
    CLOSED = "closed"
    """Voided or written off: nothing is asked for any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What stands in the way of an invoice: a decline, a card that must not be charged, or that there is no method.

    Where a backup failed too, `method` is the main one and `backup` the one that was charged in its place.
    """

    reason: DeclineReason | None = None
    decline_class: DeclineClass | None = None
    method: PaymentMethod | None = None
    backup: PaymentMethod | None = None
    has_no_method: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """When access ends and when data are deleted if nothing is paid, as far as the schedule knows."""

    access_ends_at: datetime | None
    data_deleted_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How an invoice stands. `owed`: what is still to be paid, or was, once it is paid.

    `confirm_url`: where the bank waits for a confirmation. `can_pay`: whether a person may pay it now.
    """

    standing: Standing
    owed: Money
    failure: Failure | None
    next_charge_at: datetime | None
    ends: Ends
    untied: PaymentMethod | None
    confirm_url: str | None
    can_pay: bool


def status(facts: Facts, now: datetime, plan: Schedule | None = None) -> Status:
    """How the invoice of these facts stands at `now`. `plan`: their schedule, from whoever has computed it already."""
    plan = plan or schedule(facts, now)
    charge, attempt = plan.next_charge, facts.open_attempt
    standing = standing_of(facts, plan)
    return Status(
        standing=standing,
        owed=amount_of(facts),
        failure=failure(facts, attempt or last_declined(facts), now.date()) if standing in _FAILED else None,
        next_charge_at=charge.at if charge else None,
        ends=ends(facts, plan, now),
        untied=untied_method(facts),
        confirm_url=(attempt.detail or None) if standing is Standing.CONFIRM and attempt else None,
        can_pay=is_payable(facts),
    )


_FAILED = frozenset(
    {
        Standing.CONFIRM,
        Standing.RETRYING,
        Standing.NEEDS_YOU,
        Standing.TRANSFER,
        Standing.LAST_NOTICE,
        Standing.SUSPENDED,
        Standing.CANCELED,
    }
)


def standing_of(facts: Facts, plan: Schedule) -> Standing:
    """The most pressing thing that is true of the invoice."""
    if facts.invoice.status is not InvoiceStatus.OPEN:
        return _closed(facts)
    if facts.open_attempt is not None:
        return _UNDER_WAY[facts.open_attempt.status]
    if facts.invoice.dispute is DisputeStatus.OPEN:
        return Standing.DISPUTED
    if facts.subscription is not None and facts.subscription.status in _ENDED:
        return _ENDED[facts.subscription.status]
    return _in_recovery(facts, plan)


_UNDER_WAY = {
    AttemptStatus.STARTED: Standing.TRYING,
    AttemptStatus.PENDING: Standing.TRYING,
    AttemptStatus.UNKNOWN: Standing.UNKNOWN,
    AttemptStatus.ACTION_REQUIRED: Standing.CONFIRM,
}
_ENDED = {
    SubscriptionStatus.SUSPENDED: Standing.SUSPENDED,
    SubscriptionStatus.CANCELED: Standing.CANCELED,
}


def _closed(facts: Facts) -> Standing:
    """An invoice that can't be paid any more: paid, or given up."""
    if facts.invoice.status is not InvoiceStatus.PAID:
        return Standing.CLOSED
    return Standing.RECOVERED if facts.recovery else Standing.FINE


def _in_recovery(facts: Facts, plan: Schedule) -> Standing:
    """An open invoice of a subscription that people still use, or of none."""
    recovery, charge = facts.recovery, plan.next_charge
    if recovery is None:
        return Standing.FINE if charge else Standing.NEEDS_YOU
    if recovery.hold is HoldReason.BANK_TRANSFER:
        return Standing.TRANSFER
    if recovery.is_open and plan.access_ends_at and plan.warning is None:
        return Standing.LAST_NOTICE
    return Standing.RETRYING if charge and recovery.status is RecoveryStatus.OPEN else Standing.NEEDS_YOU


def is_payable(facts: Facts) -> bool:
    """Whether a person may pay the invoice now: it is open, nobody charges it, and no bank is deciding about it."""
    invoice = facts.invoice
    return (
        invoice.is_open
        and facts.open_attempt is None
        and invoice.dispute is not DisputeStatus.OPEN
        and not invoice.unchecked
    )


def amount_of(facts: Facts) -> Money:
    """What is owed, or what was, once it is paid."""
    return facts.invoice.owed if facts.invoice.is_open else facts.invoice.total


def last_declined(facts: Facts) -> Attempt | None:
    """The newest attempt that was declined."""
    return next((one for one in reversed(facts.attempts) if one.status is AttemptStatus.DECLINED), None)


def failure(facts: Facts, attempt: Attempt | None, on: date) -> Failure:
    """Why `attempt` failed, and on which method; without one, why nothing was charged on a day."""
    if attempt is None:
        return _missing(facts, on)
    charged = facts.method(attempt.method_id)
    reason, decline_class = attempt.reason, attempt.decline_class
    if attempt.status is AttemptStatus.ACTION_REQUIRED:
        reason, decline_class = DeclineReason.AUTHENTICATION_REQUIRED, DeclineClass.RETRY_AFTER_CUSTOMER_ACTION
    main = facts.method(facts.tied_method_id) if attempt.is_backup else charged
    backup = charged if attempt.is_backup else None
    return Failure(reason=reason, decline_class=decline_class, method=main, backup=backup)


def _missing(facts: Facts, on: date) -> Failure:
    """Why nothing was charged: no method, or a card that was stopped for another invoice."""
    method = facts.tied_method
    stopped = stopped_by(facts, method, on) if method else None
    if stopped is None:
        return Failure(method=method, has_no_method=method is None)
    return Failure(reason=stopped.reason, decline_class=stopped.decline_class, method=method)


def ends(facts: Facts, plan: Schedule, now: datetime) -> Ends:
    """When access ends and when data are deleted.

    `suspended_days` are the merchant's newest, as in `renewal`: the subscription's own clock counts them.
    """
    subscription, access_ends_at = facts.subscription, plan.access_ends_at
    suspends = facts.policy.end_action is EndAction.SUSPEND
    if subscription and access_ends_at is None:
        access_ends_at = subscription.suspended_at or subscription.canceled_at
        suspends = subscription.status is SubscriptionStatus.SUSPENDED
    if access_ends_at is None:
        return Ends(access_ends_at=None, data_deleted_at=None)
    kept_days = facts.merchant.policy.suspended_days if suspends else 0
    return Ends(access_ends_at=access_ends_at, data_deleted_at=max(access_ends_at + days(kept_days), now))


def untied_method(facts: Facts) -> PaymentMethod | None:
    """The newest usable method that nothing is tied to and that came after the one that fails (behaviour §4)."""
    current = facts.method(facts.tied_method_id)
    newer = [
        method
        for method in facts.methods
        if method.is_active
        and method.id not in facts.tied
        and method.id != facts.tied_method_id
        and (current is None or method.created_at > current.created_at)
    ]
    return max(newer, key=lambda method: method.created_at, default=None)
