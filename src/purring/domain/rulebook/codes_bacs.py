"""Bacs direct debit: the reasons (ARUDD) for which a collection comes back unpaid."""

from __future__ import annotations

from purring.domain.rulebook.codes import Code, Grade, Kind, Source, Table
from purring.domain.rulebook.reasons import DeclineClass as C
from purring.domain.rulebook.reasons import DeclineReason as R

MODULR = Source(
    "https://modulr.readme.io/docs/webhook-direct-debit-unpaid-collection; "
    "https://github.com/api-evangelist/gocardless/blob/main/errors/gocardless-decline-codes.yml",
    Grade.SECONDARY,
)
MODULR_MOVIMO = Source(
    f"{MODULR.text}; https://movimo.co.uk/?p=2688; https://cleardirectdebit.co.uk/unpaid-direct-debits/",
    Grade.SECONDARY,
)

# fmt: off
TABLE = Table("bacs", "Bacs: unpaid direct debits (ARUDD)", Kind.RAW, "bacs", (
    Code("0", "Refer to payer, mostly for want of funds", R.INSUFFICIENT_FUNDS, C.RETRY_LATER, source=MODULR_MOVIMO,
         note="Within a month of the first presentation, same amount, transaction code 18; one or two are usual"),
    Code("1", "Instruction canceled", R.MANDATE_REVOKED, C.NEVER_RETRY, source=MODULR,
         note="A new instruction is needed"),
    Code("2", "Payer deceased", R.ACCOUNT_HOLDER_DECEASED, C.NEVER_RETRY, source=MODULR),
    Code("3", "Account moved to another bank", R.NEW_ACCOUNT_DATA, C.UPDATE_METHOD, source=MODULR,
         note="Wait for the notice of change, then collect from the new account"),
    Code("4", "Advance notice disputed", R.AUTHORIZATION_DISPUTED, C.RETRY_AFTER_CUSTOMER_ACTION, source=MODULR),
    Code("5", "No such account, or of the wrong kind", R.INVALID_ACCOUNT, C.UPDATE_METHOD, source=MODULR),
    Code("6", "No instruction", R.MANDATE_MISSING, C.UNKNOWN, source=MODULR,
         note="Small banks may lodge late: one gateway permits a retry"),
    Code("7", "Amount differs from the notice", R.AMOUNT_NOT_ACCEPTED, C.RETRY_AFTER_CUSTOMER_ACTION, source=MODULR),
    Code("8", "Amount not due yet", R.CONFIGURATION, C.UNKNOWN, source=MODULR, note="The creditor's timing"),
    Code("9", "Presented too late", R.CONFIGURATION, C.UNKNOWN, source=MODULR, note="The creditor's timing"),
    Code("A", "Service user differs", R.CONFIGURATION, C.UNKNOWN, source=MODULR, note="The creditor's data"),
    Code("B", "Account closed", R.ACCOUNT_CLOSED, C.UPDATE_METHOD, source=MODULR),
))
# fmt: on
