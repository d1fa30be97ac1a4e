"""The history as it happened, line by line, and what is counted along the way."""

from __future__ import annotations

from collections import Counter
from hashlib import blake2b

from purring.domain.calendar import Clock


class Trace:
    """Lines such as `2026-03-04 09:00:00 worker-2 charges att_… : Approved`, and counters by name.

    The same seed gives the same lines, whatever process, hash seed or database it runs on.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.lines: list[str] = []
        self.counts: Counter[str] = Counter()
        self.sometimes: Counter[str] = Counter()

    def say(self, what: str) -> None:
        """Write one line, with the time."""
        self.lines.append(f"{self._clock.now():%Y-%m-%d %H:%M:%S} {what}")

    def count(self, what: str) -> None:
        """Count one of a kind: a fault by its name, an attempt, a kill."""
        self.counts[what] += 1

    def saw(self, point: str) -> None:
        """Count a rare situation (see `sometimes`)."""
        self.sometimes[point] += 1

    @property
    def digest(self) -> str:
        """The whole history in a few letters."""
        return blake2b("\n".join(self.lines).encode(), digest_size=8).hexdigest()
