"""Made-up notices that between them show every text: for the reference page, for previews and for the golden files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.notice import DECLINE_NOTICES, NoticeKind
from purring.notices.look import OURS, Look
from purring.notices.reasons import NO_METHOD
from purring.notices.render import Rendered, render
from purring.notices.sms_text import sms_text
from purring.notices.stored_context import from_json

_COMMON: Mapping[str, object] = {
    "merchant_name": "Nordlys Skylagring",
    "support_email": "faktura@nordlys.example",
    "invoice_number": "2026-0042",
    "product": "Team 50",
    "amount": "1990.00 NOK",
    "method": {"kind": "card", "scheme": "visa", "last4": "4242"},
    "timezone": "Europe/Oslo",
    "status": "past_due",
    "end_action": "suspend",
    "access_ends_at": "2026-11-30T11:00:00+00:00",
    "data_deleted_at": "2027-02-28T11:00:00+00:00",
    "pay_url": "https://betal.nordlys.example/i/Zx8kQ2vT7mWc4RbN",
}
_RETRY = {"next_attempt_at": "2026-11-10T09:00:00+00:00"}
_UNTIED = {"untied_method": {"scheme": "mastercard", "last4": "4444"}}
_BACKUP = {"backup_used": {"scheme": "mastercard", "last4": "4444"}}
_ITEMS = {
    "items": [
        {
            "invoice_number": "2026-0042",
            "product": "Team 50",
            "amount": "1990.00 NOK",
            "charge_at": "2026-11-10T09:00:00+00:00",
            "access_ends_at": "2026-11-30T11:00:00+00:00",
        },
        {"invoice_number": "2026-0057", "product": "Arkiv", "amount": "490.00 NOK", "charge_at": None},
    ]
}
_BANK = {"method": {"kind": "bank_account", "scheme": "sepa", "last4": "3201"}, "amount": "249.95 EUR"}

_REASON_OF: Mapping[DeclineClass, DeclineReason] = {
    DeclineClass.RETRY_LATER: DeclineReason.INSUFFICIENT_FUNDS,
    DeclineClass.RETRY_AFTER_CUSTOMER_ACTION: DeclineReason.AUTHENTICATION_REQUIRED,
    DeclineClass.UPDATE_METHOD: DeclineReason.CARD_EXPIRED,
    DeclineClass.NEVER_RETRY: DeclineReason.LOST_OR_STOLEN,
    DeclineClass.UNKNOWN: DeclineReason.UNKNOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One made-up notice. `name` is unique and fits a file name."""

    name: str
    kind: NoticeKind
    context: Mapping[str, object]


def samples() -> tuple[Sample, ...]:
    """Every kind with every class that changes its text, and what else can make a notice read differently."""
    return (*_declines(), *_special_declines(), *_others(), *_ahead())


def rendered(sample: Sample, locale: str, look: Look = OURS, context: Mapping[str, object] | None = None) -> Rendered:
    """A sample as its reader sees it, in a merchant's look; `context` takes the place of what is made up."""
    stored = {**sample.context, **(context or {})}
    return render(sample.kind, from_json(sample.kind, stored), locale, "Kari Nordmann", look)


def written(sample: Sample, locale: str) -> str:
    """A sample as a text file."""
    notice = rendered(sample, locale)
    return f"Subject: {notice.subject}\n\n{notice.body_text}"


def texted(sample: Sample, locale: str, context: Mapping[str, object] | None = None) -> str:
    """A sample as a text message."""
    return sms_text(from_json(sample.kind, {**sample.context, **(context or {})}), locale)


def _declines() -> Iterator[Sample]:
    for kind in NoticeKind:
        if kind in DECLINE_NOTICES:
            for decline_class, reason in _REASON_OF.items():
                number = {"number": 6} if kind is NoticeKind.LAST_NOTICE else {"number": 1}
                more = {"decline_class": decline_class.value, "reason": reason.value, **number}
                retry = _RETRY if decline_class is DeclineClass.RETRY_LATER else {}
                yield _sample(kind, decline_class.value, {**more, **retry})


