"""One frozen dataclass for each kind of notice: exactly what its template may use.

A notice's context is stored as JSON when the notice is owed, so that it says what was true then. Keys that no template
uses are left alone, since a newer version may have written them. KEYS lists the ones that are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, TypeVar

from purring.domain.calendar import local_date, zone
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.errors import InvalidDate, InvalidInput, MissingField, NaiveTime
from purring.domain.money import Money, parse_money
from purring.domain.notice import NoticeKind
from purring.domain.payment_method import MethodKind
from purring.domain.policy import EndAction
from purring.domain.subscription import StatusReason, SubscriptionStatus
from purring.notices.reasons import NO_METHOD, ReasonText, no_method_text, reason_text

FIRM_FROM = 3
"""The decline notice of one invoice from which on we ask for action instead of reassuring (behaviour §1)."""

UNPAID = frozenset(
    {
        StatusReason.PAYMENT_DECLINED,
        StatusReason.WINDOW_CLOSED,
        StatusReason.CHARGEBACK,
        StatusReason.SUSPENDED_TOO_LONG,
    }
)
"""Reasons of a status that mean: the money is missing."""

_BANK_SCHEMES = frozenset({"ach", "bacs", "sepa"})
_TEXT_LENGTH_MAX = 200
_URL = re.compile(r"https?://[!-;=?-~]{1,2000}")  # visible ASCII without < and >
_JOINERS = "\u200c\u200d"  # invisible, but part of names in Persian and Hindi


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodLabel:
    """What a reader may see of a payment method: the brand and, at most, the last four."""

    kind: MethodKind
    scheme: str
    last4: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What every notice can say. Days are those of the customer's zone."""

    merchant_name: str
    support_email: str
    invoice_number: str
    product: str
    amount: Money
    method: MethodLabel | None
    status: SubscriptionStatus | None
    end_action: EndAction | None
    next_attempt_on: date | None
    access_ends_on: date | None
    data_deleted_on: date | None
    pay_url: str

    @property
    def has_access(self) -> bool:
        """Whether people at the customer still get in."""
        return self.status in {SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE}

    @property
    def is_suspended(self) -> bool:
        """Whether access has ended, but can come back."""
        return self.status is SubscriptionStatus.SUSPENDED

    @property
    def is_owed(self) -> bool:
        """Whether the amount is still to be paid, so that the next attempt matters."""
        return True

    @property
    def names_amount(self) -> bool:
        """Whether the notice is about an amount at all."""
        return self.is_owed


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined(Context):
    """What a notice about a declined payment can say besides."""

    number: int
    reason: ReasonText | None
    decline_class: DeclineClass | None
    backup_used: MethodLabel | None
    untied_method: MethodLabel | None
    confirm_url: str

    @property
    def is_firm(self) -> bool:
        """Whether reassuring is over."""
        return self.number >= FIRM_FROM

    @property
    def has_no_method(self) -> bool:
        """Whether nothing could be charged, rather than a charge declined."""
        return self.reason == no_method_text()

    @property
    def is_for_bank(self) -> bool:
        """Whether only the bank's confirmation is missing."""
        return bool(self.confirm_url) or self.reason == reason_text(DeclineReason.AUTHENTICATION_REQUIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDeclined(Declined):
    """A charge was declined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionNeeded(Declined):
    """The payment can't go through before the customer has done something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastNotice(Declined):
    """The warning before the window closes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessEnded(Context):
    """The subscription was suspended."""

    untied_method: MethodLabel | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationWarning(Context):
    """A suspended subscription is about to be canceled."""

    untied_method: MethodLabel | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionCanceled(Context):
    """The subscription has ended: for want of payment, or because somebody asked for it."""

    reason: ReasonText | None
    status_reason: StatusReason | None

    @property
    def is_owed(self) -> bool:
        """Whether it ended for want of payment; without the status's own reason, that of a decline tells."""
        if self.status_reason:
            return self.status_reason in UNPAID
        return self.reason is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceived(Context):
    """The invoice was paid.

    `paid_with` is the method that was charged, None if it was paid otherwise or nobody can say; `backup_used` is set if
    that was a backup.
    """

    paid_on: date | None
    paid_with: MethodLabel | None
    backup_used: MethodLabel | None

    @property
    def is_owed(self) -> bool:
        """Whether the amount is still to be paid."""
        return False

    @property
    def names_amount(self) -> bool:
        """Whether the notice is about an amount at all: the one that was paid."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodChanged(Context):
    """Another method pays from now on: `method`."""

    @property
    def is_owed(self) -> bool:
        """Whether the amount is still to be paid: known only from a planned attempt."""
        return self.next_attempt_on is not None


CONTEXTS: Mapping[NoticeKind, type[Context]] = {
    NoticeKind.PAYMENT_DECLINED: PaymentDeclined,
    NoticeKind.ACTION_NEEDED: ActionNeeded,
    NoticeKind.LAST_NOTICE: LastNotice,
    NoticeKind.ACCESS_ENDED: AccessEnded,
    NoticeKind.CANCELLATION_WARNING: CancellationWarning,
    NoticeKind.SUBSCRIPTION_CANCELED: SubscriptionCanceled,
    NoticeKind.PAYMENT_RECEIVED: PaymentReceived,
    NoticeKind.METHOD_CHANGED: MethodChanged,
}


def from_json(kind: NoticeKind, data: Mapping[str, object]) -> Context:
    """The context of one kind of notice, from what was stored with it.

    Raises InvalidInput that names the key.
    """
    shape = CONTEXTS[kind]
    values: dict[str, Any] = {field.name: _READERS[field.name](data) for field in fields(shape)}
    return shape(**values)


def one_line(text: str) -> str:
    """The text on one line, with ordinary spaces and nothing invisible that could turn what stands beside it."""
    visible = "".join(char for char in " ".join(text.split()) if char.isprintable() or char in _JOINERS)
    return visible[:_TEXT_LENGTH_MAX]


# ---------------------------------------------------------------------------------------------------------------------
# One reader for each field of the contexts

T = TypeVar("T")
_Reader = Callable[[Mapping[str, object]], object]


def _text(key: str, *, required: bool = False) -> _Reader:
    def read(data: Mapping[str, object]) -> str:
        value = data.get(key)
        if not isinstance(value, str | None):
            raise InvalidInput(f"notice context {key} is not text", field=key)
        line = one_line(value or "")
        if required and not line:
            raise MissingField(f"notice context needs {key}", field=key)
        return line

    return read


def _url(key: str) -> _Reader:
    def read(data: Mapping[str, object]) -> str:
        value = data.get(key)
        if not value:
            return ""
        if not isinstance(value, str) or not _URL.fullmatch(value):
            raise InvalidInput(f"notice context {key} is not an http or https address", field=key)
        return value

    return read


def _day(key: str) -> _Reader:
    def read(data: Mapping[str, object]) -> date | None:
        value = data.get(key)
        if value is None:
            return None
        return local_date(_instant(value, key), zone(str(_required(data, "timezone"))))

    return read


def _method(key: str) -> _Reader:
    def read(data: Mapping[str, object]) -> MethodLabel | None:
        value = data.get(key)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise InvalidInput(f"notice context {key} is not an object", field=key)
        scheme = one_line(str(value.get("scheme") or "")).lower()
        bank = value.get("kind", "bank_account" if scheme in _BANK_SCHEMES else "card") == MethodKind.BANK_ACCOUNT
        return MethodLabel(
            kind=MethodKind.BANK_ACCOUNT if bank else MethodKind.CARD,
            scheme=scheme,
            last4=one_line(str(value.get("last4") or ""))[-4:],
        )

    return read


def _amount(data: Mapping[str, object]) -> Money:
    return parse_money(str(_required(data, "amount")))


def _number(data: Mapping[str, object]) -> int:
    value = data.get("number") or 1
    if not isinstance(value, int) or value < 1:
        raise InvalidInput("notice context number is not a whole number from 1", field="number")
    return value


def _reason(data: Mapping[str, object]) -> ReasonText | None:
    if data.get("reason") == NO_METHOD:
        return no_method_text()
    reason = _member(DeclineReason, "reason")(data)
    return None if reason is None else reason_text(reason)


def _member(members: Callable[[str], T], key: str) -> Callable[[Mapping[str, object]], T | None]:
    def read(data: Mapping[str, object]) -> T | None:
        value = data.get(key)
        try:
            return None if value is None else members(str(value))
        except ValueError as error:
            raise InvalidInput(f"notice context {key} can't be {str(value)[:60]!r}", field=key) from error

    return read


def _instant(value: object, key: str) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise InvalidDate(f"notice context {key} is not an ISO 8601 time: {str(value)[:60]!r}", field=key) from error
    if at.tzinfo is None:
        raise NaiveTime(f"notice context {key} has no time zone", field=key)
    return at


def _required(data: Mapping[str, object], key: str) -> object:
    value = data.get(key)
    if not value:
        raise MissingField(f"notice context needs {key}", field=key)
    return value


_READERS: Mapping[str, _Reader] = {
    "merchant_name": _text("merchant_name", required=True),
    "support_email": _text("support_email"),
    "invoice_number": _text("invoice_number"),
    "product": _text("product"),
    "amount": _amount,
    "method": _method("method"),
    "status": _member(SubscriptionStatus, "status"),
    "status_reason": _member(StatusReason, "status_reason"),
    "end_action": _member(EndAction, "end_action"),
    "next_attempt_on": _day("next_attempt_at"),
    "access_ends_on": _day("access_ends_at"),
    "data_deleted_on": _day("data_deleted_at"),
    "paid_on": _day("paid_at"),
    "paid_with": _method("paid_with"),
    "pay_url": _url("pay_url"),
    "number": _number,
    "reason": _reason,
    "decline_class": _member(DeclineClass, "decline_class"),
    "backup_used": _method("backup_used"),
    "untied_method": _method("untied_method"),
    "confirm_url": _url("confirm_url"),
}

KEYS = frozenset(
    {"timezone"} | {f"{name.removesuffix('_on')}_at" if name.endswith("_on") else name for name in _READERS}
)
"""Every key of a stored context that some notice reads."""
