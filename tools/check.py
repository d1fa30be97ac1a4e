"""Run every check of the project, each to its end, and say at the end which ones failed and how long each took."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORKERS_MAX = 8
DOMAIN_COVERAGE_PERCENT = 100
COVERING = ("tests/domain", "tests/i18n", "tests/operations/test_letters.py", "tests/operations/test_queue.py")
"""What covers the core; the other tests run unwatched, since watching makes them half as slow again."""
SEEDS = 200
"""Histories that the simulator plays here, with every planted bug; `make simulate` plays a thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One program, found beside this Python, that exits with 0 when all is well."""

    name: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one check ended."""

    check: Check
    exit_code: int
    wall_s: float


LINTERS = (
    Check(name="lint", command=("ruff", "check", "--quiet")),
    Check(name="format", command=("ruff", "format", "--check", "--quiet")),
    Check(name="imports", command=("lint-imports", "--no-logo")),
    Check(name="types", command=("mypy", "--no-error-summary")),
)


def tests() -> tuple[Check, ...]:
    """The suite on all cores that we may use, the demand that the core is covered whole, the simulator's short set."""
    suite = ("pytest", "-q", "-n", str(workers()), "--dist", "worksteal", "--durations", "8")
    others = (f"--ignore={path}" for path in COVERING)
    coverage = ("coverage", "report", "--fail-under", str(DOMAIN_COVERAGE_PERCENT))
    return (
        Check(name="tests of the core", command=(*suite, *COVERING, "--cov", "--cov-report=")),
        Check(name="coverage of the core", command=coverage),
        Check(name="tests of all else", command=(*suite, *others, *left_out())),
        Check(name="simulation", command=("purring", "simulate", "--seeds", str(SEEDS))),
    )


def find_chromium() -> str | None:
    """Where the browser is that tests of the portal drive; None if there is none."""
    named = os.environ.get("PURRING_CHROMIUM")
    return named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def left_out() -> tuple[str, ...]:
    """What a machine without a browser can't test. CI must have one."""
    if find_chromium() or "CI" in os.environ:
        return ()
    print("tests/browser is left out: there is no Chromium. `tools/browser` installs one.", flush=True)
    return ("--ignore", "tests/browser")


def workers() -> int:
    """As many test processes as cores: pytest-xdist's own guess counts two threads of one core as one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, WORKERS_MAX)


def run(check: Check) -> Result:
    """Run one check with its output going where ours goes."""
    print(f"── {check.name}", flush=True)
    started_s = time.perf_counter()
    program = Path(sys.executable).parent / check.command[0]
    exit_code = subprocess.run([program, *check.command[1:]], cwd=ROOT, check=False).returncode
    return Result(check=check, exit_code=exit_code, wall_s=time.perf_counter() - started_s)


def summary(results: list[Result]) -> str:
    """One line for each check, and one for all."""
    lines = [
        f"  {'ok    ' if result.exit_code == 0 else 'FAILED'} {result.check.name:<22} {result.wall_s:6.1f} s"
        for result in results
    ]
    failed = [result.check.name for result in results if result.exit_code]
    verdict = f"failed: {', '.join(failed)}" if failed else "all is well"
    total_s = sum(result.wall_s for result in results)
    return "\n".join(["", *lines, f"  {verdict}, {total_s:.1f} s"])


def main() -> int:
    """Run what was asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-tests", action="store_true", help="only the linters")
    arguments = parser.parse_args()
    results = [run(check) for check in (LINTERS if arguments.no_tests else (*LINTERS, *tests()))]
    print(summary(results))
    return int(any(result.exit_code for result in results))


if __name__ == "__main__":
    sys.exit(main())
