"""Card numbers: no table may hold one. Looks at every word of every row, so it is for small databases and tests."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Row

from purring.domain.card_number import holds_card_number
from purring.store.columns import metadata


def card_numbers(conn: Connection) -> Iterator[str]:
    """Tell where something stands that could be a card number, as `table.column`, once for each row."""
    for table in metadata.sorted_tables:
        for row in conn.exec_driver_sql(f'SELECT * FROM "{table.name}"'):  # noqa: S608 - a table of our own
            yield from (f"{table.name}.{column}" for column in _with_numbers(row))


def _with_numbers(row: Row[tuple[object, ...]]) -> Iterator[str]:
    for column, value in row._mapping.items():  # noqa: SLF001 - how SQLAlchemy names a row's values
        text = bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else value
        if isinstance(text, str) and holds_card_number(text):
            yield str(column)
