"""What an attempt costs with ten thousand, a million and ten million recoveries in the tables.

Every customer has three recoveries behind it and one that is open, as our own code left them; at any time a small part
is due, spread over all customers. Copies leave out what charges write and never read (events, the journal, mails, what
explains a decision), so that ten million fit on a disk. The sizes are measured in turns: the same number of due
invoices in each, declined again, by one worker at its defaults. A cost is CPU time of the worker and of its PostgreSQL
backend; wall time, which also holds waits for the disk, is printed beside it. The floor is the smallest size.

Then the same invoices are charged once more, some days later: what those attempts read has been read before, so that
they cost what the size of tables and indexes costs, and no longer what a page costs that PostgreSQL doesn't have in its
memory. How many such pages an attempt needed is printed for both.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.shared import crowd, machine
from benchmarks.shared.databases import Databases, databases
from benchmarks.shared.double import InstantGateway
from benchmarks.shared.results import Figure, figure, merge
from purring.clock import RandomIds, SystemClock, VirtualClock
from purring.engine.pipeline import Pipeline
from purring.notices.send import NullSender
from purring.operations.services import Services
from purring.store.engine import open_store

SIZES = (10_000, 1_000_000, 10_000_000)
PER_CUSTOMER = 4
AGAIN_WITHIN = timedelta(days=7)
COUNTED_AFTER_S = 1.1
"""PostgreSQL's backends tell what they counted at most once a second."""
ROUNDS = 5
DUE = 200
"""So many attempts are made in a round at each size."""
LOADED_AT_ONCE = 50_000
"""From so many copies on it is faster to build the indexes afterwards."""
BYTES_PER_RECOVERY = 6_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What attempts took, each, in microseconds, and pages that weren't in PostgreSQL's memory."""

    wall_us: float
    worker_us: float
    server_us: float
    read: float

    @property
    def cpu_us(self) -> float:
        """Of both processes."""
        return self.worker_us + self.server_us


class Size:
    """A database with so many recoveries, and the worker that charges in it, round after round."""

    def __init__(self, url: str, recoveries: int) -> None:
        """Fill it."""
        self.recoveries = recoveries
        self.costs: list[Cost] = []
        self.again: list[Cost] = []
        self._url = url
        originals = crowd.live(url, recovered=PER_CUSTOMER - 1)
        self._clock = VirtualClock(originals.due_at)
        with crowd.connect(url) as conn:
            _fill(url, conn, originals, recoveries // PER_CUSTOMER)
        self._services = Services(
            store=open_store(url),
            gateways={"sandbox": InstantGateway(declined_percent=100)},
            clock=self._clock,
            ids=RandomIds(SystemClock()),
            sender=NullSender(),
            owner="worker-1",
        )
        self._pipeline = Pipeline(self._services)
        with crowd.connect(url) as conn:
            self._pipeline.turn()  # the original itself, which is due now; opens the connections
            self._pids = _backends(conn)

    def round(self) -> None:
        """Charge what falls due a minute later."""
        self.costs.append(self._charged(timedelta(minutes=1)))

    def once_more(self) -> None:
        """Charge all of them again, whose next attempts fall due within days."""
        self.again.append(self._charged(AGAIN_WITHIN))

    def _charged(self, after: timedelta) -> Cost:
        self._clock.advance_to(self._clock.now() + after)
        read = self._read()
        wall, worker, server = time.perf_counter(), time.process_time(), machine.cpu_s(self._pids)
        done = 0
        while turned := self._pipeline.turn():
            done += turned
        assert done, f"nothing was due among {self.recoveries:,}"
        return Cost(
            wall_us=(time.perf_counter() - wall) / done * 1e6,
            worker_us=(time.process_time() - worker) / done * 1e6,
            server_us=(machine.cpu_s(self._pids) - server) / done * 1e6,
            read=(self._read() - read) / done,
        )

    def _read(self) -> int:
        """Pages that weren't in PostgreSQL's own memory, since it counts."""
        Event().wait(COUNTED_AFTER_S)
        with crowd.connect(self._url) as conn:
            row = conn.execute("SELECT blks_read FROM pg_stat_database WHERE datname = current_database()").fetchone()
        assert row is not None
        return int(row[0])

    def scanned(self) -> dict[str, int]:
        """Which tables were ever read whole since they were filled, and how often."""
        with crowd.connect(self._url) as conn:
            rows = conn.execute("SELECT relname, seq_scan FROM pg_stat_user_tables WHERE n_live_tup > 100").fetchall()
        return {name: scans for name, scans in rows if scans}

    def close(self) -> None:
        """Hang up."""
        self._pipeline.close()
        self._services.store.close()


def _fill(url: str, conn: crowd.Driver, originals: crowd.Originals, customers: int) -> None:
    """Copy the customer that owes. Of every so many copies one is due in one of the rounds, the others much later."""
    stride = max(1, customers // (DUE * ROUNDS))
    due = (
        f"CASE WHEN copy <= {stride * DUE * ROUNDS} AND mod(copy, {stride}) = 0"
        f" THEN own.next_step_at + (1 + mod(copy / {stride}, {ROUNDS})) * interval '1 minute'"
        " ELSE own.next_step_at + interval '20 days' + mod(copy, 604800) * interval '1 second' END"
    )
    started = time.perf_counter()
    with crowd.loading(conn):
        if customers >= LOADED_AT_ONCE:
            crowd.load(url, originals.due, range(1, customers), due=due)
        else:
            crowd.copy(conn, originals.due, range(1, customers), due=due, lean=True)
    conn.execute("SELECT pg_stat_reset()")
    size = conn.execute("SELECT pg_size_pretty(pg_database_size(current_database()))").fetchone()
    assert size is not None
    print(f"  {customers * PER_CUSTOMER:>12,} recoveries: {size[0]}, {time.perf_counter() - started:.0f} s", flush=True)


def _backends(conn: crowd.Driver) -> list[int]:
    statement = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    return [row[0] for row in conn.execute(statement)]


def measured(made: Databases, sizes: Sequence[int]) -> list[Size]:
    """Fill a database of each size, then charge in all of them in turns."""
    print("Loading")
    filled = [Size(made.migrated(), size) for size in sizes]
    for _ in range(ROUNDS):
        for size in filled:
            size.round()
    for size in filled:
        size.once_more()
    for size in filled:
        size.close()
    return filled


def median(costs: Sequence[Cost], name: str) -> float:
    """The median round."""
    return float(statistics.median(getattr(cost, name) for cost in costs))


def figures(sizes: Sequence[int], parent: Path | None = None) -> list[Figure]:
    """The cost at each size beside that at the smallest."""
    with databases("postgresql", parent, crowd.SETTINGS) as made:
        filled = measured(made, sizes)
        for told, costs_of in SERIES.items():
            show(told, costs_of, filled)
    smallest = filled[0]
    return [
        figure(
            f"{what} per attempt{told}, {size.recoveries:,} recoveries",
            median(costs_of(size), name),
            "µs",
            against=f"{smallest.recoveries:,} recoveries",
            against_value=median(costs_of(smallest), name),
        )
        for told, costs_of in SERIES.items()
        for size in filled[1:]
        for what, name in (("CPU", "cpu_us"), ("wall time", "wall_us"))
    ]


SERIES: Mapping[str, Callable[[Size], list[Cost]]] = {
    "": lambda size: size.costs,
    ", rows read before": lambda size: size.again,
}


def show(told: str, costs_of: Callable[[Size], list[Cost]], filled: Sequence[Size]) -> None:
    """One series, each size a line."""
    columns = f"{'CPU/attempt':>14}{'worker':>12}{'PostgreSQL':>12}{'wall':>12}{'pages read':>12}"
    print(f"\n{'recoveries':>12}{columns}   whole scans of{told}")
    for size in filled:
        costs = costs_of(size)
        shown = "".join(f"{median(costs, name):9,.0f} µs" for name in ("worker_us", "server_us", "wall_us"))
        scans = ", ".join(f"{name} ({count})" for name, count in size.scanned().items())
        cpu, read = median(costs, "cpu_us"), median(costs, "read")
        print(f"{size.recoveries:>12,}{cpu:11,.0f} µs{shown}{read:>12.1f}   {scans or 'none'}")


def main() -> None:
    """Measure, print, write the results down."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="recoveries in the tables")
    parser.add_argument("--quick", action="store_true", help="only ten and a hundred thousand; writes nothing down")
    parser.add_argument("--directory", type=Path, help="a directory on the disk to measure on (default: /tmp's)")
    given = parser.parse_args()
    sizes = (SIZES[0], 100_000) if given.quick else sorted(given.sizes)
    if sizes[0] < PER_CUSTOMER * DUE * ROUNDS:
        parser.error(f"the least size is {PER_CUSTOMER * DUE * ROUNDS:,}, or too few are due")
    needed = sum(sizes) * BYTES_PER_RECOVERY
    directory = given.directory or Path(tempfile.gettempdir())
    if shutil.disk_usage(directory).free < needed:
        parser.error(f"{directory} has less than the {needed / 1e9:.0f} GB free that these sizes may take")
    print(machine.described())
    found = figures(sizes, given.directory)
    for one in found:
        print(f"{one['figure']:48}{one['value']:8,.0f} : {one['against_value']:8,.0f} = {one['ratio']:.2f}")
    if not given.quick:
        merge(found)


if __name__ == "__main__":
    main()
