"""Lets time pass: the clock jumps from one due instant to the next, the worker works, the gateway's events come in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from purring.domain.errors import BadSignature, GatewayError
from purring.engine.loop import Worker
from purring.gateways.sandbox.oracle import next_due_at
from purring.gateways.sandbox.script import SANDBOX
from purring.operations.inbound import receive
from purring.scenarios.crash import Crashes, WorkerKilled
from purring.scenarios.world import World

STANDSTILLS_MAX = 20
"""So often work may be due now and yet not be done, before we call it a bug."""


class Player:
    """The worker of a story and what befalls it."""

    def __init__(self, world: World, say: Callable[[str], None], crashes: Crashes) -> None:
        """Start the first worker; `say` gets a line about everything that no event of the store tells."""
        self._world = world
        self._say = say
        self._crashes = crashes
        self._kill_at: str | None = None
        self._stopped_until: datetime | None = None
        self._outage_until: datetime | None = None
        self._position = 0
        self._worker = Worker(world.services, self._interrupt)

    def kill_at(self, point: str) -> None:
        """Let the worker die the next time it comes to this point."""
        self._kill_at = point

    def stop_until(self, at: datetime) -> None:
        """Let no worker run before an instant."""
        self._stopped_until = at

    def outage_until(self, at: datetime) -> None:
        """Remember when the gateway comes back, so that what it kept is fetched then."""
        self._outage_until = at

    def advance(self, until: datetime, *, is_over: Callable[[], bool] = lambda: False) -> None:
        """Let time pass up to an instant, or until `is_over` says so at one of the instants on the way."""
        standstills = 0
        self.work()
        while not is_over() and (due_at := self._next_due_at()) is not None and due_at <= until:
            standstills = 0 if due_at > self._world.clock.now() else standstills + 1
            assert standstills < STANDSTILLS_MAX, f"work is due at {due_at} that nobody can do"
            self._world.clock.advance_to(max(due_at, self._world.clock.now()))
            self.work()
        if not is_over():
            self._world.clock.advance_to(until)
            self.work()

    def work(self) -> None:
        """Take the gateway's events in, and do everything that is due now."""
        while True:
            self._receive()
            if self._is_stopped():
                return
            try:
                with self._crashes.working():
                    idle = self._worker.run_until_idle().is_idle
            except WorkerKilled as killed:
                self._say(f"worker killed at {killed}; another one starts")
                self._worker = Worker(self._world.new_worker(), self._interrupt)
                idle = False
            if idle:
                return

    def close(self) -> None:
        """Let the worker go."""
        self._worker.close()

    def _interrupt(self, point: str) -> None:
        if point == self._kill_at:
            self._kill_at = None
            raise WorkerKilled(point)
        self._crashes.point(point)

    def _is_stopped(self) -> bool:
        return self._stopped_until is not None and self._world.clock.now() < self._stopped_until

    def _next_due_at(self) -> datetime | None:
        """When something next happens by itself, here or at the gateway."""
        now = self._world.clock.now()
        ours = self._stopped_until if self._is_stopped() else self._worker.next_due_at()
        theirs = next_due_at(self._world.sandbox.ledger_path)
        if self._outage_until is not None and now < self._outage_until:
            theirs = self._outage_until
        return min((at for at in (ours, theirs) if at is not None), default=None)

    def _receive(self) -> None:
        """Take in what the gateway has sent since; a forged event is refused and nothing more."""
        services = self._world.services
        try:
            deliveries = self._world.sandbox.remote.deliveries(self._position)
        except GatewayError:
            return
        for delivery in deliveries:
            self._position = delivery.position
            try:
                if not receive(services, SANDBOX, delivery.headers, delivery.body):
                    self._say("the gateway's event was there before: nothing changes")
            except BadSignature as error:
                self._say(f"the gateway's event is refused: {error.message}")
