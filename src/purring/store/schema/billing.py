"""What is owed, and what was done to collect it."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    false,
)

from purring.domain.attempt import OPEN_ATTEMPT, AttemptStatus, Initiator
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.invoice import DisputeStatus, InvoiceSource, InvoiceStatus
from purring.domain.recovery import Cause, HoldReason, RecoveryStatus
from purring.domain.refund import RefundStatus
from purring.store.columns import (
    an_id,
    check,
    currency,
    day,
    document,
    document_text,
    instant,
    lease,
    minor,
    number,
    one_of,
    partial_index,
    queues,
    strings,
    table,
    to,
    words,
    yes_no,
)

_OPEN_ATTEMPT = "status IN ({})".format(", ".join(f"'{status}'" for status in AttemptStatus if status in OPEN_ATTEMPT))

FAILED = "status = 'failed'"
"""Attempts that reached nobody: few among many."""

STOPS = (
    "status = 'declined' AND (hard_stop OR decline_class = 'update_method' OR reason = 'incorrect_pin' "
    "OR retry_not_before IS NOT NULL)"
)
"""Declines that may stand in the way of every charge of the card: few among many."""

DISPUTED = "dispute IN ('open', 'won', 'lost')"

invoice = table(
    "invoice",
    an_id("id"),
    words("number"),
    an_id("customer_id"),
    an_id("subscription_id", nullable=True),
    one_of("status", InvoiceStatus),
    minor("total_minor"),
    currency(),
    day("invoice_on"),
    instant("issued_at"),
    an_id("method_id", nullable=True),
    day("period_start_on", nullable=True),
    day("period_end_on", nullable=True),
    minor("paid_minor"),
    minor("refunded_minor"),
    minor("credited_minor"),
    one_of("dispute", DisputeStatus),
    one_of("source", InvoiceSource),
    words("external_id", nullable=True),
    an_id("test_clock_id", nullable=True),
    instant("next_step_at", nullable=True),
    instant("closed_at", nullable=True),
    Column("unchecked", Boolean, nullable=False, server_default=false()),
    number("version"),
    *lease(),
    to("customer", "customer_id"),
    to("subscription", "subscription_id"),
    to("payment_method", "method_id"),
    to("test_clock", "test_clock_id"),
    UniqueConstraint("merchant_id", "number", name="number"),
    UniqueConstraint("merchant_id", "external_id", name="external_id"),
    check("total_above_zero", "total_minor > 0"),
    check("paid_not_below_zero", "paid_minor >= 0"),
    check("refunded_not_below_zero", "refunded_minor >= 0"),
    check("credited_not_below_zero", "credited_minor >= 0"),
    check("period_has_a_day", "period_start_on < period_end_on"),
    check("whole_period", "(period_start_on IS NULL) = (period_end_on IS NULL)"),
    Index("ix_invoice_customer_id", "merchant_id", "customer_id", "next_step_at"),
    Index("ix_invoice_subscription_id", "merchant_id", "subscription_id"),
    partial_index(
        "uq_invoice_period",
        "merchant_id",
        "subscription_id",
        "period_start_on",
        where="source = 'purring' AND status <> 'void'",
        unique=True,
    ),
    *queues("invoice"),
    partial_index("ix_invoice_unchecked", "merchant_id", "id", where="unchecked"),
    partial_index("ix_invoice_unpaid", "merchant_id", "status", "id", where="status <> 'paid'"),
    partial_index("ix_invoice_dispute", "merchant_id", "id", where=DISPUTED),
    partial_index("ix_invoice_disputed", "merchant_id", "id", where="dispute IN ('open', 'lost')"),
)

invoice_line = table(
    "invoice_line",
    an_id("id"),
    an_id("invoice_id"),
    number("position"),
    words("description"),
    number("quantity"),
    minor("amount_minor"),
    currency(),
    to("invoice", "invoice_id"),
    check("quantity_above_zero", "quantity > 0"),
    Index("ix_invoice_line_invoice_id", "merchant_id", "invoice_id"),
)

attempt = table(
    "attempt",
    an_id("id"),
    an_id("invoice_id"),
    an_id("method_id"),
    words("gateway"),
    words("fingerprint"),
    minor("amount_minor"),
    currency(),
    number("number"),
    one_of("initiator", Initiator),
    one_of("status", AttemptStatus),
    instant("started_at"),
    instant("key_expires_at"),
    yes_no("is_backup"),
    instant("ended_at", nullable=True),
    minor("captured_minor"),
    words("gateway_ref", nullable=True),
    one_of("reason", DeclineReason, nullable=True),
    one_of("decline_class", DeclineClass, nullable=True),
    yes_no("hard_stop"),
    instant("retry_not_before", nullable=True),
    document("answer", nullable=True),
    strings("rules"),
    strings("why"),
    document_text("notes"),
    number("asked_count"),
    instant("asked_at", nullable=True),
    instant("expected_at", nullable=True),
    document("presentment", nullable=True),
    words("detail"),
    number("version"),
    to("invoice", "invoice_id"),
    to("payment_method", "method_id"),
    check("amount_above_zero", "amount_minor > 0"),
    check("captured_not_below_zero", "captured_minor >= 0"),
    check("key_lives", "key_expires_at > started_at"),
    check("hard_stop", "NOT hard_stop OR (status = 'declined' AND decline_class = 'never_retry')"),
    check("ended", f"({_OPEN_ATTEMPT}) = (ended_at IS NULL)"),
    Index("ix_attempt_invoice_id", "merchant_id", "invoice_id"),
    Index("ix_attempt_fingerprint", "merchant_id", "fingerprint", "started_at"),
    partial_index("ix_attempt_stop", "merchant_id", "fingerprint", where=STOPS),
    partial_index("ix_attempt_failed", "merchant_id", "id", where=FAILED),
    Index("ix_attempt_id", "id"),  # a gateway's event brings the key, and knows no merchant
    partial_index(
        "ix_attempt_unread", "merchant_id", "ended_at", where="status = 'declined' AND decline_class = 'unknown'"
    ),
    partial_index("uq_attempt_open", "merchant_id", "invoice_id", where=_OPEN_ATTEMPT, unique=True),
)

refund = table(
    "refund",
    an_id("id"),
    an_id("invoice_id"),
    an_id("attempt_id"),
    words("gateway"),
    minor("amount_minor"),
    currency(),
    one_of("status", RefundStatus),
    instant("created_at"),
    instant("asked_at"),
    instant("key_expires_at"),
    instant("ended_at", nullable=True),
    instant("told_at", nullable=True),
    words("gateway_ref", nullable=True),
    words("detail"),
    number("version"),
    to("invoice", "invoice_id"),
    to("attempt", "attempt_id"),
    check("amount_above_zero", "amount_minor > 0"),
    check("ended", "(status IN ('started', 'unknown')) = (ended_at IS NULL)"),
    Index("ix_refund_invoice_id", "merchant_id", "invoice_id", "id"),
    Index("ix_refund_attempt_id", "merchant_id", "attempt_id"),
    partial_index("ix_refund_open", "asked_at", where="status IN ('started', 'unknown')"),
)

recovery = table(
    "recovery",
    an_id("id"),
    an_id("invoice_id"),
    one_of("status", RecoveryStatus),
    number("policy_version"),
    instant("opened_at"),
    instant("window_ends_at"),
    one_of("hold", HoldReason),
    instant("held_until", nullable=True),
    instant("transfer_declared_at", nullable=True),
    instant("skipped_until", nullable=True),
    instant("moved_to", nullable=True),
    one_of("cause", Cause),
    instant("closed_at", nullable=True),
    number("version"),
    to("invoice", "invoice_id"),
    ForeignKeyConstraint(
        ["merchant_id", "policy_version"], ["policy.merchant_id", "policy.version"], name="policy_version"
    ),
    UniqueConstraint("merchant_id", "invoice_id", name="invoice_id"),
    Index("ix_recovery_status", "merchant_id", "status", "id"),
    partial_index("ix_recovery_held", "merchant_id", "id", where="status = 'open' AND hold <> ''"),
)
