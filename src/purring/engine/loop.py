"""The worker's loop: turn after turn until nothing is due, then wait for the next thing that is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Protocol

from purring.domain.errors import StoreUnavailable
from purring.engine.pipeline import Interrupt, Pipeline, uninterrupted
from purring.operations.bounces import BounceWatch
from purring.operations.deliver import Courier
from purring.operations.housekeeping import Housekeeping
from purring.operations.inbound import work_inbound
from purring.operations.notices import send_due
from purring.operations.reconcile import is_known_to_gateways, reconcile
from purring.operations.renew import renew_due
from purring.operations.services import Services
from purring.operations.transact import told
from purring.store import installation, leases
from purring.store.leases import Work
from purring.telemetry.logs import log

TURNS_MAX = 10_000
"""More turns than this at one instant can only be a bug."""

LOOKS_EVERY = timedelta(minutes=1)
"""How often a worker looks whether somebody has restored the database."""

WAIT_MAX_S = 30.0
"""The longest wait after turns that failed."""


class MovableClock(Protocol):
    """A clock that somebody else sets, for scenarios and the demo."""

    def now(self) -> datetime:
        """The instant it stands at."""
        ...

    def advance_to(self, at: datetime) -> None:
        """Set it forward."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """How much one pass over all due work found."""

    inbound: int = 0
    renewed: int = 0
    charged: int = 0
    sent: int = 0
    checked: int = 0
    delivered: int = 0

    @property
    def is_idle(self) -> bool:
        """Whether nothing was due."""
        return self == Turn()

    def __add__(self, other: Turn) -> Turn:
        """Both together."""
        return Turn(
            inbound=self.inbound + other.inbound,
            renewed=self.renewed + other.renewed,
            charged=self.charged + other.charged,
            sent=self.sent + other.sent,
            checked=self.checked + other.checked,
            delivered=self.delivered + other.delivered,
        )


class Worker:
    """One worker: its services and its pipeline. `is_compared`: the gateways know of nothing that we do not."""

    def __init__(
        self,
        services: Services,
        interrupt: Interrupt = uninterrupted,
        *,
        compares_first: bool = False,
        delivers: bool = True,
    ) -> None:
        """Make it ready; nothing is claimed yet.

        `compares_first`: before anything else, make sure that the gateways know of no charge that the database doesn't
        have, which would mean that it was put back from a backup without a word. `delivers`: send events too, instead
        of leaving that to `delivering_beside`.
        """
        self.services = services
        self.is_compared = not compares_first
        self._looks_at: datetime | None = None
        self._bounces = BounceWatch()
        self._housekeeping = Housekeeping()
        self.pipeline = Pipeline(services, interrupt)
        self._courier = Courier(services) if delivers and services.outbound else None

    def turn(self) -> Turn:
        """One pass over all due work. Gateway events come first: they may settle what else would be asked about.

        After a restore nothing else is done before all has been checked at the gateways.
        """
        self.is_compared = self.is_compared or is_known_to_gateways(self.services)
        if not self.is_compared:
            return Turn()
        goes_on, checked = self._reconcile()
        if goes_on:
            return Turn(checked=checked)
        self._bounces.look(self.services)
        self._housekeeping.look(self.services)
        return Turn(
            checked=checked,
            inbound=work_inbound(self.services),
            renewed=renew_due(self.services),
            charged=self.pipeline.turn(),
            sent=send_due(self.services),
            delivered=self._courier.turn() if self._courier else 0,
        )

    def _reconcile(self) -> tuple[bool, int]:
        """Look now and then whether the database was restored, and go on with the check as long as there is one.

        Between two looks nothing wrong can be charged: the invoices themselves say that they have to be checked.
        """
        now = self.services.clock.now()
        if self._looks_at is not None and now < self._looks_at:
            return False, 0
        goes_on, checked = reconcile(self.services)
        self._looks_at = None if goes_on or checked else now + LOOKS_EVERY
        return goes_on, checked

    def run_until_idle(self) -> Turn:
        """Turn until nothing is due at the clock's instant."""
        total = Turn()
        for _ in range(TURNS_MAX):
            turn = self.turn()
            if turn.is_idle:
                return total
            total += turn
        raise AssertionError(f"work is still due after {TURNS_MAX} turns at {self.services.clock.now()}")

    def next_due_at(self) -> datetime | None:
        """When the next thing falls due, over all kinds of work; None while nothing may be done after a restore."""
        now = self.services.clock.now()
        with self.services.store.reading() as conn:
            restored = installation.state(conn)
            if restored is not None and restored.reconciled_at is None:
                return None
            kinds = [work for work in Work if work is not Work.CLOCK and (self._courier or work is not Work.EVENT)]
            due = [leases.next_due_at(conn, work, now) for work in kinds]
        return min((at for at in due if at is not None), default=None)

    def close(self) -> None:
        """Let calls under way finish."""
        self.pipeline.close()
        if self._courier:
            self._courier.close()


def play(
    worker: Worker, clock: MovableClock, until: datetime, on_tick: Callable[[datetime], None] | None = None
) -> Turn:
    """Set a virtual clock from one due instant to the next, working at each, up to `until`."""
    total = worker.run_until_idle()
    while (due_at := worker.next_due_at()) is not None and due_at <= until:
        clock.advance_to(max(due_at, clock.now()))
        if on_tick:
            on_tick(clock.now())
        total += worker.run_until_idle()
    clock.advance_to(until)
    return total + worker.run_until_idle()


def work(worker: Worker, stop: Event, poll: timedelta) -> None:
    """Work until `stop` is set; what is under way then is finished and recorded first.

    While the database is away, or a turn fails for any other reason, the loop waits, longer each time up to half a
    minute, and goes on by itself.
    """
    _repeat(lambda: worker.turn().is_idle, stop, poll)
    worker.close()


@contextmanager
def delivering_beside(services: Services, stop: Event, poll: timedelta) -> Iterator[None]:
    """Send events in a thread of their own until `stop` is set: no endpoint, however slow, holds a charge up."""
    if not services.outbound:
        yield
        return
    courier = Courier(services)
    try:
        with beside(lambda: not courier.turn(), stop, poll, "courier-loop"):
            yield
    finally:
        courier.close()


@contextmanager
def beside(is_idle: Callable[[], bool], stop: Event, poll: timedelta, name: str) -> Iterator[None]:
    """Take turns in a thread of their own until `stop` is set, which the end of the block does."""
    thread = Thread(target=_repeat, args=(is_idle, stop, poll), name=name)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _repeat(is_idle: Callable[[], bool], stop: Event, poll: timedelta) -> None:
    """Take turns until `stop` is set, and wait where there is nothing to do or a turn failed."""
    wait_s = poll.total_seconds()
    while not stop.is_set():
        try:
            idle = is_idle()
            wait_s = poll.total_seconds()
        except StoreUnavailable as error:
            log.warning("store_away", error=error.message)
            idle, wait_s = True, min(wait_s * 2, WAIT_MAX_S)
        except Exception as error:  # noqa: BLE001 - a worker that stops charges nobody; the log says what to mend
            log.error("turn_failed", error=told(error))
            idle, wait_s = True, min(wait_s * 2, WAIT_MAX_S)
        if idle:
            stop.wait(wait_s)
