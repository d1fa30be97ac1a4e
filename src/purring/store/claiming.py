"""Which due rows a claim takes: a share for each merchant that has any, and at most one row of each customer.

Merchants are found one after the other by skipping through the index of due work, so that their number counts and not
the number of their rows. They stand in a ring: a claim goes on after the merchant where the one before ended.

What lives by a test clock is left out, and claimed for that clock alone, by its time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    Boolean,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Table,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
)

from purring.store.types import Id, Instant

END = ""
"""The place in the ring between the last merchant and the first; no merchant has this id."""

_NOW = bindparam("at", type_=Instant)
_MOST = bindparam("most", type_=Integer)
_NAME = literal_column("''", type_=Id)  # the END
# An OFFSET of it keeps PostgreSQL from joining the whole table where a look at one name or customer is enough.
_ZERO: ColumnElement[int] = literal_column("0")
_ONE: ColumnElement[int] = literal_column("1")
_ROWID: ColumnElement[int] = literal_column('"row".rowid')
_OWN_ROWID: ColumnElement[int] = literal_column("own.rowid")


def chosen(dialect: str, table: Table, of: str, *, one_per_customer: bool) -> Select[Any]:
    """Select the keys of the rows to claim, with `of`, the column whose values share.

    Takes `at`, `most`, `after`, the name after which the ring begins, and `whole`: it begins at the `END`.
    """
    due = _due(dialect, table, of, _visited(table, of), one_per_customer=one_per_customer)
    place = func.row_number().over(partition_by=due.c[of], order_by=(due.c.next_step_at, due.c.id))
    ranked = select(*due.columns, place.label("place")).subquery("ranked")
    key = [ranked.c[column.name] for column in table.primary_key]
    return select(*key).order_by(ranked.c.place, ranked.c.next_step_at, ranked.c.id).limit(_MOST)


def chosen_on_clock(dialect: str, table: Table, *, one_per_customer: bool) -> Select[Any]:
    """Select the keys of the rows to claim for one test clock, those due first first.

    Takes `at`, `most`, and the clock as `of_merchant` and `clock`.
    """
    own = table.alias("own")
    rows = select(*(own.c[column.name] for column in table.primary_key)).where(*_on_clock(own), *_free_by(own))
    if one_per_customer:
        older = table.alias("older")
        rows = rows.where(~_comes_first(older, own, *_on_clock(older), *_free_by(older)))
    rows = rows.order_by(own.c.next_step_at, own.c.id).limit(_MOST)
    return rows if dialect == "sqlite" else rows.with_for_update(skip_locked=True, key_share=True)


def next_due_on_clock(table: Table) -> Select[Any]:
    """Select when the first row of one test clock can be claimed, of those due at `at` and of those due later."""
    due, later = table.alias("due"), table.alias("later")
    now_due = select(func.min(_free_at(due))).where(*_on_clock(due), due.c.next_step_at <= _NOW)
    due_later = select(func.min(later.c.next_step_at)).where(*_on_clock(later), later.c.next_step_at > _NOW)
    return select(now_due.scalar_subquery(), due_later.scalar_subquery())


def _on_clock(row: FromClause) -> tuple[ColumnElement[bool], ...]:
    of_merchant, clock = bindparam("of_merchant", type_=Id), bindparam("clock", type_=Id)
    return row.c.merchant_id == of_merchant, row.c.test_clock_id == clock


def next_due(table: Table, of: str) -> Select[Any]:
    """Select for each name when its first row can be claimed, of those due at `at` and of those due later."""
    ring, due, later = _ring(table, of, _NAME, whole=true()), table.alias("due"), table.alias("later")
    now_due = select(func.min(_free_at(due))).where(
        due.c[of] == ring.c.name, due.c.next_step_at <= _NOW, *_on_no_clock(due)
    )
    due_later = select(func.min(later.c.next_step_at)).where(
        later.c[of] == ring.c.name, later.c.next_step_at > _NOW, *_on_no_clock(later)
    )
    return select(now_due.scalar_subquery(), due_later.scalar_subquery()).where(ring.c.name != END)


def _ring(table: Table, of: str, after: ColumnElement[str], *, whole: ColumnElement[bool]) -> CTE:
    """Every name that has rows with work, from the one behind `after` to the last, and from the first to `after`.

    It passes the `END` on its way. PostgreSQL and SQLite follow it only as far as rows are asked for.
    """
    start = select(cast(after, table.c[of].type).label("name"), _ZERO.label("lap"))
    ring, own = start.cte("ring", recursive=True), table.alias("follower")
    # Ordered as the index of due work is, and as no other: those who have no work aren't waded through.
    follower = (
        select(own.c[of])
        .where(own.c.next_step_at.is_not(None), *_on_no_clock(own), own.c[of] > ring.c.name)
        .order_by(own.c[of], own.c.next_step_at)
        .limit(_ONE)
    )
    lap = ring.c.lap + case((ring.c.name == END, _ONE), else_=_ZERO)
    goes_on = or_(ring.c.lap == _ZERO, and_(ring.c.name != END, or_(whole, ring.c.name < after)))
    return ring.union_all(select(func.coalesce(follower.scalar_subquery(), END), lap).where(goes_on))


def _visited(table: Table, of: str) -> CTE:
    """Those next in the ring that have a row to claim, as many as a batch has places."""
    after, whole = bindparam("after", type_=Id), bindparam("whole", type_=Boolean)
    ring, first = _ring(table, of, after, whole=whole), table.alias("first")
    has_work = select(_ONE).where(first.c[of] == ring.c.name, *_claimable(first)).offset(_ZERO).correlate(ring).exists()
    # The ring begins at the name that was served last, which stands at its end once more.
    in_its_place = or_(and_(ring.c.lap == _ZERO, ring.c.name != after), ring.c.lap > _ZERO)
    not_twice = or_(ring.c.lap == _ZERO, whole, ring.c.name <= after)
    return select(ring.c.name).where(ring.c.name != END, in_its_place, not_twice, has_work).limit(_MOST).cte("visited")


def _due(dialect: str, table: Table, of: str, visited: CTE, *, one_per_customer: bool) -> CTE:
    """Up to twice the even share of each name, oldest first: what some don't use goes to others."""
    own = table.alias("own")
    rows = select(own).where(own.c[of] == visited.c.name, *_claimable(own)).order_by(own.c.next_step_at)
    if one_per_customer:
        rows = rows.where(~_has_older(own, table))
    rows = rows.limit(_share(visited)).correlate(visited)
    names = list(dict.fromkeys((*(column.name for column in table.primary_key), of, "id", "next_step_at")))
    if dialect == "sqlite":
        row = table.alias("row")
        found = select(*(row.c[name] for name in names)).select_from(visited.join(row, true()))
        # By any index of ours SQLite would at times rather look each row's name up than each name's rows.
        return found.where(_ROWID.in_(rows.with_only_columns(_OWN_ROWID))).cte("due")
    locked = rows.with_only_columns(*(own.c[name] for name in names)).with_for_update(skip_locked=True, key_share=True)
    return select(side := locked.lateral("locked")).select_from(visited.join(side, true())).cte("due")


