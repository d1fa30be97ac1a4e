"""Mastercard response codes that differ from, or add to, ISO 8583."""

from __future__ import annotations

from purring.domain.rulebook.codes import Code, Grade, Kind, Source, Table
from purring.domain.rulebook.reasons import DeclineClass as C
from purring.domain.rulebook.reasons import DeclineReason as R

IANFOX = Source("https://github.com/IanFoxDev/decline-codes/blob/main/data/mastercard.json", Grade.SECONDARY)
UNNAMED = Source("a processor's list whose address was not kept", Grade.LOST)
MEMORY = Source("memory", Grade.MEMORY)

# fmt: off
TABLE = Table("mastercard", "Mastercard: response codes", Kind.RAW, "mastercard", (
    Code("79", "Account changed or closed (life cycle)", R.NEW_ACCOUNT_DATA, C.UPDATE_METHOD, source=IANFOX,
         note="The advice code decides: 01 update the data, 03 never again"),
    Code("82", "Declined by the issuer's policy", R.CONTACT_ISSUER, C.RETRY_AFTER_CUSTOMER_ACTION, source=IANFOX,
         note="The advice code decides: 01 update the data or authenticate, 03 never again"),
    Code("83", "Declined for security or fraud", R.FRAUD_SUSPECTED, C.RETRY_AFTER_CUSTOMER_ACTION, source=IANFOX,
         note="The advice code decides: 01 authenticate or update the data, 03 never again"),
    Code("65", "The cardholder must authenticate (Europe), else used too often", R.AUTHENTICATION_REQUIRED,
         C.RETRY_AFTER_CUSTOMER_ACTION, source=MEMORY,
         note="Widely stated by gateways; no document of the network was read"),
    Code("70", "The cardholder must call the issuer", R.CONTACT_ISSUER, C.RETRY_AFTER_CUSTOMER_ACTION, source=UNNAMED),
    Code("71", "PIN not changed", R.CONFIGURATION, C.UNKNOWN, source=UNNAMED),
    Code("76", "Credited account invalid", R.CONFIGURATION, C.UNKNOWN, source=UNNAMED),
    Code("77", "Debited account invalid", R.CONFIGURATION, C.UNKNOWN, source=UNNAMED),
    Code("78", "The account is invalid", R.INVALID_ACCOUNT, C.UPDATE_METHOD, source=UNNAMED),
    Code("80", "Credit issuer unavailable", R.ISSUER_UNAVAILABLE, C.RETRY_LATER, source=UNNAMED, uncertain="maybe"),
    Code("81", "Domestic debit not allowed", R.TRANSACTION_NOT_ALLOWED, C.UPDATE_METHOD, source=UNNAMED),
    Code("84", "Invalid life cycle of the authorization", R.CONFIGURATION, C.UNKNOWN, source=UNNAMED),
    Code("88", "Cryptographic failure", R.CONFIGURATION, C.UNKNOWN, source=UNNAMED),
    Code("89", "PIN not acceptable", R.INCORRECT_PIN, C.RETRY_AFTER_CUSTOMER_ACTION, source=UNNAMED),
    Code("1Z", "Authorization or issuer system out of order", R.ISSUER_UNAVAILABLE, C.RETRY_LATER, source=UNNAMED,
         uncertain="maybe"),
))
# fmt: on
