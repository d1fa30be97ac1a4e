"""What a merchant wants to claim of late Norwegian payers: nothing, unless it says so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from purring.domain.text import mark


class Charge(StrEnum):
    """What can be added to an overdue invoice."""

    REMINDER_FEE = "reminder_fee"
    COLLECTION_NOTICE_FEE = "collection_notice_fee"
    PAYMENT_DEMAND_FEE = "payment_demand_fee"
    LATE_INTEREST = "late_interest"
    B2B_COMPENSATION = "b2b_compensation"


CHARGE_WORDS: dict[Charge, str] = {
    Charge.REMINDER_FEE: mark("Fee for a reminder"),
    Charge.COLLECTION_NOTICE_FEE: mark("Fee for a collection notice"),
    Charge.PAYMENT_DEMAND_FEE: mark("Fee for a payment demand"),
    Charge.LATE_INTEREST: mark("Late interest"),
    Charge.B2B_COMPENSATION: mark("Compensation between businesses"),
}
"""Each charge as operators read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DunningTerms:
    """Which charges a merchant wants to claim: none, unless said otherwise."""

    charges: frozenset[Charge] = frozenset()
