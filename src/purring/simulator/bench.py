"""Where histories are played: a fresh migrated database and a directory for each, made as cheaply as possible."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from purring.domain.errors import ConfigError
from purring.simulator.vault import FileVault, SchemaVault, Vault
from purring.store.engine import Store, open_store, upgrade

MEMORY = Path("/dev/shm")  # noqa: S108 - only as the parent of a directory with a random name

Place = tuple[Store, Path, Vault]


class Bench(Protocol):
    """Gives each history a database of its own, a directory for the provider's ledger, and a place for backups."""

    def fresh(self) -> AbstractContextManager[Place]:
        """An empty, migrated database."""
        ...


@contextmanager
def workshop() -> Iterator[Path]:
    """A directory for the benches of this run, in memory where the machine has such a place."""
    parent = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="purring-simulate-", dir=parent) as name:
        yield Path(name)


class SqliteBench:
    """Copies one migrated file over and over. The engine stays the same: its statements are compiled only once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._template, self._file = directory / "template.sqlite3", directory / "played.sqlite3"
        upgrade(f"sqlite:///{self._template}")
        self._store = open_store(f"sqlite:///{self._file}", durable=False, pool_size=2)

    @contextmanager
    def fresh(self) -> Iterator[Place]:
        """A copy of the template."""
        for old in self._directory.glob("played.sqlite3*"):
            old.unlink()
        shutil.copyfile(self._template, self._file)
        with tempfile.TemporaryDirectory(dir=self._directory) as name:
            try:
                yield self._store, Path(name), FileVault(self._store, self._file)
            finally:
                self._store.close()


class PostgresBench:
    """Empties one database of the user's again and again. It must be empty when we first see it.

    Raises ConfigError: it holds something.
    """

    def __init__(self, url: str, directory: Path) -> None:
        self._url, self._directory = url, directory
        self._store = open_store(url, pool_size=2)
        self._vault = SchemaVault(self._store)
        found = self._store.revision()
        self._store.close()
        if found is not None:
            raise ConfigError(f"{self._store.url} holds something already; name an empty database", field="postgres")

    @contextmanager
    def fresh(self) -> Iterator[Place]:
        """The same database, made anew."""
        upgrade(self._url)
        with tempfile.TemporaryDirectory(dir=self._directory) as name:
            try:
                yield self._store, Path(name), self._vault
            finally:
                self._empty()

    def _empty(self) -> None:
        """Leave nothing behind."""
        with self._store.transaction() as conn:
            self._vault.empty(conn)
            conn.exec_driver_sql("DROP SCHEMA public CASCADE")
            conn.exec_driver_sql("CREATE SCHEMA public")
        self._store.close()
