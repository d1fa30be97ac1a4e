"""The only clock and the only id maker: everything else is handed the time and its ids."""

import random
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock

from purring.domain.calendar import Clock, require_instant
from purring.domain.ids import RANDOM_MAX, IdMaker, Prefix, make_id

__all__ = [
    "Clock",
    "IdMaker",
    "RandomIds",
    "SeededIds",
    "SystemClock",
    "VirtualClock",
    "draw_bytes",
    "elapsed_s",
    "seeded",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE_MS = timedelta(milliseconds=1)
_LOADED_S = time.perf_counter()
# Two ids of one millisecond differ by up to this many bits, so that one doesn't give the next away.
_STEP_BITS = 64


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Tell the instant, aware and in UTC."""
        return datetime.now(UTC)


class VirtualClock:
    """A clock that stands still until it is moved, and only forwards. Raises NaiveTime."""

    def __init__(self, start: datetime) -> None:
        """Stand still at an instant."""
        self._now = require_instant(start, "start")

    def now(self) -> datetime:
        """Tell the instant, aware and in UTC."""
        return self._now

    def advance_to(self, at: datetime) -> None:
        """Move to a later instant, or stay."""
        at = require_instant(at, "at")
        assert at >= self._now, f"the clock can't go back from {self._now} to {at}"
        self._now = at


class _Ids:
    """Ids in the order they were asked for, from threads too, even while the clock stands still or steps back."""

    def __init__(self, clock: Clock, draw_bits: Callable[[int], int]) -> None:
        self._clock = clock
        self._draw_bits = draw_bits
        self._lock = Lock()
        self._ms = 0
        self._random = 0

    def new(self, prefix: Prefix) -> str:
        """Make the next id of a kind."""
        now_ms = (self._clock.now() - _EPOCH) // _ONE_MS
        with self._lock:
            if now_ms > self._ms:
                self._ms, self._random = now_ms, self._draw_bits(80)
            else:
                self._step()
            return make_id(prefix, self._ms, self._random)

    def _step(self) -> None:
        self._random += 1 + self._draw_bits(_STEP_BITS)
        if self._random > RANDOM_MAX:
            self._ms, self._random = self._ms + 1, self._draw_bits(80)


class RandomIds(_Ids):
    """Ids that nobody can guess."""

    def __init__(self, clock: Clock) -> None:
        """Draw from the operating system."""
        super().__init__(clock, secrets.randbits)


class SeededIds(_Ids):
    """Ids that come out the same for the same seed, the same times and the same order of asking."""

    def __init__(self, clock: Clock, seed: int | str) -> None:
        """Draw from a seeded generator."""
        super().__init__(clock, seeded(seed).getrandbits)


def draw_bytes(n: int) -> bytes:
    """Draw bytes that nobody can guess, for secrets."""
    return secrets.token_bytes(n)


def seeded(seed: int | str) -> random.Random:
    """Give a generator that repeats itself; name a part of a simulation by a string such as `7/customers`."""
    return random.Random(seed)  # noqa: S311 - repeats itself on purpose; ids that must not be guessed come from secrets


def elapsed_s() -> float:
    """Tell the seconds since the process started, on a timer that never steps; for progress and wall time only."""
    return time.perf_counter() - _LOADED_S
