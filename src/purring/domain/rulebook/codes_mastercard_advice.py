"""Mastercard merchant advice codes, which say when, or that never, a charge may be tried again."""

from __future__ import annotations

from purring.domain.rulebook.codes import Code, Grade, Kind, Source, Stop, Table
from purring.domain.rulebook.reasons import DeclineClass as C
from purring.domain.rulebook.reasons import DeclineReason as R

ANTOM = Source("https://docs.antom.com/ac/ams/mac", Grade.SECONDARY)
ANTOM_BRAINTREE = Source(
    "https://docs.antom.com/ac/ams/mac; https://developer.paypal.com/braintree/articles/"
    "risk-and-security/compliance/network-updates/2023/mastercard-f23",
    Grade.SECONDARY,
)
ANTOM_CODES = Source(
    f"{ANTOM.text}; https://developer.paypal.com/braintree/docs/reference/general/merchant-responses/"
    "merchant-advice-codes",
    Grade.SECONDARY,
)
ANTOM_GALILEO = Source(
    f"{ANTOM.text}; https://docs.galileo-ft.com/pro/reference/api-reference-merchant-advice-codes", Grade.SECONDARY
)
PAYPAL = Source(
    "https://github.com/paypal/PayPal-TypeScript-Server-SDK/blob/main/doc/models/payment-advice-code.md",
    Grade.SECONDARY,
)
PAYPAL_PAYERMAX = Source(
    f"{PAYPAL.text}; https://docs.payermax.com/en/202606-version/acquiring/integration-testing-and-troubleshooting/"
    "troubleshooting/merchant-advice-codes.md",
    Grade.SECONDARY,
)
PAYPAL_PAYZU = Source(f"{PAYPAL.text}; https://docs.payzu.com.br/en/docs/cartao/retry-program", Grade.SECONDARY)
TABAPAY = Source(
    "https://developers.tabapay.com/docs/merchant-advice-code; "
    "https://retries.com/guides/transaction-processing-excellence",
    Grade.SECONDARY,
)
IANFOX = Source("https://github.com/IanFoxDev/decline-codes/blob/main/data/mastercard.json", Grade.SECONDARY)
CYBERSOURCE = Source("CyberSource payments API, processorInformation.merchantAdvice.code", Grade.SECONDARY)
OWN = Source("our own rule", Grade.OWN)

WITH_51 = "Comes with response code 51, for recurring charges without the customer"

# fmt: off
TABLE = Table("mastercard-advice", "Mastercard: merchant advice codes", Kind.ADVICE, "mastercard", (
    Code("01", "Newer account data exist", R.NEW_ACCOUNT_DATA, C.UPDATE_METHOD, source=ANTOM_CODES,
         note="Ask the account updater or the customer; don't charge the old data"),
    Code("02", "Can't approve now, try later", R.GENERIC_DECLINE, C.RETRY_LATER, source=PAYPAL_PAYERMAX,
         delay_hours=72,
         note="The 72 hours are gateways' advice, not found in a document of the network"),
    Code("03", "Do not try again", R.GENERIC_DECLINE, C.NEVER_RETRY, source=TABAPAY, stop=Stop.CARD,
         note="Each attempt within 30 days costs a fee"),
    Code("04", "Token requirements not met", R.CONFIGURATION, C.UNKNOWN, source=PAYPAL_PAYERMAX,
         note="Renew the token, or fall back to the number"),
    Code("05", "Negotiated value not approved", R.CONFIGURATION, C.UNKNOWN, source=IANFOX),
    Code("21", "The cardholder canceled the recurring payment", R.MANDATE_REVOKED, C.NEVER_RETRY,
         source=PAYPAL_PAYZU, stop=Stop.CARD,
         note="Ends the agreement with this card; each attempt within 30 days costs a fee"),
    Code("22", "Merchant doesn't qualify for the product code", R.CONFIGURATION, C.UNKNOWN, source=PAYPAL,
         note="The merchant's set-up"),
    Code("24", "Not enough funds, try after 1 hour", R.INSUFFICIENT_FUNDS, C.RETRY_LATER, source=ANTOM_BRAINTREE,
         delay_hours=1, note=WITH_51),
    Code("25", "Not enough funds, try after 24 hours", R.INSUFFICIENT_FUNDS, C.RETRY_LATER, source=ANTOM_BRAINTREE,
         delay_hours=24, note=WITH_51),
    Code("26", "Not enough funds, try after 2 days", R.INSUFFICIENT_FUNDS, C.RETRY_LATER, source=ANTOM_BRAINTREE,
         delay_hours=48, note=WITH_51),
    Code("27", "Not enough funds, try after 4 days", R.INSUFFICIENT_FUNDS, C.RETRY_LATER, source=ANTOM_BRAINTREE,
         delay_hours=96, note=WITH_51),
    Code("28", "Not enough funds, try after 6 days", R.INSUFFICIENT_FUNDS, C.RETRY_LATER, source=ANTOM_BRAINTREE,
         delay_hours=144, note=WITH_51),
    Code("29", "Not enough funds, try after 8 days", R.INSUFFICIENT_FUNDS, C.RETRY_LATER, source=ANTOM_BRAINTREE,
         delay_hours=192, note=WITH_51),
    Code("30", "Not enough funds, try after 10 days", R.INSUFFICIENT_FUNDS, C.RETRY_LATER, source=ANTOM_BRAINTREE,
         delay_hours=240, note=WITH_51),
    Code("40", "Prepaid card that can't be reloaded", R.TRANSACTION_NOT_ALLOWED, C.UPDATE_METHOD,
         source=ANTOM_CODES, note="Also sent with approvals: don't keep such a card on file"),
    Code("41", "Virtual number for a single use", R.TRANSACTION_NOT_ALLOWED, C.UPDATE_METHOD, source=ANTOM_CODES,
         note="Also sent with approvals; it can't be charged again"),
    Code("42", "Sanctions score over the threshold", R.RISK_BLOCKED, C.NEVER_RETRY, source=CYBERSOURCE,
         note="Only in one gateway's list"),
    Code("43", "Virtual number for several uses", R.UNKNOWN, C.UNKNOWN, source=ANTOM_GALILEO, defers=True,
         note="Informational; one processor sends it only for account checks"),
    Code("99", "Do not try again (a processor's value)", R.GENERIC_DECLINE, C.NEVER_RETRY, source=CYBERSOURCE,
         note="Not one of the network's codes"),
    Code("*", "Any other advice", R.UNKNOWN, C.UNKNOWN, source=OWN,
         note="Advice that we can't read may forbid a retry: it stops and asks"),
))
# fmt: on
