"""A card or bank account a customer can be charged on. Purring holds a token, never a number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from purring.domain.ids import CustomerId, MethodId


class MethodKind(StrEnum):
    """What stands behind the token."""

    CARD = "card"
    BANK_ACCOUNT = "bank_account"


class MethodStatus(StrEnum):
    """Whether it can still be used."""

    ACTIVE = "active"
    REMOVED = "removed"


class MethodEvent(StrEnum):
    """What can happen to a method."""

    EDITED = "edited"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethod:
    """One payment method of one customer.

    `scheme` is the network or bank scheme: visa, mastercard, amex, …, sepa, ach, bacs. `fingerprint` names the card or
    account behind the token: PAN and network token of one card share it. `backup_consent_at`: when the customer
    agreed that it may be charged after another one failed. `edited_at` moves when data the issuer checks changed.
    `expiry_told_days`: which of the announcements of its expiry went out last, as days ahead. `is_live`: it moves
    money.
    """

    id: MethodId
    customer_id: CustomerId
    kind: MethodKind
    gateway: str
    token: str
    fingerprint: str
    scheme: str
    last4: str
    created_at: datetime
    status: MethodStatus = MethodStatus.ACTIVE
    exp_month: int | None = None
    exp_year: int | None = None
    holder_name: str = ""
    billing_address: str = ""
    phone: str = ""
    backup_consent_at: datetime | None = None
    edited_at: datetime | None = None
    removed_at: datetime | None = None
    expiry_told_days: int | None = None
    is_live: bool = False
    version: int = 1

    @property
    def is_active(self) -> bool:
        """Whether it may be charged at all."""
        return self.status is MethodStatus.ACTIVE

    @property
    def fresh_at(self) -> datetime:
        """When it last became worth a new try: added, or its data edited."""
        return self.edited_at or self.created_at

    def has_expired(self, at: datetime) -> bool:
        """Whether the printed expiry month is over. Issuers may still approve; this is only shown."""
        if self.exp_month is None or self.exp_year is None:
            return False
        return (at.year, at.month) > (self.exp_year, self.exp_month)
