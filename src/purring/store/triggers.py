"""Refuses to change or delete rows of the tables that only grow, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, MetaData, Table, event

from purring.store.columns import metadata
from purring.store.schema import APPEND_ONLY

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%% only grows: %% refused', TG_TABLE_NAME, TG_OP;
END
$$
"""


def statements(dialect: str, table: str) -> Iterator[str]:
    """Give the statements that guard one table."""
    if dialect == "postgresql":
        yield (
            f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        yield (
            f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} only grows: {verb} refused'); END"
        )


def _when_made(target: MetaData | Table, moment: str, dialect: str, statement: str) -> None:
    """Run a statement whenever tables are made from their declaration on one kind of database."""

    def run(_target: object, conn: Connection, **_options: object) -> None:
        if conn.dialect.name == dialect:
            conn.exec_driver_sql(statement)

    event.listen(target, moment, run)


_when_made(metadata, "before_create", "postgresql", REFUSE_CHANGE)
for _table in APPEND_ONLY:
    for _dialect in ("postgresql", "sqlite"):
        for _statement in statements(_dialect, _table.name):
            _when_made(_table, "after_create", _dialect, _statement)
