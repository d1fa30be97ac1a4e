"""The merchant: the company that sells, and what it decided about recoveries."""

from __future__ import annotations

from dataclasses import dataclass

from purring.domain.ids import MerchantId
from purring.domain.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """One merchant with its newest policy version. `timezone` decides which day an invoice is of.

    `is_live`: its charges move money; else it is for trying things, and never meets a gateway that would.
    """

    id: MerchantId
    name: str
    timezone: str
    locale: str
    support_email: str = ""
    policy: Policy
    is_live: bool = False
    version: int = 1
