"""How late due retries are worked while they keep arriving, at half and at nine tenths of what one worker can do.

Arrivals don't wait for the worker (an open loop): each invoice falls due at its own instant, evenly spaced, on a real
clock. Late is the time from then until the gateway's answer is on disk, by the worker's loop at its defaults, with the
notices that declines owe sent in between. Measured beside one turn of a full batch, which is how long whoever just
missed one waits.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event, Timer

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.shared import crowd, machine
from benchmarks.shared.crowd import Originals
from benchmarks.shared.databases import Databases, databases
from benchmarks.shared.results import Figure, figure, merge
from benchmarks.shared.worker import ShiftedClock, services
from purring.engine.loop import Worker, work

SHARES = (0.5, 0.9)
POLL = timedelta(seconds=1)
GRACE_S = 8.0
"""What was due at the end gets so long to be worked."""
CAPACITY_CHARGES = 3_000
PERCENTILES = (0.5, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What one worker does when everything is due at once."""

    per_s: float
    turn_s: float


def capacity(url: str, originals: Originals) -> Capacity:
    """Let a worker work until nothing is due."""
    worker = Worker(services(url, ShiftedClock(originals.due_at), declined_percent=100))
    worker.turn()
    started, done, turns = time.perf_counter(), 0, 0
    while (turn := worker.turn()).charged:
        done, turns = done + turn.charged, turns + 1
    taken_s = time.perf_counter() - started
    worker.close()
    worker.services.store.close()
    return Capacity(per_s=done / taken_s, turn_s=taken_s / turns)


def lateness(url: str, originals: Originals, per_s: float, seconds: float) -> list[float]:
    """Seconds from due to recorded, at the percentiles and at most, after a first fifth that warms up."""
    arrivals = int(per_s * seconds)
    with crowd.connect(url) as conn:
        _plan(conn, originals, arrivals, per_s)
        started_at = originals.due_at - timedelta(seconds=1)
        worker = Worker(services(url, ShiftedClock(started_at), declined_percent=100))
        stop = Event()
        timer = Timer(seconds + 1 + GRACE_S, stop.set)
        timer.start()
        work(worker, stop, POLL)
        worker.services.store.close()
        found = conn.execute(
            _LATE, [list(PERCENTILES), originals.due_at, originals.due_at + timedelta(seconds=seconds / 5)]
        )
        row = found.fetchone()
    assert row is not None
    late, most, recorded, waited_for = row
    assert recorded >= 0.99 * waited_for, f"only {recorded} of {waited_for} were worked in time"
    return [*map(float, late), float(most)]


def _plan(conn: crowd.Driver, originals: Originals, arrivals: int, per_s: float) -> None:
    """Let so many invoices fall due one after the other, the others never."""
    conn.execute(
        "CREATE TABLE planned AS SELECT id, %s + row_number() OVER (ORDER BY md5(id)) / %s * interval '1 second' AS at"
        " FROM invoice WHERE next_step_at IS NOT NULL LIMIT %s",
        [originals.due_at, per_s, arrivals],
    )
    conn.execute("UPDATE invoice SET next_step_at = (SELECT at FROM planned WHERE planned.id = invoice.id)")
    conn.execute("VACUUM ANALYZE")


_LATE = """
SELECT percentile_cont(%s::float[]) WITHIN GROUP (ORDER BY extract(epoch FROM attempt.ended_at - planned.at)),
       max(extract(epoch FROM attempt.ended_at - planned.at)), count(attempt.id), count(*)
FROM planned LEFT JOIN attempt ON attempt.invoice_id = planned.id AND attempt.started_at >= %s
WHERE planned.at >= %s
"""


def figures(made: Databases, seconds: float) -> list[Figure]:
    """Capacity, then lateness at each share of it."""
    template = made.migrated()
    originals = crowd.live(template, recovered=1)
    with crowd.connect(template) as conn:
        crowd.copy(conn, originals.due, range(1, CAPACITY_CHARGES))
        crowd.settle(conn)
    most = capacity(made.copy(template), originals)
    print(f"one worker: {most.per_s:,.0f} charges/s when everything is due; a full turn takes {most.turn_s:.2f} s")
    with crowd.connect(template) as conn:
        wanted = int(most.per_s * max(SHARES) * seconds)
        crowd.copy(conn, originals.due, range(CAPACITY_CHARGES, max(CAPACITY_CHARGES, wanted) + 1))
        crowd.settle(conn)
    found = []
    print(f"{'load':>6}{'arrivals/s':>12}{'p50':>10}{'p99':>10}{'most':>10}")
    for share in SHARES:
        url = made.copy(template)
        p50, p99, worst = lateness(url, originals, share * most.per_s, seconds)
        made.drop(url)
        print(f"{share:>6.0%}{share * most.per_s:>12,.0f}{p50:>8.2f} s{p99:>8.2f} s{worst:>8.2f} s", flush=True)
        for name, late in (("p50", p50), ("p99", p99)):
            told = f"lateness {name} at {share:.0%} of one worker's capacity"
            found.append(figure(told, late, "s", against="one turn of a full batch", against_value=most.turn_s))
    return found


def main() -> None:
    """Measure, print, write the results down."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=40, help="how long invoices keep falling due (default: 40)")
    parser.add_argument("--quick", action="store_true", help="for ten seconds; writes nothing down")
    parser.add_argument("--directory", type=Path, help="a directory on the disk to measure on (default: /tmp's)")
    given = parser.parse_args()
    print(machine.described())
    with databases("postgresql", given.directory) as made:
        found = figures(made, 10 if given.quick else given.seconds)
    if not given.quick:
        merge(found)


if __name__ == "__main__":
    main()
