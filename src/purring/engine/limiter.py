"""Which gateways keep failing, and which answer again, as one worker sees it; all workers share what follows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

from purring.domain.attempt import Unavailable, Unknown
from purring.operations.charge import Answered

FAILURES_MAX = 10
"""So many charges in a row that were refused unseen or not answered, and the gateway is left alone for a while."""


class Breaker:
    """Counts failures in a row per gateway."""

    def __init__(self) -> None:
        """Trust every gateway."""
        self._failures: Counter[str] = Counter()

    def news(self, answers: Iterable[Answered], probing: Collection[str] = ()) -> dict[str, bool]:
        """Learn from what gateways answered, in order: tells of those that are down (False) or back (True).

        Of gateways in `probing` that were tried after a pause any answer is news. Questions don't count: an honest
        "unknown" is an answer.
        """
        news: dict[str, bool] = {}
        for answer in answers:
            if not answer.is_charge:
                continue
            failed = isinstance(answer.outcome, Unavailable | Unknown)
            if answer.gateway in probing:
                news[answer.gateway] = news.get(answer.gateway, False) or not failed
            elif self._has_failed_too_often(answer.gateway, failed=failed):
                news[answer.gateway] = False
        for gateway in news:
            del self._failures[gateway]
        return news

    def _has_failed_too_often(self, gateway: str, *, failed: bool) -> bool:
        """Count one answer; another one than a failure begins the count anew."""
        self._failures[gateway] = self._failures[gateway] + 1 if failed else 0
        return self._failures[gateway] >= FAILURES_MAX
