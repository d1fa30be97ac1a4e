"""What the queries of invariants have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Interval,
    Select,
    and_,
    bindparam,
    literal,
    select,
    type_coerce,
)

from purring.domain.event import EventKind
from purring.store.schema import event
from purring.store.types import Instant

Violations = Select[Any]
"""Gives `id` of each row that breaks the sentence."""

Queries = Callable[[str], Iterator[Violations]]
"""Takes the dialect; the time is the parameter NOW."""

NOW: ColumnElement[datetime] = bindparam("now", type_=Instant)

_MICROSECOND = timedelta(microseconds=1)


def later(at: ColumnElement[Any], by: timedelta, dialect: str) -> ColumnElement[Any]:
    """Move an instant of a row, whatever instants are on this database."""
    if dialect == "sqlite":
        return type_coerce(type_coerce(at, BigInteger) + literal(by // _MICROSECOND, BigInteger), Instant)
    return type_coerce(at + literal(by, Interval), Instant)


def happened(table: FromClause, *kinds: EventKind) -> ColumnElement[bool]:
    """Tell whether one of these events is about the row."""
    return events_of(table, *kinds).exists()


def events_of(table: FromClause, *kinds: EventKind) -> Select[Any]:
    """Give these events about the row, as a correlated query."""
    about = and_(event.c.merchant_id == table.c.merchant_id, event.c.object_id == table.c.id)
    return select(event.c.id).where(about, event.c.kind.in_(kinds)).correlate(table)


def same(left: FromClause, right: FromClause, *pairs: tuple[str, str]) -> ColumnElement[bool]:
    """Join within the merchant, on pairs of columns."""
    return and_(left.c.merchant_id == right.c.merchant_id, *(left.c[mine] == right.c[theirs] for mine, theirs in pairs))
