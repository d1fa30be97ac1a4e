"""Opens a database, SQLite or PostgreSQL, and runs transactions on it.

On SQLite a writing transaction takes the write lock when it begins, so that what it read can't have changed when it
writes. On PostgreSQL it reads what is committed and takes the locks it needs row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DBAPIError, InterfaceError, OperationalError

from purring.domain.errors import ConfigError, StaleWrite, StoreUnavailable
from purring.domain.ids import MerchantId
from purring.store import arrays, isolation

BUSY_TIMEOUT_S = 30
CONNECT_TIMEOUT_S = 10
SQLITE_MIN = (3, 35, 0)  # the first that gives back what an UPDATE touched
POSTGRESQL_MIN = (14, 0)

_MIGRATION_LOCK = 0x70757272  # "purr": whoever migrates holds it, so that two who start together don't collide
_SQLITE_STATEMENTS_MAX = 500  # that a connection keeps compiled; a turn of a worker needs more than the 128 of sqlite3
# Source: PostgreSQL 17 manual, appendix A: serialization_failure, deadlock_detected.
_TRY_AGAIN = frozenset({"40001", "40P01"})
_NOT_MIGRATED = frozenset({"42P01"})  # undefined_table; SQLite has no class of its own for it
Guard = Callable[[Connection], None]
_UNUSABLE = (OperationalError, InterfaceError, DatabaseError)


class Store:
    """A database that is opened when it is first needed. `is_joined`: it is seen from within one transaction."""

    is_joined = False

    def __init__(
        self,
        engine: Engine,
        reader: Engine | None = None,
        merchant_id: MerchantId | None = None,
        guard: Guard | None = None,
    ) -> None:
        """Wrap an engine, and another one for what only reads if there is one; nothing is connected yet.

        `merchant_id`: whose rows alone are seen and written; see `of`. `guard`: see `guarded`.
        """
        self._engine, self._reader, self._merchant_id, self._guard = engine, reader or engine, merchant_id, guard
        self.url = engine.url.render_as_string(hide_password=True)
        self.dialect = engine.dialect.name

    def of(self, merchant_id: MerchantId) -> Store:
        """Give the same database as far as it belongs to one merchant: no other's rows are seen or written."""
        return Store(self._engine, self._reader, merchant_id, self._guard)

    def guarded(self, guard: Guard) -> Store:
        """Give the same database, where every transaction that writes begins with `guard`, which may refuse it."""
        return Store(self._engine, self._reader, self._merchant_id, guard)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Run a transaction that writes: everything in it is committed, or nothing.

        Raises StoreUnavailable, and StaleWrite where the database gave way to somebody else.
        """
        with self._translated(), self._engine.begin() as conn:
            self._enter(conn)
            if self._guard is not None:
                self._guard(conn)
            yield conn

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """See one moment of the database, and change nothing.

        Raises StoreUnavailable.
        """
        with self._translated(), self._reader.connect() as fresh:
            conn = fresh.execution_options(**self._reading_options())
            with conn.begin():
                self._enter(conn)
                yield conn

    def check(self) -> None:
        """Make sure that the database answers and has the schema that this version needs.

        Raises StoreUnavailable, whose message says what to do.
        """
        found = self.revision()
        needed = ScriptDirectory.from_config(_config()).get_current_head()
        if found != needed:
            state = "is empty" if found is None else f"has schema {found}, but this version needs {needed}"
            raise StoreUnavailable(f"The database {self.url} {state}; run `purring db upgrade`.")

    def revision(self) -> str | None:
        """Tell which schema the database has; None before its first migration.

        Raises StoreUnavailable.
        """
        with self.reading() as conn:
            _check_server(conn)
            return MigrationContext.configure(conn).get_current_revision()

    def analyze(self) -> None:
        """Let the planner count the rows; after much was written at once, as it guesses badly without.

        Raises StoreUnavailable.
        """
        with self.transaction() as conn:
            conn.exec_driver_sql("ANALYZE")

    def close(self) -> None:
        """Hang up."""
        self._engine.dispose()
        self._reader.dispose()

    def joined(self, conn: Connection) -> Joined:
        """The same database, for operations that are to be part of a transaction which is open already."""
        return Joined(self._engine, conn)

    def _reading_options(self) -> dict[str, Any]:
        if self.dialect == "sqlite":
            return {}  # its connection can do nothing else
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}

    def _enter(self, conn: Connection) -> None:
        if self._merchant_id is not None:
            isolation.enter(conn, self._merchant_id)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn what a driver raises about the world into our own errors; a broken rule of the schema stays a bug."""
        try:
            yield
        except DBAPIError as error:
            state = getattr(error.orig, "sqlstate", None)
            if state in _TRY_AGAIN:
                raise StaleWrite("The database gave way to another transaction; read again.") from error
            if type(error) in _UNUSABLE or state in _NOT_MIGRATED or error.connection_invalidated:
                raise StoreUnavailable(_cannot(self.url, error)) from error
            raise


