"""What a notice's text needs, taken from the facts and the schedule at the moment the notice is owed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from purring.domain.attempt import Attempt, AttemptStatus
from purring.domain.facts import Facts
from purring.domain.invoice import InvoiceStatus
from purring.domain.payment_method import PaymentMethod
from purring.domain.schedule import schedule
from purring.domain.standing import amount_of, ends, failure, last_declined, untied_method
from purring.domain.step import Schedule


def context(facts: Facts, now: datetime, attempt: Attempt | None, plan: Schedule | None = None) -> Mapping[str, object]:
    """Plain JSON: amounts as `249.95 USD`, instants in ISO 8601. `attempt`: what the notice is about, if any.

    `plan`: the schedule of these facts at `now`, from whoever has computed it already.
    """
    plan = plan or schedule(facts, now)
    charge, subscription, invoice = plan.next_charge, facts.subscription, facts.invoice
    ending = ends(facts, plan, now)
    return {
        "merchant_name": facts.merchant.name,
        "support_email": facts.merchant.support_email,
        "invoice_number": invoice.number,
        "amount": str(amount_of(facts)),
        "product": invoice.lines[0].description if invoice.lines else "",
        "timezone": facts.customer.timezone,
        **_what_failed(facts, attempt or last_declined(facts), now.date()),
        "confirm_url": attempt.detail if attempt and attempt.status is AttemptStatus.ACTION_REQUIRED else None,
        "paid_at": _iso(invoice.closed_at if invoice.status is InvoiceStatus.PAID else None),
        "paid_with": shown(_paid_with(facts)),
        "untied_method": shown(untied_method(facts)),
        "next_attempt_at": _iso(charge.at if charge else None),
        "status": subscription.status.value if subscription else None,
        "status_reason": subscription.reason.value if subscription else None,
        "access_ends_at": _iso(ending.access_ends_at),
        "data_deleted_at": _iso(ending.data_deleted_at),
        "end_action": facts.policy.end_action.value,
    }


def _what_failed(facts: Facts, attempt: Attempt | None, on: date) -> dict[str, object]:
    """Reason, class and method of one attempt, or of what stands in the way without any."""
    failed = failure(facts, attempt, on)
    plain: dict[str, object] = {
        "reason": "no_method" if failed.has_no_method else failed.reason and failed.reason.value,
        "decline_class": failed.decline_class and failed.decline_class.value,
        "method": shown(failed.method),
    }
    return plain if attempt is None else {**plain, "backup_used": shown(failed.backup)}


def _paid_with(facts: Facts) -> PaymentMethod | None:
    """The method that brought the money, if a charge did."""
    paid = next((one for one in reversed(facts.attempts) if one.status is AttemptStatus.SUCCEEDED), None)
    return facts.method(paid.method_id) if paid else None


def shown(method: PaymentMethod | None) -> dict[str, object] | None:
    """The part of a method that may be shown."""
    return {"kind": method.kind.value, "scheme": method.scheme, "last4": method.last4} if method else None


def _iso(at: datetime | None) -> str | None:
    """An instant as text."""
    return at.isoformat() if at else None
