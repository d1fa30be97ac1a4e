"""SEPA direct debit (Core) reason codes of rejects, returns, refusals and refunds."""

from __future__ import annotations

from purring.domain.rulebook.codes import Code, Grade, Kind, Source, Table
from purring.domain.rulebook.reasons import DeclineClass as C
from purring.domain.rulebook.reasons import DeclineReason as R

GOCARDLESS = Source("GoCardless API, event details (sepa_core)", Grade.SECONDARY)
LEMONWAY = Source("https://documentation.lemonway.com/v8.2/reference/sepa-error-codes", Grade.SECONDARY)
ATLAR = Source("https://docs.atlar.com/docs/errors-return-reasons", Grade.SECONDARY)
GOCARDLESS_LEMONWAY = Source(f"{GOCARDLESS.text}; {LEMONWAY.text}", Grade.SECONDARY)
GOCARDLESS_ADYEN = Source(
    f"{GOCARDLESS.text}; https://docs.adyen.com/risk-management/chargeback-guidelines/sepa-chargebacks/",
    Grade.SECONDARY,
)
GOCARDLESS_PAYMENTBRIEF = Source(
    f"{GOCARDLESS.text}; https://paymentbrief.com/articles/sepa-return-reject-codes-r-transaction-reference",
    Grade.SECONDARY,
)
MEMORY = Source("memory", Grade.MEMORY)

CANCELS = "One gateway cancels the mandate"

# fmt: off
TABLE = Table("sepa", "SEPA direct debit: reason codes", Kind.RAW, "sepa", (
    Code("AC01", "Account number is wrong", R.INCORRECT_NUMBER, C.UPDATE_METHOD, source=GOCARDLESS_LEMONWAY,
         note=CANCELS),
    Code("BE06", "Debtor not known", R.INVALID_ACCOUNT, C.UPDATE_METHOD, source=GOCARDLESS, note=CANCELS),
    Code("AC04", "Account closed", R.ACCOUNT_CLOSED, C.UPDATE_METHOD, source=GOCARDLESS_LEMONWAY,
         note=CANCELS),
    Code("AC06", "Account blocked", R.ACCOUNT_BLOCKED, C.UPDATE_METHOD, source=GOCARDLESS_LEMONWAY),
    Code("AC13", "Wrong kind of account, such as a consumer's in the business scheme", R.INVALID_ACCOUNT,
         C.UPDATE_METHOD, source=MEMORY),
    Code("AG01", "Direct debit forbidden on this account", R.TRANSACTION_NOT_ALLOWED, C.UPDATE_METHOD,
         source=GOCARDLESS_ADYEN),
    Code("AG02", "Invalid operation or sequence type", R.CONFIGURATION, C.UNKNOWN, source=MEMORY,
         note="The creditor must correct it"),
    Code("AM04", "Not enough funds", R.INSUFFICIENT_FUNDS, C.RETRY_LATER, source=GOCARDLESS_LEMONWAY,
         note="No limit of the scheme found; each collection needs a presentation and usually a pre-notification"),
    Code("AM05", "Collected twice", R.DUPLICATE, C.UNKNOWN, source=LEMONWAY, uncertain="yes", note="Reconcile first"),
    Code("BE05", "Creditor identifier not recognized", R.CONFIGURATION, C.UNKNOWN, source=ATLAR,
         note="The creditor must correct it"),
    Code("CNOR", "Creditor's bank not registered", R.CONFIGURATION, C.UNKNOWN, source=ATLAR,
         note="The creditor must correct it"),
    Code("DNOR", "Debtor's bank not reachable", R.INVALID_ACCOUNT, C.UPDATE_METHOD, source=MEMORY),
    Code("ED05", "Settlement failed", R.PROCESSING_ERROR, C.RETRY_LATER, source=LEMONWAY, uncertain="maybe",
         note="Technical"),
    Code("FF01", "Invalid file format", R.CONFIGURATION, C.UNKNOWN, source=MEMORY,
         note="The creditor must correct it"),
    Code("FF05", "Wrong local instrument or scheme", R.CONFIGURATION, C.UNKNOWN, source=MEMORY,
         note="The creditor must correct it"),
    Code("MD01", "No valid mandate", R.MANDATE_MISSING, C.NEVER_RETRY, source=GOCARDLESS_ADYEN,
         note="A new mandate is needed"),
    Code("MD02", "Mandate data missing or wrong", R.CONFIGURATION, C.UNKNOWN, source=MEMORY,
         note="The creditor must correct it"),
    Code("MD06", "Debtor asked for a refund of an authorized debit", R.AUTHORIZATION_DISPUTED,
         C.RETRY_AFTER_CUSTOMER_ACTION, source=GOCARDLESS_LEMONWAY,
         note="The mandate stays valid: talk to the customer first"),
    Code("MD07", "Debtor deceased", R.ACCOUNT_HOLDER_DECEASED, C.NEVER_RETRY, source=GOCARDLESS_LEMONWAY),
    Code("MS02", "Refused by the debtor", R.STOP_PAYMENT, C.RETRY_AFTER_CUSTOMER_ACTION, source=GOCARDLESS_LEMONWAY,
         note="Talk to the customer"),
    Code("MS03", "The bank gives no reason", R.GENERIC_DECLINE, C.RETRY_LATER, source=GOCARDLESS_PAYMENTBRIEF,
         note="Hides other reasons, for data protection. One retry is advised; Purring keeps the ceiling below"),
    Code("RC01", "Bank identifier is invalid", R.INCORRECT_NUMBER, C.UPDATE_METHOD, source=MEMORY),
    Code("RR01", "Debtor's account or identification missing", R.CONFIGURATION, C.UNKNOWN, source=MEMORY,
         note="Complete the data"),
    Code("RR02", "Debtor's name or address missing", R.CONFIGURATION, C.UNKNOWN, source=MEMORY,
         note="Complete the data"),
    Code("RR03", "Creditor's name or address missing", R.CONFIGURATION, C.UNKNOWN, source=LEMONWAY,
         note="Complete the data"),
    Code("RR04", "Regulatory reason", R.CONFIGURATION, C.UNKNOWN, source=GOCARDLESS,
         note="One gateway treats it as MS03"),
    Code("SL01", "Blocked by a service of the debtor's bank", R.CONTACT_ISSUER, C.RETRY_AFTER_CUSTOMER_ACTION,
         source=GOCARDLESS, note="The customer changes the block or limit at the bank"),
    Code("TM01", "File came after the cut-off", R.PROCESSING_ERROR, C.RETRY_LATER, source=MEMORY,
         note="Send it again with valid dates"),
))
# fmt: on
