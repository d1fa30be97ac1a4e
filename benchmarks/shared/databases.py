"""Databases to measure on: throw-away ones that are as durable as in production, on a real disk."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from purring.store.engine import upgrade
from tests import postgres

KINDS = ("postgresql", "sqlite")

# Every commit reaches the disk before it is answered. Vacuum and checkpoints stay out of measurements of seconds.
DURABLE = {
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
    "fsync": "on",
    "full_page_writes": "on",
    "max_wal_size": "4GB",
    "shared_buffers": "512MB",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "wal_level": "replica",
}


@dataclass(kw_only=True)
class Databases:
    """Makes databases of one kind: a migrated one to fill, and copies of one that is filled."""

    directory: Path
    server: postgres.Server | None
    _made: int = 0

    def migrated(self) -> str:
        """Make a database without rows; give its URL."""
        url = self.server.create(self._name()) if self.server else f"sqlite:///{self.directory / self._name()}"
        upgrade(url)
        return url

    def copy(self, url: str) -> str:
        """Copy a database that nobody is connected to; give the copy's URL."""
        if self.server:
            return self.server.create(self._name(), template=_database_in(url))
        path = self.directory / self._name()
        shutil.copyfile(url.removeprefix("sqlite:///"), path)
        return f"sqlite:///{path}"

    def drop(self, url: str) -> None:
        """Make room."""
        if self.server:
            self.server.drop(_database_in(url))
        else:
            Path(url.removeprefix("sqlite:///")).unlink()

    def _name(self) -> str:
        self._made += 1
        return f"measured_{self._made}"


def _database_in(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


@contextmanager
def databases(
    kind: str, parent: Path | None = None, settings: Mapping[str, str] = postgres.SETTINGS | DURABLE
) -> Iterator[Databases]:
    """Databases of a kind, gone at the end, in a directory of their own below `parent` or where temporary files go."""
    with tempfile.TemporaryDirectory(prefix="purring-bench-", dir=parent) as name:
        directory = Path(name)
        directory.chmod(0o711)  # so that an unprivileged server can reach its own corner
        if kind == "sqlite":
            yield Databases(directory=directory, server=None)
            return
        with postgres.cluster(directory, settings, data_parent=directory) as url:
            server = postgres.Server(url)
            try:
                yield Databases(directory=directory, server=server)
            finally:
                server.close()
