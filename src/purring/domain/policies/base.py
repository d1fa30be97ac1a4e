"""The protocol through which retry policies come: one file each, one line in the registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from purring.domain.attempt import Attempt
from purring.domain.policy import Policy
from purring.domain.rulebook.limits import Limit, Use


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a policy may know when it proposes charge times.

    `limits` and `uses`: the ceilings of the card's scheme and what has been used of them, so that a policy can spend a
    small budget well; exceeding it does no harm, the rulebook delays or drops what has no room. `zone` is the
    customer's IANA zone.
    """

    policy: Policy
    invoice_on: date
    zone: str
    now: datetime
    window_ends_at: datetime
    attempts: tuple[Attempt, ...]
    limits: tuple[Limit, ...]
    uses: tuple[Use, ...]


Propose = Callable[[Outlook], tuple[datetime, ...]]
"""All charge times of the window at once, rising. Past ones are told apart by the caller: a time that has gone by
without an attempt is made up for once. The same outlook gives the same answer; times outside the window are dropped."""
