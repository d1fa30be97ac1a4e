"""The closed lists of what a decline can mean, and of what may be done after it."""

from __future__ import annotations

from enum import StrEnum


class DeclineClass(StrEnum):
    """What may happen after a decline; `STRICTNESS` orders them."""

    RETRY_LATER = "retry_later"
    RETRY_AFTER_CUSTOMER_ACTION = "retry_after_customer_action"
    UPDATE_METHOD = "update_method"
    NEVER_RETRY = "never_retry"
    UNKNOWN = "unknown"


STRICTNESS: dict[DeclineClass, int] = {
    DeclineClass.RETRY_LATER: 0,
    DeclineClass.UNKNOWN: 1,
    DeclineClass.RETRY_AFTER_CUSTOMER_ACTION: 2,
    DeclineClass.UPDATE_METHOD: 3,
    DeclineClass.NEVER_RETRY: 4,
}
"""Higher forbids more. `UNKNOWN` stops automatic retries, so it is stricter than `RETRY_LATER` alone."""


class DeclineReason(StrEnum):
    """Why a charge was declined, in the field's words; each has its own text for customers and operators."""

    INSUFFICIENT_FUNDS = "insufficient_funds"
    LIMIT_EXCEEDED = "limit_exceeded"
    DO_NOT_HONOR = "do_not_honor"
    GENERIC_DECLINE = "generic_decline"
    CARD_EXPIRED = "card_expired"
    INCORRECT_NUMBER = "incorrect_number"
    INCORRECT_DETAILS = "incorrect_details"
    INCORRECT_PIN = "incorrect_pin"
    NEW_ACCOUNT_DATA = "new_account_data"
    LOST_OR_STOLEN = "lost_or_stolen"
    FRAUD_SUSPECTED = "fraud_suspected"
    RISK_BLOCKED = "risk_blocked"
    ACCOUNT_CLOSED = "account_closed"
    ACCOUNT_BLOCKED = "account_blocked"
    ACCOUNT_HOLDER_DECEASED = "account_holder_deceased"
    INVALID_ACCOUNT = "invalid_account"
    TRANSACTION_NOT_ALLOWED = "transaction_not_allowed"
    AMOUNT_NOT_ACCEPTED = "amount_not_accepted"
    CURRENCY_NOT_SUPPORTED = "currency_not_supported"
    AUTHENTICATION_REQUIRED = "authentication_required"
    CONTACT_ISSUER = "contact_issuer"
    ISSUER_UNAVAILABLE = "issuer_unavailable"
    PROCESSING_ERROR = "processing_error"
    STOP_PAYMENT = "stop_payment"
    MANDATE_REVOKED = "mandate_revoked"
    MANDATE_MISSING = "mandate_missing"
    AUTHORIZATION_DISPUTED = "authorization_disputed"
    PREVIOUSLY_DECLINED = "previously_declined"
    DUPLICATE = "duplicate"
    CONFIGURATION = "configuration"
    UNKNOWN = "unknown"


MANDATE_REASONS = frozenset(
    {
        DeclineReason.STOP_PAYMENT,
        DeclineReason.MANDATE_REVOKED,
        DeclineReason.MANDATE_MISSING,
        DeclineReason.AUTHORIZATION_DISPUTED,
    }
)
"""The payer's permission is missing, withdrawn or contested."""

MASKED_REASONS = frozenset(
    {
        DeclineReason.LOST_OR_STOLEN,
        DeclineReason.FRAUD_SUSPECTED,
        DeclineReason.RISK_BLOCKED,
        DeclineReason.ACCOUNT_HOLDER_DECEASED,
    }
)
"""Told to operators; customers read the text of `GENERIC_DECLINE` instead, since the reader may not be the holder."""
