"""A recovery: the weeks in which Purring gets one declined invoice paid."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from purring.domain.ids import InvoiceId, RecoveryId
from purring.domain.policy import Policy


class RecoveryStatus(StrEnum):
    """Open, or how it ended."""

    OPEN = "open"
    RECOVERED = "recovered"
    EXHAUSTED = "exhausted"
    WRITTEN_OFF = "written_off"
    CANCELED = "canceled"


class RecoveryEvent(StrEnum):
    """What can happen to a recovery."""

    PAID = "paid"
    WINDOW_CLOSED = "window_closed"
    WRITTEN_OFF = "written_off"
    CANCELED = "canceled"
    REOPENED = "reopened"


class Cause(StrEnum):
    """What brought the money in."""

    NONE = ""
    RETRY = "retry"
    CUSTOMER = "customer"
    OPERATOR = "operator"
    OUTSIDE = "outside"
    CREDIT = "credit"


class HoldReason(StrEnum):
    """Why retries pause."""

    NONE = ""
    OPERATOR = "operator"
    BANK_TRANSFER = "bank_transfer"
    PARTIAL_PAYMENT = "partial_payment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """One recovery, with the policy version pinned when it opened.

    `opened_at` moves when it is opened again. `held_until` None with a `hold` set means: until somebody resumes it;
    without a hold it is None. `skipped_until`: planned charges up to and including it are left out. `moved_to`: the
    next planned charge happens then instead.
    """

    id: RecoveryId
    invoice_id: InvoiceId
    status: RecoveryStatus
    policy: Policy
    opened_at: datetime
    window_ends_at: datetime
    hold: HoldReason = HoldReason.NONE
    held_until: datetime | None = None
    transfer_declared_at: datetime | None = None
    skipped_until: datetime | None = None
    moved_to: datetime | None = None
    cause: Cause = Cause.NONE
    closed_at: datetime | None = None
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether it is still running."""
        return self.status is RecoveryStatus.OPEN

    def is_held(self, at: datetime) -> bool:
        """Whether automatic charges pause at `at`."""
        return self.hold is not HoldReason.NONE and (self.held_until is None or at < self.held_until)
