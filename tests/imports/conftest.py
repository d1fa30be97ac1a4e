"""A world to import into: a database, a merchant, a clock that stands still, and the sandbox within this process."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from purring.clock import SeededIds, VirtualClock
from purring.domain.merchant import Merchant
from purring.gateways.sandbox.local import LocalSandbox
from purring.imports.kinds import Kind
from purring.imports.parse import Problem
from purring.imports.run import Import, Listener, Mode, Outcome
from purring.imports.source import open_source
from purring.notices.send import NullSender
from purring.operations.merchants import create_merchant
from purring.operations.services import Services
from purring.store.engine import open_store

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


class Heard(Listener):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.rows = 0
        self.rows_done = 0

    def surveyed(self, rows: int) -> None:
        """Remember how many rows there are."""
        self.rows = rows

    def problem(self, problem: Problem) -> None:
        """Remember what is wrong."""
        self.problems.append(problem)

    def done(self, rows: int) -> None:
        """Count."""
        self.rows_done += rows


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Services on one database with one merchant."""

    services: Services
    clock: VirtualClock
    merchant: Merchant
    directory: Path
    heard: Heard = field(default_factory=Heard)

    def take_in(
        self, path: Path, *, mode: Mode = Mode.BATCHES, kind: Kind | None = None, merchant: Merchant | None = None
    ) -> Import:
        """Import a file; `heard` then has the problems of this run."""
        self.heard.problems.clear()
        run = Import(self.services, merchant or self.merchant, open_source(path, kind=kind), self.heard)
        run.run(mode)
        return run

    def write(self, name: str, text: str) -> Path:
        """A file of this test's own."""
        path = self.directory / name
        path.write_text(text, encoding="utf-8")
        return path

    def new_merchant(self) -> Merchant:
        """One more merchant."""
        return create_merchant(self.services, name="Booking AS", timezone="Europe/Oslo")


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world with one merchant."""
    clock = VirtualClock(NOW)
    store = open_store(database_url, durable=False)
    with LocalSandbox(tmp_path / "ledger.sqlite3", clock.now) as sandbox:
        services = Services(
            store=store,
            gateways={"sandbox": sandbox.gateway},
            clock=clock,
            ids=SeededIds(clock, 7),
            sender=NullSender(),
            owner="tests",
            in_flight_max=1,
        )
        merchant = create_merchant(services, name="Booking AS", timezone="Europe/Oslo", locale="nb")
        yield World(services=services, clock=clock, merchant=merchant, directory=tmp_path)
    store.close()


def counts(run: Import) -> dict[str, tuple[int, int, int]]:
    """Added, already there and bad, by kind."""
    found = {kind: tuple(run.counts[kind, outcome] for outcome in Outcome) for kind in (*Kind, None)}
    return {str(kind or "unreadable"): (one[0], one[1], one[2]) for kind, one in found.items() if any(one)}
