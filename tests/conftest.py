"""Databases for the tests: each test gets its own, empty and migrated, on SQLite and on PostgreSQL."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.workermanage import WorkerController

from tests import postgres

MakeDatabase = Callable[[], str]
DIRECTORY = pytest.StashKey[Path]()
ALIVE = pytest.StashKey[TextIOWrapper]()

_SLOW_IS_FINE = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("here", deadline=None, max_examples=60, suppress_health_check=_SLOW_IS_FINE)
settings.register_profile("ci", settings.get_profile("here"), derandomize=True, print_blob=True)
settings.register_profile("deep", settings.get_profile("here"), max_examples=3000)


# ---------------------------------------------------------------------------------------------------------------------
# One directory per session, shared by its workers


def pytest_configure(config: pytest.Config) -> None:
    """Make the session's directory, or take the one that the controlling process made for its workers."""
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "here"))
    worker_input = getattr(config, "workerinput", None)
    if worker_input is not None:
        config.stash[DIRECTORY] = Path(worker_input["session_directory"])
        return
    directory = Path(tempfile.mkdtemp(prefix="purring-tests-"))
    directory.chmod(0o711)  # so that an unprivileged server can reach its own corner
    config.stash[DIRECTORY] = directory
    config.stash[ALIVE] = (directory / "alive").open("w")
    fcntl.flock(config.stash[ALIVE], fcntl.LOCK_EX)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerController) -> None:
    """Tell a worker of pytest-xdist about the session's directory."""
    node.workerinput["session_directory"] = str(node.config.stash[DIRECTORY])


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let the PostgreSQL server go, wait until it is gone, remove everything."""
    if ALIVE not in config.stash:
        return
    directory = config.stash[DIRECTORY]
    asked_for = os.environ.get(postgres.URL_SETTING)
    if asked_for and (directory / "template.made").exists():
        postgres.Server(asked_for).drop(_template_name(directory))
    serving = directory / "serving"
    config.stash[ALIVE].close()
    if serving.exists():
        with _locked(serving):
            pass
    shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _made_once(directory: Path, name: str, make: Callable[[], str]) -> str:
    """What `make` returned to the first worker that came here."""
    made = directory / f"{name}.made"
    with _locked(directory / f"{name}.lock"):
        if not made.exists():
            made.write_text(make())
        return made.read_text()


# ---------------------------------------------------------------------------------------------------------------------
# Makers of databases: call one as often as you need another database; it returns the URL


@pytest.fixture(scope="session")
def session_directory(pytestconfig: pytest.Config) -> Path:
    """The directory that all workers of this test session share."""
    return pytestconfig.stash[DIRECTORY]


@pytest.fixture(scope="session")
def postgres_server(session_directory: Path) -> Iterator[postgres.Server]:
    """The PostgreSQL server of this session: the one asked for, or one of our own."""
    asked_for = os.environ.get(postgres.URL_SETTING)
    url = asked_for or _made_once(session_directory, "server", lambda: postgres.start(session_directory))
    server = postgres.Server(url)
    yield server
    server.close()


@pytest.fixture(scope="session")
def database_names(session_directory: Path) -> Iterator[str]:
    """Names that no other session and no other worker uses on the same server."""
    prefix = f"{_sql_name(session_directory)}_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    return (f"{prefix}_{number}" for number in itertools.count(1))


@pytest.fixture(scope="session")
def sqlite_template(session_directory: Path) -> Path:
    """A migrated SQLite file without rows."""
    path = session_directory / "template.sqlite3"

    def make() -> str:
        _upgrade(f"sqlite:///{path}")
        return str(path)

    return Path(_made_once(session_directory, "sqlite", make))


@pytest.fixture(scope="session")
def postgres_template(session_directory: Path, postgres_server: postgres.Server) -> str:
    """The name of a migrated PostgreSQL database without rows, ready to be copied; merchants' role is set up in it."""
    name = _template_name(session_directory)

    def make() -> str:
        url = postgres_server.create(name)
        _upgrade(url)
        _set_up_role(url)
        postgres_server.freeze(name)
        return name

    return _made_once(session_directory, "template", make)


def _upgrade(url: str) -> None:
    from purring.store.engine import upgrade  # noqa: PLC0415 - tests of the core run without loading SQLAlchemy

    upgrade(url)


def _set_up_role(url: str) -> None:
    """Let transactions that serve one merchant run in their role, so that the database itself keeps them apart."""
    from purring.store.engine import open_store  # noqa: PLC0415 - as above
    from purring.store.isolation import merchant_role_statements  # noqa: PLC0415 - as above

    store = open_store(url, pool_size=1)
    with store.transaction() as conn:
        for statement in merchant_role_statements():
            conn.exec_driver_sql(statement)
    store.close()


def _sql_name(directory: Path) -> str:
    return directory.name.lower().replace("-", "_")


def _template_name(directory: Path) -> str:
    return f"{_sql_name(directory)}_template"


# ---------------------------------------------------------------------------------------------------------------------
# What tests ask for


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Every test that asks for a database runs on both kinds."""
    return str(request.param)


@pytest.fixture
def new_database(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeDatabase]:
    """A maker of databases, migrated and without rows: call it for a URL as often as you need another one."""
    if database_kind == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        files = (tmp_path / f"purring-{number}.sqlite3" for number in itertools.count(1))
        yield lambda: f"sqlite:///{shutil.copyfile(template, next(files))}"
    else:
        yield from _postgres_maker(request, request.getfixturevalue("postgres_template"))


@pytest.fixture
def new_bare_database(database_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MakeDatabase]:
    """A maker of databases that hold nothing at all, for the tests of the migrations themselves."""
    if database_kind == "sqlite":
        files = (tmp_path / f"bare-{number}.sqlite3" for number in itertools.count(1))
        yield lambda: f"sqlite:///{next(files)}"
    else:
        yield from _postgres_maker(request, "template0")


@pytest.fixture
def database_url(new_database: MakeDatabase) -> str:
    """The URL of a database of the test's own, migrated and without rows."""
    return new_database()


@pytest.fixture
def bare_database_url(new_bare_database: MakeDatabase) -> str:
    """The URL of a database of the test's own that holds nothing at all."""
    return new_bare_database()


def _postgres_maker(request: pytest.FixtureRequest, template: str) -> Iterator[MakeDatabase]:
    server: postgres.Server = request.getfixturevalue("postgres_server")
    names: Iterator[str] = request.getfixturevalue("database_names")
    made: list[str] = []

    def make() -> str:
        made.append(next(names))
        return server.create(made[-1], template=template)

    yield make
    for name in made:
        server.drop(name)
