"""How the pages call states: one sentence-sized word for each member of a closed list, in the source language."""

from __future__ import annotations

from collections.abc import Mapping

from purring.domain.attempt import AttemptStatus
from purring.domain.calendar import IntervalUnit
from purring.domain.customer import Role
from purring.domain.invoice import InvoiceStatus
from purring.domain.subscription import SubscriptionStatus
from purring.i18n.catalog import mark
from purring.operations.account import Badge

STATES: Mapping[SubscriptionStatus, str] = {
    SubscriptionStatus.TRIALING: mark("Trial period"),
    SubscriptionStatus.ACTIVE: mark("Active"),
    SubscriptionStatus.PAST_DUE: mark("Past due"),
    SubscriptionStatus.SUSPENDED: mark("Suspended"),
    SubscriptionStatus.CANCELED: mark("Canceled"),
}
INVOICE_STATES: Mapping[InvoiceStatus, str] = {
    InvoiceStatus.OPEN: mark("Unpaid"),
    InvoiceStatus.PAID: mark("Paid"),
    InvoiceStatus.UNCOLLECTIBLE: mark("Written off"),
    InvoiceStatus.VOID: mark("Void"),
}
ATTEMPT_STATES: Mapping[AttemptStatus, str] = {
    AttemptStatus.STARTED: mark("Payment under way"),
    AttemptStatus.PENDING: mark("Payment under way at the bank"),
    AttemptStatus.ACTION_REQUIRED: mark("Waiting for your bank's confirmation"),
    AttemptStatus.UNKNOWN: mark("We are asking the bank"),
    AttemptStatus.SUCCEEDED: mark("Paid"),
    AttemptStatus.DECLINED: mark("Payment declined"),
    AttemptStatus.FAILED: mark("Not carried out; nothing was charged"),
}
INTERVALS: Mapping[IntervalUnit, str] = {
    IntervalUnit.DAY: mark("a day"),
    IntervalUnit.WEEK: mark("a week"),
    IntervalUnit.MONTH: mark("a month"),
    IntervalUnit.YEAR: mark("a year"),
}
BADGES: Mapping[Badge, str] = {
    Badge.UNTIED: mark("pays nothing yet"),
    Badge.EXPIRES_SOON: mark("expires soon"),
    Badge.EXPIRED: mark("expired"),
    Badge.DECLINED: mark("declined"),
}
ROLES: Mapping[Role, str] = {
    Role.BILLING_ADMIN: mark("Billing admin: may do everything"),
    Role.PAYER: mark("Payer: may look and pay"),
    Role.READER: mark("Reader: may look"),
    Role.BILLING_ADDRESS: mark("Billing address: only gets messages"),
}
