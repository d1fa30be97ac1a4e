"""Claims due work from the tables that own it: each claimed row is leased to one owner until an instant.

A claim carries a fence, which rises with each claim of the row: whoever lost the lease meanwhile can't write with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Column, Connection, Integer, Select, Table, bindparam, case, func, or_, select, tuple_, update
from sqlalchemy.sql.dml import ReturningUpdate

from purring.domain.ids import MerchantId
from purring.store import bulk
from purring.store.schema import delivery, inbound_event, invoice, subscription
from purring.store.types import Instant


class Work(StrEnum):
    """The tables that have work to do."""

    INVOICE = "invoice"
    SUBSCRIPTION = "subscription"
    DELIVERY = "delivery"
    INBOUND = "inbound"


_TABLES = {
    Work.INVOICE: invoice,
    Work.SUBSCRIPTION: subscription,
    Work.DELIVERY: delivery,
    Work.INBOUND: inbound_event,
}
# Two invoices of one customer share a subscription or a card: one after the other.
_ONE_PER_CUSTOMER = frozenset({Work.INVOICE, Work.SUBSCRIPTION})


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A row of work that is leased to its owner. `merchant_id` is empty for an event whose merchant isn't known yet."""

    merchant_id: MerchantId
    id: str
    fence: int


def claim(conn: Connection, work: Work, owner: str, now: datetime, *, limit: int, lease: timedelta) -> list[Claim]:
    """Lease due rows that nobody holds to an owner, those due first first, at most one of each customer.

    On PostgreSQL rows that another transaction is claiming are passed over.
    """
    params = {"at": now, "most": limit, "new_owner": owner, "until": now + lease}
    rows = sorted(conn.execute(_claiming(work), params).all(), key=lambda row: (row.next_step_at, row.id))
    return [Claim(merchant_id=MerchantId(row.merchant_id or ""), id=row.id, fence=row.fence) for row in rows]


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


def next_due_at(conn: Connection, work: Work, now: datetime) -> datetime | None:
    """Tell when the next row can be claimed, be it past or future; None while there is no work at all."""
    found = [at for at in conn.execute(_next_due(work), {"now": now}).one() if at is not None]
    return min(found, default=None)


@cache
def _next_due(work: Work) -> Select[Any]:
    own, now = _TABLES[work].c, bindparam("now", type_=Instant)
    free_at = case((own.lease_until > own.next_step_at, own.lease_until), else_=own.next_step_at)
    due = select(func.min(free_at)).where(own.next_step_at <= now).scalar_subquery()
    later = select(func.min(own.next_step_at)).where(own.next_step_at > now).scalar_subquery()
    return select(due, later)


def _held(one: Claim, owner: str) -> bulk.Row:
    return (one.merchant_id, one.id, owner, one.fence)


@cache
def _claiming(work: Work) -> ReturningUpdate[Any]:
    """The statement of `claim`, made once, because making it takes longer than running it."""
    table = _TABLES[work]
    key = tuple(table.primary_key.columns)
    return (
        update(table)
        .where(tuple_(*key).in_(_chosen(table, key, one_per_customer=work in _ONE_PER_CUSTOMER)))
        .values(lease_owner=bindparam("new_owner"), lease_until=bindparam("until"), fence=table.c.fence + 1)
        .returning(table.c.merchant_id, table.c.id, table.c.fence, table.c.next_step_at)
    )


def _chosen(table: Table, key: tuple[Column[Any], ...], *, one_per_customer: bool) -> Any:  # noqa: ANN401 - a SELECT of as many columns as the key has
    own, now = table.c, bindparam("at", type_=table.c.next_step_at.type)
    free = or_(own.lease_until.is_(None), own.lease_until <= now)
    due = (
        select(*table.columns)
        .where(own.next_step_at <= now, free)
        .order_by(own.next_step_at)
        .limit(bindparam("most", type_=Integer))
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    columns = [due.c[column.name] for column in key]
    if not one_per_customer:
        return select(*columns)
    turn = func.row_number().over(
        partition_by=(due.c.merchant_id, due.c.customer_id), order_by=(due.c.next_step_at, due.c.id)
    )
    ranked = select(*columns, turn.label("turn")).subquery("ranked")
    return select(*(ranked.c[column.name] for column in key)).where(ranked.c.turn == 1)
