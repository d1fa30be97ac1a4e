"""Many customers with a history, quickly: a few live a real life through the real code, then PostgreSQL copies them.

A copy differs from its original in the last characters of every id and in the words that must be unique: a card's
fingerprint and token, an invoice's number. Ids keep their time, so that copies lie in tables and indexes as rows that
were written over the years do.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql
from sqlalchemy import Table

from benchmarks.shared import machine
from benchmarks.shared.databases import DURABLE
from purring.clock import VirtualClock
from purring.domain.ids import CustomerId, MerchantId
from purring.store.columns import metadata
from tests import postgres
from tests.world import FUNDS, World

STARTS_AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TAIL = 8
"""So many characters at the end of an id say which copy it belongs to."""
UNREAD = frozenset({"delivery", "event", "invoice_line", "journal_entry", "journal_posting"})
"""Tables that a charge only adds to."""
_EXPLAINING = {("attempt", "notes"): "'[]'", ("notice", "context"): "'{}'"}
"""Columns that only explain what was decided."""

LOADED_WITHOUT = ("fsync", "full_page_writes", "synchronous_commit")
# As PostgreSQL's own manual advises for a machine of its own: a quarter of the memory.
LARGE = {
    "max_wal_size": "4GB",
    "shared_buffers": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') // 4 >> 20}MB",
    "wal_level": "minimal",
}
# What can be switched while it runs, to load fast and to measure durably, isn't said on the command line.
SETTINGS = {
    name: value for name, value in {**postgres.SETTINGS, **DURABLE, **LARGE}.items() if name not in LOADED_WITHOUT
}

_ANY = sql.SQL("SELECT 1 FROM {} LIMIT 1")

Ids = dict[str, list[str]]  # by table
Driver = psycopg.Connection
"""A connection of the driver's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Originals:
    """Two customers to copy, with some recoveries behind them.

    `due`: owes a declined invoice, whose retry is due at `due_at`. `clear`: owes nothing, and renews at `renews_at`.
    """

    merchant_id: MerchantId
    due: CustomerId
    due_at: datetime
    clear: CustomerId
    renews_at: datetime
    recovered: int


def live(url: str, *, recovered: int = 3) -> Originals:
    """Let the originals live: in each of some months a charge is declined, and its first retry brings the money."""
    with opened(url) as world:
        shop = world.shop()
        price = shop.price()
        past = (FUNDS, "approve") * recovered
        due, clear = (shop.sold(*past, answer, price=price, start_on=STARTS_AT.date()) for answer in (FUNDS, "approve"))
        world.play(days=31 * recovered + 2)
        while shop.facts(due).recovery is None:
            world.play(days=1)
        due_at, renews_at = shop.invoice(due).next_step_at, shop.subscription(clear.id).next_step_at
        assert due_at is not None, "the retry is planned"
        assert renews_at is not None, "the subscription goes on"
        return Originals(
            merchant_id=shop.id,
            due=due.customer_id,
            due_at=due_at,
            clear=clear.customer_id,
            renews_at=renews_at,
            recovered=recovered,
        )


@contextmanager
def opened(url: str) -> Iterator[World]:
    """A world in a database, with a gateway in a directory of its own."""
    directory = Path(tempfile.mkdtemp(prefix="purring-bench-"))
    world = World(database_url=url, directory=directory, clock=VirtualClock(STARTS_AT))
    try:
        yield world
    finally:
        world.close()
        shutil.rmtree(directory, ignore_errors=True)


# ---------------------------------------------------------------------------------------------------------------------
# Copies


def connect(url: str) -> Driver:
    """A connection of the driver's own, each statement its own transaction."""
    return psycopg.connect(urlunsplit(urlsplit(url)._replace(scheme="postgresql")), autocommit=True)


