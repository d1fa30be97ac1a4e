"""A worker at the product's defaults, a gateway that answers at once, a real clock that starts where we like."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

from benchmarks.shared.double import InstantGateway
from purring.clock import RandomIds, SystemClock
from purring.domain.calendar import Clock
from purring.notices.send import NullSender
from purring.operations.services import Services
from purring.store.engine import open_store


class ShiftedClock:
    """Goes as fast as time does, from an instant on."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._started = time.perf_counter()

    def now(self) -> datetime:
        """The instant."""
        return self._start + timedelta(seconds=time.perf_counter() - self._started)


def services(url: str, clock: Clock, *, declined_percent: int) -> Services:
    """Everything at its default."""
    return Services(
        store=open_store(url),
        gateways={"sandbox": InstantGateway(declined_percent=declined_percent)},
        clock=clock,
        ids=RandomIds(SystemClock()),
        sender=NullSender(),
        owner="worker-1",
    )
