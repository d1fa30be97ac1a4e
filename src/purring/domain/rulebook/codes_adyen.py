"""Adyen refusal reasons; one that `defers` is silent when a network's own code says more."""

from __future__ import annotations

from purring.domain.rulebook.codes import NOT_A_DECLINE, Code, Grade, Kind, Source, Table
from purring.domain.rulebook.reasons import DeclineClass as C
from purring.domain.rulebook.reasons import DeclineReason as R

DOCS = Source(
    "https://docs.adyen.com/development-resources/refusal-reasons, through "
    "https://github.com/api-evangelist/adyen/blob/main/errors/adyen-decline-codes.yml",
    Grade.COPY,
)

# fmt: off
TABLE = Table("adyen", "Adyen: refusal reasons", Kind.GATEWAY, "adyen", (
    Code("0", "Authorized", R.UNKNOWN, NOT_A_DECLINE, source=DOCS),
    Code("2", "Refused by the bank without a reason", R.GENERIC_DECLINE, C.RETRY_LATER, source=DOCS, defers=True),
    Code("3", "The bank wants to be called", R.CONTACT_ISSUER, C.RETRY_AFTER_CUSTOMER_ACTION, source=DOCS),
    Code("4", "Error at the acquirer", R.PROCESSING_ERROR, C.RETRY_LATER, source=DOCS, defers=True, uncertain="maybe"),
    Code("5", "Card blocked", R.ACCOUNT_BLOCKED, C.NEVER_RETRY, source=DOCS,
         note="The customer may be able to unblock it; another method is safer"),
    Code("6", "Card expired", R.CARD_EXPIRED, C.UPDATE_METHOD, source=DOCS),
    Code("7", "Amount doesn't match", R.AMOUNT_NOT_ACCEPTED, C.UNKNOWN, source=DOCS, defers=True),
    Code("8", "Card number is wrong", R.INCORRECT_NUMBER, C.UPDATE_METHOD, source=DOCS),
    Code("9", "Issuer can't be reached", R.ISSUER_UNAVAILABLE, C.RETRY_LATER, source=DOCS, defers=True,
         uncertain="maybe"),
    Code("10", "The bank doesn't support this kind of transaction", R.TRANSACTION_NOT_ALLOWED, C.UPDATE_METHOD,
         source=DOCS),
    Code("11", "3-D Secure failed or wasn't done", R.AUTHENTICATION_REQUIRED, C.RETRY_AFTER_CUSTOMER_ACTION,
         source=DOCS),
    Code("12", "Not enough funds", R.INSUFFICIENT_FUNDS, C.RETRY_LATER, source=DOCS, defers=True),
    Code("14", "The acquirer suspects fraud", R.FRAUD_SUSPECTED, C.NEVER_RETRY, source=DOCS),
    Code("15", "Canceled", R.PROCESSING_ERROR, C.UNKNOWN, source=DOCS, defers=True),
    Code("16", "The customer gave up", R.AUTHENTICATION_REQUIRED, C.RETRY_AFTER_CUSTOMER_ACTION, source=DOCS),
    Code("17", "PIN is wrong", R.INCORRECT_PIN, C.RETRY_AFTER_CUSTOMER_ACTION, source=DOCS),
    Code("18", "Too many wrong PINs", R.INCORRECT_PIN, C.RETRY_AFTER_CUSTOMER_ACTION, source=DOCS),
    Code("19", "PIN can't be checked", R.PROCESSING_ERROR, C.UNKNOWN, source=DOCS, defers=True),
    Code("20", "Merchant's risk score is 100 or more", R.RISK_BLOCKED, C.NEVER_RETRY, source=DOCS),
    Code("21", "Not submitted correctly", R.CONFIGURATION, C.UNKNOWN, source=DOCS, defers=True, uncertain="maybe"),
    Code("22", "Merchant's combined risk score is 100 or more, canceled", R.RISK_BLOCKED, C.NEVER_RETRY, source=DOCS),
    Code("23", "Not permitted to this cardholder or merchant", R.TRANSACTION_NOT_ALLOWED, C.UPDATE_METHOD,
         source=DOCS, note="Stricter when the network's code is Visa 57"),
    Code("24", "Security code is wrong", R.INCORRECT_DETAILS, C.UPDATE_METHOD, source=DOCS),
    Code("25", "Card restricted to a region", R.TRANSACTION_NOT_ALLOWED, C.UPDATE_METHOD, source=DOCS),
    Code("26", "The customer stopped the subscription", R.MANDATE_REVOKED, C.NEVER_RETRY, source=DOCS,
         note="Visa R1 and R3, Mastercard advice 21"),
    Code("27", "The issuer's reason can't be mapped", R.GENERIC_DECLINE, C.RETRY_LATER, source=DOCS, defers=True),
    Code("28", "Over the amount limit", R.LIMIT_EXCEEDED, C.RETRY_LATER, source=DOCS, defers=True),
    Code("29", "Used too often", R.LIMIT_EXCEEDED, C.RETRY_LATER, source=DOCS, defers=True),
    Code("31", "The issuer suspects fraud", R.FRAUD_SUSPECTED, C.RETRY_AFTER_CUSTOMER_ACTION, source=DOCS),
    Code("32", "Address check failed", R.INCORRECT_DETAILS, C.UPDATE_METHOD, source=DOCS),
    Code("33", "Needs an online PIN", R.INCORRECT_PIN, C.RETRY_AFTER_CUSTOMER_ACTION, source=DOCS),
    Code("34", "Needs a checking account", R.INVALID_ACCOUNT, C.UPDATE_METHOD, source=DOCS),
    Code("35", "Needs a savings account", R.INVALID_ACCOUNT, C.UPDATE_METHOD, source=DOCS),
    Code("36", "Needs a mobile PIN", R.INCORRECT_PIN, C.RETRY_AFTER_CUSTOMER_ACTION, source=DOCS),
    Code("37", "The customer gave up after contactless failed", R.AUTHENTICATION_REQUIRED,
         C.RETRY_AFTER_CUSTOMER_ACTION, source=DOCS),
    Code("38", "The cardholder must authenticate, exemption refused", R.AUTHENTICATION_REQUIRED,
         C.RETRY_AFTER_CUSTOMER_ACTION, source=DOCS),
    Code("39", "No answer from the 3-D Secure directory", R.PROCESSING_ERROR, C.UNKNOWN, source=DOCS, defers=True,
         uncertain="maybe"),
    Code("40", "Path to the network is closed for now", R.ISSUER_UNAVAILABLE, C.RETRY_LATER, source=DOCS, defers=True),
    Code("41", "Start again with PIN or signature", R.INCORRECT_PIN, C.RETRY_AFTER_CUSTOMER_ACTION, source=DOCS),
    Code("42", "3-D Secure error at the network or issuer", R.AUTHENTICATION_REQUIRED, C.RETRY_AFTER_CUSTOMER_ACTION,
         source=DOCS),
    Code("46", "Blocked by Adyen, to avoid fees for too many attempts", R.PREVIOUSLY_DECLINED, C.NEVER_RETRY,
         source=DOCS, note="Wait until the network's window has passed, or use another card"),
    Code("50", "The customer revoked the recurring token", R.MANDATE_REVOKED, C.NEVER_RETRY, source=DOCS),
))
# fmt: on
