"""The gateway's own ledger against ours: the one witness of what was really charged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, func, select

from purring.domain.attempt import OPEN_ATTEMPT, AttemptStatus
from purring.domain.money import Money
from purring.store.schema import attempt, invoice


def charged_more_than_once(conn: Connection, ledger: Mapping[str, Sequence[Money]]) -> list[str]:
    """Find invoices that the gateway collected more than once, or more for than they are; parts may add up."""
    totals = {row.id: Money(row.total_minor, row.currency) for row in conn.execute(_TOTALS)}
    return [
        invoice_id
        for invoice_id, captured in sorted(ledger.items())
        if invoice_id not in totals or _exceeds(captured, totals[invoice_id])
    ]


def not_booked(conn: Connection, ledger: Mapping[str, Sequence[Money]]) -> list[str]:
    """Find invoices for which the gateway holds more than we have booked, though no outcome is still to come."""
    booked = {row.invoice_id: int(row.minor) for row in conn.execute(_BOOKED)}
    waiting = {row.invoice_id for row in conn.execute(_WAITING)}
    return [
        invoice_id
        for invoice_id, captured in sorted(ledger.items())
        if invoice_id not in waiting and sum(part.minor for part in captured) > booked.get(invoice_id, 0)
    ]


_TOTALS = select(invoice.c.id, invoice.c.total_minor, invoice.c.currency)
_BOOKED = (
    select(attempt.c.invoice_id, func.sum(attempt.c.captured_minor).label("minor"))
    .where(attempt.c.status == AttemptStatus.SUCCEEDED)
    .group_by(attempt.c.invoice_id)
)
_WAITING = select(attempt.c.invoice_id).where(attempt.c.status.in_(sorted(OPEN_ATTEMPT)))


def _exceeds(captured: Sequence[Money], total: Money) -> bool:
    wrong_currency = any(part.currency != total.currency for part in captured)
    return wrong_currency or sum(part.minor for part in captured) > total.minor
