"""One attempt to collect one invoice from one payment method, and every answer a gateway can give to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from purring.domain.decline import Answer, DeclineClass, DeclineReason
from purring.domain.ids import AttemptId, InvoiceId, MethodId
from purring.domain.money import Money
from purring.domain.rulebook.limit import Note
from purring.domain.rulebook.presentment import Presentment


class AttemptStatus(StrEnum):
    """Where an attempt stands; `OPEN_ATTEMPT` lists those whose outcome isn't final."""

    STARTED = "started"
    PENDING = "pending"
    ACTION_REQUIRED = "action_required"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    FAILED = "failed"


OPEN_ATTEMPT = frozenset(
    {AttemptStatus.STARTED, AttemptStatus.PENDING, AttemptStatus.ACTION_REQUIRED, AttemptStatus.UNKNOWN}
)
"""While one of these stands, nobody charges the invoice (behaviour §7)."""


class AttemptEvent(StrEnum):
    """What can happen to an attempt: a gateway's answer, or an operator's correction of a final one."""

    APPROVED = "approved"
    DECLINED = "declined"
    ACTION_REQUIRED = "action_required"
    PENDING = "pending"
    UNKNOWN = "unknown"
    UNAVAILABLE = "unavailable"
    ABSENT = "absent"
    CORRECTED_TO_SUCCEEDED = "corrected_to_succeeded"
    CORRECTED_TO_DECLINED = "corrected_to_declined"


class Initiator(StrEnum):
    """Who caused an attempt. Only automatic ones use up the policy's plan; the networks' ceilings count all."""

    AUTOMATIC = "automatic"
    CUSTOMER = "customer"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request for money. Its id is the idempotency key, stored before the first byte is sent.

    `hard_stop`: its decline forbids the card for good, whatever it would pay. `why` is the clause it was made by (see
    `clause.kept_clause`), `notes` what each limit of the card or account had used just before.
    """

    id: AttemptId
    invoice_id: InvoiceId
    method_id: MethodId
    gateway: str
    fingerprint: str
    amount: Money
    number: int
    initiator: Initiator
    status: AttemptStatus
    started_at: datetime
    key_expires_at: datetime
    is_backup: bool = False
    ended_at: datetime | None = None
    captured_minor: int = 0
    gateway_ref: str | None = None
    reason: DeclineReason | None = None
    decline_class: DeclineClass | None = None
    hard_stop: bool = False
    retry_not_before: datetime | None = None
    answer: Answer | None = None
    rules: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()
    asked_count: int = 0
    asked_at: datetime | None = None
    expected_at: datetime | None = None
    presentment: Presentment | None = None
    detail: str = ""
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether the outcome is still to come."""
        return self.status in OPEN_ATTEMPT


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """The money moved. `captured` may be less than was asked for (a partial approval)."""

    gateway_ref: str
    captured: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """The issuer, bank or gateway said no; nothing moved."""

    answer: Answer
    gateway_ref: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequired:
    """The bank wants the customer to confirm; the gateway gives up at `expires_at`."""

    gateway_ref: str
    expires_at: datetime
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A debit was accepted and settles later, normally by `expected_at`."""

    gateway_ref: str
    expected_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Nobody can say whether the money moved: a time-out, a cut connection, or a `find` that doesn't know."""

    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unavailable:
    """The gateway certainly did nothing: refused connection, 429, 503 before work. Not a decline."""

    detail: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """The gateway states that it never got a charge under this key."""


Outcome = Approved | Declined | ActionRequired | Pending | Unknown | Unavailable | Absent
