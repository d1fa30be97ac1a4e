"""The steps a schedule is made of, and the schedule itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from purring.domain.clause import Clause
from purring.domain.ids import AttemptId, MethodId
from purring.domain.invoice import InvoiceStatus
from purring.domain.notice import NoticeKind
from purring.domain.recovery import RecoveryStatus
from purring.domain.subscription import SubscriptionStatus


@dataclass(frozen=True, slots=True)
class Charge:
    """Charge this method."""

    method_id: MethodId
    backup: bool = False


@dataclass(frozen=True, slots=True)
class Notify:
    """Owe one notice of this kind."""

    kind: NoticeKind


@dataclass(frozen=True, slots=True)
class SetStatus:
    """Move the subscription, or the invoice, to this status."""

    status: SubscriptionStatus | InvoiceStatus


@dataclass(frozen=True, slots=True)
class Resolve:
    """Ask the gateway what became of this attempt."""

    attempt_id: AttemptId


@dataclass(frozen=True, slots=True)
class Close:
    """End the recovery with this outcome."""

    status: RecoveryStatus


Action = Charge | Notify | SetStatus | Resolve | Close


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, when, and the clause it comes from."""

    at: datetime
    action: Action
    clause: Clause


@dataclass(frozen=True, slots=True)
class Schedule:
    """Steps in order of time. `barrier` says why no (further) automatic charge stands among them, if none does."""

    steps: tuple[Step, ...]
    barrier: Clause | None = None

    @property
    def next_step_at(self) -> datetime | None:
        """When the first step falls due."""
        return self.steps[0].at if self.steps else None

    @property
    def next_charge(self) -> Step | None:
        """The first charge among the steps."""
        return next((step for step in self.steps if isinstance(step.action, Charge)), None)

    @property
    def warning(self) -> Step | None:
        """The last notice, if it is still to come."""
        return next((step for step in self.steps if isinstance(step.action, Notify)), None)

    @property
    def access_ends_at(self) -> datetime | None:
        """When the subscription is suspended or canceled if nothing is paid."""
        ends = {SubscriptionStatus.SUSPENDED, SubscriptionStatus.CANCELED}
        return next((s.at for s in self.steps if isinstance(s.action, SetStatus) and s.action.status in ends), None)
