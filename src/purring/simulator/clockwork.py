"""The simulated time, and the deeds that wait for theirs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

Deed = Callable[[], None]


class SimulatedClock:
    """Stands still until somebody moves it, which may be backwards: clocks are set right now and then."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """Tell the instant, aware and in UTC."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Let time pass, or jump back."""
        self._now += by

    def advance_to(self, at: datetime) -> None:
        """Let time pass until an instant, unless it is past already."""
        self._now = max(self._now, at)


class Agenda:
    """Deeds to come. Two of one instant are done in the order in which they were put down."""

    def __init__(self) -> None:
        self._deeds: list[tuple[datetime, int, Deed]] = []
        self._numbers = count()

    def put(self, at: datetime, deed: Deed) -> None:
        """Plan a deed."""
        heappush(self._deeds, (at, next(self._numbers), deed))

    def next_at(self) -> datetime | None:
        """When the next deed is planned."""
        return self._deeds[0][0] if self._deeds else None

    def do_due(self, now: datetime) -> None:
        """Do what is due, also what that brings about at once."""
        while self._deeds and self._deeds[0][0] <= now:
            heappop(self._deeds)[2]()
