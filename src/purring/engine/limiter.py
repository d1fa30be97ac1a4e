"""Which gateways are paused because they keep failing, and until when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from purring.domain.attempt import Outcome, Unavailable

FAILURES_MAX = 10
"""So many calls in a row that certainly did nothing, and the gateway is left alone for a while."""
PAUSE = timedelta(minutes=5)
PAUSE_MAX = timedelta(hours=1)


class Breaker:
    """Counts failures in a row per gateway; each pause is twice as long as the one before, up to `PAUSE_MAX`."""

    def __init__(self) -> None:
        """Trust every gateway."""
        self._failures: Counter[str] = Counter()
        self._pauses: Counter[str] = Counter()
        self._until: dict[str, datetime] = {}

    def note(self, outcomes: Iterable[tuple[str, Outcome]], now: datetime) -> None:
        """Learn from what gateways answered, in order."""
        for gateway, outcome in outcomes:
            if not isinstance(outcome, Unavailable):
                self._failures[gateway] = 0
                self._pauses[gateway] = 0
                continue
            self._failures[gateway] += 1
            if self._failures[gateway] >= FAILURES_MAX:
                self._pause(gateway, now)

    def _pause(self, gateway: str, now: datetime) -> None:
        """Leave a gateway alone; one probe decides when it comes back."""
        self._until[gateway] = now + min(PAUSE * (1 << self._pauses[gateway]), PAUSE_MAX)
        self._pauses[gateway] = min(self._pauses[gateway] + 1, 6)
        self._failures[gateway] = FAILURES_MAX - 1

    def paused(self, now: datetime) -> Mapping[str, datetime]:
        """The gateways that are paused at `now`, and until when."""
        return {gateway: until for gateway, until in self._until.items() if now < until}
