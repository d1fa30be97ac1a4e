"""After a restore from a backup: what has to be checked at the gateways, how far that is, and what they listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, exists, func, or_, select, update

from purring.domain.attempt import OPEN_ATTEMPT, AttemptStatus
from purring.domain.ids import AttemptId, no_later_than_made
from purring.domain.money import Money
from purring.store import bulk
from purring.store.facts import Key
from purring.store.queue_part import few
from purring.store.schema import attempt, found_charge, installation, invoice, merchant

_ID = "installation"
_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
LISTED_BEFORE = timedelta(days=1)
"""Charges are listed from so long before the last one we know of: our clocks and the gateway's may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The last restore. `cursors`: for each gateway how far its charges have been listed.

    `reconciled_at` is None as long as the check goes on, and nothing is charged.
    """

    restored_at: datetime
    charges_since: datetime
    why: str
    cursors: Mapping[str, Mapping[str, Any]]
    reconciled_at: datetime | None
    version: int

    @property
    def all_list(self) -> bool:
        """Whether every gateway could list its charges."""
        return all(where.get("lists", True) for where in self.cursors.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A charge that a gateway listed and that we don't have, or not its outcome; `charge` is as it was listed."""

    gateway: str
    key: str
    merchant_id: str
    invoice_id: str
    amount: Money
    charge: Mapping[str, Any]
    charged_at: datetime


def state(conn: Connection) -> Restored | None:
    """Tell of the last restore; None if the database never was restored."""
    row = conn.execute(select(installation).where(installation.c.id == _ID)).one_or_none()
    if row is None:
        return None
    return Restored(
        restored_at=row.restored_at,
        charges_since=row.charges_since,
        why=row.why,
        cursors=row.cursors,
        reconciled_at=row.reconciled_at,
        version=row.version,
    )


def begin(conn: Connection, now: datetime, why: str) -> None:
    """Mark the database as restored: every open invoice has to be checked before anybody charges it."""
    values = {
        "restored_at": now,
        "charges_since": _charges_since(conn),
        "why": why,
        "cursors": {},
        "reconciled_at": None,
    }
    known = state(conn)
    if known is None:
        conn.execute(installation.insert().values(id=_ID, version=1, **values))
    else:
        conn.execute(update(installation).where(installation.c.id == _ID).values(version=known.version + 1, **values))
    conn.execute(
        update(invoice)
        .where(invoice.c.status == "open", ~invoice.c.unchecked)
        .values(unchecked=True, version=invoice.c.version + 1)
    )


def newest_charge_at(conn: Connection) -> datetime:
    """Tell when the newest attempt that we know of was started.

    That of a test clock's customer was started at a time of its own; when it was made in truth, its id tells.
    """
    newest = select(attempt.c.id, attempt.c.started_at).order_by(attempt.c.id.desc()).limit(1)
    row = conn.execute(newest).one_or_none()
    return _FIRST if row is None else no_later_than_made(row.started_at, row.id)


def _charges_since(conn: Connection) -> datetime:
    """Tell from when on a gateway may have charges that we don't have, or whose outcome we don't know."""
    newest = newest_charge_at(conn)
    oldest_open = conn.execute(select(func.min(attempt.c.started_at)).where(_is_open())).scalar_one()
    since = min(newest, oldest_open or newest)
    return max(since - LISTED_BEFORE, _FIRST) if since > _FIRST else _FIRST


def _is_open() -> Any:  # noqa: ANN401 - a condition
    return few(attempt.c.status, *(status for status in AttemptStatus if status in OPEN_ATTEMPT))


def save_cursor(conn: Connection, known: Restored, cursors: Mapping[str, Mapping[str, Any]]) -> None:
    """Remember how far the listing is, unless somebody else has gone on meanwhile."""
    own = installation.c
    conn.execute(
        update(installation)
        .where(own.id == _ID, own.version == known.version)
        .values(cursors=dict(cursors), version=own.version + 1)
    )


def unknown_keys(conn: Connection, charges: Iterable[tuple[str, str]]) -> set[str]:
    """Give those keys, each with its merchant, that no attempt of ours has though the merchant is one of ours."""
    of_merchant = dict(charges)
    ours = set(
        conn.execute(select(merchant.c.id).where(merchant.c.id.in_(sorted(set(of_merchant.values()))))).scalars()
    )
    known = set(conn.execute(select(attempt.c.id).where(attempt.c.id.in_(sorted(of_merchant)))).scalars())
    return {key for key, merchant_id in of_merchant.items() if merchant_id in ours and key not in known}


def statuses(conn: Connection, keys: Iterable[str]) -> dict[str, AttemptStatus]:
    """Tell where the attempts with these keys stand; those that aren't there are left out."""
    own = attempt.c
    rows = conn.execute(select(own.id, own.status).where(own.id.in_(sorted(keys))))
    return {row.id: row.status for row in rows}


_COLUMNS = (
    "gateway",
    "key",
    "merchant_id",
    "invoice_id",
    "amount_minor",
    "currency",
    "charge",
    "charged_at",
    "found_at",
    "problem",
)


def keep(conn: Connection, found: Sequence[Found], now: datetime) -> int:
    """Keep charges that were listed; return how many weren't kept before, or not with what became of them since."""
    changed = _keep_changes(conn, found, now)
    rows = [
        (
            one.gateway,
            one.key,
            one.merchant_id,
            one.invoice_id,
            one.amount.minor,
            one.amount.currency,
            one.charge,
            one.charged_at,
            now,
            "",
        )
        for one in sorted(found, key=lambda one: (one.gateway, one.key))
    ]
    return changed + bulk.insert_missing(conn, found_charge, _COLUMNS, rows)


