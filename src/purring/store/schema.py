"""Every table. `merchant_id` leads every key, so that no row can point at another merchant's.

Ids sort by the time they were made; so a table that grows can be cut by ranges of its key, one per month. Rows with
work to do carry their due time and a lease: they are the queue. `triggers` guards the tables that only grow.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from purring.domain.attempt import OPEN_ATTEMPT, AttemptStatus, Initiator
from purring.domain.calendar import IntervalUnit
from purring.domain.customer import Role
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.event import EventKind
from purring.domain.invoice import DisputeStatus, InvoiceSource, InvoiceStatus
from purring.domain.journal import Account, EntryKind
from purring.domain.notice import NoticeKind, NoticeStatus
from purring.domain.payment_method import MethodKind, MethodStatus
from purring.domain.recovery import Cause, HoldReason, RecoveryStatus
from purring.domain.subscription import StatusReason, SubscriptionStatus
from purring.store.columns import (
    an_id,
    check,
    currency,
    day,
    document,
    instant,
    lease,
    metadata,
    minor,
    number,
    one_of,
    partial_index,
    queue,
    table,
    to,
    words,
    yes_no,
)
from purring.store.types import OneOf


class DeliveryStatus(StrEnum):
    """Whether a person's copy of a notice still has to go out."""

    OWED = "owed"
    SENT = "sent"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class InboundStatus(StrEnum):
    """Whether an event from a gateway has acted yet."""

    STORED = "stored"
    WORKED = "worked"
    FAILED = "failed"


_OPEN_ATTEMPT = "status IN ({})".format(", ".join(f"'{status}'" for status in AttemptStatus if status in OPEN_ATTEMPT))

# ---------------------------------------------------------------------------------------------------------------------
# Who sells, who owes, what pays

merchant = Table(
    "merchant",
    metadata,
    an_id("id"),
    words("name"),
    words("timezone"),
    words("locale"),
    words("support_email"),
    number("policy_version"),
    Column("last_invoice_number", BigInteger, nullable=False, server_default=text("0")),
    instant("created_at"),
    number("version"),
    PrimaryKeyConstraint("id"),
)

policy = table("policy", number("version"), document("document"), instant("created_at"), key=("version",))

customer = table(
    "customer",
    an_id("id"),
    words("name"),
    words("timezone"),
    words("locale"),
    words("country"),
    words("external_id", nullable=True),
    number("version"),
    UniqueConstraint("merchant_id", "external_id", name="external_id"),
)

person = table(
    "person",
    an_id("id"),
    an_id("customer_id"),
    words("name"),
    words("email"),
    words("locale"),
    one_of("role", Role),
    to("customer", "customer_id"),
    Index("ix_person_customer_id", "merchant_id", "customer_id"),
)

card_identity = table("card_identity", words("fingerprint"), key=("fingerprint",))

payment_method = table(
    "payment_method",
    an_id("id"),
    an_id("customer_id"),
    one_of("kind", MethodKind),
    words("gateway"),
    words("token"),
    words("fingerprint"),
    words("scheme"),
    words("last4"),
    instant("created_at"),
    one_of("status", MethodStatus),
    number("exp_month", nullable=True),
    number("exp_year", nullable=True),
    words("holder_name"),
    words("billing_address"),
    words("phone"),
    instant("backup_consent_at", nullable=True),
    instant("edited_at", nullable=True),
    instant("removed_at", nullable=True),
    number("version"),
    to("customer", "customer_id"),
    ForeignKeyConstraint(
        ["merchant_id", "fingerprint"],
        ["card_identity.merchant_id", "card_identity.fingerprint"],
        name="fingerprint",
    ),
    check("exp_month_range", "exp_month BETWEEN 1 AND 12"),
    check("last4_length", "length(last4) <= 4"),
    check("removed", "(status = 'removed') = (removed_at IS NOT NULL)"),
    Index("ix_payment_method_customer_id", "merchant_id", "customer_id"),
    Index("ix_payment_method_fingerprint", "merchant_id", "fingerprint"),
    partial_index(
        "uq_payment_method_token",
        "merchant_id",
        "gateway",
        "token",
        "customer_id",
        where="status = 'active'",
        unique=True,
    ),
)

