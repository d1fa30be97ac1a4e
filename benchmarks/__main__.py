"""`python -m benchmarks`: run every benchmark, one after the other, and print what was found beside what we claim."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.shared import machine, plots
from benchmarks.shared.groups import GROUPS
from benchmarks.shared.page import RUNS, results, runs
from purring.clock import SystemClock

ROOT = Path(__file__).resolve().parent.parent
# Each script, and how it is tried out quickly.
SCRIPTS = {
    "classify": ("--rounds", "1"),
    "schedule": ("--rounds", "5"),
    "pipeline": ("--rounds", "1", "--batch", "100", "--workers", "1", "--no-results"),
    "rivals": ("--quick",),
    "growth": ("--quick",),
    "lateness": ("--quick",),
    "in_flight": ("--quick",),
    "renewals": ("--quick",),
    "notices": ("--rounds", "1", "--repeats", "1", "--no-results"),
    "handing_over": ("--quick",),
    "api": ("--quick",),
    "portal": ("--quick",),
}


def run(name: str, *, quick: bool) -> int:
    """Run one script with its output going where ours goes; give its exit code."""
    described = machine.described()
    command = [sys.executable, str(ROOT / "benchmarks" / f"{name}.py"), *(SCRIPTS[name] if quick else ())]
    code = subprocess.run(command, cwd=ROOT, check=False).returncode
    if not quick:
        known = {**runs(), name: {"on": SystemClock().now().date().isoformat(), "machine": described}}
        RUNS.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
    return code


def table() -> int:
    """Print everything that was measured, with its bar; give how many bars were not met."""
    figures, short = results(), 0
    for group in GROUPS:
        print(f"\n{group.name}")
        for one in group.own(figures):
            bar = group.bar(one)
            verdict = "" if bar is None else f"{bar!s:>8} {'met' if bar.is_met(one) else 'SHORT'}"
            short += verdict.endswith("SHORT")
            print(
                f"  {one['figure']:76}{one['value']:>10,.4g} {one['unit']:10}"
                f"{one['against_value']:>10,.4g}{one['ratio']:>8.2f}{verdict}"
            )
    return short


def run_all(names: Sequence[str], *, quick: bool) -> list[str]:
    """Run these scripts; give those that ended with an error or with a claim that doesn't hold."""
    failed = []
    for place, name in enumerate(names, 1):
        print(f"\n=== {place} of {len(names)}: {name}", flush=True)
        started = time.perf_counter()
        if run(name, quick=quick):
            failed.append(name)
        print(f"=== {name} took {time.perf_counter() - started:.0f} s", flush=True)
    return failed


def main() -> int:
    """Run, draw, print."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes; writes nothing down")
    parser.add_argument("--only", nargs="+", choices=SCRIPTS, default=list(SCRIPTS), help="these instead of all")
    parser.add_argument("--table", action="store_true", help="run nothing: draw and print what was measured before")
    given = parser.parse_args()
    failed = [] if given.table else run_all(given.only, quick=given.quick)
    if given.quick:
        print("\nA quick run writes nothing down.")
        return int(bool(failed))
    plots.draw_all()
    short = table()
    subprocess.run([sys.executable, str(ROOT / "tools" / "docs.py")], cwd=ROOT, check=True)
    print(f"\n{short} bars are not met." + (f" Look at: {', '.join(failed)}." if failed else ""))
    return int(bool(failed or short))


if __name__ == "__main__":
    sys.exit(main())
