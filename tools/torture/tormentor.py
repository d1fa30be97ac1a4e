"""What is done to the workers, the database, the wires, the clock and the gateway, when: all from a seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random  # noqa: TID251 - only the type; the generator comes from purring.clock
from threading import Event

from purring.clock import elapsed_s
from purring.domain.errors import PurringError
from purring.gateways.sandbox.remote import SandboxRemote
from purring.gateways.sandbox.settings import OutageKind
from purring.operations.services import LEASE
from tools.torture.clock import SharedClock
from tools.torture.crew import Crew, Hand, Stage, is_expected, stage_of
from tools.torture.server import Server
from tools.torture.wires import Wires

KILLED = "worker killed (-9)"
ASLEEP = "worker asleep past its lease"
STOPPED = "server stopped (immediate)"
FULL = "disk full"
SLOW = "disk slow (each flush 80 ms)"
CUT = "connection cut after COMMIT"
FORWARD = "clock set forward"
BACK = "clock set back"
NIGHT = "all down for a day"
OUT = "gateway out"
LAG = "gateway slow"
FAULTS = (KILLED, ASLEEP, STOPPED, FULL, SLOW, CUT, FORWARD, BACK, NIGHT, OUT, LAG)
"""Every kind; a torture in which one never came proves less."""

TICK_S = 0.02
LIVES_S = (0.05, 0.8)
LONG_LIFE_S = 6.0
AGAIN_S = 0.25
"""So long a supervisor waits before it starts a worker again that could not begin."""
HASTE = 0.1
"""So often a worker is killed whatever it does."""
PATIENCE_S = (0.02, 0.25)
GRACE_S = 0.5
"""So long what is on its way to the gateway takes at most to arrive after its worker's death."""
OFF_FOR = timedelta(hours=25)
NIGHTS_MAX = 5
"""Within a week the questions about an unknown outcome end; where workers die young none may have been put by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that can be hurt."""

    server: Server
    wires: Wires
    clock: SharedClock
    remote: SandboxRemote
    crew: Crew
    ledger: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How hard it gets. `lease_s`: real seconds that a lease lasts; `every_s`: mean seconds between two of a kind.

    `stops_max`: the server isn't stopped more often; None: as often as it comes.
    """

    workers: int
    lease_s: float
    every_s: dict[str, float]
    stops_max: int | None = None


@dataclass(kw_only=True)
class Score:
    """What was done. `strange`: what no worker may do."""

    faults: Counter[str] = field(default_factory=Counter)
    stages: Counter[Stage] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)


class Tormentor:
    """Hurts a world until its time is up, then leaves it in peace with fresh workers."""

    def __init__(self, world: World, plan: Plan, dice: Random) -> None:
        """Decide when each kind of fault comes first."""
        self.score = Score()
        self._world, self._plan, self._dice = world, plan, dice
        self._hands: list[Hand] = []
        self._again_s = 0.0
        self._deeds: dict[str, Callable[[], None]] = {
            STOPPED: self._stop_server,
            FULL: self._fill_disk,
            SLOW: self._slow_disk,
            CUT: self._cut,
            FORWARD: lambda: self._jump(self._dice.uniform(5, 600)),
            BACK: lambda: self._jump(-self._dice.uniform(5, 120)),
            NIGHT: self._night,
            OUT: self._outage,
            LAG: self._lag,
        }
        self._next_s = {name: self._later(name) for name in self._deeds}
        self._ends: list[tuple[float, Callable[[], None]]] = []

    def torment(self, until_s: float, stop: Event, on_tick: Callable[[Score], None]) -> None:
        """Go on until `elapsed_s` says so, or somebody wants it to end."""
        while elapsed_s() < until_s and not stop.wait(TICK_S):
            for name, at_s in self._next_s.items():
                if elapsed_s() >= at_s:
                    self._deeds[name]()
                    self._next_s[name] = self._later(name)
            self._end_faults(elapsed_s())
            self._see_to_workers()
            on_tick(self.score)

    def leave(self) -> None:
        """End every fault, and have only fresh workers; what the old ones held is free at once."""
        self._end_faults(float("inf"))
        self._world.wires.cuts_wanted = 0
        self._world.wires.latency_s = 0.005
        for hand in self._hands:
            self._world.crew.kill(hand.pid)
        self._hands = []
        Event().wait(GRACE_S)
        self._world.clock.jump(LEASE)
        self._world.server.wait()
        self._be_quick()
        self.refill()

    def refill(self) -> None:
        """Replace whoever has ended, and have as many workers as planned."""
        self._bury()
        while elapsed_s() >= self._again_s and sum(not hand.stopped for hand in self._hands) < self._plan.workers:
            self._hands.append(Hand(pid=self._world.crew.start(), due_s=elapsed_s() + self._life_s()))

    # What happens to workers

    def _see_to_workers(self) -> None:
        for hand in [hand for hand in self._hands if elapsed_s() >= hand.due_s]:
            if not hand.stopped and self._dice.random() < self._plan.every_s["asleep"]:
                self._world.crew.stop(hand.pid)
                hand.stopped, hand.due_s = True, elapsed_s() + self._plan.lease_s * self._dice.uniform(1.05, 1.6)
                self.score.faults[ASLEEP] += 1
            elif hand.stopped:
                self._world.crew.wake(hand.pid)
                hand.stopped, hand.due_s = False, elapsed_s() + self._dice.uniform(0.3, 1.0)
            elif not self._waits(hand):
                self._kill(hand)
        self.refill()

    def _waits(self, hand: Hand) -> bool:
        """Give a worker that holds nothing yet some more time: kills are meant to hit work, not only starts."""
        if hand.patience <= 0 or self._dice.random() < HASTE:
            return False
        hand.patience -= 1
        hand.due_s = elapsed_s() + self._dice.uniform(*PATIENCE_S)
        return self._stage(hand) is Stage.BETWEEN

    def _stage(self, hand: Hand) -> Stage:
        return stage_of(self._world.server, self._world.ledger, hand.pid, self._world.clock.now())

    def _kill(self, hand: Hand) -> None:
        self._hands.remove(hand)
        if self._world.crew.kill(hand.pid):
            self.score.faults[KILLED] += 1
            self.score.stages[self._stage(hand)] += 1

    def _bury(self) -> None:
        for pid, code in self._world.crew.ended().items():
            self._hands = [hand for hand in self._hands if hand.pid != pid]
            self.score.faults["worker could not begin: database away"] += 1
            self._again_s = elapsed_s() + AGAIN_S
            if not is_expected(code):
                self.score.strange.append(f"worker {pid} ended by itself with {code}")

    def _life_s(self) -> float:
        return LONG_LIFE_S if self._dice.random() < self._plan.every_s["long life"] else self._dice.uniform(*LIVES_S)

    # What happens to the rest

    def _stop_server(self) -> None:
        if self.score.faults[STOPPED] == self._plan.stops_max:
            return
        self._world.server.stop()
        self._count(STOPPED)
        self._after(self._dice.choice((0.0, 0.0, 0.3, 1.5)), self._world.server.start)

    def _fill_disk(self) -> None:
        if self._world.server.disk is None:
            return
        stack = ExitStack()
        stack.enter_context(self._world.server.full())
        self._count(FULL)

        def free() -> None:
            stack.close()
            self._world.server.start()

        self._after(self._dice.uniform(0.5, 3.0), free)

    def _slow_disk(self) -> None:
        if self._world.server.be_slow(slow=True):
            self._count(SLOW)
            self._after(4.0, self._be_quick)

    def _be_quick(self) -> None:
        if not self._world.server.be_slow(slow=False):
            self._after(1.0, self._be_quick)

    def _cut(self) -> None:
        self._world.wires.cuts_wanted += self._dice.randint(1, 3)

    def _jump(self, by_s: float) -> None:
        self._world.clock.jump(timedelta(seconds=by_s))
        self._count(FORWARD if by_s > 0 else BACK)

    def _night(self) -> None:
        """All machines are off for a day: nobody works, and nothing is on its way when the clock has moved."""
        if self.score.faults[NIGHT] == NIGHTS_MAX:
            return
        for hand in self._hands:
            self._world.crew.kill(hand.pid)
        self._hands = []
        Event().wait(GRACE_S)
        self._world.clock.jump(OFF_FOR)
        self._count(NIGHT)

    def _outage(self) -> None:
        kind = self._dice.choice(list(OutageKind))
        try:
            self._world.remote.outage(kind)
        except PurringError:
            return
        self._count(OUT)
        self._after(1.0, self._world.remote.end_outage)

    def _lag(self) -> None:
        self._world.wires.latency_s = self._dice.choice((0.002, 0.02, 0.08, 0.2))
        self._count(LAG)

    # When

    def _count(self, name: str) -> None:
        self.score.faults[name] += 1

    def _later(self, name: str) -> float:
        return elapsed_s() + self._plan.every_s[name] * self._dice.uniform(0.5, 1.5)

    def _after(self, wait_s: float, deed: Callable[[], None]) -> None:
        self._ends.append((elapsed_s() + wait_s, deed))

    def _end_faults(self, now_s: float) -> None:
        due = [one for one in self._ends if one[0] <= now_s]
        self._ends = [one for one in self._ends if one[0] > now_s]
        for _, deed in due:
            deed()