# ---------------------------------------------------------------------------------------------------------------------
# What is sold

product = table("product", an_id("id"), words("name"), number("version"))

price = table(
    "price",
    an_id("id"),
    an_id("product_id"),
    minor("unit_amount_minor"),
    currency(),
    one_of("interval_unit", IntervalUnit),
    number("interval_count"),
    number("trial_days"),
    number("version"),
    to("product", "product_id"),
    check("unit_amount_above_zero", "unit_amount_minor > 0"),
    check("interval_count_above_zero", "interval_count > 0"),
    check("trial_days_not_below_zero", "trial_days >= 0"),
)

subscription = table(
    "subscription",
    an_id("id"),
    an_id("customer_id"),
    one_of("status", SubscriptionStatus),
    an_id("price_id"),
    number("quantity"),
    day("anchor_on"),
    number("next_period_index"),
    day("period_start_on"),
    day("period_end_on"),
    an_id("method_id", nullable=True),
    instant("method_tied_at", nullable=True),
    an_id("backup_method_id", nullable=True),
    one_of("reason", StatusReason),
    instant("next_step_at", nullable=True),
    instant("past_due_at", nullable=True),
    instant("suspended_at", nullable=True),
    yes_no("cancel_at_period_end"),
    instant("cancel_warned_at", nullable=True),
    instant("canceled_at", nullable=True),
    number("pending_quantity", nullable=True),
    words("external_id", nullable=True),
    number("version"),
    *lease(),
    to("customer", "customer_id"),
    to("price", "price_id"),
    to("payment_method", "method_id"),
    to("payment_method", "backup_method_id"),
    UniqueConstraint("merchant_id", "external_id", name="external_id"),
    check("quantity_above_zero", "quantity > 0"),
    check("period_has_a_day", "period_start_on < period_end_on"),
    check("next_period_index_not_below_zero", "next_period_index >= 0"),
    Index("ix_subscription_customer_id", "merchant_id", "customer_id"),
    Index("ix_subscription_method_id", "merchant_id", "method_id"),
    queue("subscription"),
)

# ---------------------------------------------------------------------------------------------------------------------
# What is owed, and what was done about it

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
    instant("next_step_at", nullable=True),
    instant("closed_at", nullable=True),
    number("version"),
    *lease(),
    to("customer", "customer_id"),
    to("subscription", "subscription_id"),
    to("payment_method", "method_id"),
    UniqueConstraint("merchant_id", "number", name="number"),
    UniqueConstraint("merchant_id", "external_id", name="external_id"),
    check("total_above_zero", "total_minor > 0"),
    check("paid_not_below_zero", "paid_minor >= 0"),
    check("refunded_not_below_zero", "refunded_minor >= 0"),
    check("credited_not_below_zero", "credited_minor >= 0"),
    check("period_has_a_day", "period_start_on < period_end_on"),
    check("whole_period", "(period_start_on IS NULL) = (period_end_on IS NULL)"),
    Index("ix_invoice_customer_id", "merchant_id", "customer_id"),
    Index("ix_invoice_subscription_id", "merchant_id", "subscription_id"),
    partial_index(
        "uq_invoice_period",
        "merchant_id",
        "subscription_id",
        "period_start_on",
        where="source = 'purring' AND status <> 'void'",
        unique=True,
    ),
    queue("invoice"),
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
    instant("retry_not_before", nullable=True),
    document("answer", nullable=True),
    document("rules"),
    document("why"),
    number("asked_count"),
    instant("asked_at", nullable=True),
    instant("expected_at", nullable=True),
    words("detail"),
    number("version"),
    to("invoice", "invoice_id"),
    to("payment_method", "method_id"),
    check("amount_above_zero", "amount_minor > 0"),
    check("captured_not_below_zero", "captured_minor >= 0"),
    check("key_lives", "key_expires_at > started_at"),
    check("ended", f"({_OPEN_ATTEMPT}) = (ended_at IS NULL)"),
    Index("ix_attempt_invoice_id", "merchant_id", "invoice_id"),
    Index("ix_attempt_fingerprint", "merchant_id", "fingerprint", "started_at"),
    partial_index("uq_attempt_open", "merchant_id", "invoice_id", where=_OPEN_ATTEMPT, unique=True),
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
)

