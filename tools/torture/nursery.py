"""Brings workers into the world fast: a process that has loaded everything and forks one worker after the other.

`purring work` takes seconds of processor time to load its modules, and a thousand kills would mostly hit that. A forked
worker begins where `purring work` has just loaded: it opens its own connections, and does the same from there on, but
on the shared clock. Orders come line by line on standard input: `start`, `kill PID`, `stop PID`, `cont PID`, `ended`;
each gets one line back. When the input ends, so does every worker.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import sqlalchemy.dialects.postgresql.psycopg  # noqa: F401 - loaded here once, rather than in each worker

import purring.cli.running  # noqa: F401 - as above
from purring.app import make_logs, open_services
from purring.cli.runtime import stopped_by_signals
from purring.clock import RandomIds
from purring.config import load_settings
from purring.domain.errors import PurringError
from purring.engine.loop import Worker, work
from tools.torture.clock import SharedClock

AWAY = 69
"""A worker that could not begin because the database was away. Source: EX_UNAVAILABLE in sysexits.h of 4.3BSD."""
BROKEN = 70

_SIGNALS = {"stop": signal.SIGSTOP, "cont": signal.SIGCONT}


def live(clock_path: Path) -> None:
    """What `purring work` does, on the shared clock."""
    clock = SharedClock(clock_path)
    settings = load_settings()
    make_logs(settings)
    with open_services(settings) as services, stopped_by_signals() as stop:
        worker = Worker(replace(services, clock=clock, ids=RandomIds(clock)), compares_first=True)
        work(worker, stop, timedelta(seconds=settings.poll_s))


def _warm_up(clock_path: Path) -> None:
    """Have everything loaded that a worker loads while it works; nothing is left open."""
    clock = SharedClock(clock_path)
    with open_services(load_settings()) as services:
        worker = Worker(replace(services, clock=clock, ids=RandomIds(clock)))
        worker.run_until_idle()
        worker.close()


def _start(clock_path: Path) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = BROKEN
    try:
        os.dup2(os.open(os.devnull, os.O_RDWR), sys.stdin.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        live(clock_path)
        code = 0
    except PurringError as error:
        sys.stderr.write(f"worker could not begin: {error.message}\n")
        code = AWAY
    except BaseException:  # noqa: BLE001 - nothing may get out of the child into the parent's loop
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


class _Nursery:
    """The children that nobody has ended yet."""

    def __init__(self, clock_path: Path) -> None:
        self._clock_path = clock_path
        self._alive: set[int] = set()

    def obey(self, order: str) -> str:
        """Carry out one order. Only our own children are touched, and a pid stays theirs until they are reaped."""
        verb, _, number = order.partition(" ")
        if verb == "start":
            pid = _start(self._clock_path)
            self._alive.add(pid)
            return str(pid)
        if verb == "ended":
            return " ".join(f"{pid}:{code}" for pid, code in self._reaped())
        if int(number) not in self._alive:
            return "gone"
        if verb == "kill":
            return self._kill(int(number))
        os.kill(int(number), _SIGNALS[verb])
        return "done"

    def _kill(self, pid: int) -> str:
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        self._alive.discard(pid)
        return "done" if os.WIFSIGNALED(status) else f"ended {os.waitstatus_to_exitcode(status)}"

    def _reaped(self) -> list[tuple[int, int]]:
        found = [(pid, *os.waitpid(pid, os.WNOHANG)) for pid in self._alive]
        ended = [(pid, os.waitstatus_to_exitcode(status)) for pid, done, status in found if done]
        self._alive -= {pid for pid, _ in ended}
        return ended

    def end(self) -> None:
        """Leave no child behind."""
        for pid in tuple(self._alive):
            self._kill(pid)


def main() -> None:
    """Serve orders until there are none."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for whoever gives the orders; the end of the input follows
    _warm_up(Path(sys.argv[1]))
    nursery = _Nursery(Path(sys.argv[1]))
    gc.collect()
    gc.freeze()
    try:
        for line in sys.stdin:
            sys.stdout.write(f"{nursery.obey(line.strip())}\n")
            sys.stdout.flush()
    finally:
        nursery.end()


if __name__ == "__main__":
    main()
