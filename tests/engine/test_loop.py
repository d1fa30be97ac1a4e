"""The long-running worker: it drains when told to stop, outlives its database, and its batches cost few statements."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, text

from purring.domain.errors import StoreUnavailable
from purring.engine.loop import Turn, play, work
from purring.engine.pipeline import Interrupt
from purring.store.engine import Store, open_store
from tests.world import FUNDS, Shop, World

POLL = timedelta(milliseconds=1)
PATIENCE_S = 60.0
STATEMENTS_MAX = 100
LOOK = {"sqlite": 2, "postgresql": 1}
"""A SELECT; on SQLite its transaction begins by a statement of its own."""


def test_it_drains_when_it_is_told_to_stop(world: World, shop: Shop) -> None:
    """Told to stop in the middle of a charge, the worker records the answer, sends what is owed, and returns."""
    subscription, stop = shop.sold(FUNDS), Event()

    def stop_in_the_middle(point: str) -> None:
        if point == "after_begin":
            stop.set()

    with world.worker(stop_in_the_middle, in_flight_max=4) as worker:
        work(worker, stop, POLL)
    assert ["declined"] == shop.attempts(subscription)
    assert 1 == len(world.outbox.messages)


def test_it_waits_for_work(world: World, shop: Shop) -> None:
    """An idle worker finds what falls due later."""
    stop, found = Event(), Event()

    def tell(point: str) -> None:
        if point == "after_record":
            found.set()

    with world.worker(tell) as worker, ThreadPoolExecutor(1) as threads:
        working = threads.submit(work, worker, stop, POLL)
        subscription = shop.sold("approve")
        assert found.wait(PATIENCE_S)
        stop.set()
        working.result(PATIENCE_S)
    assert ("paid", "active") == shop.status(subscription)


class Fickle(Store):
    """A database that is away so many times in a row whenever a worker comes to a point."""

    def __init__(self, url: str, times: int, found_away: Event) -> None:
        """Open it."""
        inner = open_store(url, durable=False)
        super().__init__(inner._engine, inner._reader)  # noqa: SLF001 - the same store, with a fault of its own
        self._times = times
        self._found_away = found_away

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Be away, or do as the store does."""
        if self._times:
            self._times -= 1
            self._found_away.set()
            raise StoreUnavailable("away for the test")
        with super().transaction() as conn:
            yield conn


def _stop_at(stop: Event, wanted: str) -> Interrupt:
    def interrupt(point: str) -> None:
        if point == wanted:
            stop.set()

    return interrupt


def test_it_outlives_its_database(world: World, shop: Shop) -> None:
    """While the database is away the worker waits; when it is back it goes on by itself."""
    subscription, stop, away = shop.sold("approve"), Event(), Event()
    fickle = Fickle(world.database_url, times=6, found_away=away)
    with world.worker(_stop_at(stop, "after_record"), store=fickle) as worker:
        work(worker, stop, POLL)
    fickle.close()
    assert away.is_set()
    assert ("paid", "active") == shop.status(subscription)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_it_outlives_its_connections(world: World, shop: Shop) -> None:
    """Connections cut between charge and record cost nothing: the charge is resent under its key and recorded once."""
    subscription, stop, cut = shop.sold("approve"), Event(), Event()
    store = open_store(world.database_url, durable=False)

    def interrupt(point: str) -> None:
        if point == "after_charge" and not cut.is_set():
            cut.set()
            _cut_connections(world)
        if point == "after_record":
            stop.set()

    with world.worker(interrupt, store=store) as worker:
        work(worker, stop, POLL)
    store.close()
    world.later(minutes=3)
    assert ("paid", "active") == shop.status(subscription)
    assert 1 == len(world.seen())


def _cut_connections(world: World) -> None:
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    with world.services.store.transaction() as conn:
        conn.execute(text(f"{others} AND pid <> pg_backend_pid()"))


def test_a_turn_that_breaks_does_not_end_the_worker(world: World, shop: Shop) -> None:
    """Whatever a turn raises is logged, and the next turn comes."""
    subscription, stop, broken = shop.sold("approve"), Event(), Event()

    def interrupt(point: str) -> None:
        if point == "after_claim" and not broken.is_set():
            broken.set()
            raise RuntimeError("a bug in the loop")
        if point == "after_claim":
            stop.set()

    with world.worker(interrupt) as worker, ThreadPoolExecutor(1) as threads:
        working = threads.submit(work, worker, stop, POLL)
        assert broken.wait(PATIENCE_S)
        world.clock.advance_to(world.clock.now() + timedelta(minutes=2))
        working.result(PATIENCE_S)
    assert ("paid", "active") == shop.status(subscription)


def test_time_jumps_from_one_due_instant_to_the_next(world: World, shop: Shop) -> None:
    """Play sets the clock to each due instant in order and ends where it was told to."""
    subscription = shop.sold(FUNDS)
    until = world.clock.now() + timedelta(days=20)
    ticks: list[datetime] = []
    with world.worker() as worker:
        total = play(worker, world.clock, until, ticks.append)
    assert until == world.clock.now()
    assert sorted(ticks) == ticks
    started = [one.started_at for one in shop.facts(subscription).attempts]
    assert set(started[1:]) <= set(ticks)
    assert total.charged >= len(started) > 3
    assert not Turn(sent=1).is_idle


@contextmanager
def _counted() -> Iterator[list[str]]:
    """Every statement that goes to any database meanwhile."""
    statements: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _statements_of_a_batch(world: World, shop: Shop, size: int) -> int:
    """How many statements a batch takes, without the look at each letter right before it is handed over."""
    before = len(world.outbox.messages)
    for number in range(size):
        shop.sold(FUNDS if number % 2 else "approve")
    with world.worker(batch_max=size) as worker, _counted() as statements:
        turn = worker.turn()
    assert (size, size) == (turn.renewed, turn.charged)
    letters = len(world.outbox.messages) - before
    assert size // 2 == letters
    return len(statements) - LOOK[world.services.store.dialect] * letters


def test_a_batch_costs_a_few_statements(world: World, shop: Shop) -> None:
    """Renewing, beginning, recording and telling many invoices takes as many statements as a few.

    But for one look at each letter that says a payment failed: money that came while others were sent must stop it.
    """
    few = _statements_of_a_batch(world, shop, 6)
    many = _statements_of_a_batch(world, shop, 60)
    assert few == many
    assert many <= STATEMENTS_MAX


def test_an_idle_turn_costs_next_to_nothing(world: World, shop: Shop) -> None:
    """With nothing due a turn asks once per queue."""
    shop.sold("approve")
    world.work()
    with world.worker() as worker, _counted() as statements:
        assert worker.turn().is_idle
    assert 4 == len([one for one in statements if "UPDATE" in one.upper()])
    assert len(statements) <= 15