# ---------------------------------------------------------------------------------------------------------------------
# What is told, and what is remembered

notice = table(
    "notice",
    an_id("id"),
    one_of("kind", NoticeKind),
    an_id("customer_id"),
    an_id("invoice_id", nullable=True),
    an_id("subscription_id", nullable=True),
    an_id("attempt_id", nullable=True),
    one_of("status", NoticeStatus),
    instant("owed_at"),
    instant("due_at"),
    number("number"),
    document("context"),
    instant("sent_at", nullable=True),
    to("customer", "customer_id"),
    to("invoice", "invoice_id"),
    to("subscription", "subscription_id"),
    to("attempt", "attempt_id"),
    Index("ix_notice_customer_id", "merchant_id", "customer_id"),
    Index("ix_notice_invoice_id", "merchant_id", "invoice_id"),
)

delivery = table(
    "delivery",
    an_id("id"),
    an_id("notice_id"),
    an_id("person_id"),
    one_of("status", DeliveryStatus),
    instant("next_step_at", nullable=True),
    number("tries"),
    instant("sent_at", nullable=True),
    words("subject", nullable=True),
    words("body", nullable=True),
    words("locale", nullable=True),
    words("problem"),
    *lease(),
    to("notice", "notice_id"),
    to("person", "person_id"),
    UniqueConstraint("merchant_id", "notice_id", "person_id", name="person_id"),
    queue("delivery"),
)

event = table(
    "event",
    an_id("id"),
    one_of("kind", EventKind),
    an_id("object_id"),
    instant("at"),
    document("data"),
    Index("ix_event_object_id", "merchant_id", "object_id", "id"),
)

journal_entry = table(
    "journal_entry",
    an_id("id"),
    one_of("kind", EntryKind),
    an_id("invoice_id"),
    an_id("attempt_id", nullable=True),
    minor("amount_minor"),
    currency(),
    instant("at"),
    to("invoice", "invoice_id"),
    to("attempt", "attempt_id"),
    check("amount_above_zero", "amount_minor > 0"),
    Index("ix_journal_entry_invoice_id", "merchant_id", "invoice_id"),
)

journal_posting = table(
    "journal_posting",
    an_id("entry_id"),
    one_of("account", Account),
    minor("amount_minor"),
    currency(),
    to("journal_entry", "entry_id"),
    key=("entry_id", "account"),
)

# Stored before anybody has read it: whose it is turns out later. The gateway's own id makes it one of a kind.
inbound_event = Table(
    "inbound_event",
    metadata,
    an_id("id"),
    an_id("merchant_id", nullable=True),
    words("gateway"),
    words("event_id"),
    Column("body", LargeBinary, nullable=False),
    document("headers"),
    instant("received_at"),
    one_of("status", InboundStatus),
    instant("next_step_at", nullable=True),
    number("tries"),
    instant("worked_at", nullable=True),
    words("problem"),
    *lease(),
    PrimaryKeyConstraint("id"),
    ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name="merchant_id"),
    UniqueConstraint("gateway", "event_id", name="event_id"),
    check("status", f"status IN ({OneOf(InboundStatus).values_sql()})"),
    queue("inbound_event"),
)

APPEND_ONLY = (policy, event, journal_entry, journal_posting)
