"""Charging at full durability beside a hand-written minimal pipeline that writes the same rows, in the same run.

Ours is the production pipeline with a gateway in this process that answers at once. The floor (`benchmarks/floor`) is
bare psycopg with arrays, and bare sqlite3 with executemany. Half of the charges are first ones, half retries; of either
half the charges are approved. Both start from copies of one database, and what they wrote is counted and compared.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import Connection, func, select

from benchmarks.floor import shop
from benchmarks.floor.postgresql import PostgresqlFloor
from benchmarks.floor.sqlite import SqliteFloor
from benchmarks.shared.databases import KINDS, Databases, databases
from benchmarks.shared.results import Figure, figure, merge
from purring.engine.garbage import collect_seldom
from purring.engine.pipeline import Pipeline
from purring.store.columns import metadata
from purring.store.engine import open_store

CHARGES = {1: 200, 10: 1_000, 100: 4_000, 1_000: 8_000}
"""How many charges are timed for a size of batch."""
WORKERS = (1, 2)
WARM_UP_TURNS = 2
AGAINST = {"postgresql": "bare psycopg doing the same writes", "sqlite": "bare sqlite3 doing the same writes"}
NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite"}
BARS = {"postgresql": 0.6, "sqlite": 0.5}
"""The least share of the floor's speed that we claim, at batches of 100 and more."""

Turn = Callable[[], int]


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is measured: how many workers work in batches of which size on which kind of database."""

    kind: str
    batch: int
    workers: int

    @property
    def charges(self) -> int:
        """How many charges are made in all, the warm-up included."""
        return self.timed + self.workers * WARM_UP_TURNS * self.batch

    @property
    def timed(self) -> int:
        """How many of them are timed."""
        return CHARGES[self.batch]


# ---------------------------------------------------------------------------------------------------------------------
# In a worker's process


def ours(url: str, owner: str, batch_max: int) -> Turn:
    """Give the turn of our pipeline."""
    collect_seldom()
    return Pipeline(shop.services(open_store(url), owner, batch_max)).turn


def floor(url: str, owner: str, batch_max: int) -> Turn:
    """Give the turn of the floor's."""
    if url.startswith("sqlite"):
        return SqliteFloor(url, owner, batch_max).turn
    return PostgresqlFloor(url, owner, batch_max).turn


def work(make: Callable[[str], Turn], owner: str, share: int, ready: Any, told: Any) -> None:  # noqa: ANN401 - multiprocessing's own
    """Warm up, wait for the others, charge `share` invoices, tell from when to when that took."""
    turn = make(owner)
    for _ in range(WARM_UP_TURNS):
        assert turn(), "nothing was due"
    ready.wait()
    started, done = time.perf_counter(), 0
    while done < share:
        turned = turn()
        assert turned, f"only {done} of {share} were due"
        done += turned
    told.put((started, time.perf_counter()))


# ---------------------------------------------------------------------------------------------------------------------
# In the process that measures


def per_second(case: Case, url: str, make: Callable[..., Turn]) -> float:
    """Charges per second over all workers."""
    context = multiprocessing.get_context("spawn")
    ready, told = context.Barrier(case.workers), context.Queue()
    share = case.timed // case.workers
    workers = [
        context.Process(target=work, args=(partial(make, url, batch_max=case.batch), f"worker-{n}", share, ready, told))
        for n in range(case.workers)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0, f"a worker ended with {worker.exitcode}"
    times = [told.get() for _ in workers]
    return case.timed / (max(ended for _, ended in times) - min(started for started, _ in times))


def written(url: str) -> dict[str, int]:
    """Count the rows of every table, by status and by kind where they have one."""
    store = open_store(url)
    with store.reading() as conn:
        counted = {name: n for table in metadata.tables.values() for name, n in _counted(conn, table)}
    store.close()
    return counted


def _counted(conn: Connection, table: Any) -> list[tuple[str, int]]:  # noqa: ANN401 - a table
    by = [table.c[name] for name in ("kind", "status") if name in table.c]
    rows = conn.execute(select(*by, func.count()).select_from(table).group_by(*by))
    return [(f"{table.name} {' '.join(map(str, row[:-1]))}".strip(), row[-1]) for row in rows]


def measured(case: Case, made: Databases, template: str, rounds: int) -> Figure:
    """Measure ours and the floor in turns, each on a copy of its own; the median of each counts."""
    speeds: dict[Callable[..., Turn], list[float]] = {ours: [], floor: []}
    for _ in range(rounds):
        counts = []
        for make, found in speeds.items():
            url = made.copy(template)
            found.append(per_second(case, url, make))
            counts.append(written(url))
            made.drop(url)
        assert counts[0] == counts[1], f"not the same rows: {counts[0].items() ^ counts[1].items()}"
    name = f"charges a second, {NAMES[case.kind]}, batches of {case.batch:,}, {case.workers} workers"
    return figure(
        name.replace("1 workers", "1 worker"),
        statistics.median(speeds[ours]),
        "charges/s",
        against=AGAINST[case.kind],
        against_value=statistics.median(speeds[floor]),
    )


def figures(cases: Sequence[Case], rounds: int = 2, parent: Path | None = None) -> list[Figure]:
    """Measure all cases; each is printed as it is found."""
    found = []
    print(f"{'':58}{'ours/s':>10}{'floor/s':>10}{'ratio':>8}")
    for kind in dict.fromkeys(case.kind for case in cases):
        with databases(kind, parent) as made:
            template = made.migrated()
            own = [case for case in cases if case.kind == kind]
            most = max(case.charges for case in own)
            shop.fill(template, most + -most % 4)
            for case in own:
                one = measured(case, made, template, rounds)
                print(f"{one['figure']:58}{one['value']:10,.0f}{one['against_value']:10,.0f}{one['ratio']:8.2f}")
                found.append(one)
    return found


def all_cases() -> list[Case]:
    """Every case there is."""
    return [Case(kind=kind, batch=batch, workers=workers) for kind in KINDS for workers in WORKERS for batch in CHARGES]


def main() -> int:
    """Measure, print, and write the results down; fail if the claim doesn't hold."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=2, help="the median of so many counts (default: 2)")
    parser.add_argument("--kind", choices=KINDS, help="only this database")
    parser.add_argument("--batch", type=int, choices=CHARGES, help="only batches of this size")
    parser.add_argument("--workers", type=int, choices=WORKERS, help="only so many workers")
    parser.add_argument("--directory", type=Path, help="a directory on the disk to measure on (default: /tmp's)")
    parser.add_argument("--no-results", action="store_true", help="write nothing down, and fail for no claim")
    given = parser.parse_args()
    wanted = [case for case in all_cases() if _is_wanted(case, given)]
    found = figures(wanted, given.rounds, given.directory)
    if not given.no_results:
        merge(found)
    pairs = zip(wanted, found, strict=True)
    below = [one["figure"] for case, one in pairs if case.batch >= 100 and one["ratio"] < BARS[case.kind]]
    claim = ", ".join(f"{bar} on {NAMES[kind]}" for kind, bar in BARS.items())
    verdict = f"BROKEN for {'; '.join(below)}" if below else "holds"
    print(f"\nClaim: at batches of 100 and more at least {claim}: {verdict}.")
    return int(bool(below) and not given.no_results)


def _is_wanted(case: Case, given: argparse.Namespace) -> bool:
    asked_for = {name: getattr(given, name) for name in ("kind", "batch", "workers")}
    return all(wanted in {None, getattr(case, name)} for name, wanted in asked_for.items())


if __name__ == "__main__":
    sys.exit(main())
