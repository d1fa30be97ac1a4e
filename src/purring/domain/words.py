"""The members of closed lists as operators read them; English here, other languages in the catalogues."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from purring.domain.attempt import AttemptStatus, Initiator
from purring.domain.invoice import DisputeStatus, InvoiceStatus
from purring.domain.notice import NoticeKind
from purring.domain.recovery import Cause, HoldReason, RecoveryStatus
from purring.domain.rulebook.reasons import DeclineClass
from purring.domain.rulebook.reasons import DeclineReason as R
from purring.domain.subscription import SubscriptionStatus
from purring.domain.text import mark

WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    InvoiceStatus: {
        InvoiceStatus.OPEN: mark("open"),
        InvoiceStatus.PAID: mark("paid"),
        InvoiceStatus.UNCOLLECTIBLE: mark("uncollectible"),
        InvoiceStatus.VOID: mark("void"),
    },
    DisputeStatus: {
        DisputeStatus.NONE: mark("none"),
        DisputeStatus.OPEN: mark("open"),
        DisputeStatus.WON: mark("won"),
        DisputeStatus.LOST: mark("lost"),
    },
    RecoveryStatus: {
        RecoveryStatus.OPEN: mark("open"),
        RecoveryStatus.RECOVERED: mark("recovered"),
        RecoveryStatus.EXHAUSTED: mark("exhausted"),
        RecoveryStatus.WRITTEN_OFF: mark("written off"),
        RecoveryStatus.CANCELED: mark("canceled"),
    },
    Cause: {
        Cause.NONE: mark("nothing"),
        Cause.RETRY: mark("a retry succeeded"),
        Cause.CUSTOMER: mark("the customer paid"),
        Cause.OPERATOR: mark("an operator's charge succeeded"),
        Cause.OUTSIDE: mark("it was paid elsewhere"),
        Cause.CREDIT: mark("a credit settled it"),
    },
    HoldReason: {
        HoldReason.NONE: mark("none"),
        HoldReason.OPERATOR: mark("operator"),
        HoldReason.BANK_TRANSFER: mark("bank transfer"),
        HoldReason.PARTIAL_PAYMENT: mark("partial payment"),
    },
    SubscriptionStatus: {
        SubscriptionStatus.TRIALING: mark("trial period"),
        SubscriptionStatus.ACTIVE: mark("active"),
        SubscriptionStatus.PAST_DUE: mark("past due"),
        SubscriptionStatus.SUSPENDED: mark("suspended"),
        SubscriptionStatus.CANCELED: mark("canceled"),
    },
    AttemptStatus: {
        AttemptStatus.STARTED: mark("being sent"),
        AttemptStatus.PENDING: mark("not settled yet"),
        AttemptStatus.ACTION_REQUIRED: mark("the bank wants the customer to confirm"),
        AttemptStatus.UNKNOWN: mark("unknown"),
        AttemptStatus.SUCCEEDED: mark("approved"),
        AttemptStatus.DECLINED: mark("declined"),
        AttemptStatus.FAILED: mark("not carried out"),
    },
    Initiator: {
        Initiator.AUTOMATIC: mark("automatic"),
        Initiator.CUSTOMER: mark("by the customer"),
        Initiator.OPERATOR: mark("by an operator"),
    },
    NoticeKind: {
        NoticeKind.PAYMENT_DECLINED: mark("payment declined"),
        NoticeKind.ACTION_NEEDED: mark("action needed"),
        NoticeKind.LAST_NOTICE: mark("last notice"),
        NoticeKind.ACCESS_ENDED: mark("access ended"),
        NoticeKind.CANCELLATION_WARNING: mark("cancellation warning"),
        NoticeKind.SUBSCRIPTION_CANCELED: mark("subscription canceled"),
        NoticeKind.PAYMENT_RECEIVED: mark("payment received"),
        NoticeKind.METHOD_CHANGED: mark("payment method changed"),
        NoticeKind.CARD_EXPIRES_SOON: mark("card expires soon"),
        NoticeKind.UPCOMING_CHARGE: mark("upcoming charge"),
        NoticeKind.RECEIPT: mark("receipt"),
    },
    DeclineClass: {
        DeclineClass.RETRY_LATER: mark("retry later"),
        DeclineClass.RETRY_AFTER_CUSTOMER_ACTION: mark("retry after the customer has acted"),
        DeclineClass.UPDATE_METHOD: mark("the method must be updated"),
        DeclineClass.NEVER_RETRY: mark("never retry"),
        DeclineClass.UNKNOWN: mark("unknown"),
    },
    R: {
        R.INSUFFICIENT_FUNDS: mark("insufficient funds"),
        R.LIMIT_EXCEEDED: mark("limit exceeded"),
        R.DO_NOT_HONOR: mark("declined by the bank without a reason"),
        R.GENERIC_DECLINE: mark("declined without a reason"),
        R.CARD_EXPIRED: mark("card expired"),
        R.INCORRECT_NUMBER: mark("incorrect number"),
        R.INCORRECT_DETAILS: mark("incorrect details"),
        R.INCORRECT_PIN: mark("incorrect PIN"),
        R.NEW_ACCOUNT_DATA: mark("new account data at the bank"),
        R.LOST_OR_STOLEN: mark("lost or stolen"),
        R.FRAUD_SUSPECTED: mark("fraud suspected"),
        R.RISK_BLOCKED: mark("blocked by a risk check"),
        R.ACCOUNT_CLOSED: mark("account closed"),
        R.ACCOUNT_BLOCKED: mark("account blocked"),
        R.ACCOUNT_HOLDER_DECEASED: mark("account holder deceased"),
        R.INVALID_ACCOUNT: mark("invalid account"),
        R.TRANSACTION_NOT_ALLOWED: mark("transaction not allowed"),
        R.AMOUNT_NOT_ACCEPTED: mark("amount not accepted"),
        R.CURRENCY_NOT_SUPPORTED: mark("currency not supported"),
        R.AUTHENTICATION_REQUIRED: mark("authentication required"),
        R.CONTACT_ISSUER: mark("contact the bank"),
        R.ISSUER_UNAVAILABLE: mark("bank unavailable"),
        R.PROCESSING_ERROR: mark("processing error"),
        R.STOP_PAYMENT: mark("payment stopped by the holder"),
        R.MANDATE_REVOKED: mark("permission withdrawn"),
        R.MANDATE_MISSING: mark("permission missing"),
        R.AUTHORIZATION_DISPUTED: mark("permission contested"),
        R.PREVIOUSLY_DECLINED: mark("previously declined"),
        R.DUPLICATE: mark("duplicate"),
        R.CONFIGURATION: mark("configuration"),
        R.UNKNOWN: mark("unknown"),
    },
}
"""For every member that a sentence may name, its words."""

POLICY_WORDS: Mapping[str, str] = {
    "steady": mark("steady"),
    "fixed": mark("fixed"),
    "none": mark("none"),
}
"""Retry policies by name. One that isn't listed is called by its name."""


def word(member: StrEnum) -> str:
    """The words of a member, in English."""
    return WORDS[type(member)][member]
