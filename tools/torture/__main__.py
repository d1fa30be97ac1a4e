"""`python -m tools.torture`: kill real workers on a real PostgreSQL until the time is up, then look for harm."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from threading import Event

from purring.clock import SystemClock, elapsed_s
from tools.torture.run import Options, Report, torture
from tools.torture.tormentor import FAULTS, KILLED, STOPPED, Score

SAYS_EVERY_S = 15.0
MINUTES = 22.0
INTERRUPTED = 130


def main() -> int:
    """Torture as the command line says; 1 if there was harm, 130 if somebody ended it early."""
    options = _options()
    print(f"Torture for {options.minutes:g} minutes, seed {options.seed}; Ctrl-C ends it and cleans up.", flush=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    try:
        report = torture(options, Event(), _teller())
    except KeyboardInterrupt:
        print("Ended early, without a verdict; nothing is left behind.")
        return INTERRUPTED
    _say(report)
    return 1 if report.problems else 0


def _interrupt(_number: int, _frame: object) -> None:
    """Stop at once, and let nobody disturb the cleaning up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _options() -> Options:
    parser = argparse.ArgumentParser(prog="python -m tools.torture", description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES, help="from the first fault to the last")
    parser.add_argument("--seed", default=f"{SystemClock().now():%Y-%m-%dT%H:%M}", help="chooses faults and customers")
    parser.add_argument("--workers", type=int, default=3, help="workers at once")
    parser.add_argument(
        "--speed", type=float, default=10.0, help="how many times as fast as the real one the clock runs"
    )
    parser.add_argument("--no-own-disk", action="store_true", help="don't mount a small disk, and never fill one")
    parser.add_argument("--no-steps-back", action="store_true", help="never set the clock back")
    given = parser.parse_args()
    return Options(
        minutes=given.minutes,
        seed=given.seed,
        workers=given.workers,
        speed=given.speed,
        own_disk=not given.no_own_disk,
        steps_back=not given.no_steps_back,
    )


def _teller() -> Callable[[Score], None]:
    said_s = elapsed_s()

    def tell(score: Score) -> None:
        nonlocal said_s
        if elapsed_s() - said_s >= SAYS_EVERY_S:
            said_s = elapsed_s()
            kills, stops = score.faults[KILLED], score.faults[STOPPED]
            print(f"{elapsed_s():6.0f} s: {kills} kills, {stops} server stops", flush=True)

    return tell


def _say(report: Report) -> None:
    verdict = report.verdict
    print("\nWhat was done")
    for name, count in report.score.faults.most_common():
        print(f"{count:8}  {name}")
    for name in FAULTS:
        if not report.score.faults[name]:
            print(f"   NEVER  {name}")
    if not report.has_own_disk:
        print("          disk full: mounting a small disk isn't permitted here, or wasn't wanted")
    print("\nWhat workers were doing when they were killed")
    for stage, count in report.score.stages.most_common():
        print(f"{count:8}  {stage}")
    if verdict:
        ends = ", ".join(f"{count} {status}" for status, count in verdict.ends.most_common())
        print(f"\n{report.customers} customers, {verdict.ends.total()} invoices ({ends}), {verdict.attempts} attempts,")
        print(f"{verdict.captures} captures at the gateway. Workers' log lines: {dict(verdict.lines.most_common(12))}")
    for line in report.story:
        print(line)
    print(f"\n{len(report.problems)} violations")
    for problem in report.problems[:20]:
        print(f"  {problem}")


if __name__ == "__main__":
    sys.exit(main())
