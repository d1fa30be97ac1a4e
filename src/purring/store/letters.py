"""Letter books: what was written about overdue invoices, only ever added to."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection

from purring.domain.ids import InvoiceId, MerchantId
from purring.domain.money import Money
from purring.domain.norway.charges import Ground
from purring.domain.norway.letters import Entry
from purring.store import bulk
from purring.store.schema import letter

_SHAPE = bulk.Shape(
    letter,
    {"amount_minor": "amount.minor", "currency": "amount.currency"},
    made={"grounds": lambda entry: [asdict(ground) for ground in entry.grounds]},
)


def add(conn: Connection, merchant_id: MerchantId, entry: Entry) -> None:
    """Add an entry; there is no changing one."""
    _SHAPE.insert(conn, [(merchant_id, entry)])


def of_invoice(conn: Connection, merchant_id: MerchantId, invoice_id: InvoiceId) -> list[Entry]:
    """List an invoice's entries in the order in which they were made."""
    return [
        _entry(row)
        for row in bulk.matching(conn, letter, [(merchant_id, invoice_id)], "invoice_id", order=("recorded_at", "id"))
    ]


def _entry(row: Any) -> Entry:  # noqa: ANN401 - a row
    grounds = tuple(Ground(**ground) for ground in row.grounds)
    return Entry(amount=Money(row.amount_minor, row.currency), grounds=grounds, **_SHAPE.plain(row))
