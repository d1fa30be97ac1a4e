"""Several workers from one command: processes that share nothing but the database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from threading import Event

LOOK_EVERY_S = 0.2


def run_side_by_side(count: int, arguments: Sequence[str], stop: Event) -> int:
    """Run so many `purring` processes until `stop` is set or all have ended; give their worst exit code.

    One that fails ends the others, so that whoever watches over the command starts all of them again.
    """
    command = [sys.executable, "-m", "purring", *arguments]
    running = [subprocess.Popen(command) for _ in range(count)]  # noqa: S603 - ourselves
    try:
        while not stop.wait(LOOK_EVERY_S):
            codes = [one.poll() for one in running]
            if any(codes) or None not in codes:
                break
    finally:
        for one in running:
            one.terminate()
    return max((abs(one.wait()) for one in running), default=0)
