"""`fixed`: any list of offsets, among them those that other systems use."""

from __future__ import annotations

from datetime import datetime
from itertools import accumulate

from purring.domain.policies.base import Outlook
from purring.domain.policies.offsets import times


def gaps(*days: int) -> tuple[int, ...]:
    """Offsets from the days between one attempt and the next."""
    return tuple(accumulate(days))


KILL_BILL = gaps(8, 8, 8)
"""Source: Kill Bill `PaymentConfig` defaults, read 2026-11."""
POLAR = gaps(2, 5, 7, 7)
"""Source: Polar's dunning schedule, read 2026-11."""
STRIPE = gaps(3, 5, 7)
"""Source: Stripe Billing's custom schedule, three retries, read 2026-11."""


def propose(outlook: Outlook) -> tuple[datetime, ...]:
    """The policy's own offsets."""
    return times(outlook.invoice_on, outlook.policy.offsets_days, outlook.policy.retry_at, outlook.zone)
