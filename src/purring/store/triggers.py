"""Refuses to change or delete rows of the tables that only grow, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import DDL, Table, event

from purring.store.schema import APPEND_ONLY, metadata

_REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows: % refused', TG_TABLE_NAME, TG_OP;
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


def _guard(table: Table) -> None:
    for dialect in ("postgresql", "sqlite"):
        for statement in statements(dialect, table.name):
            event.listen(table, "after_create", _ddl(statement).execute_if(dialect=dialect))


def _ddl(statement: str) -> DDL:
    return DDL(statement.replace("%", "%%"))


event.listen(metadata, "before_create", _ddl(_REFUSE).execute_if(dialect="postgresql"))
for _table in APPEND_ONLY:
    _guard(_table)
