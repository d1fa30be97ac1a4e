"""Many renewals that all fall due at one midnight: how long they take, how late the last is, what memory that needs.

Subscriptions with three months behind them are renewed by one worker at its defaults: the invoice is issued, charged,
one in ten is declined and its notice sent. Measured beside a tenth as many in the same run, so that one can see whether
the cost of each stays the same; only then may a million be extrapolated, and the line that does says so.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.shared import crowd, machine
from benchmarks.shared.crowd import Originals
from benchmarks.shared.databases import Databases, databases
from benchmarks.shared.results import Figure, figure, merge
from benchmarks.shared.worker import ShiftedClock, services
from purring.engine.loop import Worker

MILLION = 1_000_000
DECLINED_PERCENT = 10
PERCENTILES = (0.5, 0.99, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What one process found. `late_s`: from midnight until the answer was on disk, at the percentiles."""

    renewals: int
    taken_s: float
    late_s: list[float]
    rss_bytes: int

    @property
    def each_ms(self) -> float:
        """Milliseconds for each renewal."""
        return self.taken_s / self.renewals * 1000


def child(url: str, midnight: str) -> None:
    """Work until nothing is due; print how long that took and the highest memory."""
    at = datetime.fromisoformat(midnight)
    worker = Worker(services(url, ShiftedClock(at), declined_percent=DECLINED_PERCENT))
    started = time.perf_counter()
    total = worker.run_until_idle()
    taken_s = time.perf_counter() - started
    worker.close()
    print(json.dumps({"renewals": total.renewed, "taken_s": taken_s, "rss_bytes": machine.rss_max_bytes()}))


def night(made: Databases, template: str, originals: Originals, renewals: int) -> Night:
    """Fill a copy, let a process of its own work, ask its rows how late they were."""
    url = made.copy(template)
    with crowd.connect(url) as conn:
        # Whoever still owes a declined invoice isn't part of this night.
        conn.execute("UPDATE invoice SET next_step_at = NULL WHERE customer_id = %s", [originals.due])
        conn.execute("UPDATE subscription SET next_step_at = NULL WHERE customer_id = %s", [originals.due])
        crowd.copy(conn, originals.clear, range(1, renewals), lean=True)
        crowd.settle(conn)
        command = [sys.executable, __file__, "--child", url, originals.renews_at.isoformat()]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2_000:]
        row = conn.execute(_LATE, [list(PERCENTILES), originals.renews_at, originals.renews_at]).fetchone()
    made.drop(url)
    assert row is not None
    found = Night(**json.loads(done.stdout), late_s=list(map(float, row[0])))
    assert row[1] == found.renewals == renewals, f"{row[1]} charges for {found.renewals} of {renewals} renewals"
    return found


_LATE = """
SELECT percentile_cont(%s::float[]) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - %s)), count(*)
FROM attempt WHERE started_at >= %s
"""


def figures(renewals: int, parent: Path | None = None) -> list[Figure]:
    """A tenth, then the whole."""
    with databases("postgresql", parent) as made:
        template = made.migrated()
        originals = crowd.live(template)
        nights = []
        print(f"{'renewals':>10}{'taken':>11}{'each':>10}{'p50 late':>11}{'p99 late':>11}{'last':>11}{'memory':>10}")
        for count in (renewals // 10, renewals):
            one = night(made, template, originals, count)
            late = "".join(f"{late_s:>9,.0f} s" for late_s in one.late_s)
            print(
                f"{count:>10,}{one.taken_s:>9,.0f} s{one.each_ms:>7.2f} ms{late}{one.rss_bytes / 1e6:>7,.0f} MB",
                flush=True,
            )
            nights.append(one)
    tenth, whole = nights
    if renewals < MILLION:
        hours = whole.each_ms * MILLION / 3_600_000
        print(f"extrapolated, not measured: a million would take one worker {hours:.1f} hours at this pace")
    told = f"{renewals:,} renewals at one midnight"
    against = f"{renewals // 10:,} renewals"
    return [
        figure(f"{told}, each", whole.each_ms, "ms", against=against, against_value=tenth.each_ms),
        figure(f"{told}, memory", whole.rss_bytes / 1e6, "MB", against=against, against_value=tenth.rss_bytes / 1e6),
        figure(f"{told}, p50 late", whole.late_s[0], "s", against="the last of them", against_value=whole.late_s[2]),
        figure(f"{told}, p99 late", whole.late_s[1], "s", against="the last of them", against_value=whole.late_s[2]),
    ]


def main() -> None:
    """Measure, print, write the results down."""
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--renewals", type=int, default=100_000, help="how many (default: 100,000; 1000000 is the claim)"
    )
    parser.add_argument("--quick", action="store_true", help="two thousand; writes nothing down")
    parser.add_argument("--directory", type=Path, help="a directory on the disk to measure on (default: /tmp's)")
    given = parser.parse_args()
    print(machine.described())
    found = figures(2_000 if given.quick else given.renewals, given.directory)
    if not given.quick:
        merge(found)


if __name__ == "__main__":
    main()
