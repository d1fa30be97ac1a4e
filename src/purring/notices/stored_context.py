"""Reads what was stored with a notice into the dataclass that its template uses.

A notice's context is stored as JSON when the notice is owed, so that it says what was true then. Keys that no template
uses are left alone, since a newer version may have written them. KEYS lists the ones that are read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
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
from purring.notices.contexts import CONTEXTS, Context, Item, MethodLabel
from purring.notices.reasons import NO_METHOD, ReasonText, no_method_text, reason_text

_BANK_SCHEMES = frozenset({"ach", "bacs", "sepa"})
_TEXT_LENGTH_MAX = 200
_URL = re.compile(r"https?://[!-;=?-~]{1,2000}")  # visible ASCII without < and >
_JOINERS = "\u200c\u200d"  # invisible, but part of names in Persian and Hindi


def from_json(kind: NoticeKind, data: Mapping[str, object]) -> Context:
    """The context of one kind of notice, from what was stored with it.

    Raises InvalidInput that names the key.
    """
    shape = CONTEXTS[kind]
    values: dict[str, Any] = {field.name: _READERS[field.name](data) for field in fields(shape)}
    return shape(**values)


def one_line(text: str, chars_max: int = _TEXT_LENGTH_MAX) -> str:
    """The text on one line, with ordinary spaces and nothing invisible that could turn what stands beside it."""
    visible = "".join(char for char in " ".join(text.split()) if char.isprintable() or char in _JOINERS)
    return visible[:chars_max]


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


def _items(data: Mapping[str, object]) -> tuple[Item, ...]:
    value = data.get("items") or []
    if not isinstance(value, Sequence) or not all(isinstance(one, Mapping) for one in value):
        raise InvalidInput("notice context items is not a list of objects", field="items")
    return tuple(_item({**one, "timezone": data.get("timezone")}) for one in value)


def _item(data: Mapping[str, object]) -> Item:
    values: dict[str, Any] = {field.name: _READERS[field.name](data) for field in fields(Item)}
    return Item(**values)


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
    "charge_on": _day("charge_at"),
    "expires_on": _day("expires_at"),
    "items": _items,
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