class Joined(Store):
    """A database seen from within one transaction: what is done here is committed with it, or not at all.

    After a failure nothing more can be done in it, since part of something may have been written: whoever opened the
    transaction rolls it back, and may begin anew.
    """

    is_joined = True

    def __init__(self, engine: Engine, conn: Connection) -> None:
        """Join a transaction."""
        super().__init__(engine)
        self._conn = conn
        self._has_failed = False

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Do something more in the transaction.

        Raises StaleWrite where something in it has failed before.
        """
        if self._has_failed:
            raise StaleWrite("Something failed in this transaction; begin it again.")
        try:
            yield self._conn
        except BaseException:
            self._has_failed = True
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """See what the transaction has written so far."""
        yield self._conn


def open_store(url: str, *, durable: bool = True, pool_size: int = 5) -> Store:
    """Open a database by its URL, `sqlite:///path` or `postgresql://user@host/name`, without connecting yet.

    `durable=False` lets a crash of the machine lose the last commits on SQLite; for demos and tests.
    Raises ConfigError.
    """
    parsed = _parsed(url)
    if parsed.get_backend_name() == "sqlite":
        writer = _sqlite(parsed, durable=durable, pool_size=pool_size)
        return Store(writer, _sqlite(parsed, durable=durable, pool_size=pool_size, reads_only=True))
    return Store(_postgresql(parsed, pool_size=pool_size))


def upgrade(url: str) -> None:
    """Bring the database's schema to what this version needs; does nothing where it is already there.

    Raises ConfigError, StoreUnavailable.
    """
    store = open_store(url, pool_size=1)
    try:
        with store.transaction() as conn:
            _check_server(conn)
            if store.dialect == "postgresql":
                conn.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
            config = _config()
            config.attributes["connection"] = conn
            command.upgrade(config, "head")
    except CommandError as error:
        message = f"The database {store.url} was made by a newer version of Purring ({error}); use that version."
        raise StoreUnavailable(message) from error
    finally:
        store.close()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "purring.store:migrations")
    return config


def _parsed(url: str) -> URL:
    remedy = "use sqlite:///path/to/file or postgresql://user:password@host/name."
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ConfigError(f"The database URL can't be read; {remedy}", field="database_url") from None
    if parsed.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        return parsed
    shown = parsed.render_as_string(hide_password=True)
    raise ConfigError(f"The database {shown} is of no kind that we can use; {remedy}", field="database_url")


def _sqlite(url: URL, *, durable: bool, pool_size: int, reads_only: bool = False) -> Engine:
    """Make a pool of connections; those that read have one of their own.

    To forbid and allow writing on one connection, as each transaction needs it, makes SQLite compile every statement
    anew, which took four fifths of its time. Measured: SQLite 3.40, 2026-11-27.
    """
    arguments = {"timeout": BUSY_TIMEOUT_S, "cached_statements": _SQLITE_STATEMENTS_MAX}
    engine = create_engine(url, pool_size=pool_size, max_overflow=-1, connect_args=arguments)

    @event.listens_for(engine, "connect")
    def _prepare(dbapi_connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
        dbapi_connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in (
            "journal_mode = WAL",
            f"synchronous = {'FULL' if durable else 'NORMAL'}",
            "foreign_keys = ON",
            "cache_size = -65536",
            "temp_store = MEMORY",
            f"query_only = {int(reads_only)}",
        ):
            dbapi_connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(conn: Connection) -> None:
        conn.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")

    return engine


def _postgresql(url: URL, *, pool_size: int) -> Engine:
    arguments = {"connect_timeout": CONNECT_TIMEOUT_S}
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=-1,
        pool_pre_ping=True,
        connect_args=arguments,
        json_deserializer=_as_text,
    )

    @event.listens_for(engine, "connect")
    def _prepare(dbapi_connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
        arrays.register(dbapi_connection)
        dbapi_connection.execute("SET TIME ZONE 'UTC'")
        dbapi_connection.commit()

    return engine


def _as_text(json: str | bytes) -> str:
    """Leave JSON to the types of `store.types`, as SQLite does."""
    return json if isinstance(json, str) else json.decode()


def _check_server(conn: Connection) -> None:
    """Refuse a database that is too old."""
    name, least = ("SQLite", SQLITE_MIN) if conn.dialect.name == "sqlite" else ("PostgreSQL", POSTGRESQL_MIN)
    found = conn.dialect.server_version_info or ()
    if found < least:
        numbers = (".".join(map(str, version)) for version in (found, least))
        raise StoreUnavailable("The database is {0} {1}; use {0} {2} or newer.".format(name, *numbers))


def _cannot(url: str, error: DBAPIError) -> str:
    reason = str(error.orig).strip().partition("\n")[0]
    return f"The database {url} can't be used ({reason}); check that it runs, that the URL is right and who may use it."
