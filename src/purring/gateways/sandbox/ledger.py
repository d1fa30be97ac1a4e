"""The sandbox's own file: tokens, scripts, charges, movements of money and events, in one SQLite database.

Conventions: `*_at` is UTC text of fixed width, so that it sorts; amounts are minor units. `movements` is append-only,
and no table holds a number of a card or account.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

BUSY_TIMEOUT_MS = 5_000

SCHEMA = """
CREATE TABLE IF NOT EXISTS tokens (
    token TEXT PRIMARY KEY, kind TEXT NOT NULL, network TEXT NOT NULL, last4 TEXT NOT NULL,
    exp_month INTEGER, exp_year INTEGER, fingerprint TEXT NOT NULL, source TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS scripts (
    token TEXT PRIMARY KEY REFERENCES tokens, answers TEXT NOT NULL, position INTEGER NOT NULL DEFAULT 0,
    met INTEGER NOT NULL DEFAULT 0, met_at TEXT, afterwards TEXT
) STRICT;

CREATE TABLE IF NOT EXISTS idempotency (
    key TEXT PRIMARY KEY, body_hash TEXT NOT NULL, status INTEGER NOT NULL, reply TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS charges (
    seq INTEGER PRIMARY KEY, key TEXT NOT NULL, token TEXT NOT NULL, network TEXT NOT NULL, fingerprint TEXT NOT NULL,
    merchant_id TEXT NOT NULL, invoice_id TEXT NOT NULL, amount_minor INTEGER NOT NULL, currency TEXT NOT NULL,
    off_session INTEGER NOT NULL, entry_description TEXT, transaction_code TEXT, sequence_type TEXT,
    prenotification_days INTEGER, created_at TEXT NOT NULL, status TEXT NOT NULL,
    captured_minor INTEGER NOT NULL DEFAULT 0, decline TEXT, ends_as TEXT, due_at TEXT, updated_at TEXT NOT NULL,
    return_to TEXT NOT NULL DEFAULT '', asked_at TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS charges_by_key ON charges (key, seq);
CREATE INDEX IF NOT EXISTS charges_by_creation ON charges (created_at, seq);
CREATE INDEX IF NOT EXISTS charges_by_due ON charges (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS find_unknown (key TEXT PRIMARY KEY, times_left INTEGER NOT NULL) STRICT;

CREATE TABLE IF NOT EXISTS movements (
    seq INTEGER PRIMARY KEY, at TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('captured', 'refunded', 'charged_back', 'chargeback_reversed')),
    charge_seq INTEGER NOT NULL REFERENCES charges, key TEXT NOT NULL, merchant_id TEXT NOT NULL,
    invoice_id TEXT NOT NULL, amount_minor INTEGER NOT NULL CHECK (amount_minor > 0), currency TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS movements_by_charge ON movements (charge_seq);
CREATE TRIGGER IF NOT EXISTS movements_stay BEFORE UPDATE ON movements BEGIN SELECT RAISE(ABORT, 'append-only'); END;
CREATE TRIGGER IF NOT EXISTS movements_last BEFORE DELETE ON movements BEGIN SELECT RAISE(ABORT, 'append-only'); END;

CREATE TABLE IF NOT EXISTS disputes (
    charge_seq INTEGER PRIMARY KEY REFERENCES charges, status TEXT NOT NULL, amount_minor INTEGER NOT NULL,
    reason TEXT NOT NULL
) STRICT;

CREATE TABLE IF NOT EXISTS events (
    seq INTEGER PRIMARY KEY, key TEXT NOT NULL, body TEXT NOT NULL, created_at TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS events_by_key ON events (key, seq);

CREATE TABLE IF NOT EXISTS deliveries (
    seq INTEGER PRIMARY KEY, event_seq INTEGER NOT NULL REFERENCES events, forgery TEXT, due_at TEXT,
    position INTEGER UNIQUE, pushed_at TEXT, tries INTEGER NOT NULL DEFAULT 0, push_after TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS deliveries_by_due ON deliveries (due_at, seq)
    WHERE position IS NULL AND due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS deliveries_unpushed ON deliveries (position)
    WHERE pushed_at IS NULL AND position IS NOT NULL;
"""


class Ledger:
    """The open file. One connection behind one lock: a request is one transaction, and they come one after another."""

    def __init__(self, path: Path | str) -> None:
        self.path = str(path)
        self._lock = Lock()
        self._connection = sqlite3.connect(
            self.path, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        self._connection.row_factory = sqlite3.Row
        self._connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed at the end, rolled back by any exception."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Close the file; closing twice is fine."""
        with self._lock:
            self._connection.close()


def stamp(at: datetime) -> str:
    """An instant as the ledger writes it: `2026-11-23T06:40:00.000000+00:00`."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def instant(text: str) -> datetime:
    """The instant that `stamp` wrote."""
    return datetime.fromisoformat(text)
