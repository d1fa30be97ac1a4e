"""Our pipeline beside the same job as most teams write it: one task per charge, on three task queues.

All write to the same tables of the same durable PostgreSQL, from copies of one database, and the same gateway answers
at once. The rivals write four rows a charge (attempt, invoice, recovery, event); ours writes those, the notice that a
decline owes, its copy for the mailbox and one more event, and checks the networks' ceilings. Handing the tasks over is
not counted; finding what is due is part of ours. Workers are started as their manuals say, which is one process per
core for Celery and Dramatiq. Ours and Procrastinate's are single processes, of which we start one per core, too.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from threading import Event
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.shared import crowd, machine
from benchmarks.shared.crowd import Originals
from benchmarks.shared.databases import Databases, databases
from benchmarks.shared.double import InstantGateway
from benchmarks.shared.results import Figure, figure, merge
from purring.clock import RandomIds, SystemClock, VirtualClock
from purring.engine.garbage import collect_seldom
from purring.engine.pipeline import Pipeline
from purring.notices.send import NullSender
from purring.operations.services import Services
from purring.store.engine import open_store

ROOT = Path(__file__).resolve().parent.parent
RIVALS: Mapping[str, str] = {
    "Procrastinate": "on_procrastinate",
    "Celery": "on_celery",
    "Dramatiq": "on_dramatiq",
    "eight threads, no queue": "on_nothing",
}
PER_CORE = frozenset({"on_procrastinate"})
"""Whose command starts one process; the others start as many as they like."""
PACKAGES = ("procrastinate", "celery", "dramatiq", "dramatiq-postgres")
OURS_PER_RIVALS = 4
"""We are given more charges than they, so that both take seconds."""
WARM_UP_TURNS = 2
WARM_UP_SHARE = 0.1
GIVE_UP_S = 180
STOP_S = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """A database to copy, in which so many retries are due."""

    template: str
    originals: Originals
    due: list[str]


def sold(made: Databases, charges: int) -> Sold:
    """Let customers live, and copy the one that owes."""
    template = made.migrated()
    originals = crowd.live(template, recovered=1)
    with crowd.connect(template) as conn:
        crowd.copy(conn, originals.due, range(1, charges))
        crowd.settle(conn)
        rows = conn.execute("SELECT id FROM invoice WHERE next_step_at <= %s ORDER BY id", [originals.due_at])
        due = [row[0] for row in rows]
    return Sold(template=template, originals=originals, due=due)


# ---------------------------------------------------------------------------------------------------------------------
# Ours


def ours(url: str, given: Sold) -> float:
    """Charges a second of workers at their defaults, as many as there are cores."""
    context = multiprocessing.get_context("spawn")
    ready, told = context.Barrier(machine.cores()), context.Queue()
    workers = [
        context.Process(target=work, args=(url, given.originals.due_at, f"worker-{n}", ready, told))
        for n in range(machine.cores())
    ]
    for worker in workers:
        worker.start()
    done, since, until = zip(*(told.get() for _ in workers), strict=True)
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0, f"a worker ended with {worker.exitcode}"
    return float(sum(done) / (max(until) - min(since)))


def work(url: str, due_at: datetime, owner: str, ready: Any, told: Any) -> None:  # noqa: ANN401 - multiprocessing's own
    """Warm up, wait for the others, charge what is due; tell how many and from when to when that took."""
    collect_seldom()
    services = Services(
        store=open_store(url),
        gateways={"sandbox": InstantGateway(declined_percent=100)},
        clock=VirtualClock(due_at),
        ids=RandomIds(SystemClock()),
        sender=NullSender(),
        owner=owner,
    )
    pipeline = Pipeline(services)
    for _ in range(WARM_UP_TURNS):
        pipeline.turn()
    ready.wait()
    started, done = time.perf_counter(), 0
    while turned := pipeline.turn():
        done += turned
    told.put((done, started, time.perf_counter()))
    pipeline.close()
    services.store.close()


# ---------------------------------------------------------------------------------------------------------------------
# Theirs


def theirs(url: str, given: Sold, module: str, charges: int) -> float:
    """Charges a second of one worker of a rival, after its first tenth."""
    invoice_ids = given.due[:charges]
    with tempfile.TemporaryDirectory(prefix="purring-bench-") as directory:
        setting = {"BENCHMARK_DATABASE_URL": url, "BENCHMARK_LIST": f"{directory}/list"}
        environment = {**os.environ, **setting, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        os.environ |= setting
        command = import_module(f"benchmarks.rival.{module}").command()
        subprocess.run(
            [sys.executable, "-m", "benchmarks.rival", module],
            input=json.dumps([given.originals.merchant_id, invoice_ids]),
            text=True,
            cwd=ROOT,
            env=environment,
            check=True,
        )
        with crowd.connect(url) as conn:
            conn.execute("VACUUM ANALYZE")
            started_at = conn.execute("SELECT clock_timestamp()").fetchone()
            assert started_at is not None
            with ExitStack() as running:
                for number in range(machine.cores() if module in PER_CORE else 1):
                    running.enter_context(_running(command, environment, Path(directory) / f"log-{number}"))
                _wait(conn, given, len(given.due) - len(invoice_ids))
            return _per_second(conn, started_at[0], len(invoice_ids))


@contextmanager
def _running(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    with log.open("w") as output:
        worker = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield
        except TimeoutError as error:
            error.add_note(log.read_text()[-2_000:])
            raise
        finally:
            worker.terminate()
            try:
                worker.wait(STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait()


def _wait(conn: crowd.Driver, given: Sold, left: int) -> None:
    """Wait until no more than `left` invoices are due."""
    until = time.monotonic() + GIVE_UP_S
    count = "SELECT count(*) FROM invoice WHERE next_step_at <= %s"
    while (row := conn.execute(count, [given.originals.due_at]).fetchone()) and row[0] > left:
        if time.monotonic() > until:
            raise TimeoutError(f"{row[0] - left} charges were left after {GIVE_UP_S} s")
        Event().wait(0.2)


def _per_second(conn: crowd.Driver, since: object, charges: int) -> float:
    statement = "SELECT at FROM event WHERE kind = 'attempt.declined' AND at >= %s ORDER BY at"
    times = [row[0] for row in conn.execute(statement, [since])]
    assert len(times) == charges, f"{len(times)} of {charges} charges were recorded"
    counted = times[int(charges * WARM_UP_SHARE) :]
    taken_s: float = (counted[-1] - counted[0]).total_seconds()
    return (len(counted) - 1) / taken_s


# ---------------------------------------------------------------------------------------------------------------------
# Together


def figures(charges: int, rounds: int, parent: Path | None = None) -> list[Figure]:
    """Ours against each rival, in turns, each on a copy of its own; medians count."""
    speeds: dict[str, list[float]] = {"Purring": [], **{name: [] for name in RIVALS}}
    with databases("postgresql", parent) as made:
        given = sold(made, charges * OURS_PER_RIVALS)
        for _ in range(rounds):
            for name, found in speeds.items():
                url = made.copy(given.template)
                found.append(theirs(url, given, RIVALS[name], charges) if name in RIVALS else ours(url, given))
                print(f"  {name:26}{found[-1]:10,.0f} charges/s", flush=True)
                made.drop(url)
    own = statistics.median(speeds["Purring"])
    return [
        figure(
            f"charges a second beside {name}", own, "charges/s", against=f"one task per charge, {name}",
            against_value=statistics.median(speeds[name]),
        )
        for name in RIVALS
    ]  # fmt: skip


def main() -> None:
    """Measure, print, write the results down."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--charges", type=int, default=3_000, help="charges for each rival (default: 3,000)")
    parser.add_argument("--rounds", type=int, default=2, help="the median of so many counts (default: 2)")
    parser.add_argument("--quick", action="store_true", help="one round of 1,000; writes nothing down")
    parser.add_argument("--directory", type=Path, help="a directory on the disk to measure on (default: /tmp's)")
    given = parser.parse_args()
    print(machine.described(*PACKAGES))
    found = figures(1_000, 1, given.directory) if given.quick else figures(given.charges, given.rounds, given.directory)
    for one in found:
        print(f"{one['figure']:48}{one['value']:10,.0f} : {one['against_value']:8,.0f} = {one['ratio']:6.1f}")
    if not given.quick:
        merge(found)


if __name__ == "__main__":
    main()
