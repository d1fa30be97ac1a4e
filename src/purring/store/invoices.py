"""Invoices with their lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select, update

from purring.domain.errors import NotFound
from purring.domain.ids import CustomerId, InvoiceId, MerchantId
from purring.domain.invoice import Invoice, InvoiceLine, InvoiceStatus
from purring.domain.money import Money
from purring.domain.noun import replace
from purring.store import bulk
from purring.store.recall import Query, Whole
from purring.store.schema import invoice, invoice_line

SHAPE = bulk.Shape(
    invoice,
    {"total_minor": "total.minor", "currency": "total.currency"},
    fixed=frozenset(
        {
            "number",
            "customer_id",
            "subscription_id",
            "total_minor",
            "currency",
            "invoice_on",
            "issued_at",
            "period_start_on",
            "period_end_on",
            "source",
            "external_id",
            "test_clock_id",
        }
    ),
)
_LINE = (
    "merchant_id",
    "id",
    "invoice_id",
    "position",
    "description",
    "quantity",
    "amount_minor",
    "currency",
)


def create_many(conn: Connection, merchant_id: MerchantId, invoices: Sequence[Invoice]) -> None:
    """Add invoices with their lines."""
    insert(conn, [(merchant_id, value) for value in invoices])


def insert(conn: Connection, invoices: Sequence[tuple[MerchantId, Invoice]]) -> None:
    """Add invoices of any merchants with their lines."""
    SHAPE.insert(conn, invoices)
    lines = [
        (
            merchant_id,
            line.id,
            value.id,
            place,
            line.description,
            line.quantity,
            line.amount.minor,
            line.amount.currency,
        )
        for merchant_id, value in invoices
        for place, line in enumerate(value.lines)
    ]
    bulk.insert(conn, invoice_line, _LINE, lines)


def get(conn: Connection, merchant_id: MerchantId, invoice_id: InvoiceId) -> Invoice:
    """Find an invoice.

    Raises NotFound.
    """
    found = load(conn, [(merchant_id, invoice_id)])
    if not found:
        raise NotFound(f"There is no invoice {invoice_id}.", field="invoice_id")
    return found[merchant_id, invoice_id]


def load(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, Invoice]:
    """Load invoices with their lines."""
    wanted = list(dict.fromkeys(keys))
    lines = _LINES.grouped(conn, wanted)
    found = _BY_ID.one_each(conn, wanted)
    return {key: _WHOLE.of(key, value, tuple(lines.get(key, ()))) for key, value in found.items()}


def open_of_customer(conn: Connection, merchant_id: MerchantId, customer_id: CustomerId) -> list[Invoice]:
    """List a customer's open invoices, oldest first."""
    own = invoice.c
    is_open = bulk.looked_at_last(own.status) == InvoiceStatus.OPEN
    statement = select(invoice).where(own.merchant_id == merchant_id, own.customer_id == customer_id, is_open)
    rows = conn.execute(statement.order_by(own.invoice_on, own.id)).all()
    return list(_with_lines(conn, rows).values())


def page_of_customer(
    conn: Connection, merchant_id: MerchantId, customer_id: CustomerId, *, before: InvoiceId | None = None, limit: int
) -> list[Invoice]:
    """List a customer's invoices, newest first, from the one after `before` on."""
    own = invoice.c
    statement = select(invoice).where(own.merchant_id == merchant_id, own.customer_id == customer_id)
    if before is not None:
        statement = statement.where(own.id < before)
    rows = conn.execute(statement.order_by(own.id.desc()).limit(limit)).all()
    return list(_with_lines(conn, rows).values())


def of_customer(conn: Connection, merchant_id: MerchantId, customer_id: CustomerId) -> list[Invoice]:
    """List a customer's invoices, oldest first."""
    keys = [(merchant_id, customer_id)]
    rows = bulk.matching(conn, invoice, keys, "customer_id", order=("invoice_on", "id"))
    return list(_with_lines(conn, rows).values())


def newest_of(conn: Connection, merchant_id: MerchantId, customer_ids: Iterable[CustomerId]) -> list[InvoiceId]:
    """Name each customer's newest invoice."""
    own = invoice.c
    statement = select(func.max(own.id)).where(
        own.merchant_id == merchant_id, own.customer_id.in_(sorted(customer_ids))
    )
    return list(conn.execute(statement.group_by(own.customer_id)).scalars())


def by_external_id(conn: Connection, merchant_id: MerchantId, external_ids: Iterable[str]) -> dict[str, Invoice]:
    """Find invoices by the merchant's own ids; those that aren't there are left out."""
    rows = bulk.matching(conn, invoice, [(merchant_id, one) for one in set(external_ids)], "external_id")
    found = _with_lines(conn, rows).values()
    return {value.external_id: value for value in found if value.external_id is not None}


def by_number(conn: Connection, merchant_id: MerchantId, numbers: Iterable[str]) -> dict[str, Invoice]:
    """Find invoices by their numbers; those that aren't there are left out."""
    rows = bulk.matching(conn, invoice, [(merchant_id, one) for one in set(numbers)], "number")
    return {value.number: value for value in _with_lines(conn, rows).values()}


def merchant_of(conn: Connection, invoice_id: InvoiceId) -> MerchantId | None:
    """Tell whose invoice it is, for those who hold nothing but its id."""
    statement = select(invoice.c.merchant_id).where(invoice.c.id == invoice_id)
    return conn.execute(statement).scalar_one_or_none()


def wake(conn: Connection, keys: Iterable[bulk.Key], now: datetime) -> None:
    """Let open invoices be looked at at once."""
    keys = set(keys)
    for merchant_id in sorted({key[0] for key in keys}):
        own = invoice.c
        conn.execute(
            update(invoice)
            .where(own.merchant_id == merchant_id, own.id.in_(sorted(key[1] for key in keys if key[0] == merchant_id)))
            .where(bulk.looked_at_last(own.status) == "open", or_(own.next_step_at.is_(None), own.next_step_at > now))
            .values(next_step_at=now)
        )


def _with_lines(conn: Connection, rows: Sequence[Any]) -> dict[bulk.Key, Invoice]:
    keys = [(row.merchant_id, row.id) for row in rows]
    found = bulk.matching(conn, invoice_line, keys, "invoice_id", order=("position",))
    lines = bulk.grouped(found, "invoice_id", _line)
    return {key: _invoice(row, tuple(lines.get(key, ()))) for key, row in zip(keys, rows, strict=True)}


def _line(row: Any) -> InvoiceLine:  # noqa: ANN401 - a row
    amount = Money(row.amount_minor, row.currency)
    return InvoiceLine(id=row.id, description=row.description, quantity=row.quantity, amount=amount)


def _invoice(row: Any, lines: tuple[InvoiceLine, ...]) -> Invoice:  # noqa: ANN401 - a row
    return Invoice(lines=lines, total=Money(row.total_minor, row.currency), **SHAPE.plain(row))


def _without_lines(row: Any) -> Invoice:  # noqa: ANN401 - a row
    return _invoice(row, ())


def _with(value: Invoice, lines: tuple[InvoiceLine, ...]) -> Invoice:
    return replace(value, lines=lines)


_BY_ID = Query(lambda dialect: bulk.select_matching(dialect, invoice), _without_lines, by="id")
_LINES = Query(
    lambda dialect: bulk.select_matching(dialect, invoice_line, "invoice_id", ("position",)), _line, by="invoice_id"
)
_WHOLE = Whole(_with)
