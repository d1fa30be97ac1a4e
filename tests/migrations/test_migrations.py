"""The schema as migrated is the schema as declared, down to each check, index and trigger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.resources import files

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from purring.domain.errors import StoreUnavailable
from purring.store import triggers
from purring.store.columns import metadata
from purring.store.engine import open_store, upgrade
from tests.conftest import MakeDatabase

# What each database knows about its tables, as rows of a name and a definition.
_CATALOGUES = {
    "sqlite": (
        "SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'",
    ),
    "postgresql": (
        """SELECT attrelid::regclass || '.' || attname,
                  format_type(atttypid, atttypmod) || attnotnull || coalesce(pg_get_expr(adbin, adrelid), '')
                  || coalesce((SELECT collname FROM pg_collation WHERE oid = attcollation), '')
           FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
           WHERE attnum > 0 AND attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r' AND relname IN (
               SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'))""",
        """SELECT conrelid::regclass || ' ' || conname, pg_get_constraintdef(oid) FROM pg_constraint
           WHERE connamespace = 'public'::regnamespace AND conname <> 'alembic_version_pkc'""",
        "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'alembic_version'",
        "SELECT tgrelid::regclass || ' ' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
        "SELECT tablename || ' ' || policyname, cmd || roles::text || qual FROM pg_policies",
        """SELECT relname || ' isolation', relrowsecurity::text || relforcerowsecurity::text FROM pg_class
           WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'""",
    ),
}


def _catalogue(conn: Connection) -> Iterator[tuple[str, str]]:
    for query in _CATALOGUES[conn.dialect.name]:
        for name, definition in conn.execute(text(query)):
            parts = (part.strip().rstrip(",") for part in definition.strip().splitlines())
            yield str(name), "\n".join(sorted(part for part in parts if part))


def test_the_migrated_schema_is_the_declared_one(new_bare_database: MakeDatabase) -> None:
    """Tables, columns, keys, checks, indexes and triggers are the same whether migrated to or made as declared."""
    migrated, declared = new_bare_database(), new_bare_database()
    upgrade(migrated)
    assert _after(declared, metadata.create_all) == _after(migrated, _nothing)


def _after(url: str, prepare: Callable[[Connection], None]) -> dict[str, str]:
    engine = create_engine(url)
    with engine.begin() as conn:
        prepare(conn)
        catalogue = dict(_catalogue(conn))
    engine.dispose()
    return catalogue


def _nothing(_conn: Connection) -> None:
    """Leave the database as it is."""


# The test above compares those that SQLAlchemy can't read back.
@pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression-based index")
@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index")
def test_nothing_is_left_for_a_migration_to_do(database_url: str) -> None:
    """Alembic itself finds no difference to migrate."""
    engine = create_engine(database_url)
    with engine.connect() as conn:
        assert [] == compare_metadata(MigrationContext.configure(conn, opts={"compare_type": True}), metadata)
    engine.dispose()


def test_every_table_that_only_grows_is_guarded(database_url: str) -> None:
    """The triggers that refuse changes stand on the tables they are declared for."""
    engine = create_engine(database_url)
    with engine.connect() as conn:
        names = dict(_catalogue(conn)).keys()
    engine.dispose()
    for table in ("policy", "event", "journal_entry", "journal_posting", "letter"):
        assert list(triggers.statements(engine.dialect.name, table))
        assert any(table in name and ("only_grows" in name or "refuses" in name) for name in names), table


def test_migrating_twice_does_nothing(bare_database_url: str) -> None:
    """A database that is up to date stays as it is."""
    upgrade(bare_database_url)
    upgrade(bare_database_url)
    store = open_store(bare_database_url)
    store.check()
    store.close()


def test_an_empty_database_says_what_to_do(bare_database_url: str) -> None:
    """Whoever forgot to migrate is told the command."""
    store = open_store(bare_database_url)
    with pytest.raises(StoreUnavailable, match="is empty; run `purring db upgrade`"):
        store.check()
    store.close()


def test_a_database_of_another_version_is_refused(database_url: str) -> None:
    """A schema that this version doesn't know is neither used nor migrated."""
    store = open_store(database_url)
    with store.transaction() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreUnavailable, match="has schema 9999"):
        store.check()
    store.close()
    with pytest.raises(StoreUnavailable, match="newer version"):
        upgrade(database_url)


def test_there_is_one_line_of_migrations() -> None:
    """Two heads would mean that the order of migrations depends on the day."""
    scripts = ScriptDirectory(str(files("purring.store") / "migrations"))
    assert 1 == len(scripts.get_heads())
