"""A million renewals that all fall due at one midnight: what each costs, how late they are, what memory that needs.

Subscriptions with some months behind them are renewed by one worker at its defaults: the invoice is issued, charged,
one in ten is declined and its notice sent. All of them are due at once; so that it ends, the first so many are worked
(all with `--worked 1000000`), and when the last would be done is extrapolated from their pace, which the line that does
so says. Measured beside a tenth as many due in the same run: what each costs must not grow with how many wait.
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
from purring.engine.garbage import collect_seldom
from purring.engine.loop import Turn, Worker

LOADED_AT_ONCE = 50_000
"""From so many on it is faster to build the indexes afterwards."""
LEFT_OUT = crowd.UNREAD - {"journal_entry", "journal_posting"}
"""The books are full: PostgreSQL goes through a table that it counted as nearly empty whenever a row refers to it."""
DECLINED_PERCENT = 10
PERCENTILES = (0.5, 0.99, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What one process found. `late_s`: from midnight until the answer was on disk, at the percentiles.

    `renewals`: those that were worked.
    """

    renewals: int
    taken_s: float
    late_s: list[float]
    rss_bytes: int

    @property
    def each_ms(self) -> float:
        """Milliseconds for each renewal."""
        return self.taken_s / self.renewals * 1000


def child(url: str, midnight: str, worked: str) -> None:
    """Work until so many are renewed and charged; print how long that took and the highest memory."""
    at = datetime.fromisoformat(midnight)
    worker = Worker(services(url, ShiftedClock(at), declined_percent=DECLINED_PERCENT))
    collect_seldom()
    started, total = time.perf_counter(), Turn()
    while total.renewed < int(worked):
        total += worker.turn()
    taken_s = time.perf_counter() - started
    worker.close()
    print(json.dumps({"renewals": total.renewed, "taken_s": taken_s, "rss_bytes": machine.rss_max_bytes()}))


def night(made: Databases, template: str, originals: Originals, renewals: int, worked: int) -> Night:
    """Fill a copy, let a process of its own work, ask its rows how late they were."""
    url = made.copy(template)
    with crowd.connect(url) as conn:
        # Whoever still owes a declined invoice isn't part of this night.
        conn.execute("UPDATE invoice SET next_step_at = NULL WHERE customer_id = %s", [originals.due])
        conn.execute("UPDATE subscription SET next_step_at = NULL WHERE customer_id = %s", [originals.due])
        with crowd.loading(conn):
            if renewals >= LOADED_AT_ONCE:
                crowd.load(url, originals.clear, range(1, renewals), left_out=LEFT_OUT)
            else:
                crowd.copy(conn, originals.clear, range(1, renewals), lean=True)
        command = [sys.executable, __file__, "--child", url, originals.renews_at.isoformat(), str(worked)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2_000:]
        row = conn.execute(_LATE, [list(PERCENTILES), originals.renews_at, originals.renews_at]).fetchone()
    made.drop(url)
    assert row is not None
    found = Night(**json.loads(done.stdout), late_s=list(map(float, row[0])))
    assert row[1] == found.renewals >= worked, f"{row[1]} charges for {found.renewals} of {worked} renewals"
    return found


_LATE = """
SELECT percentile_cont(%s::float[]) WITHIN GROUP (ORDER BY extract(epoch FROM ended_at - %s)), count(*)
FROM attempt WHERE started_at >= %s
"""


def figures(renewals: int, worked: int, parent: Path | None = None) -> list[Figure]:
    """A tenth of them due, then all."""
    with databases("postgresql", parent, crowd.SETTINGS) as made:
        template = made.migrated()
        originals = crowd.live(template, recovered=1)
        nights = []
        print(f"{'due':>10}{'worked':>10}{'taken':>11}{'each':>10}{'p50 late':>11}{'p99 late':>11}{'memory':>10}")
        for count in (renewals // 10, renewals):
            one = night(made, template, originals, count, min(worked, count))
            late = "".join(f"{late_s:>9,.0f} s" for late_s in one.late_s[:2])
            print(
                f"{count:>10,}{one.renewals:>10,}{one.taken_s:>9,.0f} s{one.each_ms:>7.2f} ms{late}"
                f"{one.rss_bytes / 1e6:>7,.0f} MB",
                flush=True,
            )
            nights.append(one)
    tenth, whole = nights
    if whole.renewals < renewals:
        hours = whole.each_ms * renewals / 3_600_000
        print(f"extrapolated, not measured: all {renewals:,} would take one worker {hours:.1f} hours at this pace")
    told = f"{renewals:,} renewals at one midnight"
    against = f"{renewals // 10:,} renewals"
    return [
        figure(f"{told}, each", whole.each_ms, "ms", against=against, against_value=tenth.each_ms),
        figure(f"{told}, memory", whole.rss_bytes / 1e6, "MB", against=against, against_value=tenth.rss_bytes / 1e6),
        figure(
            f"{told}, the first {whole.renewals:,} p99 late", whole.late_s[1], "s", against="the last of them",
            against_value=whole.late_s[2],
        ),
    ]  # fmt: skip


def main() -> None:
    """Measure, print, write the results down."""
    if sys.argv[1:2] == ["--child"]:
        child(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--renewals", type=int, default=1_000_000, help="how many are due (default: 1,000,000)")
    parser.add_argument("--worked", type=int, default=20_000, help="how many are worked (default: 20,000)")
    parser.add_argument("--quick", action="store_true", help="two thousand are due; writes nothing down")
    parser.add_argument("--directory", type=Path, help="a directory on the disk to measure on (default: /tmp's)")
    given = parser.parse_args()
    print(machine.described())
    renewals, worked = (2_000, 200) if given.quick else (given.renewals, given.worked)
    found = figures(renewals, worked, given.directory)
    if not given.quick:
        merge(found)


if __name__ == "__main__":
    main()