def copy(
    conn: Driver,
    customer: CustomerId,
    numbers: range,
    *,
    due: str | None = None,
    lean: bool = False,
) -> None:
    """Copy a customer and everything about it, once for each number. No number may be used twice.

    `due`: when a copy's open invoice is due, as SQL over `own.next_step_at` and `copy`. `lean`: without what is written
    and never read on the way to a charge, so that millions fit on a disk.
    """
    unread = UNREAD if lean else frozenset()
    conn.execute("SET session_replication_role = replica")  # the originals fulfil every foreign key; so do their copies
    for name, ids in _rows_of(conn, customer).items():
        if name not in unread:
            _copy_rows(conn, name, ids, numbers, due, lean=lean)
    conn.execute("RESET session_replication_role")


def load(
    url: str, customer: CustomerId, numbers: range, *, due: str | None = None, left_out: frozenset[str] = UNREAD
) -> None:
    """Copy a customer millions of times, lean: without indexes and past the log, a table on each core."""
    with connect(url) as conn:
        rows = {name: ids for name, ids in _rows_of(conn, customer).items() if name not in left_out}
        with _without_indexes(conn), ThreadPoolExecutor(machine.cores()) as threads:
            largest_first = sorted(rows, key=lambda name: -len(rows[name]))
            list(threads.map(lambda name: _load_table(url, name, rows[name], numbers, due), largest_first))


def _load_table(url: str, name: str, ids: Sequence[str], numbers: range, due: str | None) -> None:
    """Copy rows of one table in a transaction that empties it first: PostgreSQL writes no log of that."""
    with connect(url) as conn, conn.transaction():
        conn.execute("SET LOCAL session_replication_role = replica")  # what only grows refuses to be emptied
        for statement in _EMPTIED:
            conn.execute(sql.SQL(statement).format(sql.Identifier(name)))
        _copy_rows(conn, name, ids, numbers, due, lean=True)


_EMPTIED: tuple[LiteralString, ...] = (
    "CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT * FROM {}",
    "TRUNCATE {}",
    "INSERT INTO {} SELECT * FROM kept",
)


def _copy_rows(conn: Driver, name: str, ids: Sequence[str], numbers: range, due: str | None, *, lean: bool) -> None:
    original = sql.SQL("CREATE TEMPORARY TABLE original AS SELECT * FROM {}").format(sql.Identifier(name))
    conn.execute(original)  # a look at each of them would else go through all copies
    statement = _copying(metadata.tables[name], due if name == "invoice" else None, lean=lean)
    for one in ids:
        conn.execute(statement, {"id": one, "first": numbers.start, "last": numbers.stop - 1})
    conn.execute("DROP TABLE original")


@contextmanager
def loading(conn: Driver) -> Iterator[None]:
    """Don't wait for the disk until the end of the block; at its end everything is on it."""
    for name in LOADED_WITHOUT:
        conn.execute(f"ALTER SYSTEM SET {name} = off".encode())
    conn.execute("SELECT pg_reload_conf()")
    yield
    conn.execute("ALTER SYSTEM RESET ALL")
    conn.execute("SELECT pg_reload_conf()")
    settle(conn)
    os.sync()


@contextmanager
def _without_indexes(conn: Driver) -> Iterator[None]:
    """Drop every index and every key until the end of the block: to copy millions takes a fraction of the time so.

    Foreign keys come back without a look at the rows that are there.
    """
    keys = conn.execute(_KEYS).fetchall()
    for _, table, name, _ in sorted(keys, key=lambda row: row[0] != "f"):
        conn.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(*map(sql.Identifier, (table, name))))
    indexes = conn.execute(_INDEXES).fetchall()
    for name, _ in indexes:
        conn.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    yield
    conn.execute("SET maintenance_work_mem = '1GB'")
    for kind, table, name, definition in sorted(keys, key=lambda row: row[0] == "f"):
        unchecked = " NOT VALID" if kind == "f" else ""
        conn.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}{unchecked}'.encode())
    for _, definition in indexes:
        conn.execute(definition.encode())
    conn.execute("RESET maintenance_work_mem")


