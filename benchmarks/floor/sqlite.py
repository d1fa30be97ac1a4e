"""The floor on SQLite: bare sqlite3 and executemany, in WAL mode with synchronous=FULL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from benchmarks.floor.pipeline import LEASE, Floor, Values
from benchmarks.floor.rows import Due, Write, sample
from benchmarks.floor.shop import NOW
from purring.store.types import EPOCH

DUE = """
SELECT due.merchant_id, due.id, due.customer_id, due.subscription_id, due.total_minor, due.currency,
       method.id, method.gateway, method.fingerprint, method.token, person.id, recovery.id
FROM (
    SELECT * FROM invoice WHERE merchant_id = (SELECT id FROM merchant)  -- there is only one
    AND next_step_at <= :now AND (lease_until IS NULL OR lease_until <= :now)
    ORDER BY next_step_at LIMIT :most
) due
JOIN subscription sold ON sold.merchant_id = due.merchant_id AND sold.id = due.subscription_id
JOIN payment_method method ON method.merchant_id = sold.merchant_id AND method.id = sold.method_id
JOIN person ON person.merchant_id = due.merchant_id AND person.customer_id = due.customer_id
LEFT JOIN recovery ON recovery.merchant_id = due.merchant_id AND recovery.invoice_id = due.id
"""
HOLD = "UPDATE invoice SET lease_owner = ?, lease_until = ?, fence = fence + 1 WHERE merchant_id = ? AND id = ?"
PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "cache_size = -65536")


class SqliteFloor(Floor):
    """One worker on SQLite."""

    def __init__(self, url: str, owner: str, batch_max: int) -> None:
        """Connect."""
        super().__init__(sample(as_integers=True), owner, batch_max)
        self._conn = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30, isolation_level=None)
        for pragma in PRAGMAS:
            self._conn.execute(f"PRAGMA {pragma}")
        self._now = (NOW - EPOCH) // LEASE.resolution
        self._until = (NOW + LEASE - EPOCH) // LEASE.resolution

    def claim(self) -> list[Due]:
        """Lease due invoices and give what their charges need."""
        due = list(map(Due._make, self._conn.execute(DUE, {"now": self._now, "most": self.batch_max})))
        self._conn.executemany(HOLD, [(self.owner, self._until, one.merchant_id, one.invoice_id) for one in due])
        return due

    def run(self, write: Write, same: Values, rows: Iterator[Values]) -> None:
        """Write rows."""
        if write.is_update:
            key = write.columns.index("merchant_id"), write.columns.index("id")
            assert key == (0, 1), write
            laid_out = (same + row[2:] + row[:2] for row in rows)
        else:
            laid_out = (same + row for row in rows)
        self._conn.executemany(_sql(write), laid_out)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what happens in the block."""
        self._conn.execute("BEGIN IMMEDIATE")
        yield
        self._conn.execute("COMMIT")

    def close(self) -> None:
        """Hang up."""
        self._conn.close()


@lru_cache
def _sql(write: Write) -> str:
    names = (*write.same, *write.columns)
    if not write.is_update:
        return f"INSERT INTO {write.table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608 - our own tables
    changed = ", ".join(f"{name} = ?" for name in names if name not in {"merchant_id", "id"})
    return f"UPDATE {write.table} SET {changed} WHERE merchant_id = ? AND id = ?"  # noqa: S608 - our own tables
