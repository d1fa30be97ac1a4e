"""The rows that one charge writes, taken once from what our own pipeline wrote, so that the floor writes the same.

A floor computes nothing: it takes the values that follow from the kind of charge (first or again, approved or declined)
ready-made from here and puts its own ids beside them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Boolean, Integer

from benchmarks.floor import shop
from purring.engine.pipeline import Pipeline
from purring.store.columns import metadata
from purring.store.engine import open_store, upgrade
from purring.store.types import Document, Instant

KINDS = 4
Row = dict[str, Any]


class Due(NamedTuple):
    """One claimed invoice with all that its charge needs."""

    merchant_id: str
    invoice_id: str
    customer_id: str
    subscription_id: str
    amount_minor: int
    currency: str
    method_id: str
    gateway: str
    fingerprint: str
    token: str
    person_id: str
    recovery_id: str | None

    @property
    def kind(self) -> int:
        """First and approved, again and approved, first and declined, again and declined."""
        return 2 * self.token.startswith(shop.DECLINED) + (self.recovery_id is not None)


@dataclass(frozen=True, kw_only=True)
class Write:
    """One statement over many rows.

    `own` columns are given for each row, `by_kind` follow from the kind of charge, `same` are the same for all.
    """

    table: str
    own: tuple[str, ...]
    by_kind: tuple[str, ...] = ()
    same: tuple[str, ...] = ()
    is_update: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that a row brings."""
        return self.own + self.by_kind

    def column_type(self, name: str) -> str:
        """PostgreSQL's type of a column, documents as the text that they travel in."""
        match metadata.tables[self.table].c[name].type:
            case Instant():
                return "timestamptz"
            case BigInteger():
                return "bigint"
            case Integer():
                return "int"
            case Boolean():
                return "bool"
            case _:
                return "text"

    def is_document(self, name: str) -> bool:
        """Whether a column holds JSON."""
        return isinstance(metadata.tables[self.table].c[name].type, Document)


_KEY = ("merchant_id", "id")
ATTEMPT = Write(
    table="attempt",
    own=(*_KEY, "invoice_id", "method_id", "gateway", "fingerprint", "amount_minor", "currency"),
    by_kind=("number", "why", "notes"),
    same=(
        "initiator", "status", "started_at", "key_expires_at", "is_backup", "captured_minor", "hard_stop", "rules",
        "asked_count", "detail", "version",
    ),
)  # fmt: skip
EVENT = Write(table="event", own=(*_KEY, "object_id", "kind", "data"), same=("at",))
ENDED = Write(
    table="attempt",
    own=(*_KEY, "gateway_ref"),
    by_kind=("status", "captured_minor", "reason", "decline_class", "answer", "rules"),
    same=("ended_at", "version"),
    is_update=True,
)
INVOICE = Write(
    table="invoice",
    own=_KEY,
    by_kind=("status", "paid_minor", "next_step_at", "closed_at", "version"),
    same=("lease_owner", "lease_until"),
    is_update=True,
)
OPENED = Write(
    table="recovery",
    own=(*_KEY, "invoice_id"),
    by_kind=("window_ends_at", "status", "opened_at", "cause", "version"),
    same=("policy_version", "hold"),
)
RECOVERED = Write(
    table="recovery", own=_KEY, by_kind=("status", "cause", "closed_at", "version"), is_update=True
)  # fmt: skip
SUBSCRIPTION = Write(
    table="subscription", own=_KEY, by_kind=("status", "reason", "past_due_at", "version"), is_update=True
)  # fmt: skip
NOTICE = Write(
    table="notice",
    own=(*_KEY, "customer_id", "invoice_id", "subscription_id", "attempt_id"),
    by_kind=("kind", "number", "context"),
    same=("status", "owed_at", "due_at", "escalated"),
)
DELIVERY = Write(
    table="delivery",
    own=(*_KEY, "notice_id", "person_id"),
    same=("channel", "status", "next_step_at", "tries", "code", "problem"),
)
ENTRY = Write(
    table="journal_entry",
    own=(*_KEY, "invoice_id", "attempt_id", "amount_minor", "currency"),
    same=("kind", "at"),
)
POSTING = Write(table="journal_posting", own=("merchant_id", "entry_id", "account", "amount_minor", "currency"))


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What our pipeline wrote for one invoice of each kind, by table; `started`: the events of tx 1, then of tx 2."""

    rows: Sequence[dict[str, Row]]
    started: Sequence[tuple[str, str]]
    ended: Sequence[Sequence[tuple[str, str, str]]]

    def values(self, write: Write, kind: int) -> tuple[Any, ...]:
        """What follows from the kind, in the order of the statement's columns."""
        return tuple(self.rows[kind][write.table].get(name) for name in write.by_kind)

    def same(self, write: Write) -> tuple[Any, ...]:
        """What is the same for all."""
        if not write.same:
            return ()
        having = next(rows for rows in self.rows if write.table in rows)
        return tuple(having[write.table].get(name) for name in write.same)


