"""What customers and operators do, each through the operation that a page or a command would call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from purring.domain.attempt import ActionRequired, Outcome, Pending
from purring.domain.errors import PurringError, StoreUnavailable
from purring.operations.services import Services
from purring.simulator import deeds
from purring.simulator.buyer import Buyer
from purring.simulator.deeds import Case
from purring.simulator.faults import Fault

if TYPE_CHECKING:
    from purring.simulator.world import World

Deed = Callable[[Case], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """What people do in a history that knows `fault`."""

    fault: Fault
    deeds: Sequence[Deed]


HABITS = (
    Habit(fault=Fault.PEOPLE_PAY, deeds=(deeds.pay_now, deeds.pay_now, deeds.retry, deeds.settle_all)),
    Habit(
        fault=Fault.PEOPLE_CHANGE_METHODS,
        deeds=(deeds.add_and_tie, deeds.tie, deeds.edit, deeds.back_up, deeds.drop_backup, deeds.remove, deeds.replace),
    ),
    Habit(
        fault=Fault.PEOPLE_REARRANGE,
        deeds=(deeds.pause, deeds.pause_for_good, deeds.resume, deeds.skip, deeds.move, deeds.declare_transfer),
    ),
    Habit(
        fault=Fault.PEOPLE_END_IT,
        deeds=(deeds.write_off, deeds.record_payment, deeds.cancel_now, deeds.cancel_later, deeds.change_quantity),
    ),
    Habit(fault=Fault.OPERATORS_CORRECT, deeds=(deeds.correct,)),
    Habit(fault=Fault.CONFIRMATION, deeds=(deeds.confirm,)),
    Habit(fault=Fault.CHARGEBACK, deeds=(deeds.take_back, deeds.decide_dispute)),
    Habit(fault=Fault.REFUND, deeds=(deeds.refund,)),
    Habit(fault=Fault.POLICY_CHANGE, deeds=(deeds.change_policy,)),
)
DEEDS_MIN, DEEDS_MAX = 1, 5
"""So many deeds of each habit are spread over a history."""


class People:
    """Everybody who isn't a worker."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._deeds = [deed for habit in HABITS if world.plan.has(habit.fault) for deed in habit.deeds]
        pays = (deeds.pay_now,) if world.plan.has(Fault.PEOPLE_PAY) else ()
        self._when_asked = (deeds.confirm, *pays)

    def plan(self) -> None:
        """Put everybody's deeds on the agenda."""
        world, minutes = self._world, self._world.plan.days * 24 * 60
        for habit in HABITS:
            if world.plan.has(habit.fault):
                for _ in range(world.dice.between("deeds", DEEDS_MIN, DEEDS_MAX)):
                    after = timedelta(minutes=world.dice.between("deed at", 0, minutes))
                    deed = world.dice.pick(f"deed/{habit.fault}", habit.deeds)
                    world.agenda.put(world.starts_at + after, partial(self.do, deed))

    def react(self, buyer: Buyer, outcome: Outcome) -> None:
        """A customer who is asked to confirm does something about it; operators look at debits that take too long."""
        world = self._world
        if isinstance(outcome, ActionRequired):
            deed = world.dice.pick("asked to confirm", self._when_asked)
            self._later(deed, buyer, timedelta(minutes=world.dice.between("confirms after", 1, 1_800)))
        if isinstance(outcome, Pending) and world.plan.has(Fault.OPERATORS_CORRECT):
            self._later(deeds.correct, buyer, timedelta(days=7, hours=world.dice.between("looks after", 3, 40)))

    def _later(self, deed: Deed, buyer: Buyer, after: timedelta) -> None:
        if not self._world.calm:
            self._world.agenda.put(self._world.clock.now() + after, lambda: self.do(deed, buyer))

    def act(self, buyer: Buyer | None = None) -> None:
        """Somebody does something that people in this history do, preferably the one whom it concerns."""
        if self._deeds:
            self.do(self._world.dice.pick("deed in between", self._deeds), buyer)

    def do(self, deed: Deed, buyer: Buyer | None = None) -> None:
        """Let a process of the web or the command line do it; what is refused changes nothing."""
        world = self._world
        if world.disaster.is_hidden:
            return
        services = world.process("web")
        case = Case(world=world, services=services, buyer=buyer or world.dice.pick("who", world.buyers))
        world.trace.count("deeds")
        world.post.may_have_news = True
        world.run_as(services.owner, lambda: self._attempt(deed, case, services))

    def _attempt(self, deed: Deed, case: Case, services: Services) -> None:
        world, name = self._world, deed.__name__.replace("_", " ")
        try:
            deed(case)
        except StoreUnavailable:
            raise
        except PurringError as refused:
            world.trace.count("refusals")
            world.trace.say(f"{services.owner} may not {name}: {refused.code}")
            world.trace.saw(f"refused: {refused.code}")
        else:
            world.trace.say(f"{services.owner} did {name}")