_KEYS = """
SELECT contype, relname, conname, pg_get_constraintdef(pg_constraint.oid)
FROM pg_constraint JOIN pg_class ON pg_class.oid = conrelid
WHERE contype IN ('f', 'p', 'u') AND relnamespace = 'public'::regnamespace ORDER BY contype, conname
"""
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname
"""


def settle(conn: Driver) -> None:
    """Leave the tables as a database that runs for long has them: vacuumed, and counted for the planner.

    Those without rows are left as they are: once counted as empty they would be taken for empty while they fill.
    """
    filled = [name for name in metadata.tables if conn.execute(_ANY.format(sql.Identifier(name))).fetchone()]
    conn.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.SQL(", ").join(map(sql.Identifier, filled))))
    conn.execute("CHECKPOINT")


def _rows_of(conn: Driver, customer: CustomerId) -> Ids:
    """The ids of everything that belongs to a customer, oldest first; of a card its fingerprint."""

    def ids(table: str, column: str, of: Sequence[str], what: str = "id") -> list[str]:
        statement = sql.SQL("SELECT {} FROM {} WHERE {} = ANY(%s) ORDER BY 1").format(
            *map(sql.Identifier, (what, table, column))
        )
        return [row[0] for row in conn.execute(statement, [list(of)])]

    found: Ids = {"customer": [customer]}
    found["card_identity"] = ids("payment_method", "customer_id", [customer], "fingerprint")
    for table in ("person", "payment_method", "subscription", "invoice", "notice"):
        found[table] = ids(table, "customer_id", [customer])
    for table in ("invoice_line", "attempt", "recovery", "journal_entry"):
        found[table] = ids(table, "invoice_id", found["invoice"])
    found["journal_posting"] = found["journal_entry"]
    found["delivery"] = ids("delivery", "notice_id", found["notice"])
    found["event"] = ids("event", "object_id", [one for some in found.values() for one in some])
    return found


def _copying(table: Table, due: str | None, *, lean: bool) -> sql.Composed:
    """The statement that copies one row of a table; rows come to lie in the order of their time, copy beside copy."""
    key = next(column for column in table.primary_key.columns if column.name != "merchant_id")
    names = [column.name for column in table.columns]
    values = [
        sql.SQL("{}").format(sql.SQL(_EXPLAINING[table.name, name]))
        if lean and (table.name, name) in _EXPLAINING
        else _value(table, name, due)
        for name in names
    ]
    return sql.SQL(
        "INSERT INTO {table} ({names}) SELECT {values} FROM original AS own,"
        " generate_series(%(first)s::bigint, %(last)s::bigint) AS copy"
        " WHERE own.{key} = %(id)s"
    ).format(
        table=sql.Identifier(table.name),
        key=sql.Identifier(key.name),
        names=sql.SQL(", ").join(map(sql.Identifier, names)),
        values=sql.SQL(", ").join(values),
    )


def _value(table: Table, name: str, due: str | None) -> sql.Composed:
    """What a copy has in a column."""
    own = sql.SQL("own.{}").format(sql.Identifier(name))
    if due is not None and name == "next_step_at":
        return sql.SQL("CASE WHEN {own} IS NOT NULL THEN {due} END").format(own=own, due=sql.SQL(due))  # ours
    if name in {"fingerprint", "token", "external_id"} or (table.name, name) == ("invoice", "number"):
        return sql.SQL("{} || '-' || copy").format(own)
    if name in {"id", "object_id"} or name in _pointing_at_copies(table):
        return sql.SQL("left({own}, -{tail}) || lpad(to_hex(copy), {tail}, '0')").format(
            own=own, tail=sql.Literal(TAIL)
        )
    return sql.SQL("{}").format(own)


def _pointing_at_copies(table: Table) -> set[str]:
    """The columns that hold the id of another row of the same customer."""
    shared = {"merchant", "policy", "price", "product"}
    return {
        element.parent.name
        for constraint in table.foreign_key_constraints
        if constraint.referred_table.name not in shared
        for element in constraint.elements
        if element.parent.name != "merchant_id"
    }
