"""Why a payment was declined, in words for the customer: what happened, and what helps.

Calm, never blaming, no raw codes. The reader may not be the card's holder, so reasons in MASKED_REASONS read like
GENERIC_DECLINE. These texts are the English source; the catalogues hold the other languages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from purring.domain.decline import MASKED_REASONS, DeclineReason
from purring.i18n.catalog import mark

NO_METHOD = "no_method"
"""What a notice's context says instead of a decline reason when there was nothing to charge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonText:
    """Two whole sentences: why, and what the customer can do about it. `key` names them for whoever edits texts."""

    key: str
    why: str
    advice: str


_ASK_BANK = mark("Your bank can tell you more. You can also choose another payment method.")
_CHOOSE_ANOTHER = mark("Please choose another payment method.")

_TEXTS: Mapping[DeclineReason, tuple[str, str]] = {
    DeclineReason.INSUFFICIENT_FUNDS: (
        mark("There wasn't enough money on the account."),
        mark("Please make sure that there is enough money on the account, or choose another payment method."),
    ),
    DeclineReason.LIMIT_EXCEEDED: (
        mark("The payment went over a spending limit on the card or account."),
        mark("You can raise the limit in your bank's app, or choose another payment method."),
    ),
    DeclineReason.DO_NOT_HONOR: (mark("Your bank declined the payment without giving a reason."), _ASK_BANK),
    DeclineReason.GENERIC_DECLINE: (
        mark("Your bank or our payment provider didn't approve the payment."),
        mark("Please choose another payment method, or ask your bank."),
    ),
    DeclineReason.CARD_EXPIRED: (
        mark("The card has expired."),
        mark(
            "If you have a new card with the same number, please update the expiry date; "
            "otherwise choose another payment method."
        ),
    ),
    DeclineReason.INCORRECT_NUMBER: (
        mark("Your bank doesn't recognize the card or account number."),
        mark("Please add the card or account again, or choose another payment method."),
    ),
    DeclineReason.INCORRECT_DETAILS: (
        mark("The details we have, such as the expiry date or the billing address, differ from those at your bank."),
        mark("Please check the details and correct them, or choose another payment method."),
    ),
    DeclineReason.INCORRECT_PIN: (
        mark("Your bank couldn't approve the payment because of the card's PIN."),
        mark("Please ask your bank, or choose another payment method. We never ask for your PIN."),
    ),
    DeclineReason.NEW_ACCOUNT_DATA: (
        mark("Your bank has replaced the card or account with a new one."),
        mark("Please add the new card or account."),
    ),
    DeclineReason.ACCOUNT_CLOSED: (mark("The card or account has been closed."), _CHOOSE_ANOTHER),
    DeclineReason.ACCOUNT_BLOCKED: (mark("The card or account is blocked for payments at the moment."), _ASK_BANK),
    DeclineReason.INVALID_ACCOUNT: (
        mark("Your bank couldn't find the card or account."),
        mark("Please add the card or account again, or choose another payment method."),
    ),
    DeclineReason.TRANSACTION_NOT_ALLOWED: (
        mark("The card or account isn't open for this kind of payment, for example online or abroad."),
        mark("You may be able to allow it in your bank's app. You can also choose another payment method."),
    ),
    DeclineReason.AMOUNT_NOT_ACCEPTED: (mark("Your bank didn't accept the amount."), _ASK_BANK),
    DeclineReason.CURRENCY_NOT_SUPPORTED: (
        mark("The card or account can't be used for payments in this currency."),
        _CHOOSE_ANOTHER,
    ),
    DeclineReason.AUTHENTICATION_REQUIRED: (
        mark("Your bank wants you to confirm that it is you who is paying."),
        mark("Please confirm the payment with your bank."),
    ),
    DeclineReason.CONTACT_ISSUER: (
        mark("Your bank wants to hear from you before it approves the payment."),
        mark("Please contact your bank, or choose another payment method."),
    ),
    DeclineReason.ISSUER_UNAVAILABLE: (
        mark("Your bank couldn't be reached."),
        mark("This usually passes by itself. You can also choose another payment method."),
    ),
    DeclineReason.PROCESSING_ERROR: (
        mark("A technical error stopped the payment."),
        mark("It has probably nothing to do with your payment method. You can also choose another one."),
    ),
    DeclineReason.STOP_PAYMENT: (
        mark("Your bank has been told to stop this payment."),
        mark("If that wasn't the intention, please ask your bank to allow it, or choose another payment method."),
    ),
    DeclineReason.MANDATE_REVOKED: (
        mark("The permission to charge the card or account has been withdrawn."),
        mark("Please choose another payment method. If that wasn't the intention, please contact us."),
    ),
    DeclineReason.MANDATE_MISSING: (
        mark("Your bank has no permission on record for charging the card or account."),
        mark("Please choose another payment method, or contact us to give a new permission."),
    ),
    DeclineReason.AUTHORIZATION_DISPUTED: (
        mark("Your bank has been told that this payment wasn't agreed to."),
        mark("If that is a misunderstanding, please contact us or choose another payment method."),
    ),
    DeclineReason.PREVIOUSLY_DECLINED: (
        mark("The same payment has been declined before, so it isn't accepted again."),
        _ASK_BANK,
    ),
    DeclineReason.DUPLICATE: (
        mark("Your bank took the payment for a copy of an earlier one."),
        mark("If you have paid already, please tell us; otherwise choose another payment method."),
    ),
    DeclineReason.CONFIGURATION: (
        mark("The fault is on our side, not with your payment method."),
        mark("We are looking into it. Another payment method may work in the meantime."),
    ),
    DeclineReason.UNKNOWN: (mark("The answer we got doesn't say why."), _ASK_BANK),
}

_NO_METHOD_TEXT = ReasonText(
    key=NO_METHOD,
    why=mark("There is no payment method to charge."),
    advice=mark("Please add a payment method and choose what it should pay."),
)


def reason_text(reason: DeclineReason) -> ReasonText:
    """What customers read about a decline reason."""
    shown = DeclineReason.GENERIC_DECLINE if reason in MASKED_REASONS else reason
    why, advice = _TEXTS[shown]
    return ReasonText(key=shown.value, why=why, advice=advice)


def no_method_text() -> ReasonText:
    """What customers read when nothing is tied that could be charged."""
    return _NO_METHOD_TEXT


def every_text() -> Iterator[tuple[str, str]]:
    """Every sentence about a reason under the key that templates say it by."""
    shown = {reason_text(reason).key: reason_text(reason) for reason in DeclineReason}
    for text in (*shown.values(), _NO_METHOD_TEXT):
        yield f"reason_{text.key}_why", text.why
        yield f"reason_{text.key}_advice", text.advice
