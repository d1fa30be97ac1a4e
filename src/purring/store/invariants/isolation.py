"""Isolation: every row that points somewhere points at a row of its own merchant."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ForeignKeyConstraint, Table, and_, select

from purring.store.columns import metadata
from purring.store.invariants.query import Violations


def no_row_crosses(_dialect: str) -> Iterator[Violations]:
    """Find rows whose reference leads nowhere within their merchant, for every reference there is."""
    for table in metadata.sorted_tables:
        for reference in table.foreign_key_constraints:
            yield _dangling(table, reference)


def _dangling(table: Table, reference: ForeignKeyConstraint) -> Violations:
    target = reference.referred_table.alias("target")
    pairs = [(table.c[element.parent.name], target.c[element.column.name]) for element in reference.elements]
    there = select(target.c[pairs[0][1].name]).where(and_(*(mine == theirs for mine, theirs in pairs))).exists()
    shown = table.c[
        next(name for name in ("id", "entry_id", "fingerprint", "version", "merchant_id") if name in table.c)
    ]
    return select(shown.label("id")).where(*(mine.is_not(None) for mine, _ in pairs), ~there)
