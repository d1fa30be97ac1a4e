"""Where the worker's CPU goes while the demo plays: by stage of a turn, and by whose code runs.

The profiler itself about doubles the time, and counts Python's calls dearer than C's; trust the shares. The sandbox
works in a process of its own and isn't counted, nor is waiting for it.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import re
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from purring.demo import Options, provider
from purring.demo.play import play
from purring.demo.run import playing
from purring.demo.world import STARTS_AT

STAGES = {
    "renew: issue invoices": "operations/renew.py:renew_due",
    "begin: facts, schedule, attempts": "engine/pipeline.py:_begin",
    "charge: HTTP": "engine/pipeline.py:_send",
    "record: answers and what follows": "engine/pipeline.py:_record",
    "gateway events": "operations/inbound.py:work_inbound",
    "notices: render and send": "operations/notices.py:send_due",
    "customers act": "demo/timeline.py:do_due",
    "load facts (within the above)": "store/facts.py:load_many",
    "save decisions (within the above)": "store/changes.py:save_many",
    "schedule() (within the above)": "domain/schedule.py:schedule",
}


def main() -> None:
    """Play, and print two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=500)
    parser.add_argument("--weeks", type=int, default=6)
    arguments = parser.parse_args()
    stats = profile(Options(customers=arguments.customers, weeks=arguments.weeks))
    functions = {_name(where): figures for where, figures in stats.items()}
    total_s = sum(figures[2] for figures in stats.values())
    print(f"\n{total_s:.1f} s of CPU under the profiler, {arguments.customers} customers, {arguments.weeks} weeks")
    for stage, function in STAGES.items():
        print(f"  {stage:36} {100 * functions.get(function, (0, 0, 0, 0))[3] / total_s:5.1f} %")
    print("\nby whose code runs")
    for owner, spent_s in by_owner(stats).most_common(12):
        print(f"  {owner:36} {100 * spent_s / total_s:5.1f} %")


Stats = dict[tuple[str, int, str], tuple[int, int, float, float]]


def profile(options: Options) -> Stats:
    """Seconds of CPU per function: calls, primitive calls, own, with what it calls."""
    profiler = cProfile.Profile(time.process_time)
    with (
        tempfile.TemporaryDirectory(prefix="purring-profile-") as directory,
        playing(options, Path(directory), provider.over_http) as world,
    ):
        profiler.enable()
        play(world, STARTS_AT + timedelta(weeks=options.weeks), on_tick=lambda _: None)
        profiler.disable()
    found = vars(pstats.Stats(profiler))["stats"]
    return {where: figures[:4] for where, figures in found.items()}


def by_owner(stats: Stats) -> Counter[str]:
    """Own seconds by package, ours by layer."""
    spent: Counter[str] = Counter()
    for (path, _, name), figures in stats.items():
        spent[_owner(path, name)] += figures[2]
    return spent


def _owner(path: str, name: str) -> str:
    ours = re.search(r"/src/(purring/\w+)", path)
    theirs = re.search(r"/site-packages/(\w+)", path)
    if ours:
        return ours[1]
    if theirs:
        return theirs[1]
    return "sqlite3, in C" if "sqlite3" in name else "Python: builtins, json, threads, dataclasses"


def _name(where: tuple[str, int, str]) -> str:
    path, _, name = where
    return f"{path.rpartition('/src/purring/')[2]}:{name}"


if __name__ == "__main__":
    main()
