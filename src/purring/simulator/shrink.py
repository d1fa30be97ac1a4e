"""Makes a failing history as small as it can be: fewer kinds of trouble, then fewer days."""

from __future__ import annotations

from dataclasses import replace

from purring.simulator.bench import Bench
from purring.simulator.faults import DAYS_MIN, Plan
from purring.simulator.history import History, live

TRIES_MAX = 80


def shrunk(history: History, bench: Bench) -> History:
    """The smallest history found, trying greedily, that breaks something too, if not always the same."""
    tries = TRIES_MAX
    while tries > 0:
        for plan in _smaller(history.plan):
            tries -= 1
            smaller = live(plan, bench)
            if smaller.violations:
                history = smaller
                break
        else:
            return history
    return history


def _smaller(plan: Plan) -> list[Plan]:
    """The plan without each of its faults in turn, and with half of its days."""
    fewer = [plan.without(fault) for fault in plan.faults]
    days = max(plan.days // 2, DAYS_MIN // 2)
    return [*fewer, replace(plan, days=days)] if days < plan.days else fewer