def _special_declines() -> Iterator[Sample]:
    funds = {"decline_class": "retry_later", "reason": "insufficient_funds"}
    expired = {"decline_class": "update_method", "reason": "card_expired"}
    confirm = {"decline_class": "retry_after_customer_action", "reason": "authentication_required"}
    url = {"confirm_url": "https://bank.example/confirm/a1b2c3"}
    yield _sample(NoticeKind.PAYMENT_DECLINED, "third", {**funds, **_RETRY, "number": 3})
    yield _sample(NoticeKind.PAYMENT_DECLINED, "third_without_retry", {**funds, "number": 3})
    yield _sample(NoticeKind.PAYMENT_DECLINED, "without_link", {**funds, **_RETRY, "pay_url": None, "number": 1})
    yield _sample(NoticeKind.PAYMENT_DECLINED, "untied_method", {**expired, **_UNTIED, "number": 1})
    yield _sample(NoticeKind.PAYMENT_DECLINED, "backup_declined_too", {**funds, **_RETRY, **_BACKUP, "number": 2})
    only_backup = {**_RETRY, **_BACKUP, "method": _BACKUP["backup_used"]}
    yield _sample(NoticeKind.PAYMENT_DECLINED, "only_backup_known", {**funds, **only_backup, "number": 2})
    yield _sample(NoticeKind.PAYMENT_DECLINED, "bank_account", {**funds, **_RETRY, **_BANK, "number": 1})
    yield _sample(NoticeKind.ACTION_NEEDED, "confirm_with_bank", {**confirm, **url, "number": 1})
    yield _sample(NoticeKind.ACTION_NEEDED, "no_method", {"reason": NO_METHOD, "method": None, "number": 1})
    combined = {**funds, **_RETRY, **_ITEMS}
    yield _sample(NoticeKind.PAYMENT_DECLINED, "several", {**combined, "number": 1})
    yield _sample(NoticeKind.ACTION_NEEDED, "several", {**expired, **_ITEMS, "number": 1})
    yield _sample(NoticeKind.LAST_NOTICE, "several", {**combined, "number": 6})
    yield _sample(NoticeKind.LAST_NOTICE, "without_retry", {**funds, "number": 6})
    yield _sample(NoticeKind.LAST_NOTICE, "cancel", {**funds, "end_action": "cancel", "number": 6})
    keep = {"end_action": "keep_past_due", "access_ends_at": None, "data_deleted_at": None}
    yield _sample(NoticeKind.LAST_NOTICE, "keep_past_due", {**funds, **keep, "number": 6})


def _others() -> Iterator[Sample]:
    suspended = {"status": "suspended"}
    canceled = {"status": "canceled"}
    visa = _COMMON["method"]
    mastercard = _BACKUP["backup_used"]
    paid = {"status": "active", "access_ends_at": None, "data_deleted_at": None, "paid_at": "2026-11-10T09:00:04+00:00"}
    yield _sample(NoticeKind.ACCESS_ENDED, "suspended", suspended)
    yield _sample(NoticeKind.ACCESS_ENDED, "untied_method", {**suspended, **_UNTIED})
    yield _sample(NoticeKind.CANCELLATION_WARNING, "suspended", suspended)
    yield _sample(NoticeKind.SUBSCRIPTION_CANCELED, "unpaid", {**canceled, "reason": "insufficient_funds"})
    yield _sample(
        NoticeKind.SUBSCRIPTION_CANCELED, "suspended_too_long", {**canceled, "status_reason": "suspended_too_long"}
    )
    yield _sample(NoticeKind.SUBSCRIPTION_CANCELED, "asked_for", {**canceled, "data_deleted_at": None})
    yield _sample(NoticeKind.PAYMENT_RECEIVED, "retry", {**paid, "paid_with": visa})
    yield _sample(NoticeKind.PAYMENT_RECEIVED, "backup", {**paid, **_BACKUP, "paid_with": mastercard})
    yield _sample(NoticeKind.PAYMENT_RECEIVED, "outside", paid)
    yield _sample(NoticeKind.METHOD_CHANGED, "changed", {**paid, **_UNTIED})
    yield _sample(NoticeKind.RECEIPT, "charged", {**paid, "paid_with": visa})
    yield _sample(NoticeKind.RECEIPT, "outside", paid)


def _ahead() -> Iterator[Sample]:
    calm = {"status": "active", "access_ends_at": None, "data_deleted_at": None, "invoice_number": ""}
    charge = {**calm, "charge_at": "2026-12-04T09:00:00+00:00"}
    expiry = {**charge, "expires_at": "2026-11-30T11:00:00+00:00"}
    several = [
        {"product": "Team 50", "amount": "1990.00 NOK", "charge_at": "2026-12-04T09:00:00+00:00"},
        {"product": "Arkiv", "amount": "490.00 NOK", "charge_at": "2027-03-01T09:00:00+00:00"},
    ]
    yield _sample(NoticeKind.CARD_EXPIRES_SOON, "one", expiry)
    yield _sample(NoticeKind.CARD_EXPIRES_SOON, "several", {**expiry, "product": "", "items": several})
    yield _sample(NoticeKind.CARD_EXPIRES_SOON, "without_link", {**expiry, "pay_url": None})
    yield _sample(NoticeKind.UPCOMING_CHARGE, "card", charge)
    yield _sample(NoticeKind.UPCOMING_CHARGE, "debit", {**charge, **_BANK})
    yield _sample(NoticeKind.UPCOMING_CHARGE, "no_method", {**charge, "method": None})


def _sample(kind: NoticeKind, name: str, more: Mapping[str, object]) -> Sample:
    return Sample(name=f"{kind.value}.{name}", kind=kind, context={**_COMMON, **more})
