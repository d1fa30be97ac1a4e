"""Who sells, who owes, what pays, and what is sold."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from purring.domain.calendar import IntervalUnit
from purring.domain.customer import AddressState, CustomerKind, Role
from purring.domain.payment_method import MethodKind, MethodStatus
from purring.domain.subscription import StatusReason, SubscriptionStatus
from purring.domain.test_clock import ClockStatus
from purring.store.columns import (
    ON_A_CLOCK,
    an_id,
    check,
    currency,
    day,
    document,
    instant,
    lease,
    metadata,
    minor,
    mode,
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

merchant = Table(
    "merchant",
    metadata,
    an_id("id"),
    words("name"),
    words("timezone"),
    words("locale"),
    words("support_email"),
    number("policy_version"),
    yes_no("is_live"),
    Column("last_invoice_number", BigInteger, nullable=False, server_default=text("0")),
    instant("created_at"),
    number("version"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("id", "is_live", name="mode"),
)

policy = table("policy", number("version"), document("document"), instant("created_at"), key=("version",))

# Only a merchant in test mode has any: the key that leads to it holds the mode.
test_clock = table(
    "test_clock",
    an_id("id"),
    words("name"),
    one_of("status", ClockStatus),
    instant("now_at"),
    instant("target_at", nullable=True),
    instant("next_step_at", nullable=True),
    instant("created_at"),
    yes_no("is_live"),
    number("version"),
    *lease(),
    mode(),
    check("in_test_mode", "NOT is_live"),
    check("target", "(status = 'advancing') = (target_at IS NOT NULL)"),
    check("goes_on", "status <> 'advancing' OR next_step_at IS NOT NULL"),
    check("stands_still", "status <> 'deleted' OR next_step_at IS NULL"),
    check("forwards", "target_at >= now_at"),
    queue("test_clock"),
)

customer = table(
    "customer",
    an_id("id"),
    words("name"),
    words("timezone"),
    words("locale"),
    words("country"),
    one_of("kind", CustomerKind),
    words("external_id", nullable=True),
    an_id("test_clock_id", nullable=True),
    number("version"),
    ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name="merchant_id"),
    to("test_clock", "test_clock_id"),
    UniqueConstraint("merchant_id", "external_id", name="external_id"),
    partial_index("ix_customer_test_clock_id", "merchant_id", "test_clock_id", where=ON_A_CLOCK),
)

person = table(
    "person",
    an_id("id"),
    an_id("customer_id"),
    words("name"),
    words("email"),
    words("locale"),
    one_of("role", Role),
    words("phone"),
    yes_no("takes_sms"),
    one_of("email_state", AddressState),
    instant("removed_at", nullable=True),
    to("customer", "customer_id"),
    Index("ix_person_customer_id", "merchant_id", "customer_id"),
    Index("ix_person_address", "merchant_id", text("lower(email)")),
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
    number("expiry_told_days", nullable=True),
    yes_no("is_live"),
    number("version"),
    mode(),
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


mandate = table(
    "mandate",
    an_id("id"),
    an_id("method_id"),
    an_id("person_id"),
    words("scheme"),
    words("version"),
    words("locale"),
    words("text"),
    instant("agreed_at"),
    to("payment_method", "method_id"),
    to("person", "person_id"),
    UniqueConstraint("merchant_id", "method_id", name="method_id"),
)

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
    day("announced_on", nullable=True),
    words("external_id", nullable=True),
    an_id("test_clock_id", nullable=True),
    number("version"),
    *lease(),
    to("customer", "customer_id"),
    to("price", "price_id"),
    to("payment_method", "method_id"),
    to("payment_method", "backup_method_id"),
    to("test_clock", "test_clock_id"),
    UniqueConstraint("merchant_id", "external_id", name="external_id"),
    check("quantity_above_zero", "quantity > 0"),
    check("period_has_a_day", "period_start_on < period_end_on"),
    check("next_period_index_not_below_zero", "next_period_index >= 0"),
    Index("ix_subscription_customer_id", "merchant_id", "customer_id", "next_step_at"),
    Index("ix_subscription_method_id", "merchant_id", "method_id"),
    Index("ix_subscription_status", "merchant_id", "status", "id"),
    *queues("subscription"),
)
