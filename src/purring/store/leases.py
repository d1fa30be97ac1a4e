"""Claims due work from the tables that own it: each claimed row is leased to one owner until an instant.

A claim carries a fence, which rises with each claim of the row: whoever lost the lease meanwhile can't write with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Table, bindparam, or_, select, tuple_, update
from sqlalchemy.sql.dml import ReturningUpdate

from purring.domain.ids import MerchantId
from purring.domain.test_clock import ClockKey
from purring.store import bulk, claiming
from purring.store.schema import delivery, event_delivery, inbound_event, invoice, subscription, test_clock
from purring.store.types import Instant


class Work(StrEnum):
    """The tables that have work to do."""

    INVOICE = "invoice"
    SUBSCRIPTION = "subscription"
    DELIVERY = "delivery"
    INBOUND = "inbound"
    EVENT = "event"
    CLOCK = "clock"


_TABLES = {
    Work.INVOICE: invoice,
    Work.SUBSCRIPTION: subscription,
    Work.DELIVERY: delivery,
    Work.INBOUND: inbound_event,
    Work.EVENT: event_delivery,
    Work.CLOCK: test_clock,
}
TIMED = (Work.SUBSCRIPTION, Work.INVOICE, Work.DELIVERY)
"""What can live by a test clock."""

# An inbound event's merchant isn't known before it is worked, but its gateway is. Each endpoint is slow on its own.
_SHARED_BY = dict.fromkeys(Work, "merchant_id") | {Work.INBOUND: "gateway", Work.EVENT: "endpoint_id"}
# Two invoices of one customer share a subscription or a card: one after the other.
_ONE_PER_CUSTOMER = frozenset({Work.INVOICE, Work.SUBSCRIPTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A row of work that is leased to its owner. `merchant_id` is empty for an event whose merchant isn't known yet."""

    merchant_id: MerchantId
    id: str
    fence: int


class Ring:
    """Remembers for one worker who was served last by its claims, so that the next ones go on behind."""

    def __init__(self) -> None:
        """Nobody was served yet."""
        self._last: dict[Work, str] = {}

    def last(self, work: Work) -> str:
        """Who was served last; the ring's end in the beginning."""
        return self._last.get(work, claiming.END)

    def served(self, work: Work, names: set[str]) -> None:
        """Go on behind the last of these: those up to the one before come after the others."""
        self._last[work] = max({name for name in names if name <= self.last(work)} or names)


def claim(
    conn: Connection,
    work: Work,
    owner: str,
    now: datetime,
    *,
    limit: int,
    lease: timedelta,
    ring: Ring | None = None,
    clock: ClockKey | None = None,
) -> list[Claim]:
    """Lease due rows that nobody holds to an owner, at most one of each customer, each merchant's oldest first.

    Every merchant with such rows gets an even share of the places; gateways' events are shared out among gateways, and
    events on their way out among endpoints.
    Where there are more merchants than places, `ring` says who is next. On PostgreSQL rows that another transaction is
    claiming are passed over. `clock`: rows that live by this test clock, whose time `now` is; None: by the real one.
    """
    if clock is not None:
        return _claim_on_clock(conn, work, owner, now, (limit, lease, clock))
    ring = ring or Ring()
    after = ring.last(work)
    params = {"at": now, "most": limit, "after": after, "whole": after == claiming.END}
    lease_to = {"new_owner": owner, "until": now + lease}
    rows = conn.execute(_claiming(conn.dialect.name, work), params | lease_to).all()
    if rows:
        ring.served(work, {row.name for row in rows})
    return _claims(rows)


def _claim_on_clock(
    conn: Connection, work: Work, owner: str, now: datetime, what: tuple[int, timedelta, ClockKey]
) -> list[Claim]:
    """Lease due rows of one test clock."""
    limit, lease, clock = what
    params = {"at": now, "most": limit, "new_owner": owner, "until": now + lease, **_clock_params(clock)}
    return _claims(conn.execute(_claiming_on_clock(conn.dialect.name, work), params).all())


def _clock_params(clock: ClockKey) -> dict[str, str]:
    return {"of_merchant": clock[0], "clock": clock[1]}


def _claims(rows: Iterable[Any]) -> list[Claim]:
    """Give the claims of leased rows, those due first first."""
    rows = sorted(rows, key=lambda row: (row.next_step_at, row.id))
    return [Claim(merchant_id=MerchantId(row.merchant_id or ""), id=row.id, fence=row.fence) for row in rows]


def claim_these(
    conn: Connection, work: Work, keys: Iterable[bulk.Key], owner: str, now: datetime, *, until: datetime
) -> list[Claim]:
    """Lease named rows to an owner, due or not, as far as nobody holds them."""
    wanted = bulk.key_params(conn.dialect.name, sorted(keys))
    rows = conn.execute(
        _claiming_these(conn.dialect.name, work), wanted | {"at": now, "new_owner": owner, "until": until}
    )
    return [Claim(merchant_id=row.merchant_id, id=row.id, fence=row.fence) for row in rows]


