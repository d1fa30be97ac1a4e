"""What must always hold stays cheap to check: no query goes through one table again for every row of another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event

from purring.store import invariants
from purring.store.engine import open_store, upgrade
from tests.store.plants import SOON

ONE_ROW = {"installation"}
"""Tables that are read whole by intent."""


def _gone_through_again(plan: list[str]) -> list[str]:
    """The tables that are gone through though another one is already; all rows of a merchant may be nearly all."""
    scanned = [line.split()[1] for line in plan if line.startswith("SCAN")]
    of_merchant = [line.split()[1] for line in plan if line.startswith("SEARCH") and line.endswith("(merchant_id=?)")]
    return [table for table in (*scanned[1:], *of_merchant) if table not in ONE_ROW]


def test_every_sentence_is_checked_by_way_of_indexes(tmp_path: Path) -> None:
    """Twice the rows take twice the time, not four times; seen on SQLite, whose plans need no rows to be good ones."""
    url = f"sqlite:///{tmp_path / 'empty.sqlite3'}"
    upgrade(url)
    store, asked = open_store(url), list[tuple[str, Any]]()

    def hear(*call: Any) -> None:
        asked.append((call[2], call[3]))

    with store.reading() as conn:
        event.listen(conn, "before_cursor_execute", hear)
        results = invariants.check(conn, SOON)
        event.remove(conn, "before_cursor_execute", hear)
        plans = {
            query: [str(row[3]) for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", parameters)]
            for query, parameters in asked
        }
    store.close()
    assert [] == [(query, found) for query, plan in plans.items() if (found := _gone_through_again(plan))]
    assert len(plans) > len(results)
