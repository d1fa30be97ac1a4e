"""Many seeds and every planted bug, on all cores: played, added up, and made small where they fail."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import TypeVar

from purring.clock import SystemClock, elapsed_s
from purring.engine.garbage import collect_seldom
from purring.simulator import bugs
from purring.simulator.bench import Bench, PostgresBench, SqliteBench, workshop
from purring.simulator.faults import Plan, plan_for
from purring.simulator.history import History, live
from purring.simulator.shrink import shrunk

CHUNK = 10
"""Seeds that one process plays before it reports."""

CATCH_WITHIN = 60
"""A planted bug must be caught within so many seeds."""

FAILURES_MAX = 3
"""So many failing seeds are enough to look at."""

DAYS_PER_YEAR = 365.25

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caught:
    """What became of one planted bug. `by` is the check that saw it, in `seed`, after `seeds` tries; "" if none did."""

    bug: str
    by: str
    seed: int
    seeds: int


@dataclass(slots=True, kw_only=True)
class Tally:
    """What many histories add up to. `failures` are shrunk plans that broke something, with their histories."""

    seeds: int = 0
    days: float = 0.0
    invoice_days: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    sometimes: Counter[str] = field(default_factory=Counter)
    failures: list[History] = field(default_factory=list)
    caught: list[Caught] = field(default_factory=list)

    def add(self, history: History) -> None:
        """Count one history."""
        self.seeds += 1
        self.days += history.days
        self.invoice_days += history.invoice_days
        self.counts += history.counts
        self.sometimes += history.sometimes

    def merge(self, other: Tally) -> None:
        """Count what another process has counted."""
        self.seeds += other.seeds
        self.days += other.days
        self.invoice_days += other.invoice_days
        self.counts += other.counts
        self.sometimes += other.sometimes
        self.failures += other.failures
        self.caught += other.caught


OnTally = Callable[[Tally], None]


@contextmanager
def bench_for(postgres: str | None) -> Iterator[Bench]:
    """A bench on the kind of database that was asked for.

    Raises ConfigError: the database holds something.
    """
    with workshop() as directory:
        yield PostgresBench(postgres, directory) if postgres else SqliteBench(directory)


def play(seeds: Iterable[int], bench: Bench) -> Tally:
    """Live through some seeds; those that break something are made as small as they can be."""
    tally = Tally()
    for seed in seeds:
        history = live(plan_for(seed), bench)
        tally.add(history)
        if history.violations:
            tally.failures.append(shrunk(history, bench))
    return tally


def hunt(bug: bugs.Bug, bench: Bench) -> Tally:
    """Look for a planted bug, seed after seed, until a check notices; first where it was noticed the last time."""
    known = bugs.KNOWN.get(bug.name, 1)
    others = (seed for seed in range(1, CATCH_WITHIN + 1) if seed != known)
    for seeds, seed in enumerate((known, *others), 1):
        history = live(plan_for(seed, always=bug.needs), bench, bug)
        if history.violations:
            return Tally(caught=[Caught(bug=bug.name, by=history.violations[0].check, seed=seed, seeds=seeds)])
    return Tally(caught=[Caught(bug=bug.name, by="", seed=0, seeds=CATCH_WITHIN)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is asked of a run. `hours`: go on for so long instead of `seeds`. With `postgres` one process does it all.

    `first` None: begin at 1, or, for hours, where no run has begun before.
    """

    seeds: int = 1_000
    first: int | None = None
    hours: float | None = None
    with_bugs: bool = True
    postgres: str | None = None


def run(options: Options, on_tally: OnTally) -> Tally:
    """Do everything that was asked for; `on_tally` hears of every part as it is done."""
    total = Tally()

    def done(part: Tally) -> None:
        total.merge(part)
        on_tally(total)

    if options.postgres:
        _alone(options, done)
    else:
        _together(options, done, lambda: len(total.failures) >= FAILURES_MAX)
    return total


def _alone(options: Options, done: OnTally) -> None:
    with bench_for(options.postgres) as bench:
        for name in _bug_names(options):
            done(hunt(_named(name), bench))
        for chunk in _chunks(options):
            done(play(chunk, bench))


def _together(options: Options, done: OnTally, is_enough: Callable[[], bool]) -> None:
    """Keep every core busy, and no more waiting than that."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn"), initializer=_open_bench) as pool:
        under_way: set[Future[Tally]] = {pool.submit(_hunt_here, name) for name in _bug_names(options)}
        chunks = _chunks(options)
        while True:
            while len(under_way) < cores * 2 and not is_enough() and (chunk := next(chunks, None)) is not None:
                under_way.add(pool.submit(_play_here, chunk))
            if not under_way:
                return
            finished, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for future in finished:
                done(future.result())


def _chunks(options: Options) -> Iterator[range]:
    """The seeds in portions: as many as were asked for, or until the time is over."""
    first, started_s = first_seed(options), elapsed_s()
    last = first + options.seeds
    while first < last if options.hours is None else elapsed_s() - started_s < options.hours * 3600:
        until = first + CHUNK if options.hours is not None else min(first + CHUNK, last)
        yield range(first, until)
        first = until


def first_seed(options: Options) -> int:
    """Where a run begins."""
    if options.first is not None:
        return options.first
    return 1 if options.hours is None else int(SystemClock().now().timestamp())


def _bug_names(options: Options) -> list[str]:
    return [bug.name for bug in bugs.ALL] if options.with_bugs else []


def _named(name: str) -> bugs.Bug:
    return next(bug for bug in bugs.ALL if bug.name == name)


# ---------------------------------------------------------------------------------------------------------------------
# In the processes of the pool, each with a bench of its own for as long as it lives

_BENCHES: list[Bench] = []
_OPEN = ExitStack()


def _open_bench() -> None:
    Thread(target=_end_with_parent, daemon=True).start()
    collect_seldom()
    _BENCHES.append(_OPEN.enter_context(bench_for(None)))


def _end_with_parent() -> None:
    """Leave no process and no directory behind if whoever started us is killed."""
    parent = parent_process()
    if parent:
        parent.join()
        _OPEN.close()
        os._exit(1)


def _play_here(seeds: range) -> Tally:
    return play(seeds, _BENCHES[0])


def _hunt_here(name: str) -> Tally:
    return hunt(_named(name), _BENCHES[0])


def replay(plan: Plan) -> History:
    """Live through one plan once more."""
    with bench_for(None) as bench:
        return live(plan, bench)
