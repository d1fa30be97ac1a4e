"""What a worker does now and then beside its work: the log of sent events is cut, open refunds are asked about."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from purring.domain.endpoint import KEPT_FOR
from purring.operations.refunds import ask_about_open
from purring.operations.services import Services
from purring.operations.transact import transact
from purring.store import endpoints, event_deliveries

EVERY = timedelta(minutes=1)
CUT_EVERY = timedelta(hours=1)
FORGOTTEN_MAX = 500
"""Deliveries per transaction, so that nobody waits long for what it holds."""


class Housekeeping:
    """Keeps in mind what is to be looked at when; each process does so for itself, which does no harm."""

    def __init__(self) -> None:
        """Look once the process has lived for a while: it has more urgent things to do first."""
        self._looks_at: datetime | None = None
        self._cuts_at: datetime | None = None

    def look(self, services: Services) -> None:
        """Do what it is time for: one batch of each."""
        now = services.clock.now()
        if self._looks_at is None:
            self._looks_at = now + EVERY
        if now < self._looks_at:
            return
        self._looks_at = now + EVERY
        ask_about_open(services)
        if self._cuts_at is None or now >= self._cuts_at:
            whole = cut_log(services) < FORGOTTEN_MAX
            self._cuts_at = now + CUT_EVERY if whole else None


def cut_log(services: Services) -> int:
    """Forget one batch of deliveries that ended long ago, with their tries. Gives how many there were."""
    now, count = services.clock.now(), 0
    for status, kept_for in KEPT_FOR.items():
        with services.store.reading() as conn:
            old = event_deliveries.ended_before(conn, status, now - kept_for, FORGOTTEN_MAX - count)
        if old:
            count += transact(services, partial(event_deliveries.forget, keys=old))
    if count:
        transact(services, endpoints.forget_deleted)
    return count
