"""A policy as the JSON document that people read and change: the fields that it names change, all others stay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import time
from enum import StrEnum
from typing import Any, Final

from purring.domain.errors import InvalidInput, MissingField, StaleWrite, UnknownField
from purring.domain.norway.kid import KidAgreement, KidScheme
from purring.domain.norway.terms import Charge, DunningTerms
from purring.domain.notice import NoticeKind
from purring.domain.policy import EndAction, Policy
from purring.store import policies

Read = Callable[[object, str], Any]
"""Reads a value; the second argument is how errors call its field."""


def document(policy: Policy) -> dict[str, object]:
    """The policy with its version, as JSON has it."""
    return {"version": policy.version, **policies.document(policy)}


def changed(policy: Policy, new: object) -> Policy:
    """The policy with what a document says in place of what it was, still under the old version.

    A document may repeat the version that it was made from, and the ceilings and overrides as they are.

    Raises:
        InvalidInput: something in it can't be read, or the policy couldn't be kept.
        StaleWrite: it was made from another version.
    """
    said = dict(_object(new, "policy"))
    if said.pop("version", policy.version) != policy.version:
        raise StaleWrite(f"The policy is at version {policy.version} by now; show it, and change that one.")
    now = policies.document(policy)
    for name, command in _BY_COMMAND.items():
        if said.pop(name, now[name]) != now[name]:
            raise InvalidInput(f"policy {name} can't be changed here; use `purring merchant {command}`.", field=name)
    unknown = sorted(said.keys() - _READ.keys())
    if unknown:
        raise UnknownField(f"policy has no field {unknown[0]!r}; it has: {', '.join(_READ)}.", field=unknown[0][:60])
    read: dict[str, Any] = {name: _READ[name](value, name) for name, value in said.items() if name != "notices"}
    if "notices" in said:
        read["notices"] = replace(policy.notices, **_notices(said["notices"]))
    return replace(policy, **read)


def _notices(value: object) -> dict[str, Any]:
    """The terms of notices that are named; all others stay."""
    found = _part(value, "notices", may=tuple(_READ_NOTICES))
    return {name: _READ_NOTICES[name](one, f"notices.{name}") for name, one in found.items()}


# ---------------------------------------------------------------------------------------------------------------------
# Readers


def _wrong(field: str, remedy: str) -> InvalidInput:
    return InvalidInput(f"policy {field} {remedy}", field=field)


def _object(value: object, field: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _wrong(field, "must be an object, such as {...}")
    return value


def _part(value: object, field: str, *needed: str, may: tuple[str, ...] = ()) -> Mapping[str, object]:
    """An object with these fields and no others."""
    found = _object(value, field)
    for name in needed:
        if name not in found:
            raise MissingField(f"policy {field} needs {name!r}.", field=f"{field}.{name}")
    for name in sorted(found.keys() - {*needed, *may}):
        has = ", ".join((*needed, *may))
        raise UnknownField(f"policy {field} has no field {name[:60]!r}; it has: {has}.", field=f"{field}.{name[:60]}")
    return found


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise _wrong(field, "must be text")
    return value


def _whole(value: object, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(field, "must be a whole number")
    return value


def _yes_no(value: object, field: str) -> bool:
    if not isinstance(value, bool):
        raise _wrong(field, "must be true or false")
    return value


def _time(value: object, field: str) -> time:
    try:
        at = time.fromisoformat(_text(value, field))
    except ValueError:
        raise _wrong(field, "must be a time of day such as 10:00") from None
    if at.tzinfo is not None:
        raise _wrong(field, "must have no zone: it is the customer's")
    return at


def _list(value: object, field: str) -> list[object]:
    if not isinstance(value, list):
        raise _wrong(field, "must be a list, such as [...]")
    return value


def _whole_numbers(value: object, field: str) -> tuple[int, ...]:
    return tuple(_whole(one, field) for one in _list(value, field))


def _one_of(members: type[StrEnum]) -> Callable[[object, str], StrEnum]:
    def read(value: object, field: str) -> StrEnum:
        if value not in [member.value for member in members]:
            raise _wrong(field, f"knows no {str(value)[:60]!r}; use {', '.join(members)}")
        return members(value)

    return read


def _or_none(read: Read) -> Read:
    return lambda value, field: None if value is None else read(value, field)


def _dunning(value: object, field: str) -> DunningTerms:
    listed = _list(_part(value, field, "charges")["charges"], f"{field}.charges")
    return DunningTerms(charges=frozenset(Charge(_CHARGE(one, f"{field}.charges")) for one in listed))


def _kid(value: object, field: str) -> KidAgreement:
    found = _part(value, field, "scheme", "length", may=("customer_digits",))
    try:
        return KidAgreement(
            scheme=KidScheme(_SCHEME(found["scheme"], f"{field}.scheme")),
            length=_whole(found["length"], f"{field}.length"),
            customer_digits=_whole(found.get("customer_digits", 0), f"{field}.customer_digits"),
        )
    except InvalidInput as error:
        own = error.field or ""
        raise type(error)(error.message, field=own if own.startswith(field) else f"{field}.{own}") from None


def _kinds(value: object, field: str) -> tuple[NoticeKind, ...]:
    return tuple(NoticeKind(_NOTICE_KIND(one, field)) for one in _list(value, field))


_NOTICE_KIND: Final = _one_of(NoticeKind)
_CHARGE: Final = _one_of(Charge)
_SCHEME: Final = _one_of(KidScheme)

_BY_COMMAND: Mapping[str, str] = {"ceilings": "ceiling", "overrides": "override"}
"""Fields that have a command of their own, since a change of them is audited by its reason."""

_READ: Mapping[str, Read] = {
    "retry": _text,
    "offsets_days": _whole_numbers,
    "window_days": _whole,
    "retry_at": _time,
    "close_at": _time,
    "warn_days_before_close": _whole,
    "warning_lead_days": _whole,
    "end_action": _one_of(EndAction),
    "suspended_days": _whole,
    "transfer_hold_business_days": _whole,
    "prenotification_days": _or_none(_whole),
    "dunning": _dunning,
    "kid": _or_none(_kid),
    "notices": _object,
    "spread_minutes": _whole,
}

_READ_NOTICES: Mapping[str, Read] = {
    "hold_back_max": _whole,
    "hold_back_days": _whole,
    "combine_at": _or_none(_time),
    "quiet_from": _or_none(_time),
    "quiet_until": _or_none(_time),
    "receipts": _yes_no,
    "expiry_days": _whole_numbers,
    "upcoming_days": _whole,
    "upcoming_from_months": _whole,
    "escalate_after_unread": _or_none(_whole),
    "sms_kinds": _kinds,
}
