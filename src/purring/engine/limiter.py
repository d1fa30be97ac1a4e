"""Which gateways are paused because they keep failing, and until when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from purring.domain.attempt import Unavailable, Unknown
from purring.operations.charge import Answered

FAILURES_MAX = 10
"""So many charges in a row that were refused unseen or not answered, and the gateway is left alone for a while."""
PAUSE = timedelta(minutes=5)
PAUSE_MAX = timedelta(hours=1)
_DOUBLINGS_MAX = 6


class Breaker:
    """Counts failures in a row per gateway; each pause is twice as long as the one before, up to `PAUSE_MAX`."""

    def __init__(self) -> None:
        """Trust every gateway."""
        self._failures: Counter[str] = Counter()
        self._pauses: Counter[str] = Counter()
        self._until: dict[str, datetime] = {}

    def note(self, answers: Iterable[Answered], now: datetime) -> None:
        """Learn from what gateways answered, in order. Questions don't count: an honest "unknown" is an answer."""
        for answer in answers:
            if answer.is_charge:
                self._note(answer.gateway, now, failed=isinstance(answer.outcome, Unavailable | Unknown))

    def _note(self, gateway: str, now: datetime, *, failed: bool) -> None:
        """Count one answer. What was under way when the gateway was paused doesn't lengthen the pause."""
        if not failed:
            self._failures[gateway] = self._pauses[gateway] = 0
            return
        self._failures[gateway] += 1
        if self._failures[gateway] >= FAILURES_MAX and gateway not in self.paused(now):
            self._pause(gateway, now)

    def _pause(self, gateway: str, now: datetime) -> None:
        """Leave a gateway alone; the first answer after that decides whether it is back."""
        self._until[gateway] = now + min(PAUSE * (1 << self._pauses[gateway]), PAUSE_MAX)
        self._pauses[gateway] = min(self._pauses[gateway] + 1, _DOUBLINGS_MAX)
        self._failures[gateway] = FAILURES_MAX - 1

    def paused(self, now: datetime) -> Mapping[str, datetime]:
        """The gateways that are paused at `now`, and until when."""
        return {gateway: until for gateway, until in self._until.items() if now < until}
