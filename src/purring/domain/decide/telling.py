"""What a notice's text needs, taken from the facts and the schedule at the moment the notice is owed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from purring.domain.attempt import Attempt, AttemptStatus
from purring.domain.calendar import days
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.facts import Facts
from purring.domain.invoice import InvoiceStatus
from purring.domain.payment_method import PaymentMethod
from purring.domain.policy import EndAction
from purring.domain.schedule import schedule
from purring.domain.step import Schedule
from purring.domain.stops import stopped_by
from purring.domain.subscription import SubscriptionStatus


def context(facts: Facts, now: datetime, attempt: Attempt | None, plan: Schedule | None = None) -> Mapping[str, object]:
    """Plain JSON: amounts as `249.95 USD`, instants in ISO 8601. `attempt`: what the notice is about, if any.

    `plan`: the schedule of these facts at `now`, from whoever has computed it already.
    """
    plan = plan or schedule(facts, now)
    charge, subscription, invoice = plan.next_charge, facts.subscription, facts.invoice
    return {
        "merchant_name": facts.merchant.name,
        "support_email": facts.merchant.support_email,
        "invoice_number": invoice.number,
        "amount": str(_amount(facts)),
        "product": invoice.lines[0].description if invoice.lines else "",
        "timezone": facts.customer.timezone,
        **_what_failed(facts, attempt or _last_declined(facts), now.date()),
        "confirm_url": attempt.detail if attempt and attempt.status is AttemptStatus.ACTION_REQUIRED else None,
        "paid_at": _iso(invoice.closed_at if invoice.status is InvoiceStatus.PAID else None),
        "paid_with": shown(_paid_with(facts)),
        "untied_method": shown(untied_method(facts)),
        "next_attempt_at": _iso(charge.at if charge else None),
        "status": subscription.status.value if subscription else None,
        "status_reason": subscription.reason.value if subscription else None,
        **_ends(facts, plan, now),
    }


def _last_declined(facts: Facts) -> Attempt | None:
    """The newest attempt that was declined."""
    return next((one for one in reversed(facts.attempts) if one.status is AttemptStatus.DECLINED), None)


def _what_failed(facts: Facts, attempt: Attempt | None, on: date) -> dict[str, object]:
    """Reason, class and method of one attempt; where a backup failed too, the method is the main one."""
    if attempt is None:
        return _what_is_missing(facts, on)
    charged = facts.method(attempt.method_id)
    reason, decline_class = attempt.reason, attempt.decline_class
    if attempt.status is AttemptStatus.ACTION_REQUIRED:
        reason, decline_class = DeclineReason.AUTHENTICATION_REQUIRED, DeclineClass.RETRY_AFTER_CUSTOMER_ACTION
    return {
        "reason": reason.value if reason else None,
        "decline_class": decline_class.value if decline_class else None,
        "method": shown(facts.method(facts.tied_method_id) if attempt.is_backup else charged),
        "backup_used": shown(charged) if attempt.is_backup else None,
    }


def _what_is_missing(facts: Facts, on: date) -> dict[str, object]:
    """Why nothing was charged: no method, or a card that was stopped for another invoice."""
    method = facts.tied_method
    stopped = stopped_by(facts, method, on) if method else None
    if stopped is None:
        return {"reason": None if method else "no_method", "decline_class": None, "method": shown(method)}
    return {"reason": stopped.reason.value, "decline_class": stopped.decline_class.value, "method": shown(method)}


def _paid_with(facts: Facts) -> PaymentMethod | None:
    """The method that brought the money, if a charge did."""
    paid = next((one for one in reversed(facts.attempts) if one.status is AttemptStatus.SUCCEEDED), None)
    return facts.method(paid.method_id) if paid else None


def _amount(facts: Facts) -> object:
    """What is owed, or what was, once it is paid."""
    return facts.invoice.owed if facts.invoice.is_open else facts.invoice.total


def _ends(facts: Facts, plan: Schedule, now: datetime) -> dict[str, object]:
    """When access ends and when data is deleted, as far as the schedule knows.

    `suspended_days` are the merchant's newest, as in `renewal`: the subscription's own clock counts them.
    """
    end_action, subscription = facts.policy.end_action, facts.subscription
    access_ends_at = plan.access_ends_at
    suspends = end_action is EndAction.SUSPEND
    if subscription and access_ends_at is None:
        access_ends_at = subscription.suspended_at or subscription.canceled_at
        suspends = subscription.status is SubscriptionStatus.SUSPENDED
    deleted_at = None
    if access_ends_at is not None:
        kept_days = facts.merchant.policy.suspended_days if suspends else 0
        deleted_at = max(access_ends_at + days(kept_days), now)
    return {
        "access_ends_at": _iso(access_ends_at),
        "data_deleted_at": _iso(deleted_at),
        "end_action": end_action.value,
    }


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


def shown(method: PaymentMethod | None) -> dict[str, object] | None:
    """The part of a method that may be shown."""
    return {"kind": method.kind.value, "scheme": method.scheme, "last4": method.last4} if method else None


def _iso(at: datetime | None) -> str | None:
    """An instant as text."""
    return at.isoformat() if at else None
