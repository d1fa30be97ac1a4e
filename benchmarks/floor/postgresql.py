"""The floor on PostgreSQL: bare psycopg, one array per column."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg

from benchmarks.floor.pipeline import LEASE, Floor, Values
from benchmarks.floor.rows import Due, Write, sample
from benchmarks.floor.shop import NOW

CLAIM = """
WITH due AS (
    SELECT merchant_id, id FROM invoice
    WHERE merchant_id = (SELECT id FROM merchant)  -- there is only one, which the index of due work leads with
    AND next_step_at <= %(now)s AND (lease_until IS NULL OR lease_until <= %(now)s)
    ORDER BY next_step_at LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED
), held AS (
    UPDATE invoice SET lease_owner = %(owner)s, lease_until = %(until)s, fence = fence + 1
    FROM due WHERE invoice.merchant_id = due.merchant_id AND invoice.id = due.id
    RETURNING invoice.merchant_id, invoice.id, customer_id, subscription_id, total_minor, currency
)
SELECT held.*, method.id, method.gateway, method.fingerprint, method.token, person.id, recovery.id
FROM held
JOIN subscription sold ON sold.merchant_id = held.merchant_id AND sold.id = held.subscription_id
JOIN payment_method method ON method.merchant_id = sold.merchant_id AND method.id = sold.method_id
JOIN person ON person.merchant_id = held.merchant_id AND person.customer_id = held.customer_id
LEFT JOIN recovery ON recovery.merchant_id = held.merchant_id AND recovery.invoice_id = held.id
"""


class PostgresqlFloor(Floor):
    """One worker on PostgreSQL."""

    def __init__(self, url: str, owner: str, batch_max: int) -> None:
        """Connect."""
        super().__init__(sample(as_integers=False), owner, batch_max)
        plain_url = urlunsplit(urlsplit(url)._replace(scheme="postgresql"))
        self._conn = psycopg.connect(plain_url)
        self._cursor = self._conn.cursor()

    def claim(self) -> list[Due]:
        """Lease due invoices and give what their charges need."""
        values = {"now": NOW, "most": self.batch_max, "owner": self.owner, "until": NOW + LEASE}
        return list(map(Due._make, self._cursor.execute(CLAIM, values, prepare=True).fetchall()))

    def run(self, write: Write, same: Values, rows: Iterator[Values]) -> None:
        """Write rows."""
        arrays = [list(column) for column in zip(*rows, strict=True)]
        if arrays:
            self._cursor.execute(_sql(write), [*same, *arrays], prepare=True)

    def transaction(self) -> AbstractContextManager[Any]:
        """Commit what happens in the block."""
        return self._conn.transaction()

    def close(self) -> None:
        """Hang up."""
        self._conn.close()


@lru_cache
def _sql(write: Write) -> str:
    same = [f"%s::{_stored(write, name)}" for name in write.same]
    # Texts go as they are, since every quote in a document would cost an escape.
    given_as = {name: "%b" if write.column_type(name) == "text" else "%s" for name in write.columns}
    arrays = ", ".join(f"{given_as[name]}::{write.column_type(name)}[]" for name in write.columns)
    new = f"unnest({arrays}) AS new ({', '.join(write.columns)})"
    given = {name: f"new.{name}{'::jsonb' if write.is_document(name) else ''}" for name in write.columns}
    if not write.is_update:
        names = ", ".join((*write.same, *write.columns))
        return f"INSERT INTO {write.table} ({names}) SELECT {', '.join((*same, *given.values()))} FROM {new}"  # noqa: S608 - our own tables
    values = dict(zip(write.same, same, strict=True)) | given
    changes = ", ".join(f"{name} = {value}" for name, value in values.items() if name not in {"merchant_id", "id"})
    same_row = " AND ".join(f"{write.table}.{name} = new.{name}" for name in ("merchant_id", "id"))
    return f"UPDATE {write.table} SET {changes} FROM {new} WHERE {same_row}"  # noqa: S608 - our own tables


def _stored(write: Write, name: str) -> str:
    return "jsonb" if write.is_document(name) else write.column_type(name)
