"""Backups of the database that a history is played on: one is kept, and may be put back in the database's place."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Protocol

from purring.store import Connection, backup, installation
from purring.store.columns import metadata
from purring.store.engine import Store
from purring.store.schema import APPEND_ONLY

TOLD = "restored from a backup"


class Vault(Protocol):
    """Keeps one backup. The store may be used before and after, by nobody meanwhile."""

    def keep(self) -> None:
        """Back up, in the place of what was kept before."""
        ...

    def put_back(self, now: datetime, *, told: bool) -> None:
        """Let the database be what was kept. `told`: as `purring restore` does it; else nobody says a word."""
        ...


class FileVault:
    """Copies of an SQLite file, made and put back by the code behind `purring backup` and `purring restore`."""

    def __init__(self, store: Store, file: Path) -> None:
        """Keep copies beside the file."""
        self._store, self._file = store, file
        self._kept = file.with_name(f"{file.name}.kept")

    def keep(self) -> None:
        """Copy the file while it is in use."""
        self._kept.unlink(missing_ok=True)
        backup.back_up(f"sqlite:///{self._file}", self._kept)

    def put_back(self, now: datetime, *, told: bool) -> None:
        """Copy it back; the store opens the new file by itself."""
        self._store.close()
        if told:
            backup.put_back(f"sqlite:///{self._file}", self._kept, now, force=True)
            return
        for suffix in ("-wal", "-shm"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self._kept, self._file)


class SchemaVault:
    """Copies of all tables of a PostgreSQL database in a schema of their own."""

    NAME = "kept"

    def __init__(self, store: Store) -> None:
        """Nothing is kept yet."""
        self._store = store
        self._tables = [f'"{table.name}"' for table in metadata.sorted_tables]

    def keep(self) -> None:
        """Copy every table."""
        with self._store.transaction() as conn:
            self.empty(conn)
            conn.exec_driver_sql(f"CREATE SCHEMA {self.NAME}")
            for table in self._tables:
                conn.exec_driver_sql(f"CREATE TABLE {self.NAME}.{table} AS TABLE public.{table}")

    def put_back(self, now: datetime, *, told: bool) -> None:
        """Fill every table anew, also those that only grow."""
        with self._store.transaction() as conn:
            self._let_change(conn, "DISABLE")
            conn.exec_driver_sql(f"TRUNCATE {', '.join(f'public.{table}' for table in self._tables)}")
            for table in self._tables:
                conn.exec_driver_sql(f"INSERT INTO public.{table} SELECT * FROM {self.NAME}.{table}")  # noqa: S608 - names of our own
            self._let_change(conn, "ENABLE")
            if told:
                installation.begin(conn, now, TOLD)

    def empty(self, conn: Connection) -> None:
        """Keep nothing."""
        conn.exec_driver_sql(f"DROP SCHEMA IF EXISTS {self.NAME} CASCADE")

    def _let_change(self, conn: Connection, verb: str) -> None:
        for table in APPEND_ONLY:
            conn.exec_driver_sql(f"ALTER TABLE public.{table.name} {verb} TRIGGER USER")
