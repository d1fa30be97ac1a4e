"""What happens to a process at each point of its work: it dies, falls asleep, somebody else acts in between."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from purring.domain.errors import StoreUnavailable
from purring.simulator.faults import Fault

if TYPE_CHECKING:
    from purring.simulator.buyer import Buyer
    from purring.simulator.world import World

AFTER_LEASE_MINUTES = (3, 15)
"""A zombie sleeps so long, past its lease of two minutes, at least and at most."""


class Killed(BaseException):
    """The process is gone, whatever it was doing; no handler of the production code may catch this."""

    def __init__(self, point: str) -> None:
        super().__init__(point)
        self.point = point


class Moments:
    """Asked by the pipeline, the gateway and the store of every simulated process. Nothing happens within a nap."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._depth = 0

    # In the pipeline

    def interrupt(self, point: str) -> None:
        """A named point between the stages of a worker's turn; no transaction is open."""
        world = self._world
        if world.happens(Fault.KILL, 0.1, point):
            world.trace.saw(f"killed {point}")
            raise Killed(point)
        self.somebody_acts(point)
        if not self._depth and world.happens(Fault.ZOMBIE, 0.12, point):
            self._sleep(point)
        if world.happens(Fault.CLOCK_JUMPS, 0.05, point):
            world.trace.say("the clock jumps forward")
            world.clock.advance(timedelta(minutes=world.dice.between("jump", 1, 2_000)))

    def _sleep(self, point: str) -> None:
        """Sleep past the lease; the other workers take over meanwhile. Then go on as if nothing had been."""
        world, minutes = self._world, self._world.dice.between("sleep", *AFTER_LEASE_MINUTES)
        if world.dice.chance("sleep long", 0.1):
            minutes = world.dice.between("sleep", 300, 2_000)
        world.trace.say(f"a worker falls asleep {point} for {minutes} minutes")
        world.clock.advance(timedelta(minutes=minutes))
        self._depth += 1
        try:
            worked = len(world.gateway.requests)
            world.work_until_idle()
            if len(world.gateway.requests) > worked:
                world.trace.saw("a zombie woke up after others had charged")
        finally:
            self._depth -= 1
        world.trace.say("a worker wakes up")

    def somebody_acts(self, point: str, buyer: Buyer | None = None) -> None:
        """A person or a rival worker acts while this process is in the middle of something."""
        world = self._world
        if self._depth:
            return
        self._depth += 1
        try:
            if world.happens(Fault.WORST_MOMENT, 0.3, point):
                world.trace.say(f"meanwhile, {point}")
                world.people.act(buyer)
            if world.happens(Fault.RIVALS, 0.15, point):
                world.trace.say(f"a rival works, {point}")
                world.post.collect()
                world.turn(world.rivals()[0])
        finally:
            self._depth -= 1

    # Around the gateway's calls

    def before_send(self, buyer: Buyer | None) -> None:
        """The request is on its way out; what a sleeping machine does with it is beyond us, so nobody sleeps here."""
        if self._world.happens(Fault.KILL, 0.1, "before_send"):
            self._world.trace.saw("killed before_send")
            raise Killed("before_send")
        self.somebody_acts("before_send", buyer)

    def after_send(self, buyer: Buyer | None) -> None:
        """The answer has come in and isn't written down."""
        if self._world.happens(Fault.KILL, 0.15, "after_send"):
            self._world.trace.saw("killed after_send")
            raise Killed("after_send")
        self.somebody_acts("after_send", buyer)

    # Around the mail

    def after_mail(self) -> None:
        """A copy has gone out and isn't written down."""
        if self._world.happens(Fault.KILL, 0.04, "after_mail"):
            self._world.trace.saw("killed after_mail")
            raise Killed("after_mail")

    # In the store

    def before_reading(self) -> None:
        """The database may be away."""
        if self._world.clock.now() < self._world.away_until:
            raise StoreUnavailable("The database is away; wait.")

    def before_transaction(self) -> None:
        """The database may be away, or go away now."""
        world = self._world
        self.before_reading()
        if world.happens(Fault.DATABASE_AWAY, 0.006):
            world.away_until = world.clock.now() + timedelta(minutes=world.dice.between("away", 1, 300))
            world.trace.say(f"the database is away until {world.away_until:%d %H:%M}")
            raise StoreUnavailable("The database has gone away; wait.")

    def before_commit(self) -> None:
        """Everything is written and nothing is committed."""
        if self._world.happens(Fault.KILL_AT_COMMIT, 0.012, "before"):
            self._world.trace.saw("killed before a commit")
            raise Killed("before a commit")

    def after_commit(self) -> None:
        """Committed; the process may never know."""
        if self._world.happens(Fault.KILL_AT_COMMIT, 0.012, "after"):
            self._world.trace.saw("killed after a commit")
            raise Killed("after a commit")
        if self._world.happens(Fault.COMMIT_UNKNOWN, 0.015):
            self._world.trace.saw("a commit was made and its process told otherwise")
            raise StoreUnavailable("The connection was cut at the commit; its outcome is unknown.")
