"""The database is lost, and the installation goes on from a backup: what was done in between is forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from purring.engine.loop import Turn, Worker
from purring.simulator.faults import Fault
from purring.simulator.vault import Vault
from purring.store import installation

if TYPE_CHECKING:
    from purring.simulator.world import World

LOOKS_EVERY = timedelta(minutes=30)
"""How often workers look again while the gateway can't be asked."""

WAITS = timedelta(hours=7)
"""How much later a database is lost that has nothing to forget yet."""


class Disaster:
    """Backs up, and puts the backup back. `looks_at`: when a worker next looks how far the check after a restore is."""

    def __init__(self, world: World, vault: Vault) -> None:
        self._world, self._vault = world, vault
        self.looks_at: datetime | None = None
        self._is_told = True

    @property
    def is_hidden(self) -> bool:
        """Whether the database was put back and nobody has noticed; the pages stay closed until a worker has looked."""
        return self.looks_at is not None and not self._is_told

    def back_up(self) -> None:
        """Keep the database as it is now; it is lost some hours or days later."""
        world = self._world
        if world.calm or not world.is_up() or self.looks_at is not None:
            return
        self._vault.keep()
        world.trace.say("the database is backed up")
        minutes = world.dice.between("restored after", 10, world.dice.pick("restored within", (300, 4_000, 12_000)))
        self._later(timedelta(minutes=minutes), world.post.position, len(world.gateway.requests))

    def _later(self, after: timedelta, position: int, sent: int) -> None:
        self._world.agenda.put(self._world.clock.now() + after, partial(self._put_back, position, sent))

    def _put_back(self, position: int, sent: int) -> None:
        """Every process ends, the backup takes the database's place, new processes start.

        Mostly it is waited for something to forget.
        """
        world = self._world
        if world.calm or self.looks_at is not None:
            return
        if not world.is_up() or (len(world.gateway.requests) == sent and world.dice.chance("waits", 0.9)):
            self._later(WAITS, position, sent)
            return
        self._is_told = world.dice.chance("told", 0.6)
        self._vault.put_back(world.clock.now(), told=self._is_told)
        self.looks_at = world.clock.now()
        self._say(len(world.gateway.requests) - sent)
        world.start_anew()
        world.post.send_again(position)

    def _say(self, forgotten: int) -> None:
        trace = self._world.trace
        trace.count(Fault.RESTORE.value)
        trace.say(f"the database is put back, {'and marked' if self._is_told else 'without a word'}")
        trace.saw("an older database was put back" if self._is_told else "one was put back without a word")
        if forgotten:
            trace.saw("a restored database had forgotten charges")

    def look(self, worker: Worker, turn: Turn) -> None:
        """After a worker's turn: the check is over, or goes on at once, or when the gateway can be asked again."""
        if self.looks_at is None:
            return
        with self._world.inner_store.reading() as conn:
            restored = installation.state(conn)
        self._is_told = self._is_told or restored is not None
        if worker.is_compared and (restored is None or restored.reconciled_at is not None):
            self.looks_at = None
        elif turn.is_idle:
            self._world.trace.saw("the check after a restore had to wait")
            self.looks_at = self._world.clock.now() + LOOKS_EVERY
            self._world.moments.somebody_acts("before the check is over")
