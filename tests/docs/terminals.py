"""Runs a page of the documentation as its reader would: commands in a shell, programs in terminals, Python at last.

A block `sh` is typed into one shell, unless it starts a program that keeps running: that gets a terminal of its own.
A block `python` is typed into one session. A block `text` after one of them says lines that it must print, in their
order; `text listen` says what the program `purring listen` must have printed by then. `…` stands for anything.
"""

from __future__ import annotations

import io
import os
import queue
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tests.serving import free_port

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(sh|python|text)(?: (\w+))?\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
KEEPS_RUNNING = re.compile(r"purring (sandbox|serve|work|listen)\b(?!.*--once)[^\n]*\n?")
DEADLINE_S = 30.0
DONE = "<<typed>>"


class Screen:
    """What a program prints, line by line, as it comes."""

    def __init__(self, stream: IO[str]) -> None:
        """Read it to its end, in a thread."""
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._stream = stream
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()
        self.shown: list[str] = []

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def close(self) -> None:
        """Once its program has ended."""
        self._thread.join(DEADLINE_S)
        self._stream.close()

    def until(self, wanted: Sequence[str]) -> None:
        """Wait until it has shown these lines, in their order."""
        for pattern in wanted:
            while not fits(pattern, line := self.next()):
                assert line is not None, f"it never showed {pattern!r}, but {self.shown}"

    def next(self) -> str | None:
        """The next line; None after the last."""
        try:
            line = self._lines.get(timeout=DEADLINE_S)
        except queue.Empty:
            line = None
        if line is not None:
            self.shown.append(line)
        return line


def fits(pattern: str, line: str | None) -> bool:
    """Whether a line is as the page shows it."""
    return line is not None and bool(re.fullmatch(".*".join(map(re.escape, pattern.split("…"))), line.rstrip()))


@dataclass
class Reader:
    """Somebody who follows a page, in a directory of its own, on ports that nobody else uses."""

    directory: Path
    environment: dict[str, str]
    session: dict[str, Any] = field(default_factory=dict)
    screens: dict[str, Screen] = field(default_factory=dict)
    sandbox_port: int = field(default_factory=free_port)
    port: int = field(default_factory=free_port)
    _programs: list[subprocess.Popen[str]] = field(default_factory=list)
    _screens: list[Screen] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Open a shell."""
        self.environment |= {
            "PWD": str(self.directory),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONUNBUFFERED": "1",
            "PURRING_PORT": str(self.port),
            "PURRING_BASE_URL": f"http://127.0.0.1:{self.port}",
            "PURRING_SANDBOX_URL": f"http://127.0.0.1:{self.sandbox_port}",
            "PURRING_LOG_LEVEL": "error",
        }
        self._typed = self._started(["bash", "-eu"])

    def follow(self, page: str) -> None:
        """Do what a page says, from its beginning to its end."""
        blocks = BLOCK.findall(page)
        for number, (language, name, text) in enumerate(blocks):
            following = blocks[number + 1] if number + 1 < len(blocks) else ("", "", "")
            expected = following[2].splitlines() if following[0] == "text" and not following[1] else []
            here = self._here(text)
            if language == "python":
                self._prints(self._run_python(here), expected)
            elif language == "sh" and (program := KEEPS_RUNNING.fullmatch(text)):
                self.screens[program[1]] = self._started(shlex.split(here))
                self.screens[program[1]].until([self._here(line) for line in expected])
            elif language == "sh":
                self._prints(self._type(here), expected)
            elif name:
                self.screens[name].until(here.splitlines())

    def _here(self, text: str) -> str:
        """A text of the page, for this reader's ports."""
        text = text.replace("purring sandbox\n", f"purring sandbox --port {self.sandbox_port}\n")
        return text.replace("7877", str(self.sandbox_port)).replace("7878", str(self.port))

    def _prints(self, printed: list[str], expected: list[str]) -> None:
        left = iter(printed)
        for pattern in map(self._here, expected):
            assert any(fits(pattern, line) for line in left), f"{pattern!r} isn't in {printed}"

    def _run_python(self, text: str) -> list[str]:
        printed = io.StringIO()
        with redirect_stdout(printed), _environment(self.environment):
            exec(compile(text, "the page", "exec"), self.session)  # noqa: S102 - our own page
        return printed.getvalue().splitlines()

    def _type(self, text: str) -> list[str]:
        """Type into the shell; what it exports is there for whatever starts later."""
        exported = self.directory / ".exported"
        shell = self._programs[0].stdin
        assert shell is not None
        shell.write(f"{text}\nenv -0 > {shlex.quote(str(exported))}\necho '{DONE}'\n")
        shell.flush()
        before = len(self._typed.shown)
        self._typed.until([DONE])
        pairs = (pair.partition("=") for pair in exported.read_text().split("\0") if pair)
        self.environment |= {name: value for name, _, value in pairs if name not in {"_", "SHLVL"}}
        return self._typed.shown[before:-1]

    def _started(self, command: list[str]) -> Screen:
        where = self.environment["PWD"]
        program = subprocess.Popen(
            command, cwd=where, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert program.stdout is not None
        self._programs.append(program)
        self._screens.append(Screen(program.stdout))
        return self._screens[-1]

    def close(self) -> None:
        """Press Ctrl-C everywhere, the newest first."""
        shell, *others = self._programs
        for program in reversed(others):
            program.send_signal(signal.SIGINT)
        for program in (*others, shell):
            assert program.stdin is not None
            program.stdin.close()
            program.wait(DEADLINE_S)
        for screen in self._screens:
            screen.close()


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def reader(directory: Path) -> Iterator[Reader]:
    """Somebody who reads, until the end of the block."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PURRING_")}
    one = Reader(directory, clean)
    try:
        yield one
    finally:
        one.close()
