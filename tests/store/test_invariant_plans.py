"""What must always hold stays cheap to check: no query goes through one table again for every row of another."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, event

from purring.store import invariants
from purring.store.engine import open_store
from tests.store.plants import SOON

ONE_ROW = {"installation"}
"""Tables that are read whole by intent."""

NESTED_LOOPS_ONLY = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin", "enable_material", "enable_bitmapscan")
"""What PostgreSQL must do without, so that only an index can help; empty tables would tempt it to anything."""

Plan = dict[str, Any]


def _explained(conn: Connection, prefix: str) -> Iterator[tuple[str, list[Any]]]:
    """Each query of `check`, with the rows of its plan."""
    asked: list[tuple[str, Any]] = []

    def hear(*call: Any) -> None:
        asked.append((call[2], call[3]))

    event.listen(conn, "before_cursor_execute", hear)
    invariants.check(conn, SOON)
    event.remove(conn, "before_cursor_execute", hear)
    for statement, parameters in asked:
        yield statement, [row[-1] for row in conn.exec_driver_sql(f"{prefix} {statement}", parameters)]


def _again_on_sqlite(plan: list[str]) -> list[str]:
    """The tables that are scanned though another one is already."""
    scanned = [line.split()[1] for line in plan if line.startswith("SCAN")]
    return [table for table in scanned[1:] if table not in ONE_ROW]


def _again_on_postgresql(node: Plan, *, repeated: bool = False) -> Iterator[str]:
    """The tables that are scanned in a part of the plan that is done for each row of another part."""
    repeated |= node.get("Parent Relationship") == "SubPlan" or (
        node.get("Parent Relationship") == "Inner" and node["Node Type"] != "Hash"
    )
    reads = "Scan" in node["Node Type"] and "Relation Name" in node
    if repeated and reads and "Index Cond" not in node and node["Relation Name"] not in ONE_ROW:
        yield node["Relation Name"]
    for part in node.get("Plans", ()):
        yield from _again_on_postgresql(part, repeated=repeated)


def test_every_sentence_is_checked_by_way_of_indexes(database_url: str) -> None:
    """Twice the rows take twice the time, not four times."""
    store = open_store(database_url)
    with store.reading() as conn:
        if conn.dialect.name == "sqlite":
            found = [(one, _again_on_sqlite(plan)) for one, plan in _explained(conn, "EXPLAIN QUERY PLAN")]
        else:
            for setting in NESTED_LOOPS_ONLY:
                conn.exec_driver_sql(f"SET LOCAL {setting} = off")
            found = [
                (one, list(_again_on_postgresql(json.loads(plan)[0]["Plan"])))
                for one, [plan] in _explained(conn, "EXPLAIN (FORMAT JSON)")
            ]
    store.close()
    assert [] == [(one, tables) for one, tables in found if tables]
