"""Double-entry bookkeeping of every money fact: each entry's postings add up to zero."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from purring.domain.ids import AttemptId, InvoiceId
from purring.domain.money import Money


class Account(StrEnum):
    """The accounts. Debits are positive, credits negative."""

    RECEIVABLE = "receivable"
    REVENUE = "revenue"
    CASH = "cash"
    BAD_DEBT = "bad_debt"
    CREDITS = "credits"
    OVERPAYMENTS = "overpayments"


class EntryKind(StrEnum):
    """The money facts there are."""

    INVOICED = "invoiced"
    PAID = "paid"
    OVERPAID = "overpaid"
    WRITTEN_OFF = "written_off"
    WRITE_OFF_REVERSED = "write_off_reversed"
    CREDITED = "credited"
    REFUNDED = "refunded"
    CHARGED_BACK = "charged_back"
    CHARGEBACK_RETURNED = "chargeback_returned"
    PAYMENT_REVERSED = "payment_reversed"
    OVERPAYMENT_REVERSED = "overpayment_reversed"


DEBIT_CREDIT: dict[EntryKind, tuple[Account, Account]] = {
    EntryKind.INVOICED: (Account.RECEIVABLE, Account.REVENUE),
    EntryKind.PAID: (Account.CASH, Account.RECEIVABLE),
    EntryKind.OVERPAID: (Account.CASH, Account.OVERPAYMENTS),
    EntryKind.WRITTEN_OFF: (Account.BAD_DEBT, Account.RECEIVABLE),
    EntryKind.WRITE_OFF_REVERSED: (Account.RECEIVABLE, Account.BAD_DEBT),
    EntryKind.CREDITED: (Account.CREDITS, Account.RECEIVABLE),
    EntryKind.REFUNDED: (Account.RECEIVABLE, Account.CASH),
    EntryKind.CHARGED_BACK: (Account.RECEIVABLE, Account.CASH),
    EntryKind.CHARGEBACK_RETURNED: (Account.CASH, Account.RECEIVABLE),
    EntryKind.PAYMENT_REVERSED: (Account.RECEIVABLE, Account.CASH),
    EntryKind.OVERPAYMENT_REVERSED: (Account.OVERPAYMENTS, Account.CASH),
}
"""Which account each money fact debits and which it credits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """One money fact: `amount` (above zero) moves from the credited to the debited account."""

    kind: EntryKind
    invoice_id: InvoiceId
    attempt_id: AttemptId | None
    amount: Money
    at: datetime
