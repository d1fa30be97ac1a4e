"""The objects that events are about, as receivers see them: what they need, no tokens, and of cards what is printed.

A field that isn't declared here doesn't leave the house.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from purring.domain.attempt import AttemptStatus, Initiator
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.endpoint import DisabledReason, EndpointStatus
from purring.domain.invoice import DisputeStatus, InvoiceSource, InvoiceStatus
from purring.domain.notice import NoticeKind, NoticeStatus
from purring.domain.payment_method import MethodKind, MethodStatus
from purring.domain.recovery import Cause, HoldReason, RecoveryStatus
from purring.domain.subscription import StatusReason, SubscriptionStatus


class Payload(BaseModel):
    """A part of a payload; what isn't declared is left out."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", from_attributes=True, json_schema_serialization_defaults_required=True
    )


class InvoiceState(Payload):
    """An invoice as it is when the event is sent. `version` rises with each change."""

    id: str
    number: str
    customer_id: str
    subscription_id: str | None
    external_id: str | None
    status: InvoiceStatus
    currency: str
    total_minor: int
    paid_minor: int
    refunded_minor: int
    credited_minor: int
    dispute: DisputeStatus
    source: InvoiceSource
    invoice_on: date
    period_start_on: date | None
    period_end_on: date | None
    closed_at: datetime | None
    version: int


class SubscriptionState(Payload):
    """A subscription as it is when the event is sent. `version` rises with each change."""

    id: str
    customer_id: str
    external_id: str | None
    status: SubscriptionStatus
    reason: StatusReason
    price_id: str
    quantity: int
    pending_quantity: int | None
    pending_price_id: str | None
    paused_at: datetime | None
    resumes_at: datetime | None
    credit_minor: int
    period_start_on: date
    period_end_on: date
    method_id: str | None
    cancel_at_period_end: bool
    past_due_at: datetime | None
    suspended_at: datetime | None
    canceled_at: datetime | None
    version: int


class AttemptState(Payload):
    """An attempt to charge as it is when the event is sent. `version` rises with each change."""

    id: str
    invoice_id: str
    method_id: str
    number: int
    initiator: Initiator
    status: AttemptStatus
    amount_minor: int
    captured_minor: int
    currency: str
    gateway: str
    is_backup: bool
    reason: DeclineReason | None
    decline_class: DeclineClass | None
    started_at: datetime
    ended_at: datetime | None
    version: int


class RecoveryState(Payload):
    """The recovery of a declined invoice as it is when the event is sent. `version` rises with each change."""

    id: str
    invoice_id: str
    status: RecoveryStatus
    policy_version: int
    opened_at: datetime
    window_ends_at: datetime
    hold: HoldReason
    held_until: datetime | None
    cause: Cause
    closed_at: datetime | None
    version: int


class MethodState(Payload):
    """A payment method as it is when the event is sent. `version` rises with each change."""

    id: str
    customer_id: str
    kind: MethodKind
    status: MethodStatus
    gateway: str
    scheme: str
    last4: str
    exp_month: int | None
    exp_year: int | None
    version: int


class NoticeState(Payload):
    """A notice to a customer as it is when the event is sent."""

    id: str
    kind: NoticeKind
    status: NoticeStatus
    customer_id: str
    invoice_id: str | None
    subscription_id: str | None
    owed_at: datetime
    sent_at: datetime | None


class EndpointState(Payload):
    """An endpoint as it is when the event is sent."""

    id: str
    status: EndpointStatus
    reason: DisabledReason
    disabled_at: datetime | None


STATES: Mapping[str, type[Payload]] = {
    "invoice": InvoiceState,
    "subscription": SubscriptionState,
    "attempt": AttemptState,
    "recovery": RecoveryState,
    "payment_method": MethodState,
    "notice": NoticeState,
    "endpoint": EndpointState,
}
"""By the noun of the event's kind, under which the object stands in the payload."""
