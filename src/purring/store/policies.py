"""A policy as the JSON that is stored, and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection, bindparam, select

from purring.domain.ids import MerchantId
from purring.domain.norway.kid import KidAgreement, KidScheme
from purring.domain.norway.terms import Charge, DunningTerms
from purring.domain.notice import NoticeKind
from purring.domain.notice_terms import NoticeTerms
from purring.domain.policy import EndAction, Policy
from purring.domain.rulebook.ceilings import Ceiling, Override
from purring.store import bulk
from purring.store.schema import policy

_COLUMNS = ("merchant_id", "version", "document", "created_at")
_NAMES = tuple(field.name for field in fields(Policy) if field.name != "version")


def document(value: Policy) -> dict[str, Any]:
    """Write a policy, without its version, as JSON holds it."""
    return {name: _plain(getattr(value, name)) for name in _NAMES}


def parse(version: int, stored: Mapping[str, Any]) -> Policy:
    """Read a policy; what it was stored without has its default.

    Raises InvalidInput.
    """
    values = dict(stored)
    if "offsets_days" in values:
        values["offsets_days"] = tuple(values["offsets_days"])
    for name in {"retry_at", "close_at"} & values.keys():
        values[name] = time.fromisoformat(values[name])
    if "end_action" in values:
        values["end_action"] = EndAction(values["end_action"])
    if "ceilings" in values:
        values["ceilings"] = tuple(Ceiling(**one) for one in values["ceilings"])
    if "overrides" in values:
        values["overrides"] = tuple(map(_override, values["overrides"]))
    if "dunning" in values:
        values["dunning"] = DunningTerms(charges=frozenset(map(Charge, values["dunning"]["charges"])))
    if values.get("kid") is not None:
        values["kid"] = KidAgreement(**{**values["kid"], "scheme": KidScheme(values["kid"]["scheme"])})
    if "notices" in values:
        values["notices"] = _notices(values["notices"])
    return Policy(version=version, **values)


def _notices(stored: Mapping[str, Any]) -> NoticeTerms:
    values = dict(stored)
    for name in {"combine_at", "quiet_from", "quiet_until"} & values.keys():
        values[name] = time.fromisoformat(values[name]) if values[name] else None
    if "expiry_days" in values:
        values["expiry_days"] = tuple(values["expiry_days"])
    if "sms_kinds" in values:
        values["sms_kinds"] = tuple(map(NoticeKind, values["sms_kinds"]))
    return NoticeTerms(**values)


def _override(stored: Mapping[str, Any]) -> Override:
    return Override(**{**stored, "at": datetime.fromisoformat(stored["at"])})


def add(conn: Connection, merchant_id: MerchantId, value: Policy, now: datetime) -> None:
    """Add a version; there is no changing one."""
    bulk.insert(conn, policy, _COLUMNS, [(merchant_id, value.version, document(value), now)])


_BY_VERSION = select(policy).where(
    policy.c.merchant_id.in_(bindparam("merchants", expanding=True)),
    policy.c.version.in_(bindparam("numbers", expanding=True)),
)


def load(conn: Connection, versions: Collection[tuple[str, int]]) -> dict[tuple[str, int], Policy]:
    """Load versions of merchants' policies."""
    merchants, numbers = ({pair[place] for pair in versions} for place in (0, 1))
    rows = conn.execute(_BY_VERSION, {"merchants": sorted(merchants), "numbers": sorted(numbers)}).all()
    return {(row.merchant_id, row.version): parse(row.version, row.document) for row in rows}


def _plain(value: Any) -> Any:  # noqa: ANN401 - any field of a policy
    if isinstance(value, time | datetime):
        return value.isoformat()
    if isinstance(value, Ceiling | Override | DunningTerms | KidAgreement | NoticeTerms):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain(one) for one in value] if isinstance(value, tuple) else value