@cache
def _claiming_these(dialect: str, work: Work) -> ReturningUpdate[Any]:
    table, keys = _TABLES[work], bulk.wanted(dialect)
    free = or_(table.c.lease_until.is_(None), table.c.lease_until <= bindparam("at", type_=Instant))
    return (
        update(table)
        .where(tuple_(table.c.merchant_id, table.c.id).in_(select(keys.c.merchant_id, keys.c.id)), free)
        .values(
            lease_owner=bindparam("new_owner"), lease_until=bindparam("until", type_=Instant), fence=table.c.fence + 1
        )
        .returning(table.c.merchant_id, table.c.id, table.c.fence)
    )


def take(conn: Connection, work: Work, row: tuple[MerchantId, str], owner: str, until: datetime) -> Claim:
    """Lease one row to an owner, due or not, whoever holds it: that claim is worth nothing any more."""
    claim = _lease_one(conn, work, row, owner, until, free_at=None)
    assert claim, f"{work} {row} isn't there"
    return claim


def take_if_free(
    conn: Connection, work: Work, row: tuple[MerchantId, str], owner: str, now: datetime, *, lease: timedelta
) -> Claim | None:
    """Lease one row to an owner, due or not, unless somebody holds it."""
    return _lease_one(conn, work, row, owner, now + lease, free_at=now)


def _lease_one(
    conn: Connection,
    work: Work,
    row: tuple[MerchantId, str],
    owner: str,
    until: datetime,
    *,
    free_at: datetime | None,
) -> Claim | None:
    own = _TABLES[work].c
    statement = (
        update(_TABLES[work])
        .where(own.merchant_id == row[0], own.id == row[1])
        .values(lease_owner=owner, lease_until=until, fence=own.fence + 1)
        .returning(own.fence)
    )
    if free_at is not None:
        statement = statement.where(or_(own.lease_until.is_(None), own.lease_until <= free_at))
    fence = conn.execute(statement).scalar_one_or_none()
    return None if fence is None else Claim(merchant_id=row[0], id=row[1], fence=fence)


def extend(conn: Connection, work: Work, claims: Sequence[Claim], owner: str, until: datetime) -> int:
    """Hold claims until a later instant, as far as the owner still holds them; return how many those are."""
    rows = [(*_held(one, owner), until) for one in claims]
    return bulk.update_held(conn, _TABLES[work], (*bulk.HELD, "lease_until"), rows)


def hold(conn: Connection, work: Work, claims: Sequence[Claim], owner: str) -> int:
    """Keep others from taking claims over until the transaction ends; return how many of them the owner still holds."""
    if not claims:
        return 0
    keys = bulk.key_params(conn.dialect.name, [(one.merchant_id, one.id) for one in claims])
    fences = {
        (row.merchant_id, row.id): row.fence
        for row in conn.execute(_holding(conn.dialect.name, work), keys | {"owner": owner})
    }
    return sum(fences.get((one.merchant_id, one.id)) == one.fence for one in claims)


@cache
def _holding(dialect: str, work: Work) -> Select[Any]:
    table = _TABLES[work]
    return (
        select(table.c.merchant_id, table.c.id, table.c.fence)
        .select_from(bulk.joined(dialect, table))
        .where(table.c.lease_owner == bindparam("owner"))
        .with_for_update(key_share=True, of=table)
    )


def release(conn: Connection, work: Work, claims: Sequence[Claim], owner: str) -> int:
    """Let go of claims, as far as the owner still holds them; return how many those were."""
    return bulk.update_held(conn, _TABLES[work], bulk.HELD, [_held(one, owner) for one in claims])


def next_due_at(conn: Connection, work: Work, now: datetime, clock: ClockKey | None = None) -> datetime | None:
    """Tell when the next row can be claimed, be it past or future; None while there is no work at all.

    `clock`: as for `claim`.
    """
    statement = _next_due(work) if clock is None else _next_due_on_clock(work)
    params = {"at": now} | ({} if clock is None else _clock_params(clock))
    return min((at for row in conn.execute(statement, params) for at in row if at is not None), default=None)


@cache
def _next_due(work: Work) -> Select[Any]:
    return claiming.next_due(_TABLES[work], _SHARED_BY[work])


@cache
def _next_due_on_clock(work: Work) -> Select[Any]:
    return claiming.next_due_on_clock(_TABLES[work])


def _held(one: Claim, owner: str) -> bulk.Row:
    return (one.merchant_id, one.id, owner, one.fence)


@cache
def _claiming(dialect: str, work: Work) -> ReturningUpdate[Any]:
    """The statement of `claim`, made once, because making it takes longer than running it."""
    table, of = _TABLES[work], _SHARED_BY[work]
    rows = claiming.chosen(dialect, table, of, one_per_customer=work in _ONE_PER_CUSTOMER)
    return _leasing(table, rows, of)


@cache
def _claiming_on_clock(dialect: str, work: Work) -> ReturningUpdate[Any]:
    table = _TABLES[work]
    rows = claiming.chosen_on_clock(dialect, table, one_per_customer=work in _ONE_PER_CUSTOMER)
    return _leasing(table, rows, "test_clock_id")


def _leasing(table: Table, rows: Select[Any], of: str) -> ReturningUpdate[Any]:
    return (
        update(table)
        .where(tuple_(*table.primary_key.columns).in_(rows))
        .values(lease_owner=bindparam("new_owner"), lease_until=bindparam("until"), fence=table.c.fence + 1)
        .returning(table.c.merchant_id, table.c.id, table.c.fence, table.c.next_step_at, table.c[of].label("name"))
    )
