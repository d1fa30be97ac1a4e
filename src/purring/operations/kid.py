"""KID numbers under a merchant's agreement with its bank: of its own invoices, and found again from a payment."""

from __future__ import annotations

from purring.domain.errors import MissingField
from purring.domain.facts import Facts
from purring.domain.merchant import Merchant
from purring.domain.norway.kid import KidAgreement, invoice_kid
from purring.operations.importing.rows import is_own_number


def agreement_of(merchant: Merchant) -> KidAgreement:
    """What the merchant agreed with its bank.

    Raises MissingField.
    """
    if merchant.policy.kid is None:
        raise MissingField("No KID is agreed; set `kid` with `purring merchant policy FILE`.", field="kid")
    return merchant.policy.kid


def kid_of(facts: Facts) -> str | None:
    """The KID of an invoice with one of Purring's own numbers; none without an agreement, or made by another biller.

    The customer's part is its external id, if that is a number that fits, and else there is no KID.
    """
    agreement = facts.merchant.policy.kid
    number = facts.invoice.number
    if agreement is None or not is_own_number(number):
        return None
    invoice_number, external_id = int(number.removeprefix("P-")), facts.customer.external_id or ""
    customer_number = 0
    if agreement.customer_digits:
        if not (external_id.isascii() and external_id.isdigit() and len(external_id) <= agreement.customer_digits):
            return None
        customer_number = int(external_id)
    if len(str(invoice_number)) > agreement.invoice_digits:
        return None
    return invoice_kid(agreement, customer_number, invoice_number)
