"""What really happened, read from the sandbox's file: the judge of "charged once" and of every ceiling.

It reads beside a running server and never writes.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from purring.domain.money import Money
from purring.gateways.sandbox.ledger import BUSY_TIMEOUT_MS, instant


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCharge:
    """A charge that reached the issuer or bank, whatever came of it. `captured` is zero for one that took nothing.

    `raw_code` and `advice_code` are those of a decline, `ended_at` is when its status was last set. The form of a debit
    (`entry_description`, `transaction_code`, `sequence_type`, `prenotification_days`) is none where nothing was said.
    """

    key: str
    merchant_id: str
    invoice_id: str
    token: str
    fingerprint: str
    network: str
    amount: Money
    captured: Money
    status: str
    at: datetime
    ended_at: datetime
    off_session: bool
    raw_code: str | None = None
    advice_code: str | None = None
    entry_description: str | None = None
    transaction_code: str | None = None
    sequence_type: str | None = None
    prenotification_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """Money that moved. `kind`: captured, refunded, charged_back or chargeback_reversed."""

    kind: str
    key: str
    merchant_id: str
    invoice_id: str
    amount: Money
    at: datetime


def captured_by_invoice(ledger_path: Path | str) -> dict[str, list[Money]]:
    """Every capture of every invoice; more than one for an invoice means that it was charged twice."""
    captured: defaultdict[str, list[Money]] = defaultdict(list)
    for movement in movements(ledger_path):
        if movement.kind == "captured":
            captured[movement.invoice_id].append(movement.amount)
    return dict(captured)


def movements(ledger_path: Path | str) -> list[Movement]:
    """All movements, oldest first."""
    with _open(ledger_path) as ledger:
        rows = ledger.execute("SELECT * FROM movements ORDER BY seq").fetchall()
    return [
        Movement(
            kind=row["kind"],
            key=row["key"],
            merchant_id=row["merchant_id"],
            invoice_id=row["invoice_id"],
            amount=Money(row["amount_minor"], row["currency"]),
            at=instant(row["at"]),
        )
        for row in rows
    ]


def seen_charges(ledger_path: Path | str) -> list[SeenCharge]:
    """All charges that the networks would have seen, oldest first."""
    with _open(ledger_path) as ledger:
        rows = ledger.execute("SELECT * FROM charges ORDER BY seq").fetchall()
    return [_seen(row) for row in rows]


def _seen(row: sqlite3.Row) -> SeenCharge:
    decline = json.loads(row["decline"]) if row["decline"] else {}
    return SeenCharge(
        key=row["key"],
        merchant_id=row["merchant_id"],
        invoice_id=row["invoice_id"],
        token=row["token"],
        fingerprint=row["fingerprint"],
        network=row["network"],
        amount=Money(row["amount_minor"], row["currency"]),
        captured=Money(row["captured_minor"], row["currency"]),
        status=row["status"],
        at=instant(row["created_at"]),
        ended_at=instant(row["updated_at"]),
        off_session=bool(row["off_session"]),
        raw_code=decline.get("raw_code"),
        advice_code=decline.get("advice_code"),
        entry_description=row["entry_description"],
        transaction_code=row["transaction_code"],
        sequence_type=row["sequence_type"],
        prenotification_days=row["prenotification_days"],
    )


def next_due_at(ledger_path: Path | str) -> datetime | None:
    """When something next happens by itself: a debit settles, a confirmation lapses, an event comes late."""
    with _open(ledger_path) as ledger:
        row = ledger.execute(_NEXT_DUE).fetchone()
    return instant(row["due_at"]) if row["due_at"] else None


_NEXT_DUE = """
SELECT MIN(due_at) AS due_at FROM (
    SELECT due_at FROM charges WHERE due_at IS NOT NULL
    UNION ALL SELECT due_at FROM deliveries WHERE position IS NULL AND due_at IS NOT NULL
)
"""

CardAndAmount = tuple[str, str, Money]
"""Merchant, fingerprint and amount: what the networks count by."""


def most_within(seen: Iterable[SeenCharge], window: timedelta) -> dict[CardAndAmount, int]:
    """The most charges that any card and amount saw within a rolling window; one at its very end is outside."""
    times: defaultdict[CardAndAmount, list[datetime]] = defaultdict(list)
    for charge in seen:
        times[charge.merchant_id, charge.fingerprint, charge.amount].append(charge.at)
    return {card: max(_counts(sorted(moments), window)) for card, moments in times.items()}


def _counts(moments: list[datetime], window: timedelta) -> Iterator[int]:
    """For each moment, how many lie in the window that ends with it."""
    first = 0
    for last, moment in enumerate(moments):
        while moments[first] <= moment - window:
            first += 1
        yield last - first + 1


@contextmanager
def _open(ledger_path: Path | str) -> Iterator[sqlite3.Connection]:
    address = f"{Path(ledger_path).absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(address, uri=True, timeout=BUSY_TIMEOUT_MS / 1000)) as ledger:
        ledger.row_factory = sqlite3.Row
        yield ledger
