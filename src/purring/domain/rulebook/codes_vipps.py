"""Vipps MobilePay: why a recurring charge failed; no adapter asks yet (see the page of Norwegian rails)."""

from __future__ import annotations

from purring.domain.rulebook.codes import Code, Grade, Kind, Source, Table
from purring.domain.rulebook.reasons import DeclineClass as C
from purring.domain.rulebook.reasons import DeclineReason as R

GUIDE = Source(
    "https://github.com/vippsas/vipps-recurring-api/blob/master/recurring-api-guide.md; "
    "https://developer.vippsmobilepay.com/docs/APIs/recurring-api/how-it-works/charges/recurring-charges-howitworks",
    Grade.COPY,
)

# fmt: off
TABLE = Table("vipps", "Vipps MobilePay: failure reasons", Kind.GATEWAY, "vipps", (
    Code("user_action_required", "The payer must act in the app: no funds, card expired or blocked", R.GENERIC_DECLINE,
         C.RETRY_AFTER_CUSTOMER_ACTION, source=GUIDE, note="The provider tells the payer in its app, not us"),
    Code("charge_amount_too_high", "Over the payer's own maximum", R.LIMIT_EXCEEDED, C.RETRY_AFTER_CUSTOMER_ACTION,
         source=GUIDE, note="The payer raises the maximum in the app"),
    Code("non_technical_error", "The payer can't be charged, perhaps left the service", R.INVALID_ACCOUNT,
         C.UPDATE_METHOD, source=GUIDE),
    Code("technical_error", "Technical error at the provider", R.PROCESSING_ERROR, C.RETRY_LATER, source=GUIDE),
))
# fmt: on
