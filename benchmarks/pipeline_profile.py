"""Where the time of a charge goes, in batches of 100: ours beside the hand-written floor, on both databases.

First both are timed without a profiler: time passed, and CPU of this process, which on SQLite does the database's work
too. Then ours is played again under one, which about doubles its CPU and counts Python's calls dearer than C's: trust
the shares, which are of ours' CPU. What PostgreSQL itself spends isn't among them: it is the time that isn't CPU.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import time
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.floor import shop
from benchmarks.pipeline import NAMES, WARM_UP_TURNS, Turn, floor, ours
from benchmarks.shared import machine
from benchmarks.shared.databases import KINDS, databases

BATCH = 100
CHARGES = 2_000
STAGES: Mapping[str, tuple[str, ...]] = {
    "claim due invoices": ("store/leases.py:claim",),
    "load facts": ("store/facts.py:load_many",),
    "decide: the attempt and its answer": ("domain/decide/begin.py:", "domain/decide/answer.py:"),
    "save decisions": ("store/changes.py:save_many",),
    "limits, permits, breaker": ("operations/admission.py:",),
}
"""Whose time, with all they call, makes a stage: functions, or every function of a module that another one calls."""

Figures = dict[tuple[str, int, str], tuple[int, int, float, float, dict[tuple[str, int, str], tuple[float, ...]]]]


def played(turn: Turn) -> tuple[float, float]:
    """Charge; give seconds passed and seconds of CPU."""
    done, started, cpu = 0, time.perf_counter(), time.process_time()
    while done < CHARGES:
        turned = turn()
        assert turned, f"only {done} of {CHARGES} were due"
        done += turned
    return time.perf_counter() - started, time.process_time() - cpu


def warm(turn: Turn) -> Turn:
    """Let it open its connections and prepare its statements."""
    for _ in range(WARM_UP_TURNS):
        turn()
    return turn


def within(figures: Figures, modules: tuple[str, ...]) -> float:
    """Seconds of CPU in functions of these modules, with what they call, as far as others call them."""
    return sum(
        called[3]
        for where, (*_, callers) in figures.items()
        if _name(where).startswith(modules)
        for caller, called in callers.items()
        if not _name(caller).startswith(modules)
    )


def _name(where: tuple[str, int, str]) -> str:
    path, _, name = where
    return f"{path.rpartition('/src/purring/')[2]}:{name}"


def show(kind: str) -> None:
    """Measure and print one database's."""
    with databases(kind, None) as made:
        template = made.migrated()
        shop.fill(template, CHARGES + 2 * WARM_UP_TURNS * BATCH)
        print(f"\n{NAMES[kind]}")
        for told, make in (("the floor", floor), ("ours", ours)):
            passed_s, cpu_s = played(warm(make(made.copy(template), "worker-1", BATCH)))
            print(f"  {told:36}{passed_s / CHARGES * 1e6:7,.0f} µs passed{cpu_s / CHARGES * 1e6:7,.0f} µs of CPU")
        turn, profiler = warm(ours(made.copy(template), "worker-1", BATCH)), cProfile.Profile(time.process_time)
        profiler.runcall(played, turn)
    figures: Figures = vars(pstats.Stats(profiler))["stats"]
    total_s = sum(one[2] for one in figures.values())
    for stage, modules in STAGES.items():
        print(f"  {stage:36}{100 * within(figures, modules) / total_s:6.1f} %")


def main() -> None:
    """Both databases, one after the other."""
    print(machine.described())
    for kind in KINDS:
        show(kind)


if __name__ == "__main__":
    main()
