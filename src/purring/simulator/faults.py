"""What can go wrong, or merely differ, in a simulated history, and which of it a seed chooses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from purring.simulator.dice import Dice


class Fault(StrEnum):
    """One kind of trouble. Each history knows only some of them, so that each is also met alone (swarm testing)."""

    # The gateway and the banks behind it
    TIMEOUT_BEFORE = "timeout_before"
    TIMEOUT_AFTER = "timeout_after"
    REFUSES_WORK = "refuses_work"
    REFUSES_REPETITION = "refuses_repetition"
    OUTAGE = "outage"
    ADAPTER_BREAKS = "adapter_breaks"
    FIND_UNKNOWN = "find_unknown"
    SLOW_GATEWAY = "slow_gateway"
    PENDING = "pending"
    CONFIRMATION = "confirmation"
    PARTIAL = "partial"
    HARD_DECLINES = "hard_declines"
    CHARGEBACK = "chargeback"
    REFUND = "refund"
    # Its events
    EVENTS_LATE = "events_late"
    EVENTS_TWICE = "events_twice"
    EVENTS_REORDERED = "events_reordered"
    EVENTS_LOST = "events_lost"
    # Our processes, their database and their clock
    KILL = "kill"
    KILL_AT_COMMIT = "kill_at_commit"
    COMMIT_UNKNOWN = "commit_unknown"
    DATABASE_AWAY = "database_away"
    ZOMBIE = "zombie"
    RIVALS = "rivals"
    WORKERS_DOWN = "workers_down"
    RESTORE = "restore"
    CLOCK_JUMPS = "clock_jumps"
    CLOCK_STEPS_BACK = "clock_steps_back"
    MAIL_TROUBLE = "mail_trouble"
    # People
    PEOPLE_PAY = "people_pay"
    PEOPLE_CHANGE_METHODS = "people_change_methods"
    PEOPLE_REARRANGE = "people_rearrange"
    PEOPLE_END_IT = "people_end_it"
    OPERATORS_CORRECT = "operators_correct"
    WORST_MOMENT = "worst_moment"
    POLICY_CHANGE = "policy_change"
    SHARED_CARD = "shared_card"


ALL = tuple(Fault)
DENSITIES = (0.1, 0.25, 0.5)
"""Of all faults a history knows about so large a part: few make clear stories, many make rare meetings."""

DAYS_MIN, DAYS_MAX = 10, 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that a history follows from. `faults` stand in the order of `Fault`; `days` are those with trouble."""

    seed: int
    faults: tuple[Fault, ...]
    days: int

    def has(self, fault: Fault) -> bool:
        """Whether this history knows a fault."""
        return fault in self.faults

    def without(self, fault: Fault) -> Plan:
        """The same history without a kind of trouble."""
        return replace(self, faults=tuple(one for one in self.faults if one is not fault))


def plan_for(seed: int, always: Iterable[Fault] = ()) -> Plan:
    """What the seed chooses; `always` names faults that are chosen in any case."""
    dice, wanted = Dice(seed), frozenset(always)
    density = dice.pick("density", DENSITIES)
    chosen = tuple(fault for fault in ALL if dice.chance(f"has/{fault}", density) or fault in wanted)
    return Plan(seed=seed, faults=chosen, days=dice.between("days", DAYS_MIN, DAYS_MAX))
