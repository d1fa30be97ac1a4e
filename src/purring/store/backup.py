"""Copies a whole SQLite database to one file while it is in use, and puts such a copy back in its place."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import make_url

from purring.domain.errors import ConfigError, InvalidInput, StoreUnavailable
from purring.store import installation
from purring.store.engine import Store, open_store

COUNTED = ("merchant", "customer", "subscription", "invoice", "attempt", "event")
"""Tables whose rows are counted, so that a person sees what a copy holds."""

_OURS_ONLY = 0o600
_HOW_TO = "that is done with PostgreSQL's own tools; see docs/how-to/back-up-and-restore.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A copy that was made or put back. `aside`: where the database lies that was there before."""

    path: Path
    size_bytes: int
    rows: Mapping[str, int]
    aside: Path | None = None


def back_up(url: str, to: Path) -> Copy:
    """Copy the database to a file that isn't there yet, as of one moment, and check the copy.

    Raises:
        InvalidInput: the file is there already.
        ConfigError: the database is no SQLite file.
        StoreUnavailable: there is no database, or the copy can't be made or isn't whole.
    """
    source = _file_of(url, "back up")
    if not source.is_file():
        raise StoreUnavailable(f"There is no database at {source}; nothing was backed up.")
    if to.exists():
        raise InvalidInput(f"{to} is there already; name a new file, so that no backup is lost", field="file")
    with _told(to), _made_ready(to) as part:
        _copy(source, part)
        rows = _checked(part)
        try:
            os.link(part, to)  # unlike a rename, this never replaces a file that came up meanwhile
        except FileExistsError:
            raise InvalidInput(
                f"{to} is there already; name a new file, so that no backup is lost", field="file"
            ) from None
    _keep_name(to.parent)
    return Copy(path=to, size_bytes=to.stat().st_size, rows=rows)


def put_back(url: str, source: Path, now: datetime, *, force: bool) -> Copy:
    """Put a backup in the place of the database, marked as restored, so that everything is checked before a charge.

    The file that was there is kept beside it.

    Raises:
        InvalidInput: the backup isn't there, isn't whole, or is of another version; or a database would be replaced
            though nobody said `force`.
        ConfigError: the database is no SQLite file.
        StoreUnavailable: the database is in use, or the file can't be written.
    """
    target = _file_of(url, "restore")
    if not source.is_file():
        raise InvalidInput(f"there is no file {source}", field="file")
    with _told(target), _made_ready(target) as part:
        _copy(source, part)
        rows = _checked(part)
        _mark(part, source, now)
        aside = _free(target, now, force=force)
        part.replace(target)
    _keep_name(target.parent)
    return Copy(path=target, size_bytes=target.stat().st_size, rows=rows, aside=aside)


def _file_of(url: str, what: str) -> Path:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise ConfigError(f"This command can't {what} {parsed.render_as_string()}: {_HOW_TO}.", field="database_url")
    return Path(parsed.database)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Turn what the file system and SQLite can do wrong into our own error."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise StoreUnavailable(f"{path} can't be written ({error}); nothing was changed.") from error


@contextmanager
def _made_ready(to: Path) -> Iterator[Path]:
    """Give a new file beside `to` that only we may read; it is gone at the end, whatever happens."""
    part = to.with_name(f".{to.name}.part")
    _remove(part)
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OURS_ONLY))
    try:
        yield part
    finally:
        _remove(part)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm", "-journal"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _copy(source: Path, to: Path) -> None:
    """Copy all pages as of one moment, by SQLite's own backup: those who write meanwhile aren't held up."""
    with closing(_opened(source, mode="ro")) as old, closing(_opened(to)) as new:
        try:
            old.backup(new)
            new.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.DatabaseError as error:
            raise InvalidInput(f"{source} is no SQLite database ({error})", field="file") from error
    _on_disk(to)


def _opened(path: Path, mode: str = "rw") -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None)


def _on_disk(path: Path) -> None:
    """See to it that a file survives a power cut."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _keep_name(directory: Path) -> None:
    """See to it that a new name in a directory survives a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _checked(path: Path) -> Mapping[str, int]:
    """Make sure that a copy is whole and of this version; give its counts."""
    with closing(_opened(path)) as copy:
        found = [row[0] for row in copy.execute("PRAGMA integrity_check(3)")]
        if found != ["ok"]:
            raise InvalidInput(f"the copy isn't whole: {'; '.join(map(str, found))}", field="file")
        dangling = copy.execute("PRAGMA foreign_key_check").fetchall()
        if dangling:
            raise InvalidInput(
                f"{len(dangling)} rows of the copy point at nothing, first in {dangling[0][0]}", field="file"
            )
    try:
        _with_store(path, Store.check)
    except StoreUnavailable as error:
        raise InvalidInput(f"the copy isn't one that this version can use: {error.message}", field="file") from error
    with closing(_opened(path)) as copy:
        return {table: copy.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in COUNTED}  # noqa: S608 - names of our own


def _with_store(path: Path, act: Callable[[Store], None]) -> None:
    """Do something with a file as a database of ours, and leave one file behind."""
    store = open_store(f"sqlite:///{path}", pool_size=1)
    try:
        act(store)
    finally:
        store.close()
    with closing(_opened(path)) as copy:
        copy.execute("PRAGMA journal_mode = DELETE")


def _mark(path: Path, source: Path, now: datetime) -> None:
    """Write into the copy that it was restored, before anybody can see it."""

    def act(store: Store) -> None:
        with store.transaction() as conn:
            installation.begin(conn, now, f"restored from {source.name}")

    _with_store(path, act)
    _on_disk(path)


def _free(target: Path, now: datetime, *, force: bool) -> Path | None:
    """Make the place free: nobody may be using the database there, and it is kept under another name."""
    if not target.exists():
        return None
    with closing(_opened(target)) as old:
        _refuse_if_in_use(old, target)
        tables = old.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and old.execute("SELECT count(*) FROM merchant").fetchone()[0] and not force:
            message = f"{target} holds a database; say --force to put it aside and the backup in its place"
            raise InvalidInput(message, field="--force")
    aside = target.with_name(f"{target.name}.before-{now:%Y%m%dT%H%M%S}")
    os.link(target, aside)
    return aside


def _refuse_if_in_use(old: sqlite3.Connection, target: Path) -> None:
    """Refuse while any process has the database open: only the last one can leave its write-ahead log."""
    old.execute("PRAGMA busy_timeout = 1000")
    try:
        old.execute("PRAGMA journal_mode = DELETE").fetchone()
        old.execute("BEGIN EXCLUSIVE")
        old.execute("ROLLBACK")
    except sqlite3.OperationalError as error:
        raise StoreUnavailable(f"{target} is in use; stop every worker and command on it first.") from error
