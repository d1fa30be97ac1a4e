"""The first schema.

Migrations only go forward: a mistake is mended by the next one, because rows written since can't be unwritten.
"""

import sqlalchemy as sa
from alembic import op

from purring.store.types import Document, Id, Instant, Strings

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _tables()
    _queue()
    _upkeep()
    _looks()
    _endpoints()
    _isolate()  # comes last: it looks for the tables that there are


def _tables() -> None:
    """Make every table."""
    op.create_table(
        "merchant",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("support_email", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("last_invoice_number", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merchant")),
        sa.UniqueConstraint("id", "is_live", name=op.f("uq_merchant_mode")),
    )
    op.create_table(
        "test_clock",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("now_at", Instant(), nullable=False),
        sa.Column("target_at", Instant(), nullable=True),
        sa.Column("next_step_at", Instant(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("status IN ('ready', 'advancing', 'deleted')", name=op.f("ck_test_clock_status")),
        sa.CheckConstraint("NOT is_live", name=op.f("ck_test_clock_in_test_mode")),
        sa.CheckConstraint("(status = 'advancing') = (target_at IS NOT NULL)", name=op.f("ck_test_clock_target")),
        sa.CheckConstraint("status <> 'advancing' OR next_step_at IS NOT NULL", name=op.f("ck_test_clock_goes_on")),
        sa.CheckConstraint("status <> 'deleted' OR next_step_at IS NULL", name=op.f("ck_test_clock_stands_still")),
        sa.CheckConstraint("target_at >= now_at", name=op.f("ck_test_clock_forwards")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "is_live"], ["merchant.id", "merchant.is_live"], name=op.f("fk_test_clock_mode")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_test_clock")),
    )
    op.create_index(
        "ix_test_clock_due",
        "test_clock",
        ["merchant_id", "next_step_at"],
        unique=False,
        sqlite_where=sa.text("next_step_at IS NOT NULL"),
        postgresql_where=sa.text("next_step_at IS NOT NULL"),
    )
    op.create_table(
        "card_identity",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_card_identity_merchant_id")),
        sa.PrimaryKeyConstraint("merchant_id", "fingerprint", name=op.f("pk_card_identity")),
    )
    op.create_table(
        "customer",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("test_clock_id", Id, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('consumer', 'business')", name=op.f("ck_customer_kind")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_customer_merchant_id")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "test_clock_id"],
            ["test_clock.merchant_id", "test_clock.id"],
            name=op.f("fk_customer_test_clock_id"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_customer")),
        sa.UniqueConstraint("merchant_id", "external_id", name=op.f("uq_customer_external_id")),
    )
    op.create_index(
        "ix_customer_test_clock_id",
        "customer",
        ["merchant_id", "test_clock_id"],
        unique=False,
        sqlite_where=sa.text("test_clock_id IS NOT NULL"),
        postgresql_where=sa.text("test_clock_id IS NOT NULL"),
    )
    op.create_table(
        "event",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("object_id", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("data", Document(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('invoice.issued', 'invoice.handed_over', 'invoice.paid', 'invoice.partially_paid', "
            "'invoice.uncollectible', 'invoice.voided', 'invoice.charged_back', 'invoice.dispute_won', "
            "'invoice.dispute_lost', 'invoice.refunded', 'invoice.overpaid', 'invoice.payment_recorded', "
            "'invoice.letter_recorded', 'invoice.compensation_claimed', 'invoice.objection_recorded', "
            "'invoice.objection_settled', "
            "'attempt.started', 'attempt.succeeded', 'attempt.declined', 'attempt.pending', "
            "'attempt.action_required', 'attempt.unknown', 'attempt.failed', 'attempt.needs_operator', "
            "'attempt.corrected', 'recovery.opened', 'recovery.recovered', 'recovery.exhausted', "
            "'recovery.written_off', 'recovery.canceled', 'recovery.paused', 'recovery.resumed', "
            "'recovery.skipped', 'recovery.moved', 'recovery.warned', 'recovery.transfer_declared', "
            "'recovery.reopened', 'subscription.created', 'subscription.trial_ended', 'subscription.renewed', "
            "'subscription.past_due', 'subscription.active', 'subscription.suspended', "
            "'subscription.cancel_warned', 'subscription.cancel_scheduled', 'subscription.canceled', "
            "'subscription.changed', 'subscription.paused', 'subscription.resumed', 'subscription.method_changed', "
            "'subscription.charge_announced', "
            "'payment_method.added', 'payment_method.edited', 'payment_method.removed', "
            "'payment_method.expires_soon', 'brand.changed', 'notice_text.changed', 'policy.changed', "
            "'policy.limit_overridden', 'notice.due', 'notice.bounced', 'notice.complained', 'queue.settled', "
            "'endpoint.disabled', 'endpoint.tested', 'test_clock.advanced', 'test_clock.deleted')",
            name=op.f("ck_event_kind"),
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_event_merchant_id")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_object_id", "event", ["merchant_id", "object_id", "id"], unique=False)
    op.create_index("ix_event_kind", "event", ["merchant_id", "kind", "id"], unique=False)
    op.create_table(
        "unknown_code",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("raw_code", sa.Text(), nullable=False),
        sa.Column("advice_code", sa.Text(), nullable=False),
        sa.Column("gateway_code", sa.Text(), nullable=False),
        sa.Column("first_seen_at", Instant(), nullable=False),
        sa.Column("last_seen_at", Instant(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.CheckConstraint("count > 0", name=op.f("ck_unknown_code_count_above_zero")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_unknown_code_merchant_id")),
        sa.PrimaryKeyConstraint(
            "merchant_id",
            "gateway",
            "network",
            "raw_code",
            "advice_code",
            "gateway_code",
            name=op.f("pk_unknown_code"),
        ),
    )
    op.create_table(
        "inbound_event",
        sa.Column("id", Id, nullable=False),
        sa.Column("merchant_id", Id, nullable=True),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("headers", Document(), nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("next_step_at", Instant(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("worked_at", Instant(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "status IN ('stored', 'worked', 'failed', 'dismissed')", name=op.f("ck_inbound_event_status")
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_inbound_event_merchant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_event")),
        sa.UniqueConstraint("gateway", "event_id", name=op.f("uq_inbound_event_event_id")),
    )
    op.create_index(
        "ix_inbound_event_due",
        "inbound_event",
        ["gateway", "next_step_at"],
        unique=False,
        sqlite_where=sa.text("next_step_at IS NOT NULL"),
        postgresql_where=sa.text("next_step_at IS NOT NULL"),
    )
    op.create_table(
        "policy",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", Document(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_policy_merchant_id")),
        sa.PrimaryKeyConstraint("merchant_id", "version", name=op.f("pk_policy")),
    )
    op.create_table(
        "product",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_product_merchant_id")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_product")),
    )
    op.create_table(
        "payment_method",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("last4", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("exp_month", sa.Integer(), nullable=True),
        sa.Column("exp_year", sa.Integer(), nullable=True),
        sa.Column("holder_name", sa.Text(), nullable=False),
        sa.Column("billing_address", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("backup_consent_at", Instant(), nullable=True),
        sa.Column("edited_at", Instant(), nullable=True),
        sa.Column("removed_at", Instant(), nullable=True),
        sa.Column("expiry_told_days", sa.Integer(), nullable=True),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("(status = 'removed') = (removed_at IS NOT NULL)", name=op.f("ck_payment_method_removed")),
        sa.CheckConstraint("kind IN ('card', 'bank_account')", name=op.f("ck_payment_method_kind")),
        sa.CheckConstraint("status IN ('active', 'removed')", name=op.f("ck_payment_method_status")),
        sa.CheckConstraint("exp_month BETWEEN 1 AND 12", name=op.f("ck_payment_method_exp_month_range")),
        sa.CheckConstraint("length(last4) <= 4", name=op.f("ck_payment_method_last4_length")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "customer_id"],
            ["customer.merchant_id", "customer.id"],
            name=op.f("fk_payment_method_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "fingerprint"],
            ["card_identity.merchant_id", "card_identity.fingerprint"],
            name=op.f("fk_payment_method_fingerprint"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "is_live"], ["merchant.id", "merchant.is_live"], name=op.f("fk_payment_method_mode")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_payment_method")),
    )
    op.create_index("ix_payment_method_customer_id", "payment_method", ["merchant_id", "customer_id"], unique=False)
    op.create_index("ix_payment_method_fingerprint", "payment_method", ["merchant_id", "fingerprint"], unique=False)
    op.create_index(
        "uq_payment_method_token",
        "payment_method",
        ["merchant_id", "gateway", "token", "customer_id"],
        unique=True,
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "person",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("takes_sms", sa.Boolean(), nullable=False),
        sa.Column("email_state", sa.Text(), nullable=False),
        sa.Column("removed_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "role IN ('billing_admin', 'payer', 'reader', 'billing_address')", name=op.f("ck_person_role")
        ),
        sa.CheckConstraint("email_state IN ('fine', 'bounced', 'complained')", name=op.f("ck_person_email_state")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "customer_id"], ["customer.merchant_id", "customer.id"], name=op.f("fk_person_customer_id")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_person")),
    )
    op.create_index("ix_person_customer_id", "person", ["merchant_id", "customer_id"], unique=False)
    op.create_index("ix_person_address", "person", ["merchant_id", sa.text("lower(email)")], unique=False)
    op.create_table(
        "price",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("product_id", Id, nullable=False),
        sa.Column("unit_amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("interval_unit", sa.Text(), nullable=False),
        sa.Column("interval_count", sa.Integer(), nullable=False),
        sa.Column("trial_days", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("interval_unit IN ('day', 'week', 'month', 'year')", name=op.f("ck_price_interval_unit")),
        sa.CheckConstraint("interval_count > 0", name=op.f("ck_price_interval_count_above_zero")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_price_currency")),
        sa.CheckConstraint("trial_days >= 0", name=op.f("ck_price_trial_days_not_below_zero")),
        sa.CheckConstraint("unit_amount_minor > 0", name=op.f("ck_price_unit_amount_above_zero")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "product_id"], ["product.merchant_id", "product.id"], name=op.f("fk_price_product_id")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_price")),
    )
    op.create_table(
        "subscription",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("price_id", Id, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("next_period_index", sa.Integer(), nullable=False),
        sa.Column("period_start_on", sa.Date(), nullable=False),
        sa.Column("period_end_on", sa.Date(), nullable=False),
        sa.Column("method_id", Id, nullable=True),
        sa.Column("method_tied_at", Instant(), nullable=True),
        sa.Column("backup_method_id", Id, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("next_step_at", Instant(), nullable=True),
        sa.Column("past_due_at", Instant(), nullable=True),
        sa.Column("suspended_at", Instant(), nullable=True),
        sa.Column("cancel_at_period_end", sa.Boolean(), nullable=False),
        sa.Column("cancel_warned_at", Instant(), nullable=True),
        sa.Column("canceled_at", Instant(), nullable=True),
        sa.Column("pending_quantity", sa.Integer(), nullable=True),
        sa.Column("pending_price_id", Id, nullable=True),
        sa.Column("paused_at", Instant(), nullable=True),
        sa.Column("resumes_at", Instant(), nullable=True),
        sa.Column("credit_minor", sa.BigInteger(), nullable=False),
        sa.Column("announced_on", sa.Date(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("test_clock_id", Id, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "reason IN ('', 'payment_declined', 'window_closed', 'chargeback', 'suspended_too_long', "
            "'customer_request', 'merchant_request')",
            name=op.f("ck_subscription_reason"),
        ),
        sa.CheckConstraint(
            "status IN ('trialing', 'active', 'past_due', 'suspended', 'canceled')", name=op.f("ck_subscription_status")
        ),
        sa.CheckConstraint("credit_minor >= 0", name=op.f("ck_subscription_credit_not_below_zero")),
        sa.CheckConstraint("next_period_index >= 0", name=op.f("ck_subscription_next_period_index_not_below_zero")),
        sa.CheckConstraint("period_start_on < period_end_on", name=op.f("ck_subscription_period_has_a_day")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_subscription_quantity_above_zero")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "backup_method_id"],
            ["payment_method.merchant_id", "payment_method.id"],
            name=op.f("fk_subscription_backup_method_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "customer_id"],
            ["customer.merchant_id", "customer.id"],
            name=op.f("fk_subscription_customer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "method_id"],
            ["payment_method.merchant_id", "payment_method.id"],
            name=op.f("fk_subscription_method_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "price_id"], ["price.merchant_id", "price.id"], name=op.f("fk_subscription_price_id")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "pending_price_id"],
            ["price.merchant_id", "price.id"],
            name=op.f("fk_subscription_pending_price_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "test_clock_id"],
            ["test_clock.merchant_id", "test_clock.id"],
            name=op.f("fk_subscription_test_clock_id"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_subscription")),
        sa.UniqueConstraint("merchant_id", "external_id", name=op.f("uq_subscription_external_id")),
    )
    op.create_index(
        "ix_subscription_customer_id", "subscription", ["merchant_id", "customer_id", "next_step_at"], unique=False
    )
    _queues("subscription")
    op.create_index("ix_subscription_method_id", "subscription", ["merchant_id", "method_id"], unique=False)
    op.create_index("ix_subscription_status", "subscription", ["merchant_id", "status", "id"], unique=False)
    op.create_table(
        "invoice",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("subscription_id", Id, nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("invoice_on", sa.Date(), nullable=False),
        sa.Column("issued_at", Instant(), nullable=False),
        sa.Column("method_id", Id, nullable=True),
        sa.Column("period_start_on", sa.Date(), nullable=True),
        sa.Column("period_end_on", sa.Date(), nullable=True),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("credited_minor", sa.BigInteger(), nullable=False),
        sa.Column("dispute", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("test_clock_id", Id, nullable=True),
        sa.Column("next_step_at", Instant(), nullable=True),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("unchecked", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("dispute IN ('none', 'open', 'won', 'lost')", name=op.f("ck_invoice_dispute")),
        sa.CheckConstraint("source IN ('purring', 'handed_over')", name=op.f("ck_invoice_source")),
        sa.CheckConstraint("status IN ('open', 'paid', 'uncollectible', 'void')", name=op.f("ck_invoice_status")),
        sa.CheckConstraint("(period_start_on IS NULL) = (period_end_on IS NULL)", name=op.f("ck_invoice_whole_period")),
        sa.CheckConstraint("credited_minor >= 0", name=op.f("ck_invoice_credited_not_below_zero")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_invoice_currency")),
        sa.CheckConstraint("paid_minor >= 0", name=op.f("ck_invoice_paid_not_below_zero")),
        sa.CheckConstraint("period_start_on < period_end_on", name=op.f("ck_invoice_period_has_a_day")),
        sa.CheckConstraint("refunded_minor >= 0", name=op.f("ck_invoice_refunded_not_below_zero")),
        sa.CheckConstraint("total_minor > 0", name=op.f("ck_invoice_total_above_zero")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "customer_id"], ["customer.merchant_id", "customer.id"], name=op.f("fk_invoice_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "method_id"],
            ["payment_method.merchant_id", "payment_method.id"],
            name=op.f("fk_invoice_method_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "subscription_id"],
            ["subscription.merchant_id", "subscription.id"],
            name=op.f("fk_invoice_subscription_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "test_clock_id"],
            ["test_clock.merchant_id", "test_clock.id"],
            name=op.f("fk_invoice_test_clock_id"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_invoice")),
        sa.UniqueConstraint("merchant_id", "external_id", name=op.f("uq_invoice_external_id")),
        sa.UniqueConstraint("merchant_id", "number", name=op.f("uq_invoice_number")),
    )
    op.create_index("ix_invoice_customer_id", "invoice", ["merchant_id", "customer_id", "next_step_at"], unique=False)
    _queues("invoice")
    op.create_index("ix_invoice_subscription_id", "invoice", ["merchant_id", "subscription_id"], unique=False)
    op.create_index(
        "uq_invoice_period",
        "invoice",
        ["merchant_id", "subscription_id", "period_start_on"],
        unique=True,
        sqlite_where=sa.text("source = 'purring' AND status <> 'void'"),
        postgresql_where=sa.text("source = 'purring' AND status <> 'void'"),
    )
    op.create_table(
        "attempt",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("invoice_id", Id, nullable=False),
        sa.Column("method_id", Id, nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("initiator", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("key_expires_at", Instant(), nullable=False),
        sa.Column("is_backup", sa.Boolean(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("captured_minor", sa.BigInteger(), nullable=False),
        sa.Column("gateway_ref", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decline_class", sa.Text(), nullable=True),
        sa.Column("hard_stop", sa.Boolean(), nullable=False),
        sa.Column("retry_not_before", Instant(), nullable=True),
        sa.Column("answer", Document(), nullable=True),
        sa.Column("rules", Document(), nullable=False),
        sa.Column("why", Document(), nullable=False),
        sa.Column("notes", Document(), nullable=False),
        sa.Column("asked_count", sa.Integer(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=True),
        sa.Column("expected_at", Instant(), nullable=True),
        sa.Column("presentment", Document(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status IN ('started', 'pending', 'action_required', 'unknown')) = (ended_at IS NULL)",
            name=op.f("ck_attempt_ended"),
        ),
        sa.CheckConstraint(
            "decline_class IN ('retry_later', 'retry_after_customer_action', 'update_method', 'never_retry', "
            "'unknown')",
            name=op.f("ck_attempt_decline_class"),
        ),
        sa.CheckConstraint("initiator IN ('automatic', 'customer', 'operator')", name=op.f("ck_attempt_initiator")),
        sa.CheckConstraint(
            "reason IN ('insufficient_funds', 'limit_exceeded', 'do_not_honor', 'generic_decline', "
            "'card_expired', 'incorrect_number', 'incorrect_details', 'incorrect_pin', 'new_account_data', "
            "'lost_or_stolen', 'fraud_suspected', 'risk_blocked', 'account_closed', 'account_blocked', "
            "'account_holder_deceased', 'invalid_account', 'transaction_not_allowed', 'amount_not_accepted', "
            "'currency_not_supported', 'authentication_required', 'contact_issuer', 'issuer_unavailable', "
            "'processing_error', 'stop_payment', 'mandate_revoked', 'mandate_missing', 'authorization_disputed', "
            "'previously_declined', 'duplicate', 'configuration', 'unknown')",
            name=op.f("ck_attempt_reason"),
        ),
        sa.CheckConstraint(
            "status IN ('started', 'pending', 'action_required', 'unknown', 'succeeded', 'declined', 'failed')",
            name=op.f("ck_attempt_status"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_attempt_amount_above_zero")),
        sa.CheckConstraint(
            "NOT hard_stop OR (status = 'declined' AND decline_class = 'never_retry')",
            name=op.f("ck_attempt_hard_stop"),
        ),
        sa.CheckConstraint("captured_minor >= 0", name=op.f("ck_attempt_captured_not_below_zero")),
        sa.CheckConstraint("key_expires_at > started_at", name=op.f("ck_attempt_key_lives")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_attempt_currency")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "invoice_id"], ["invoice.merchant_id", "invoice.id"], name=op.f("fk_attempt_invoice_id")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "method_id"],
            ["payment_method.merchant_id", "payment_method.id"],
            name=op.f("fk_attempt_method_id"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_attempt")),
    )
    op.create_index("ix_attempt_fingerprint", "attempt", ["merchant_id", "fingerprint", "started_at"], unique=False)
    op.create_index("ix_attempt_id", "attempt", ["id"], unique=False)
    op.create_index("ix_attempt_invoice_id", "attempt", ["merchant_id", "invoice_id"], unique=False)
    op.create_index(
        "ix_attempt_failed",
        "attempt",
        ["merchant_id", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'failed'"),
        postgresql_where=sa.text("status = 'failed'"),
    )
    op.create_index(
        "ix_attempt_stop",
        "attempt",
        ["merchant_id", "fingerprint"],
        unique=False,
        sqlite_where=sa.text(
            "status = 'declined' AND (hard_stop OR decline_class = 'update_method' OR reason = 'incorrect_pin' "
            "OR retry_not_before IS NOT NULL)"
        ),
        postgresql_where=sa.text(
            "status = 'declined' AND (hard_stop OR decline_class = 'update_method' OR reason = 'incorrect_pin' "
            "OR retry_not_before IS NOT NULL)"
        ),
    )
    op.create_index(
        "uq_attempt_open",
        "attempt",
        ["merchant_id", "invoice_id"],
        unique=True,
        sqlite_where=sa.text("status IN ('started', 'pending', 'action_required', 'unknown')"),
        postgresql_where=sa.text("status IN ('started', 'pending', 'action_required', 'unknown')"),
    )
    op.create_table(
        "invoice_line",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("invoice_id", Id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_invoice_line_currency")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_invoice_line_quantity_above_zero")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "invoice_id"],
            ["invoice.merchant_id", "invoice.id"],
            name=op.f("fk_invoice_line_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_invoice_line")),
    )
    op.create_index("ix_invoice_line_invoice_id", "invoice_line", ["merchant_id", "invoice_id"], unique=False)
    op.create_table(
        "refund",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("invoice_id", Id, nullable=False),
        sa.Column("attempt_id", Id, nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("key_expires_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("told_at", Instant(), nullable=True),
        sa.Column("gateway_ref", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('started', 'succeeded', 'refused', 'failed', 'unknown')", name=op.f("ck_refund_status")
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refund_amount_above_zero")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_refund_currency")),
        sa.CheckConstraint("(status IN ('started', 'unknown')) = (ended_at IS NULL)", name=op.f("ck_refund_ended")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "invoice_id"], ["invoice.merchant_id", "invoice.id"], name=op.f("fk_refund_invoice_id")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "attempt_id"], ["attempt.merchant_id", "attempt.id"], name=op.f("fk_refund_attempt_id")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_refund")),
    )
    op.create_index("ix_refund_invoice_id", "refund", ["merchant_id", "invoice_id", "id"], unique=False)
    op.create_index("ix_refund_attempt_id", "refund", ["merchant_id", "attempt_id"], unique=False)
    op.create_index(
        "ix_refund_open",
        "refund",
        ["asked_at"],
        unique=False,
        sqlite_where=sa.text("status IN ('started', 'unknown')"),
        postgresql_where=sa.text("status IN ('started', 'unknown')"),
    )
    op.create_table(
        "recovery",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("invoice_id", Id, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("window_ends_at", Instant(), nullable=False),
        sa.Column("hold", sa.Text(), nullable=False),
        sa.Column("held_until", Instant(), nullable=True),
        sa.Column("transfer_declared_at", Instant(), nullable=True),
        sa.Column("skipped_until", Instant(), nullable=True),
        sa.Column("moved_to", Instant(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("closed_at", Instant(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "cause IN ('', 'retry', 'customer', 'operator', 'outside', 'credit')", name=op.f("ck_recovery_cause")
        ),
        sa.CheckConstraint(
            "hold IN ('', 'operator', 'bank_transfer', 'partial_payment')", name=op.f("ck_recovery_hold")
        ),
        sa.CheckConstraint(
            "status IN ('open', 'recovered', 'exhausted', 'written_off', 'canceled')", name=op.f("ck_recovery_status")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "invoice_id"], ["invoice.merchant_id", "invoice.id"], name=op.f("fk_recovery_invoice_id")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "policy_version"],
            ["policy.merchant_id", "policy.version"],
            name=op.f("fk_recovery_policy_version"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_recovery")),
        sa.UniqueConstraint("merchant_id", "invoice_id", name=op.f("uq_recovery_invoice_id")),
    )
    op.create_table(
        "journal_entry",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("invoice_id", Id, nullable=False),
        sa.Column("attempt_id", Id, nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('invoiced', 'paid', 'overpaid', 'written_off', 'write_off_reversed', 'credited', "
            "'refunded', 'charged_back', 'chargeback_returned', 'payment_reversed', 'overpayment_reversed')",
            name=op.f("ck_journal_entry_kind"),
        ),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_journal_entry_amount_above_zero")),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_journal_entry_currency")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "attempt_id"],
            ["attempt.merchant_id", "attempt.id"],
            name=op.f("fk_journal_entry_attempt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "invoice_id"],
            ["invoice.merchant_id", "invoice.id"],
            name=op.f("fk_journal_entry_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_journal_entry")),
    )
    op.create_index("ix_journal_entry_invoice_id", "journal_entry", ["merchant_id", "invoice_id"], unique=False)
    op.create_table(
        "notice",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("invoice_id", Id, nullable=True),
        sa.Column("subscription_id", Id, nullable=True),
        sa.Column("attempt_id", Id, nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("owed_at", Instant(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("context", Document(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("carried_by", Id, nullable=True),
        sa.Column("read_at", Instant(), nullable=True),
        sa.Column("escalated", sa.Boolean(), nullable=False),
        sa.Column("test_clock_id", Id, nullable=True),
        sa.CheckConstraint("carried_by IS NULL OR status = 'withdrawn'", name=op.f("ck_notice_carried")),
        sa.CheckConstraint(
            "kind IN ('payment_declined', 'action_needed', 'last_notice', 'access_ended', 'cancellation_warning',"
            " 'subscription_canceled', 'payment_received', 'method_changed', 'card_expires_soon', 'upcoming_charge', "
            "'receipt')",
            name=op.f("ck_notice_kind"),
        ),
        sa.CheckConstraint("status IN ('owed', 'sent', 'withdrawn', 'undelivered')", name=op.f("ck_notice_status")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "attempt_id"], ["attempt.merchant_id", "attempt.id"], name=op.f("fk_notice_attempt_id")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "customer_id"], ["customer.merchant_id", "customer.id"], name=op.f("fk_notice_customer_id")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "invoice_id"], ["invoice.merchant_id", "invoice.id"], name=op.f("fk_notice_invoice_id")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "subscription_id"],
            ["subscription.merchant_id", "subscription.id"],
            name=op.f("fk_notice_subscription_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "test_clock_id"],
            ["test_clock.merchant_id", "test_clock.id"],
            name=op.f("fk_notice_test_clock_id"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_notice")),
    )
    op.create_index("ix_notice_customer_id", "notice", ["merchant_id", "customer_id"], unique=False)
    op.create_index("ix_notice_invoice_id", "notice", ["merchant_id", "invoice_id"], unique=False)
    op.create_index(
        "ix_notice_kind",
        "notice",
        ["merchant_id", "kind", "id"],
        unique=False,
        sqlite_where=sa.text("kind NOT IN ('payment_declined', 'payment_received', 'receipt')"),
        postgresql_where=sa.text("kind NOT IN ('payment_declined', 'payment_received', 'receipt')"),
    )
    op.create_table(
        "delivery",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("notice_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("next_step_at", Instant(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reported_at", Instant(), nullable=True),
        sa.Column("read_at", Instant(), nullable=True),
        sa.Column("test_clock_id", Id, nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "status IN ('owed', 'sent', 'delayed', 'delivered', 'bounced', 'failed', 'withdrawn')",
            name=op.f("ck_delivery_status"),
        ),
        sa.CheckConstraint("channel IN ('email', 'sms')", name=op.f("ck_delivery_channel")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "notice_id"], ["notice.merchant_id", "notice.id"], name=op.f("fk_delivery_notice_id")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "person_id"], ["person.merchant_id", "person.id"], name=op.f("fk_delivery_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "test_clock_id"],
            ["test_clock.merchant_id", "test_clock.id"],
            name=op.f("fk_delivery_test_clock_id"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("merchant_id", "notice_id", "person_id", "channel", name=op.f("uq_delivery_person_id")),
    )
    _queues("delivery")
    op.create_table(
        "journal_posting",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("entry_id", Id, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.CheckConstraint(
            "account IN ('receivable', 'revenue', 'cash', 'bad_debt', 'credits', 'overpayments')",
            name=op.f("ck_journal_posting_account"),
        ),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_journal_posting_currency")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "entry_id"],
            ["journal_entry.merchant_id", "journal_entry.id"],
            name=op.f("fk_journal_posting_entry_id"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "entry_id", "account", name=op.f("pk_journal_posting")),
    )

    op.create_table(
        "letter",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("invoice_id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("dated_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("deadline_on", sa.Date(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("grounds", Document(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('reminder', 'collection_notice', 'payment_demand', 'compensation', 'objection', "
            "'objection_settled')",
            name=op.f("ck_letter_kind"),
        ),
        sa.CheckConstraint("length(currency) = 3", name=op.f("ck_letter_currency")),
        sa.CheckConstraint("amount_minor >= 0", name=op.f("ck_letter_amount_not_below_zero")),
        sa.CheckConstraint(
            "amount_minor = 0 OR kind = 'compensation' OR kind IN ('reminder', 'collection_notice', 'payment_demand')",
            name=op.f("ck_letter_claims_only_by_letter"),
        ),
        sa.CheckConstraint(
            "dated_on > due_on OR NOT (kind IN ('reminder', 'collection_notice', 'payment_demand') "
            "OR kind = 'compensation')",
            name=op.f("ck_letter_only_late"),
        ),
        sa.CheckConstraint("deadline_on >= dated_on", name=op.f("ck_letter_deadline_after_letter")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "invoice_id"], ["invoice.merchant_id", "invoice.id"], name=op.f("fk_letter_invoice_id")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_letter")),
    )
    op.create_index("ix_letter_invoice_id", "letter", ["merchant_id", "invoice_id"], unique=False)
    for name, columns, where in (
        (
            "uq_letter_once_a_day",
            ["merchant_id", "invoice_id", "kind", "dated_on"],
            "kind IN ('reminder', 'collection_notice', 'payment_demand')",
        ),
        ("uq_letter_compensation", ["merchant_id", "invoice_id"], "kind = 'compensation'"),
    ):
        op.create_index(
            name, "letter", columns, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )

    _portal()
    _mandate()
    _guard("policy", "event", "journal_entry", "journal_posting", "letter", "mandate")


def _queue() -> None:
    """Index the few rows that wait for a person."""
    op.create_index(
        "ix_inbound_event_stuck",
        "inbound_event",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("status IN ('stored', 'failed') AND problem <> ''"),
        postgresql_where=sa.text("status IN ('stored', 'failed') AND problem <> ''"),
    )
    op.create_index(
        "ix_invoice_unchecked",
        "invoice",
        ["merchant_id", "id"],
        unique=False,
        sqlite_where=sa.text("unchecked"),
        postgresql_where=sa.text("unchecked"),
    )
    for name, columns, where in (
        ("ix_invoice_unpaid", ["merchant_id", "status", "id"], "status <> 'paid'"),
        ("ix_invoice_dispute", ["merchant_id", "id"], "dispute IN ('open', 'won', 'lost')"),
    ):
        op.create_index(
            name, "invoice", columns, unique=False, sqlite_where=sa.text(where), postgresql_where=sa.text(where)
        )
    op.create_index(
        "ix_invoice_disputed",
        "invoice",
        ["merchant_id", "id"],
        unique=False,
        sqlite_where=sa.text("dispute IN ('open', 'lost')"),
        postgresql_where=sa.text("dispute IN ('open', 'lost')"),
    )
    op.create_index(
        "ix_attempt_unread",
        "attempt",
        ["merchant_id", "ended_at"],
        unique=False,
        sqlite_where=sa.text("status = 'declined' AND decline_class = 'unknown'"),
        postgresql_where=sa.text("status = 'declined' AND decline_class = 'unknown'"),
    )
    op.create_index("ix_recovery_status", "recovery", ["merchant_id", "status", "id"], unique=False)
    op.create_index(
        "ix_recovery_held",
        "recovery",
        ["merchant_id", "id"],
        unique=False,
        sqlite_where=sa.text("status = 'open' AND hold <> ''"),
        postgresql_where=sa.text("status = 'open' AND hold <> ''"),
    )
    op.create_index(
        "ix_journal_entry_surplus",
        "journal_entry",
        ["merchant_id", "invoice_id"],
        unique=False,
        sqlite_where=sa.text("kind IN ('overpaid', 'overpayment_reversed')"),
        postgresql_where=sa.text("kind IN ('overpaid', 'overpayment_reversed')"),
    )
    op.create_index(
        "ix_delivery_owed_to",
        "delivery",
        ["merchant_id", "person_id"],
        unique=False,
        sqlite_where=sa.text("next_step_at IS NOT NULL"),
        postgresql_where=sa.text("next_step_at IS NOT NULL"),
    )
    op.create_index(
        "ix_delivery_failed",
        "delivery",
        ["merchant_id", "notice_id"],
        unique=False,
        sqlite_where=sa.text("status IN ('failed', 'bounced')"),
        postgresql_where=sa.text("status IN ('failed', 'bounced')"),
    )


def _queues(table: str) -> None:
    """Keep apart what falls due by the real clock, and what by a test clock."""
    for name, columns, where in (
        (f"ix_{table}_due", ["merchant_id", "next_step_at"], "next_step_at IS NOT NULL AND test_clock_id IS NULL"),
        (f"ix_{table}_clock", ["merchant_id", "test_clock_id", "next_step_at"], "test_clock_id IS NOT NULL"),
    ):
        op.create_index(
            name,
            table,
            columns,
            unique=False,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )


def _upkeep() -> None:
    """Make the tables of rows that can't be worked, of checks after a restore, and of gateways' limits."""
    op.create_table(
        "set_aside",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("last_at", Instant(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.CheckConstraint("times > 0", name=op.f("ck_set_aside_times_above_zero")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_set_aside_merchant_id")),
        sa.PrimaryKeyConstraint("merchant_id", "work", "id", name=op.f("pk_set_aside")),
    )
    op.create_table(
        "installation",
        sa.Column("id", Id, nullable=False),
        sa.Column("restored_at", Instant(), nullable=False),
        sa.Column("charges_since", Instant(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("cursors", Document(), nullable=False),
        sa.Column("reconciled_at", Instant(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "found_charge",
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("key", Id, nullable=False),
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("invoice_id", Id, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("charge", Document(), nullable=False),
        sa.Column("charged_at", Instant(), nullable=False),
        sa.Column("found_at", Instant(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("gateway", "key", name=op.f("pk_found_charge")),
    )
    op.create_index(
        "ix_found_charge_unsettled",
        "found_charge",
        ["merchant_id", "invoice_id"],
        unique=False,
        sqlite_where=sa.text("settled_at IS NULL"),
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "api_key",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("scopes", Document(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.Column("last_used_at", Instant(), nullable=True),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "is_live"], ["merchant.id", "merchant.is_live"], name=op.f("fk_api_key_mode")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_key_secret_hash")),
    )
    op.create_table(
        "api_request",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("http_status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.CheckConstraint("status IN ('started', 'answered')", name=op.f("ck_api_request_status")),
        sa.CheckConstraint(
            "(status = 'answered') = (http_status IS NOT NULL AND answer IS NOT NULL)",
            name=op.f("ck_api_request_answered"),
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_api_request_merchant_id")),
        sa.PrimaryKeyConstraint("merchant_id", "idempotency_key", name=op.f("pk_api_request")),
    )
    op.create_index("ix_api_request_created_at", "api_request", ["merchant_id", "created_at"], unique=False)
    op.create_table(
        "invoice_link",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("delivery_id", Id, nullable=False),
        sa.Column("invoice_id", Id, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merchant_id", "delivery_id"],
            ["delivery.merchant_id", "delivery.id"],
            name=op.f("fk_invoice_link_delivery_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "invoice_id"],
            ["invoice.merchant_id", "invoice.id"],
            name=op.f("fk_invoice_link_invoice_id"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "token_hash", name=op.f("pk_invoice_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invoice_link_token_hash")),
    )
    op.create_index("ix_invoice_link_invoice_id", "invoice_link", ["merchant_id", "invoice_id"], unique=False)
    op.create_table(
        "throttle",
        sa.Column("whose", Id, nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("spacing_us", sa.BigInteger(), nullable=True),
        sa.Column("burst", sa.Integer(), nullable=False),
        sa.Column("in_flight_max", sa.Integer(), nullable=True),
        sa.Column("full_at", Instant(), nullable=True),
        sa.Column("pauses", sa.Integer(), nullable=False),
        sa.Column("paused_until", Instant(), nullable=True),
        sa.Column("probing_until", Instant(), nullable=True),
        sa.CheckConstraint("spacing_us > 0", name=op.f("ck_throttle_spacing_us_above_zero")),
        sa.CheckConstraint("burst > 0", name=op.f("ck_throttle_burst_above_zero")),
        sa.CheckConstraint("in_flight_max > 0", name=op.f("ck_throttle_in_flight_max_above_zero")),
        sa.PrimaryKeyConstraint("whose", "gateway", name=op.f("pk_throttle")),
    )
    op.create_table(
        "permit",
        sa.Column("whose", Id, nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.CheckConstraint("calls > 0", name=op.f("ck_permit_calls_above_zero")),
        sa.PrimaryKeyConstraint("whose", "gateway", "id", name=op.f("pk_permit")),
    )


def _mandate() -> None:
    """What people agreed to."""
    op.create_table(
        "mandate",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("method_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("agreed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "method_id"],
            ["payment_method.merchant_id", "payment_method.id"],
            name=op.f("fk_mandate_method_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "person_id"], ["person.merchant_id", "person.id"], name=op.f("fk_mandate_person_id")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_mandate")),
        sa.UniqueConstraint("merchant_id", "method_id", name=op.f("uq_mandate_method_id")),
    )


def _portal() -> None:
    """Codes that were sent, and who is signed in."""
    op.create_table(
        "sign_in_code",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("address_hash", sa.Text(), nullable=False),
        sa.Column("network_hash", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.Text(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_sign_in_code_tries_not_below_zero")),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_sign_in_code_merchant_id")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_sign_in_code")),
    )
    for name, column in (("address", "address_hash"), ("network", "network_hash")):
        columns = ["merchant_id", column, "sent_at"]
        op.create_index(f"ix_sign_in_code_{name}", "sign_in_code", columns, unique=False)
    op.create_index("ix_sign_in_code_sent_at", "sign_in_code", ["merchant_id", "sent_at"], unique=False)
    op.create_table(
        "portal_session",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("entry_hash", sa.Text(), nullable=True),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("proved_at", Instant(), nullable=True),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("device", sa.Text(), nullable=False),
        sa.CheckConstraint("opened_by IN ('code', 'application')", name=op.f("ck_portal_session_opened_by")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "customer_id"],
            ["customer.merchant_id", "customer.id"],
            name=op.f("fk_portal_session_customer_id"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_portal_session")),
    )
    op.create_index("uq_portal_session_token", "portal_session", ["token_hash"], unique=True)
    op.create_index("uq_portal_session_entry", "portal_session", ["entry_hash"], unique=True)
    op.create_index("ix_portal_session_person_id", "portal_session", ["merchant_id", "person_id"], unique=False)
    _portal_tries()


def _portal_tries() -> None:
    """What people tried at the portal."""
    op.create_table(
        "portal_try",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("customer_id", Id, nullable=False),
        sa.Column("session_hash", sa.Text(), nullable=False),
        sa.Column("network_hash", sa.Text(), nullable=False),
        sa.Column("tried_at", Instant(), nullable=False),
        sa.Column("counts", sa.Integer(), nullable=False),
        sa.CheckConstraint("counts >= 0", name=op.f("ck_portal_try_counts_not_below_zero")),
        sa.CheckConstraint("kind IN ('add', 'pay')", name=op.f("ck_portal_try_kind")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "customer_id"],
            ["customer.merchant_id", "customer.id"],
            name=op.f("fk_portal_try_customer_id"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_portal_try")),
    )
    op.create_index("ix_portal_try_tried_at", "portal_try", ["merchant_id", "kind", "tried_at"], unique=False)
    declined = sa.text("counts > 1")
    op.create_index(
        "ix_portal_try_declined",
        "portal_try",
        ["tried_at"],
        unique=False,
        postgresql_where=declined,
        sqlite_where=declined,
    )


def _looks() -> None:
    """Keep what merchants have made their own about notices."""
    op.create_table(
        "brand",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("color", sa.Text(), nullable=False),
        sa.Column("reply_to", sa.Text(), nullable=False),
        sa.Column("footer", Strings(), nullable=False),
        sa.Column("logo", sa.LargeBinary(), nullable=True),
        sa.Column("logo_type", sa.Text(), nullable=True),
        sa.Column("logo_width", sa.Integer(), nullable=True),
        sa.Column("logo_height", sa.Integer(), nullable=True),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.CheckConstraint(
            "(logo IS NULL) = (logo_type IS NULL OR logo_width IS NULL OR logo_height IS NULL)",
            name=op.f("ck_brand_logo_known"),
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_brand_merchant_id")),
        sa.PrimaryKeyConstraint("merchant_id", name=op.f("pk_brand")),
    )
    op.create_table(
        "notice_text",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("locale", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_notice_text_merchant_id")),
        sa.PrimaryKeyConstraint("merchant_id", "locale", "scope", "key", name=op.f("pk_notice_text")),
    )


def _endpoints() -> None:
    """Where events are sent, what is owed, and every try."""
    op.create_table(
        "endpoint",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("wanted", Document(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=True),
        sa.Column("old_secret_until", Instant(), nullable=True),
        sa.Column("disabled_at", Instant(), nullable=True),
        sa.Column("failing_since", Instant(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("status IN ('enabled', 'disabled', 'deleted')", name=op.f("ck_endpoint_status")),
        sa.CheckConstraint("reason IN ('', 'operator', 'gone', 'failing')", name=op.f("ck_endpoint_reason")),
        sa.CheckConstraint("(status = 'disabled') = (disabled_at IS NOT NULL)", name=op.f("ck_endpoint_disabled")),
        sa.CheckConstraint("(status = 'disabled') = (reason <> '')", name=op.f("ck_endpoint_why_disabled")),
        sa.CheckConstraint(
            "(old_secret IS NULL) = (old_secret_until IS NULL)", name=op.f("ck_endpoint_whole_old_secret")
        ),
        sa.ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name=op.f("fk_endpoint_merchant_id")),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_endpoint")),
    )
    op.create_table(
        "event_delivery",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("endpoint_id", Id, nullable=False),
        sa.Column("event_id", Id, nullable=False),
        sa.Column("object_id", Id, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("owed_at", Instant(), nullable=False),
        sa.Column("next_step_at", Instant(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", Instant(), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint("status IN ('owed', 'delivered', 'dead')", name=op.f("ck_event_delivery_status")),
        sa.CheckConstraint("(status = 'owed') = (next_step_at IS NOT NULL)", name=op.f("ck_event_delivery_owed")),
        sa.CheckConstraint("(status = 'owed') = (ended_at IS NULL)", name=op.f("ck_event_delivery_ended")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "endpoint_id"],
            ["endpoint.merchant_id", "endpoint.id"],
            name=op.f("fk_event_delivery_endpoint_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "event_id"], ["event.merchant_id", "event.id"], name=op.f("fk_event_delivery_event_id")
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_event_delivery")),
        sa.UniqueConstraint("merchant_id", "endpoint_id", "event_id", name=op.f("uq_event_delivery_event_id")),
    )
    for name, columns, where in (
        ("ix_event_delivery_due", ["endpoint_id", "next_step_at"], "next_step_at IS NOT NULL"),
        (
            "ix_event_delivery_order",
            ["merchant_id", "endpoint_id", "object_id", "event_id"],
            "next_step_at IS NOT NULL",
        ),
        ("ix_event_delivery_dead", ["merchant_id", "endpoint_id", "ended_at"], "status = 'dead'"),
    ):
        op.create_index(
            name,
            "event_delivery",
            columns,
            unique=False,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )
    op.create_index("ix_event_delivery_ended", "event_delivery", ["status", "ended_at"], unique=False)
    op.create_table(
        "event_try",
        sa.Column("merchant_id", Id, nullable=False),
        sa.Column("id", Id, nullable=False),
        sa.Column("delivery_id", Id, nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("answer", sa.Integer(), nullable=True),
        sa.Column("took_ms", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "delivery_id"],
            ["event_delivery.merchant_id", "event_delivery.id"],
            name=op.f("fk_event_try_delivery_id"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_event_try")),
    )
    op.create_index("ix_event_try_delivery_id", "event_try", ["merchant_id", "delivery_id", "id"], unique=False)


def _guard(*tables: str) -> None:
    """Refuse to change or delete rows of tables that only grow."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("""CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows: % refused', TG_TABLE_NAME, TG_OP;
END
$$""")
        for table in tables:
            op.execute(
                f"CREATE TRIGGER only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
        return
    for table in tables:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} only grows: {verb} refused'); END"
            )


def _isolate() -> None:
    """Let a transaction see only the rows of the merchant that it names, and the owner of the tables all."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("""
DO $$
DECLARE isolated record;
BEGIN
    FOR isolated IN
        SELECT relation.relname AS name, CASE relation.relname WHEN 'merchant' THEN 'id' ELSE 'merchant_id' END AS own
        FROM pg_class AS relation
        WHERE relation.relkind = 'r' AND relation.relnamespace = current_schema()::regnamespace
            AND (relation.relname = 'merchant' OR EXISTS (
                SELECT 1 FROM pg_attribute
                WHERE attrelid = relation.oid AND attname = 'merchant_id' AND NOT attisdropped))
        ORDER BY relation.relname
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', isolated.name);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', isolated.name);
        EXECUTE format(
            'CREATE POLICY own_merchant ON %I USING (%I = current_setting(%L, true))',
            isolated.name, isolated.own, 'purring.merchant_id');
        EXECUTE format('CREATE POLICY every_merchant ON %I TO CURRENT_USER USING (true)', isolated.name);
    END LOOP;
END
$$
""")
