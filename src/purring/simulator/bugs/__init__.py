"""Planted bugs: each takes one guard out of the production code, and the checks must notice."""

from __future__ import annotations

from purring.simulator.bugs import books, charging, rules
from purring.simulator.bugs.bug import Bug
from purring.simulator.bugs.known import KNOWN

__all__ = ["ALL", "KNOWN", "Bug"]

ALL: tuple[Bug, ...] = (*charging.BUGS, *rules.BUGS, *books.BUGS)
"""Every planted bug, in the order in which they are tried."""