def sample(*, as_integers: bool) -> Sample:
    """Charge one invoice of each kind in a scratch database and look at what that wrote.

    `as_integers`: give instants as SQLite keeps them.
    """
    with TemporaryDirectory(prefix="purring-bench-sample-") as directory:
        path = Path(directory) / "sample"
        upgrade(f"sqlite:///{path}")
        shop.fill(f"sqlite:///{path}", KINDS)
        store = open_store(f"sqlite:///{path}", durable=False)
        Pipeline(shop.services(store, "sample", KINDS)).turn()
        store.close()
        db = sqlite3.connect(path)
        db.row_factory = sqlite3.Row
        invoices = [row["id"] for row in db.execute("SELECT id FROM invoice ORDER BY number")]
        assert len(invoices) == KINDS
        rows = [_rows_of(db, one, as_integers=as_integers) for one in invoices]
        events = [_events_of(db, one["attempt"], invoice_id) for one, invoice_id in zip(rows, invoices, strict=True)]
        db.close()
    started = [(kind, data) for _, kind, data in (of[0] for of in events)]
    return Sample(rows=rows, started=started, ended=[of[1:] for of in events])


def _rows_of(db: sqlite3.Connection, invoice_id: str, *, as_integers: bool) -> dict[str, Row]:
    """The newest row of each table for one invoice."""
    found = {}
    for table in ("attempt", "recovery", "notice", "journal_entry"):
        row = db.execute(f"SELECT * FROM {table} WHERE invoice_id = ? ORDER BY rowid DESC", [invoice_id]).fetchone()  # noqa: S608 - the names above
        if row:
            found[table] = dict(row)
    for table, column in (("invoice", "id"), ("subscription", "id"), ("delivery", "notice_id")):
        key = invoice_id if table == "invoice" else found["invoice"]["subscription_id"]
        key = found["notice"]["id"] if table == "delivery" and "notice" in found else key
        row = db.execute(f"SELECT * FROM {table} WHERE {column} = ?", [key]).fetchone()  # noqa: S608 - the names above
        if row:
            found[table] = dict(row)
    if not as_integers:
        found = {table: _as_postgresql_has_it(table, row) for table, row in found.items()}
    return found


def _as_postgresql_has_it(table: str, row: Row) -> Row:
    types = {column.name: column.type for column in metadata.tables[table].columns}
    return {name: _converted(types[name], value) for name, value in row.items()}


def _converted(type_: object, value: Any) -> Any:  # noqa: ANN401 - a value of any column
    if value is None:
        return None
    if isinstance(type_, Instant):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
    return bool(value) if isinstance(type_, Boolean) else value


def _events_of(db: sqlite3.Connection, attempt: Row, invoice_id: str) -> list[tuple[str, str, str]]:
    """Whose (a prefix), kind and data of the events of one charge, oldest first."""
    first = db.execute("SELECT min(id) FROM event WHERE object_id = ?", [attempt["id"]]).fetchone()[0]
    own = (attempt["id"], invoice_id, f"rec_{invoice_id[4:]}", _subscription(db, invoice_id))
    statement = "SELECT object_id, kind, data FROM event WHERE id >= ? AND object_id IN (?, ?, ?, ?) ORDER BY id"
    return [(row["object_id"][:4], row["kind"], row["data"]) for row in db.execute(statement, [first, *own])]


def _subscription(db: sqlite3.Connection, invoice_id: str) -> str:
    found: str = db.execute("SELECT subscription_id FROM invoice WHERE id = ?", [invoice_id]).fetchone()[0]
    return found
