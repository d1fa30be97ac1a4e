"""A clock that all processes of a torture share: it runs faster than the real one, and anybody may make it jump.

A lease of two minutes is over in seconds on it, a retry of tomorrow is due after one jump, and a jump back is what a
machine sees whose time was wrong.
"""

from __future__ import annotations

import mmap
import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

from purring.clock import SystemClock

_FORM = struct.Struct("=ddd")  # when it was made, how fast it runs, how far it has jumped: seconds, factor, seconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SharedClock:
    """A view of the clock in a file of its own; each process opens it for itself."""

    def __init__(self, path: Path) -> None:
        """Open what `make` made."""
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _FORM.size)
        self._machine = SystemClock()

    @classmethod
    def make(cls, path: Path, speed: float) -> SharedClock:
        """Let a clock run from now on, `speed` times as fast as the machine's."""
        started_s = (SystemClock().now() - _EPOCH).total_seconds()
        path.write_bytes(_FORM.pack(started_s, speed, 0.0))
        return cls(path)

    def now(self) -> datetime:
        """Tell the instant, aware and in UTC."""
        started_s, speed, jumped_s = _FORM.unpack_from(self._map)
        run_s = (self._machine.now() - _EPOCH).total_seconds() - started_s
        return _EPOCH + timedelta(seconds=started_s + run_s * speed + jumped_s)

    def jump(self, by: timedelta) -> None:
        """Set it for everybody, forwards or back."""
        started_s, speed, jumped_s = _FORM.unpack_from(self._map)
        _FORM.pack_into(self._map, 0, started_s, speed, jumped_s + by.total_seconds())
