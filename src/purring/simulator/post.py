"""How the gateway's events reach us: at once, late, twice, out of order, or never."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from purring.domain.errors import GatewayError
from purring.gateways.sandbox.remote import SandboxDelivery
from purring.operations.inbound import receive
from purring.simulator.faults import Fault

if TYPE_CHECKING:
    from purring.simulator.world import World


class Post:
    """Carries what the sandbox has sent. `may_have_news`: something happened there since we last looked."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen = 0
        self.may_have_news = False

    def collect(self) -> None:
        """Take over what was sent since the last time, and deliver it or put it off."""
        if not self.may_have_news:
            return
        world, services = self._world, self._world.sandbox.remote
        try:
            found = services.deliveries(self._seen)
        except GatewayError:
            return
        self.may_have_news = False
        if found:
            self._seen = found[-1].position
        if len(found) > 1 and world.happens(Fault.EVENTS_REORDERED, 0.7):
            found = world.dice.shuffled("order of events", found)
        for one in found:
            self._carry(one)

    def send_again(self, since: int) -> None:
        """Let everything after a position come once more: what was sent since a backup is asked for after a restore."""
        self._seen = min(self._seen, since)
        self.may_have_news = True

    @property
    def position(self) -> int:
        """How far we have looked."""
        return self._seen

    def _carry(self, one: SandboxDelivery) -> None:
        """Decide what becomes of one event."""
        world = self._world
        if world.happens(Fault.EVENTS_LOST, 0.25):
            world.trace.say(f"event {one.position} is lost")
            return
        if world.happens(Fault.EVENTS_TWICE, 0.4):
            self._again(one.position, timedelta(minutes=world.dice.between("twice after", 0, 4_000)))
        if world.happens(Fault.EVENTS_LATE, 0.4):
            self._again(one.position, timedelta(minutes=world.dice.between("late by", 1, 6_000)))
            return
        self._deliver(one)

    def _again(self, position: int, after: timedelta) -> None:
        self._world.agenda.put(self._world.clock.now() + after, partial(self._fetch, position))

    def _fetch(self, position: int) -> None:
        """Let the gateway send one event anew, signed now."""
        try:
            found = self._world.sandbox.remote.deliveries(position - 1)
        except GatewayError:
            self._again(position, timedelta(hours=1))
            return
        self._deliver(found[0])

    def _deliver(self, one: SandboxDelivery) -> None:
        """A web process takes it in; the gateway sends it again if none did."""
        world, services = self._world, self._world.process("web")
        taken: list[bool] = []

        def act() -> None:
            taken.append(receive(services, "sandbox", one.headers, one.body))

        world.run_as(services.owner, act)
        if not taken:
            again_at = max(world.clock.now() + timedelta(minutes=1), world.away_until)
            self._again(one.position, again_at - world.clock.now())
        elif not taken[0]:
            world.trace.saw("an event came that was stored before")
        world.trace.say(f"event {one.position} delivered: {taken}")
