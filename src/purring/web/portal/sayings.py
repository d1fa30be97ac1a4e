"""What a page says once something was done or refused. A closed list: an address can't put words into our mouth."""

from __future__ import annotations

from collections.abc import Mapping

from purring.domain.errors import RefusalCode
from purring.i18n.catalog import mark

DONE: Mapping[str, str] = {
    "saved": mark("Your changes are saved."),
    "added": mark("The payment method is added."),
    "untied": mark("The payment method is added, but pays nothing yet."),
    "removed": mark("The payment method is removed."),
    "replaced": mark("The new payment method has taken the old one's place."),
    "paid": mark("Thank you! The payment went through."),
    "declined": mark("The payment was declined again. Nothing was charged."),
    "processing": mark("The payment is being processed. We write to you when it is done; please don't pay again."),
    "unavailable": mark("The payment provider can't be reached right now. Nothing was charged; please try again soon."),
    "not_confirmed": mark("The payment wasn't confirmed at the bank, so nothing was charged."),
    "confirm": mark("Your bank must confirm the payment."),
    "changed_meanwhile": mark("Something happened to this invoice in the meantime. Please look again before you pay."),
    "transfer": mark("Thank you. We wait for your bank transfer and don't charge you until then."),
    "settled": mark("Thank you! Everything is paid."),
    "settled_partly": mark("Some payments went through, others didn't. What is left stands below."),
    "invited": mark("The person is added."),
    "person_removed": mark("The person is removed."),
    "signed_out": mark("You are signed out."),
    "wrong_code": mark("This code isn't right, or it is no longer good. Ask for a new one."),
    "not_permitted": mark("Your role lets you look, but not change this."),
    "field_failed": mark("The payment provider didn't recognize that card or account. Please enter it again."),
}
REFUSED: Mapping[RefusalCode, str] = {
    RefusalCode.ALREADY_PAID: mark("This invoice is paid already. Nothing more is charged."),
    RefusalCode.CHARGE_IN_FLIGHT: mark("A payment is under way right now. Please wait for the bank's answer."),
    RefusalCode.OUTCOME_UNKNOWN: mark("We are asking the bank whether a payment went through. Please don't pay again."),
    RefusalCode.INVOICE_DISPUTED: mark("The payment is disputed at the bank. Nothing is charged until it has decided."),
    RefusalCode.INVOICE_UNCHECKED: mark("We are still checking whether this is paid. Please try again in a while."),
    RefusalCode.INVOICE_NOT_OPEN: mark("This invoice isn't open any more, so nothing is to be paid."),
    RefusalCode.LIMIT_REACHED: mark("No further attempt is allowed right now. Please use another payment method."),
    RefusalCode.METHOD_NOT_USABLE: mark("This payment method can't be charged. Please use another one."),
    RefusalCode.METHOD_IN_USE: mark("Something still uses this payment method. Let another one take its place first."),
    RefusalCode.NOT_YOUR_METHOD: mark("There is no such payment method here."),
    RefusalCode.LAST_BILLING_ADMIN: mark("This is the last person who may manage billing. Name another one first."),
    RefusalCode.TRANSFER_ALREADY_DECLARED: mark("You have told us about a transfer already. We are waiting for it."),
    RefusalCode.RECOVERY_CLOSED: mark("It is too late for that. You can still pay the invoice here."),
    RefusalCode.ALREADY_CANCELED: mark("The subscription has ended."),
    RefusalCode.TOO_MANY_CODES: mark("Too many codes were asked for. Use the newest one, or try again in an hour."),
}
OTHERWISE = mark("That isn't possible right now. Please look at the page again.")
GOOD = frozenset({"saved", "added", "removed", "replaced", "paid", "transfer", "settled", "invited", "person_removed"})


class Saying:
    """A sentence in the source language, and whether it is good news."""

    def __init__(self, name: str, text: str) -> None:
        """Keep both."""
        self.name, self.text, self.is_good = name, text, name in GOOD


def saying(name: str) -> Saying | None:
    """The sentence of a name; None where nothing is to be said."""
    if name in DONE:
        return Saying(name, DONE[name])
    if name in {code.value for code in RefusalCode}:
        return Saying(name, REFUSED.get(RefusalCode(name), OTHERWISE))
    return None
