"""What is told, what is remembered, and what gateways tell us."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from purring.domain.event import EventKind
from purring.domain.journal import Account, EntryKind
from purring.domain.notice import Channel, NoticeKind, NoticeStatus
from purring.store.columns import (
    an_id,
    check,
    currency,
    document,
    instant,
    lease,
    metadata,
    minor,
    number,
    one_of,
    partial_index,
    queue,
    queues,
    table,
    to,
    words,
    yes_no,
)
from purring.store.types import OneOf


class DeliveryStatus(StrEnum):
    """What became of a person's copy of a notice.

    `SENT`: a server answers for it. `DELIVERED`, `DELAYED`, `BOUNCED`: a report has said so since. `FAILED`: it never
    went out. `WITHDRAWN`: it needn't any more.
    """

    OWED = "owed"
    SENT = "sent"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


class InboundStatus(StrEnum):
    """Whether an event from a gateway has acted yet. `DISMISSED`: an operator has said that it isn't about us."""

    STORED = "stored"
    WORKED = "worked"
    FAILED = "failed"
    DISMISSED = "dismissed"


SURPLUS = "kind IN ('overpaid', 'overpayment_reversed')"
"""Entries of money that no invoice needed."""

SELDOM = "kind NOT IN ('payment_declined', 'payment_received', 'receipt')"
"""Notices of the other kinds, which no list could find among these."""

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
    an_id("carried_by", nullable=True),
    instant("read_at", nullable=True),
    yes_no("escalated"),
    an_id("test_clock_id", nullable=True),
    to("customer", "customer_id"),
    to("invoice", "invoice_id"),
    to("subscription", "subscription_id"),
    to("attempt", "attempt_id"),
    to("test_clock", "test_clock_id"),
    check("carried", "carried_by IS NULL OR status = 'withdrawn'"),
    Index("ix_notice_customer_id", "merchant_id", "customer_id"),
    Index("ix_notice_invoice_id", "merchant_id", "invoice_id"),
    partial_index("ix_notice_kind", "merchant_id", "kind", "id", where=SELDOM),
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
    one_of("channel", Channel),
    words("code"),
    instant("reported_at", nullable=True),
    instant("read_at", nullable=True),
    an_id("test_clock_id", nullable=True),
    *lease(),
    to("notice", "notice_id"),
    to("person", "person_id"),
    to("test_clock", "test_clock_id"),
    UniqueConstraint("merchant_id", "notice_id", "person_id", "channel", name="person_id"),
    *queues("delivery"),
    partial_index("ix_delivery_owed_to", "merchant_id", "person_id", where="next_step_at IS NOT NULL"),
    partial_index("ix_delivery_failed", "merchant_id", "notice_id", where="status IN ('failed', 'bounced')"),
)

event = table(
    "event",
    an_id("id"),
    one_of("kind", EventKind),
    an_id("object_id"),
    instant("at"),
    document("data"),
    Index("ix_event_object_id", "merchant_id", "object_id", "id"),
    Index("ix_event_kind", "merchant_id", "kind", "id"),
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
    partial_index("ix_journal_entry_surplus", "merchant_id", "invoice_id", where=SURPLUS),
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

# A code that an answer doesn't have is the empty text: what is counted is the whole answer.
unknown_code = table(
    "unknown_code",
    words("gateway"),
    words("network"),
    words("raw_code"),
    words("advice_code"),
    words("gateway_code"),
    instant("first_seen_at"),
    instant("last_seen_at"),
    number("count"),
    check("count_above_zero", "count > 0"),
    key=("gateway", "network", "raw_code", "advice_code", "gateway_code"),
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
    queue("inbound_event", "gateway"),
    partial_index("ix_inbound_event_stuck", "received_at", where="status IN ('stored', 'failed') AND problem <> ''"),
)
