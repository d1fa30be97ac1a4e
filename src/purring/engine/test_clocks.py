"""Walks test clocks: from one due moment of their customers to the next, each worked by the production pipeline.

A clock is claimed like all work, and held in every transaction of the walk: whoever lost it can neither write nor send.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Event

from purring.domain.calendar import Clock
from purring.domain.errors import StaleWrite
from purring.domain.event import EventKind
from purring.domain.ids import TestClockId
from purring.domain.test_clock import ClockKey, ClockStatus
from purring.engine.loop import TURNS_MAX, beside
from purring.engine.pipeline import Interrupt, Pipeline, uninterrupted
from purring.operations.charge import SEND_WITHIN
from purring.operations.notices import send_due
from purring.operations.renew import renew_due
from purring.operations.services import Services
from purring.operations.test_clocks import say
from purring.store import Connection, installation, leases, test_clocks
from purring.store.leases import TIMED, Claim, Ring, Work

WALK = timedelta(seconds=10)
"""How long one clock is walked before others have their turn: far less than the lease."""


@dataclass(slots=True)
class WalkingClock:
    """Stands at a test clock's time. It tells it no longer than something may be sent under the clock's lease."""

    real: Clock
    at: datetime
    until: datetime

    def now(self) -> datetime:
        """The time where it stands.

        Raises StaleWrite once the lease is about to end.
        """
        if self.real.now() >= self.until:
            raise StaleWrite("The test clock was held too long; whoever takes it over goes on with it.")
        return self.at


class ClockWalker:
    """Walks the clocks of this installation, one at a time."""

    def __init__(self, services: Services, interrupt: Interrupt = uninterrupted) -> None:
        """Make it ready; nothing is claimed yet."""
        self._services = replace(services, ring=Ring())
        self._interrupt = interrupt

    def turn(self) -> int:
        """Walk one clock that has work, for a while. Gives how many had any; after a restore none has."""
        services, now = self._services, self._services.clock.now()
        with services.store.transaction() as conn:
            restored = installation.state(conn)
            if restored is not None and restored.reconciled_at is None:
                return 0
            claims = services.claim(conn, Work.CLOCK, now, limit=1)
        for claim in claims:
            _Walk(services, claim, now, self._interrupt).go()
        return len(claims)

    def run_until_idle(self) -> None:
        """Walk until every clock stands where it was sent."""
        for _ in range(TURNS_MAX):
            if not self.turn():
                return
        raise AssertionError(f"a test clock still has work after {TURNS_MAX} turns")


class _Walk:
    """One walk of a clock that is claimed."""

    def __init__(self, services: Services, claim: Claim, since: datetime, interrupt: Interrupt) -> None:
        self._services, self._claim, self._since = services, claim, since
        self._key: ClockKey = (claim.merchant_id, TestClockId(claim.id))
        with services.store.reading() as conn:
            self._test_clock = test_clocks.get(conn, *self._key)
        self._clock = WalkingClock(services.clock, self._test_clock.now_at, since + SEND_WITHIN)
        self._own = replace(
            services,
            store=services.store.guarded(self._hold),
            clock=self._clock,
            test_clock=self._key,
            is_timed=True,
            in_flight_max=1,
            sender=services.test_sender,
            sms_sender=services.test_sms_sender,
            ring=Ring(),
        )
        self._pipeline = Pipeline(self._own, interrupt)

    def _hold(self, conn: Connection) -> None:
        """Keep others from taking the clock over until the transaction ends."""
        if not leases.hold(conn, Work.CLOCK, [self._claim], self._services.owner):
            raise StaleWrite("Another worker has taken the test clock over, or it was deleted.")

    def go(self) -> None:
        """Walk to the target, or as far as time allows."""
        target_at = self._test_clock.target_at or self._test_clock.now_at
        self._work_until_idle()
        while (due_at := self._next_due_at()) is not None and due_at <= target_at:
            if self._services.clock.now() >= self._since + WALK:
                with self._own.store.transaction() as conn:
                    test_clocks.pause(conn, self._claim, self._services.clock.now())
                return
            self._move(due_at)
            self._work_until_idle()
        self._arrive(target_at)

    def _move(self, due_at: datetime) -> None:
        """Set the clock forward: written down first, so that whatever comes from outside is never earlier."""
        at = max(due_at, self._clock.at)
        with self._own.store.transaction() as conn:
            test_clocks.move(conn, self._key, at)
        self._clock.at = at

    def _work_until_idle(self) -> None:
        """Do all that is due where the clock stands."""
        for _ in range(TURNS_MAX):
            if not renew_due(self._own) + self._pipeline.turn() + send_due(self._own):
                return
        raise AssertionError(f"work of test clock {self._claim.id} is still due after {TURNS_MAX} turns")

    def _next_due_at(self) -> datetime | None:
        with self._own.store.reading() as conn:
            due = [leases.next_due_at(conn, work, self._clock.at, self._key) for work in TIMED]
        return min((at for at in due if at is not None), default=None)

    def _arrive(self, at: datetime) -> None:
        """Stand where the clock was sent, and tell so."""
        with self._own.store.transaction() as conn:
            test_clocks.arrive(conn, self._claim, at, self._since)
            if self._test_clock.status is ClockStatus.ADVANCING:
                arrived = replace(self._test_clock, now_at=at)
                say(conn, self._services, self._claim.merchant_id, arrived, EventKind.TEST_CLOCK_ADVANCED)


@contextmanager
def walking_beside(services: Services, stop: Event, poll: timedelta) -> Iterator[None]:
    """Walk test clocks in a thread of their own until `stop` is set: none of them holds a charge up."""
    walker = ClockWalker(services)
    with beside(lambda: not walker.turn(), stop, poll, "clock-loop"):
        yield
