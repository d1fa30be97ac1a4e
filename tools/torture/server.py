"""The PostgreSQL that is tortured: every commit reaches its disk, which is small, can be filled, and can be slow."""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import psycopg

from benchmarks.shared.databases import DURABLE
from purring.clock import elapsed_s
from tests import postgres

SETTINGS = postgres.SETTINGS | DURABLE | {"checkpoint_timeout": "30s", "max_wal_size": "256MB", "autovacuum": "on"}
NAME = "tortured"
DISK_BYTES = 1_500_000_000
START_S_MAX = 60.0
BLOCK_BYTES = 4096
SLOW_FLUSH_MICROS = 80_000


class Server:
    """A running cluster with the hands that hurt it."""

    def __init__(self, url: str, disk: Path | None) -> None:
        """Learn where it lies. `disk`: the small file system of its own, if it has one."""
        self.disk = disk
        self._plain_url = url
        self._eye: psycopg.Connection | None = None
        with self.connect("postgres") as conn:
            self._data = Path(_one(conn, "SHOW data_directory"))
            self._pg_ctl = Path(_one(conn, "SELECT setting FROM pg_config WHERE name = 'BINDIR'")) / "pg_ctl"
            self._home = Path(_one(conn, "SHOW unix_socket_directories"))
            conn.execute(f"CREATE DATABASE {NAME}".encode())
        words = shlex.split((self._data / "postmaster.opts").read_text())[1:]
        self._options = shlex.join(word for word in words if word not in {"-D", str(self._data)})
        self.url = postgres.database_url(url, NAME)

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self._home / ".s.PGSQL.5432"

    def connect(self, name: str = NAME) -> psycopg.Connection:
        """A connection of our own that no fault touches but the server's end. Raises psycopg.OperationalError."""
        url = postgres.database_url(self._plain_url, name).replace("postgresql+psycopg", "postgresql")
        return psycopg.connect(url, autocommit=True)

    def look(self, statement: str, *given: object) -> list[tuple[Any, ...]]:
        """Ask quickly, on a connection that is kept. Raises psycopg.Error while it is away."""
        if self._eye is None or self._eye.closed:
            self._eye = self.connect()
        return self._eye.execute(statement.encode(), given).fetchall()

    def close(self) -> None:
        """Let go of the kept connection."""
        if self._eye is not None:
            self._eye.close()

    def stop(self) -> None:
        """End it as a power cut would: no checkpoint, nobody is asked."""
        self._run("stop", "--wait", "--mode=immediate")

    def start(self) -> None:
        """Let it start, unless it runs, and don't wait; it may still fail where its disk is full."""
        if self._run("status"):
            self._run("start", "--no-wait", f"--options={self._options}", f"--log={self._home / 'log'}")

    def wait(self) -> None:
        """Start it, and wait until it lets people in. Raises psycopg.OperationalError if that takes too long."""
        until_s, pause = elapsed_s() + START_S_MAX, Event()
        while elapsed_s() < until_s and not self.is_up():
            self.start()
            pause.wait(0.1)
        self.connect().close()

    def is_up(self) -> bool:
        """Whether it lets anybody in."""
        try:
            with self.connect():
                return True
        except psycopg.OperationalError:
            return False

    def be_slow(self, *, slow: bool) -> bool:
        """Let each flush of the log take as long as on a bad disk, with all locks held meanwhile; whether it will."""
        with contextlib.suppress(psycopg.Error), self.connect() as conn:
            conn.execute(f"ALTER SYSTEM SET commit_delay = {SLOW_FLUSH_MICROS if slow else 0}".encode())
            conn.execute("ALTER SYSTEM SET commit_siblings = 0")
            conn.execute("SELECT pg_reload_conf()")
            return True
        return False

    @contextmanager
    def full(self) -> Iterator[None]:
        """Leave no free byte on its disk until the end of the block."""
        assert self.disk, "only a disk of its own is filled"
        ballast = self.disk / "ballast"
        try:
            with ballast.open("wb") as file:
                _fill(file.fileno())
            yield
        finally:
            ballast.unlink(missing_ok=True)

    def _run(self, *arguments: str) -> int:
        owner = self._data.stat()
        is_root = os.geteuid() == 0
        command = [str(self._pg_ctl), f"--pgdata={self._data}", *arguments]
        environment = {"LC_ALL": "C", "PATH": os.defpath}
        with (self._home / "output").open("a") as output:
            return subprocess.run(
                command,
                cwd=self._home,
                env=environment,
                stdout=output,
                stderr=output,
                check=False,
                user=owner.st_uid if is_root else None,
                group=owner.st_gid if is_root else None,
                extra_groups=[] if is_root else None,
            ).returncode


def _fill(file: int) -> None:
    size, step = 0, 1024 * BLOCK_BYTES * 16
    while step >= BLOCK_BYTES:
        try:
            os.posix_fallocate(file, size, step)
            size += step
        except OSError:
            step //= 2


def _one(conn: psycopg.Connection, statement: str) -> str:
    row = conn.execute(statement.encode()).fetchone()
    assert row, statement
    return str(row[0])


@contextmanager
def running(directory: Path, *, own_disk: bool) -> Iterator[Server]:
    """Run it below a directory, on a disk of its own where we are allowed to make one."""
    with (
        _disk(directory, wanted=own_disk) as disk,
        postgres.cluster(directory, SETTINGS, data_parent=disk or directory) as url,
    ):
        server = Server(url, disk)
        try:
            yield server
        finally:
            server.close()
            server.wait()  # whoever stops it next wants it to run


@contextmanager
def _disk(directory: Path, *, wanted: bool) -> Iterator[Path | None]:
    """A file with a file system in it, mounted; None where that isn't wanted or permitted."""
    image, place = directory / "disk.img", directory / "disk"
    if not wanted:
        yield None
        return
    place.mkdir()
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    made = _is_done("mkfs.ext4", "-q", "-m", "0", str(image)) and _is_done(
        "mount", "-o", "loop", str(image), str(place)
    )
    if not made:
        yield None
        return
    try:
        place.chmod(0o755)
        yield place
    finally:
        _is_done("umount", str(place)) or _is_done("umount", "--lazy", str(place))


def _is_done(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False