def _keep_changes(conn: Connection, found: Sequence[Found], now: datetime) -> int:
    """Let charges wait anew that were found after an earlier restore, if the gateway says otherwise now."""
    own = found_charge.c
    rows = conn.execute(select(own.gateway, own.key, own.charge).where(own.key.in_(sorted(one.key for one in found))))
    known = {(row.gateway, row.key): row.charge for row in rows}
    changed = [
        {"its_gateway": one.gateway, "its_key": one.key, "charge": one.charge}
        for one in found
        if known.get((one.gateway, one.key), one.charge) != one.charge
    ]
    if changed:
        its_own = (own.gateway == bindparam("its_gateway"), own.key == bindparam("its_key"))
        conn.execute(
            update(found_charge)
            .where(*its_own)
            .values(charge=bindparam("charge"), found_at=now, settled_at=None, problem=""),
            changed,
        )
    return len(changed)


_UNSETTLED = found_charge.c.settled_at.is_(None)
_ITS_INVOICE = and_(
    found_charge.c.merchant_id == invoice.c.merchant_id, found_charge.c.invoice_id == invoice.c.id, _UNSETTLED
)


def to_replay(conn: Connection, limit: int) -> list[Key]:
    """List invoices that we have and for which found charges wait; those with a problem are left to a person."""
    rows = conn.execute(
        select(invoice.c.merchant_id, invoice.c.id)
        .join(found_charge, _ITS_INVOICE)
        .where(found_charge.c.problem == "")
        .distinct()
        .order_by(invoice.c.merchant_id, invoice.c.id)
        .limit(limit)
    )
    return [(row.merchant_id, row.id) for row in rows]


def found_for(conn: Connection, keys: Sequence[Key]) -> dict[Key, list[Found]]:
    """Give the unsettled charges of invoices, those that were made first first."""
    own = found_charge.c
    wanted = own.invoice_id.in_(sorted(invoice_id for _, invoice_id in keys))
    rows = conn.execute(select(found_charge).where(wanted, _UNSETTLED).order_by(own.charged_at, own.key))
    found: dict[Key, list[Found]] = {key: [] for key in keys}
    for row in rows:
        if (row.merchant_id, row.invoice_id) in found:
            found[row.merchant_id, row.invoice_id].append(_found(row))
    return found


def _found(row: Any) -> Found:  # noqa: ANN401 - a row
    return Found(
        gateway=row.gateway,
        key=row.key,
        merchant_id=row.merchant_id,
        invoice_id=row.invoice_id,
        amount=Money(row.amount_minor, row.currency),
        charge=row.charge,
        charged_at=row.charged_at,
    )


def settle(conn: Connection, keys: Iterable[str], now: datetime) -> int:
    """Remember that found charges are settled; return how many weren't before."""
    own = found_charge.c
    statement = update(found_charge).where(own.key.in_(sorted(keys)), _UNSETTLED).values(settled_at=now)
    return conn.execute(statement).rowcount


def has_problem(conn: Connection, keys: Iterable[str], problem: str) -> None:
    """Remember why found charges can't be settled: a person has to look."""
    own = found_charge.c
    conn.execute(update(found_charge).where(own.key.in_(sorted(keys)), _UNSETTLED).values(problem=problem[:500]))


def to_ask(conn: Connection, asked_before: datetime, limit: int) -> list[tuple[Key, AttemptId, str, bool]]:
    """List open attempts that nobody has asked about since: each with its invoice, its gateway, whether it is live."""
    own = attempt.c
    rows = conn.execute(
        select(own.merchant_id, own.invoice_id, own.id, own.gateway, merchant.c.is_live)
        .join(merchant, merchant.c.id == own.merchant_id)
        .where(_is_open(), own.started_at < asked_before, or_(own.asked_at.is_(None), own.asked_at < asked_before))
        .order_by(own.started_at, own.id)
        .limit(limit)
    )
    return [((row.merchant_id, row.invoice_id), row.id, row.gateway, row.is_live) for row in rows]


def flag_new(conn: Connection, keys: Sequence[bulk.Key]) -> None:
    """See to it that invoices just made aren't charged while a check goes on, or while charges for them wait."""
    if not keys or state(conn) is None:
        return
    going_on = exists().where(installation.c.reconciled_at.is_(None))
    waits = exists().where(_ITS_INVOICE).correlate(invoice)
    conn.execute(
        update(invoice)
        .where(invoice.c.id.in_(sorted(key[1] for key in keys)), invoice.c.status == "open", or_(going_on, waits))
        .values(unchecked=True, version=invoice.c.version + 1)
    )


def clear(conn: Connection, now: datetime, keys: Sequence[bulk.Key] | None = None) -> int:
    """Let invoices for which nothing waits be charged again: these, or all; return how many."""
    waits = exists().where(_ITS_INVOICE).correlate(invoice)
    statement = update(invoice).where(invoice.c.unchecked, ~waits)
    if keys is not None:
        statement = statement.where(invoice.c.id.in_(sorted(key[1] for key in keys)))
    cleared = statement.values(unchecked=False, next_step_at=now, version=invoice.c.version + 1)
    return conn.execute(cleared).rowcount


def finish(conn: Connection, now: datetime) -> None:
    """Remember that the check is over."""
    conn.execute(update(installation).where(installation.c.id == _ID).values(reconciled_at=now))


def progress(conn: Connection) -> tuple[int, int]:
    """Count the invoices still to be checked, and the charges found that aren't settled."""
    unchecked = conn.execute(select(func.count()).select_from(invoice).where(invoice.c.unchecked)).scalar_one()
    unsettled = conn.execute(select(func.count()).select_from(found_charge).where(_UNSETTLED)).scalar_one()
    return unchecked, unsettled
