"""How often people may add methods and pay at the portal before it lets them wait: card testers find nothing there.

A tester tries many stolen numbers and looks which are declined, so a decline counts for more. Whoever mends a payment
needs a few tries; a company shares a network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

WITHIN = timedelta(hours=1)
DECLINED_COUNTS = 3
ALARM_WITHIN = timedelta(minutes=10)
ALARM_DECLINES_MAX = 500
"""So many of people's payments declined within so short a time, whoever's they are: the portal charges nothing more."""
WAIT_MIN = timedelta(minutes=1)


class TryKind(StrEnum):
    """What is counted."""

    ADD = "add"
    PAY = "pay"


class Scope(StrEnum):
    """Over what it is counted."""

    SESSION = "session"
    CUSTOMER = "customer"
    NETWORK = "network"
    MERCHANT = "merchant"


COUNT_MAX: Mapping[TryKind, Mapping[Scope, int]] = {
    TryKind.ADD: {Scope.SESSION: 6, Scope.CUSTOMER: 10, Scope.NETWORK: 30, Scope.MERCHANT: 600},
    TryKind.PAY: {Scope.SESSION: 12, Scope.CUSTOMER: 20, Scope.NETWORK: 60, Scope.MERCHANT: 3_000},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was tried within `WITHIN`, the newest try included, and when the first of it was."""

    count: int
    first_at: datetime | None


def wait_after(kind: TryKind, counted: Mapping[Scope, Counted], now: datetime) -> timedelta | None:
    """How long to wait before the newest try may be made; None: it may be made now."""
    full = [one.first_at for scope, one in counted.items() if one.count > COUNT_MAX[kind][scope] and one.first_at]
    return max([first_at + WITHIN - now for first_at in full] + [WAIT_MIN]) if full else None
