"""Isolation: rows point at rows of their own merchant, of its mode, and live by their customer's clock."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ForeignKeyConstraint, Table, and_, select

from purring.store.columns import metadata
from purring.store.invariants.query import Violations, same
from purring.store.schema import customer, delivery, invoice, notice, subscription


def no_row_crosses(_dialect: str) -> Iterator[Violations]:
    """Find rows whose reference leads nowhere within their merchant, for every reference there is.

    A key or a method in the other mode is one of them. So is a row that lives by another clock than its customer.
    """
    for table in metadata.sorted_tables:
        for reference in table.foreign_key_constraints:
            yield _dangling(table, reference)
    for table in (subscription, invoice, notice):
        yield _out_of_time(table, customer, "customer_id")
    yield _out_of_time(delivery, notice, "notice_id")


def _dangling(table: Table, reference: ForeignKeyConstraint) -> Violations:
    target = reference.referred_table.alias("target")
    pairs = [(table.c[element.parent.name], target.c[element.column.name]) for element in reference.elements]
    there = select(target.c[pairs[0][1].name]).where(and_(*(mine == theirs for mine, theirs in pairs))).exists()
    shown = table.c[
        next(name for name in ("id", "entry_id", "fingerprint", "version", "merchant_id") if name in table.c)
    ]
    return select(shown.label("id")).where(*(mine.is_not(None) for mine, _ in pairs), ~there)


def _out_of_time(table: Table, of: Table, column: str) -> Violations:
    differs = table.c.test_clock_id.is_distinct_from(of.c.test_clock_id)
    return select(table.c.id).join(of, same(table, of, (column, "id"))).where(differs)
