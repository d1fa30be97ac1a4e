"""What people and circumstances do during the demo, in the order of its time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from heapq import heappop, heappush
from itertools import count

Deed = Callable[[], None]


class Timeline:
    """Deeds to come. Two of one instant are done in the order in which they were put down."""

    def __init__(self) -> None:
        """Nothing is planned yet."""
        self._deeds: list[tuple[datetime, int, Deed]] = []
        self._numbers = count()

    def put(self, at: datetime, deed: Deed) -> None:
        """Plan a deed."""
        heappush(self._deeds, (at, next(self._numbers), deed))

    def next_at(self) -> datetime | None:
        """When the next deed is planned."""
        return self._deeds[0][0] if self._deeds else None

    def do_due(self, now: datetime) -> int:
        """Do what is due, also what that brings about at once. Gives how many deeds that were."""
        done = 0
        while self._deeds and self._deeds[0][0] <= now:
            _, _, deed = heappop(self._deeds)
            deed()
            done += 1
        return done