def _share(visited: CTE) -> ColumnElement[int]:
    """Twice the even share, rounded up; no more than a batch."""
    how_many = select(func.count()).select_from(visited).scalar_subquery()
    share = (2 * _MOST + how_many - 1) // how_many
    return case((share > _MOST, _MOST), else_=cast(share, Integer))


def _has_older(own: FromClause, table: Table) -> ColumnElement[bool]:
    """Whether another row of the same customer comes first: two invoices may share a subscription or a card."""
    older = table.alias("older")
    return _comes_first(older, own, *_claimable(older))


def _comes_first(older: FromClause, own: FromClause, *claimable: ColumnElement[bool]) -> ColumnElement[bool]:
    comes_first = tuple_(older.c.next_step_at, older.c.id) < tuple_(own.c.next_step_at, own.c.id)
    same = (older.c.merchant_id == own.c.merchant_id, older.c.customer_id == own.c.customer_id)
    return select(_ONE).where(*same, comes_first, *claimable).offset(_ZERO).correlate(own).exists()


def _claimable(row: FromClause) -> tuple[ColumnElement[bool], ...]:
    return *_free_by(row), *_on_no_clock(row)


def _free_by(row: FromClause) -> tuple[ColumnElement[bool], ...]:
    return row.c.next_step_at <= _NOW, or_(row.c.lease_until.is_(None), row.c.lease_until <= _NOW)


def _free_at(row: FromClause) -> ColumnElement[datetime]:
    return case((row.c.lease_until > row.c.next_step_at, row.c.lease_until), else_=row.c.next_step_at)


def _on_no_clock(row: FromClause) -> tuple[ColumnElement[bool], ...]:
    """Leave out what lives by a test clock, as the index of due work does."""
    return (row.c.test_clock_id.is_(None),) if "test_clock_id" in row.c else ()
