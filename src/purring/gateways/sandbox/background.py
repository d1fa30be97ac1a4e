"""A sandbox server beside this process, for as long as this process wants it."""

from __future__ import annotations

import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from purring.domain.errors import GatewayUnavailable
from purring.gateways.sandbox.server import ANNOUNCEMENT

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0


class RunningSandbox:
    """A started server. It ends with `stop`, at the end of a `with`, or when this process is gone."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self._process = process
        self.url = url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let it finish what it is doing; stopping twice is fine."""
        _end(self._process)

    def has_ended(self) -> bool:
        """Whether it is gone by itself."""
        return self._process.poll() is not None

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._process.kill()
        _end(self._process)


def serve_in_background(ledger: Path, *, virtual_clock: bool = False, arguments: Sequence[str] = ()) -> RunningSandbox:
    """Start a server on a free port and wait until it listens. `arguments` are more of its command line's.

    Raises:
        GatewayUnavailable: it said something else, or nothing in time.
    """
    command = [sys.executable, "-m", "purring.gateways.sandbox", "--ledger", str(ledger), *arguments]
    if virtual_clock:
        command.append("--virtual-clock")
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- our own program, no shell
    line = _first_line(process)
    if line.startswith(ANNOUNCEMENT):
        return RunningSandbox(process, line.removeprefix(ANNOUNCEMENT).strip())
    process.kill()
    _end(process)
    raise GatewayUnavailable("The sandbox gateway did not start; its own message is above.")


def _first_line(process: subprocess.Popen[str]) -> str:
    """What it says first; "" if it ends or takes too long."""
    said: queue.Queue[str] = queue.Queue()
    stdout = process.stdout
    assert stdout is not None, "the output is piped"
    threading.Thread(target=lambda: said.put(stdout.readline()), daemon=True).start()
    try:
        return said.get(timeout=START_TIMEOUT_S)
    except queue.Empty:
        return ""


def _end(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
