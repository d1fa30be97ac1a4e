"""What a decline reason means to the merchant's billing staff, and what they can do about it.

Operators read the plain truth: nothing is masked here, so these texts never go to customers, who read
`purring.notices.reasons`. English is the source; the catalogues hold the other languages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from purring.domain.rulebook.reasons import DeclineReason as R
from purring.domain.text import mark


@dataclass(frozen=True, slots=True)
class OperatorText:
    """Two whole sentences or more: what the reason means, and what to do."""

    meaning: str
    action: str


_NEW_METHOD = mark("Another payment method is needed: if the notices bring none, ask the customer yourself.")
_WAIT = mark("Nothing to do as long as a retry is planned; it usually passes.")
_OUR_DATA = mark("Correct our side first, together with the gateway's support; a retry without that fails again.")

OPERATOR_TEXTS: Mapping[R, OperatorText] = {
    R.INSUFFICIENT_FUNDS: OperatorText(
        mark("The account didn't hold enough money at that moment. The most common decline, and it often passes."),
        mark("Nothing to do as long as a retry is planned. One soon after the customer's payday does best."),
    ),
    R.LIMIT_EXCEEDED: OperatorText(
        mark("The card or account went over a limit on amount or number of uses, set by the bank or the customer."),
        _WAIT,
    ),
    R.DO_NOT_HONOR: OperatorText(
        mark("The bank declined and gave no reason. It may hide anything from want of funds to a closed account."),
        mark("Let the planned retries run. After several such declines, ask the customer for another payment method."),
    ),
    R.GENERIC_DECLINE: OperatorText(
        mark("The bank or the gateway declined without telling more."),
        mark("Look at the gateway's own page of this payment: it sometimes says more than it told us."),
    ),
    R.CARD_EXPIRED: OperatorText(
        mark("The card's expiry date has passed, or the bank has a newer one."),
        mark("Ask the account updater if there is one; otherwise the customer must update the date or the card."),
    ),
    R.INCORRECT_NUMBER: OperatorText(
        mark("The card or account number doesn't exist at the bank."),
        _NEW_METHOD,
    ),
    R.INCORRECT_DETAILS: OperatorText(
        mark("Expiry date, security code, name or address differ from what the bank holds."),
        mark("The customer must correct the details; the same ones will be declined again."),
    ),
    R.INCORRECT_PIN: OperatorText(
        mark("The bank asked for a PIN, or refused it. No recurring charge carries one."),
        mark("Check that the charge was sent as merchant-initiated; if it was, the customer must talk to the bank."),
    ),
    R.NEW_ACCOUNT_DATA: OperatorText(
        mark("The bank has issued a new card or moved the account, and says so."),
        mark("Ask the account updater if there is one; otherwise the customer must add the new card or account."),
    ),
    R.LOST_OR_STOLEN: OperatorText(
        mark("The card was reported lost or stolen. The customer reads only that the payment was declined."),
        mark("Never charge this card again, and don't tell the caller why: it may not be the holder."),
    ),
    R.FRAUD_SUSPECTED: OperatorText(
        mark("The bank or the network suspects fraud. The customer reads only that the payment was declined."),
        mark("Don't retry by hand. If you know the customer, suggest a word with the bank, or another method."),
    ),
    R.RISK_BLOCKED: OperatorText(
        mark("A risk check of the gateway or the network blocked the charge; the bank may never have seen it."),
        mark("Look at the gateway's risk rules for this payment, and allow the customer there if you know them."),
    ),
    R.ACCOUNT_CLOSED: OperatorText(mark("The card or the account behind it is closed."), _NEW_METHOD),
    R.ACCOUNT_BLOCKED: OperatorText(
        mark("The bank or the holder has blocked the card or account, perhaps only for a time."),
        mark("The customer must have it unblocked by the bank, or choose another payment method."),
    ),
    R.ACCOUNT_HOLDER_DECEASED: OperatorText(
        mark("The bank says that the account's holder has died."),
        mark("Stop the reminders, and write to the contact persons yourself, with care."),
    ),
    R.INVALID_ACCOUNT: OperatorText(
        mark("The bank can't match the card or account to one that may be charged."),
        _NEW_METHOD,
    ),
    R.TRANSACTION_NOT_ALLOWED: OperatorText(
        mark("The card or account isn't open for this kind of payment: online, abroad, recurring, or this trade."),
        mark("The customer may open it in the bank's app; otherwise another payment method is needed."),
    ),
    R.AMOUNT_NOT_ACCEPTED: OperatorText(
        mark("The bank or the scheme didn't accept this amount, or it differs from what was announced."),
        mark("Compare the amount with the agreement and with the advance notice before anything is charged again."),
    ),
    R.CURRENCY_NOT_SUPPORTED: OperatorText(
        mark("The card, the account or our agreement with the gateway doesn't take this currency."),
        mark("Check the currencies of our agreement with the gateway; if they fit, the customer needs another method."),
    ),
    R.AUTHENTICATION_REQUIRED: OperatorText(
        mark("The bank wants the customer to confirm the payment; no unattended retry can succeed."),
        mark("Wait for the customer to confirm. If it happens often, check how the agreements are set up."),
    ),
    R.CONTACT_ISSUER: OperatorText(
        mark("The bank wants to hear from its customer before it approves."),
        mark("Suggest that the customer calls the bank, or chooses another payment method."),
    ),
    R.ISSUER_UNAVAILABLE: OperatorText(mark("The customer's bank, or a switch on the way, didn't answer."), _WAIT),
    R.PROCESSING_ERROR: OperatorText(
        mark("A technical error at the bank, the network or the gateway."),
        mark("Nothing to do as long as a retry is planned. Many at once point to an outage at the gateway."),
    ),
    R.STOP_PAYMENT: OperatorText(
        mark("The holder has told the bank to stop this payment, but not necessarily the agreement."),
        mark("Talk to the customer: it may be a wish to cancel. Don't charge this method for this debt again."),
    ),
    R.MANDATE_REVOKED: OperatorText(
        mark("The holder has withdrawn the permission to charge this card or account."),
        mark("Talk to the customer: it may be a wish to cancel. A new permission is needed for any further charge."),
    ),
    R.MANDATE_MISSING: OperatorText(
        mark("The bank finds no permission on record: never lodged, lapsed, or sent with other data."),
        mark("Compare our mandate's data with the gateway's; otherwise the customer must give a new permission."),
    ),
    R.AUTHORIZATION_DISPUTED: OperatorText(
        mark("The holder tells the bank that this payment wasn't agreed to, or not like this."),
        mark("Find the agreement and talk to the customer before any charge: a dispute or a refund may follow."),
    ),
    R.PREVIOUSLY_DECLINED: OperatorText(
        mark("The network or the gateway refused at once, since the same payment was declined before."),
        mark("Don't retry by hand. The customer must talk to the bank or choose another payment method."),
    ),
    R.DUPLICATE: OperatorText(
        mark("The charge looks like a copy of another one, which may have been paid."),
        mark("Look for the other charge at the gateway before anything else; record it here if it was paid."),
    ),
    R.CONFIGURATION: OperatorText(
        mark("The fault is ours or the gateway's: set-up, message format, or agreement. The customer can't help it."),
        _OUR_DATA,
    ),
    R.UNKNOWN: OperatorText(
        mark("No table of ours knows this answer, or it tells nothing. Automatic charges have stopped."),
        mark("Look the code up at the gateway, retry by hand if it allows that, and report the code so it is added."),
    ),
}


def operator_text(reason: R) -> OperatorText:
    """What operators read about a decline reason."""
    return OPERATOR_TEXTS[reason]
