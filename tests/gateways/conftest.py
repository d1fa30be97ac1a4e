"""The sandbox for tests: one in-process for each test, and one server for the whole session."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from purring.gateways.sandbox.background import serve_in_background
from purring.gateways.sandbox.local import LocalSandbox, connect
from purring.gateways.sandbox.remote import SandboxRemote
from tests.gateways.benches import START, SandboxBench, Server, TestTime


@pytest.fixture
def time() -> TestTime:
    """The test's time."""
    return TestTime()


@pytest.fixture
def local(tmp_path: Path, time: TestTime) -> Iterator[LocalSandbox]:
    """A sandbox within this process, on the test's time."""
    with LocalSandbox(tmp_path / "sandbox.db", lambda: time.now) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A sandbox server on a virtual clock, shared by the session; keys and cards are never used twice."""
    ledger_path = tmp_path_factory.mktemp("sandbox") / "sandbox.db"
    with serve_in_background(ledger_path, virtual_clock=True) as running, connect(running.url) as client:
        SandboxRemote(client).set_clock(START)
        yield Server(running=running, ledger_path=ledger_path, client=client, time=TestTime())


@pytest.fixture
def local_bench(local: LocalSandbox, time: TestTime) -> Iterator[SandboxBench]:
    """The contract's bench in-process."""
    with connect("http://sandbox.invalid", transport=local.transport) as client:
        bench = SandboxBench(client, local.ledger_path, time.now, time.set)
        yield bench
        bench.close()


@pytest.fixture
def http_bench(server: Server) -> Iterator[SandboxBench]:
    """The contract's bench over real HTTP; its time goes on from test to test."""
    remote = SandboxRemote(server.client)

    def move(at: datetime) -> None:
        server.time.set(at)
        remote.set_clock(at)

    bench = SandboxBench(server.client, server.ledger_path, server.time.now, move)
    yield bench
    bench.close()
