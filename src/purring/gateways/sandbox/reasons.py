"""Which code stands for each of our decline reasons, so that a script can name the reason alone.

The method's own network speaks if it has a code for the reason; otherwise another provider's code is passed through, as
gateways do that sit on top of each other; and where only a bank scheme knows the reason, that scheme's code.
"""

from __future__ import annotations

from collections.abc import Mapping

from purring.domain.decline import Answer, DeclineReason
from purring.gateways.sandbox.script import BANK_SCHEMES, CARD_NETWORKS, SANDBOX, Decline, parse_answer

_CARD = "card"

_RAW: Mapping[DeclineReason, Mapping[str, str]] = {
    DeclineReason.INSUFFICIENT_FUNDS: {_CARD: "51", "ach": "R01", "sepa": "AM04", "bacs": "0"},
    DeclineReason.LIMIT_EXCEEDED: {_CARD: "61"},
    DeclineReason.DO_NOT_HONOR: {_CARD: "05"},
    DeclineReason.GENERIC_DECLINE: {_CARD: "21", "sepa": "MS03"},
    DeclineReason.CARD_EXPIRED: {_CARD: "54"},
    DeclineReason.INCORRECT_NUMBER: {_CARD: "14", "ach": "R04", "sepa": "AC01"},
    DeclineReason.INCORRECT_DETAILS: {"visa": "82"},
    DeclineReason.INCORRECT_PIN: {_CARD: "55"},
    DeclineReason.NEW_ACCOUNT_DATA: {"mastercard": "79", "bacs": "3"},
    DeclineReason.LOST_OR_STOLEN: {_CARD: "41"},
    DeclineReason.FRAUD_SUSPECTED: {_CARD: "59"},
    DeclineReason.RISK_BLOCKED: {},
    DeclineReason.ACCOUNT_CLOSED: {"visa": "46", "ach": "R02", "sepa": "AC04", "bacs": "B"},
    DeclineReason.ACCOUNT_BLOCKED: {_CARD: "62", "ach": "R16", "sepa": "AC06"},
    DeclineReason.ACCOUNT_HOLDER_DECEASED: {"ach": "R14", "sepa": "MD07", "bacs": "2"},
    DeclineReason.INVALID_ACCOUNT: {_CARD: "52", "ach": "R03", "sepa": "BE06", "bacs": "5"},
    DeclineReason.TRANSACTION_NOT_ALLOWED: {_CARD: "57", "ach": "R35", "sepa": "AG01"},
    DeclineReason.AMOUNT_NOT_ACCEPTED: {_CARD: "13", "bacs": "7"},
    DeclineReason.CURRENCY_NOT_SUPPORTED: {},
    DeclineReason.AUTHENTICATION_REQUIRED: {"visa": "1A", "mastercard": "65"},
    DeclineReason.CONTACT_ISSUER: {_CARD: "01", "sepa": "SL01"},
    DeclineReason.ISSUER_UNAVAILABLE: {_CARD: "91"},
    DeclineReason.PROCESSING_ERROR: {_CARD: "96", "sepa": "TM01"},
    DeclineReason.STOP_PAYMENT: {"visa": "R0", "ach": "R08", "sepa": "MS02"},
    DeclineReason.MANDATE_REVOKED: {"visa": "R1", "ach": "R07", "bacs": "1"},
    DeclineReason.MANDATE_MISSING: {"sepa": "MD01", "bacs": "6"},
    DeclineReason.AUTHORIZATION_DISPUTED: {_CARD: "18", "ach": "R10", "sepa": "MD06", "bacs": "4"},
    DeclineReason.PREVIOUSLY_DECLINED: {},
    DeclineReason.DUPLICATE: {_CARD: "94", "ach": "R24", "sepa": "AM05"},
    DeclineReason.CONFIGURATION: {_CARD: "03", "ach": "R18", "sepa": "AG02", "bacs": "8"},
    DeclineReason.UNKNOWN: {},
}
"""The networks' own codes; `card` speaks for every card network that isn't named."""

_ELSEWHERE: Mapping[DeclineReason, str] = {
    DeclineReason.INSUFFICIENT_FUNDS: "stripe insufficient_funds",
    DeclineReason.LIMIT_EXCEEDED: "stripe card_velocity_exceeded",
    DeclineReason.DO_NOT_HONOR: "stripe do_not_honor",
    DeclineReason.GENERIC_DECLINE: "stripe generic_decline",
    DeclineReason.CARD_EXPIRED: "stripe expired_card",
    DeclineReason.INCORRECT_NUMBER: "stripe incorrect_number",
    DeclineReason.INCORRECT_DETAILS: "stripe incorrect_cvc",
    DeclineReason.INCORRECT_PIN: "stripe incorrect_pin",
    DeclineReason.NEW_ACCOUNT_DATA: "stripe new_account_information_available",
    DeclineReason.LOST_OR_STOLEN: "stripe lost_card",
    DeclineReason.FRAUD_SUSPECTED: "stripe fraudulent",
    DeclineReason.RISK_BLOCKED: "stripe highest_risk_level",
    DeclineReason.ACCOUNT_CLOSED: "braintree 2108",
    DeclineReason.ACCOUNT_BLOCKED: "stripe restricted_card",
    DeclineReason.ACCOUNT_HOLDER_DECEASED: "sepa MD07",
    DeclineReason.INVALID_ACCOUNT: "stripe invalid_account",
    DeclineReason.TRANSACTION_NOT_ALLOWED: "stripe transaction_not_allowed",
    DeclineReason.AMOUNT_NOT_ACCEPTED: "stripe invalid_amount",
    DeclineReason.CURRENCY_NOT_SUPPORTED: "stripe currency_not_supported",
    DeclineReason.AUTHENTICATION_REQUIRED: "stripe authentication_required",
    DeclineReason.CONTACT_ISSUER: "stripe call_issuer",
    DeclineReason.ISSUER_UNAVAILABLE: "stripe issuer_not_available",
    DeclineReason.PROCESSING_ERROR: "stripe processing_error",
    DeclineReason.STOP_PAYMENT: "stripe stop_payment_order",
    DeclineReason.MANDATE_REVOKED: "stripe revocation_of_authorization",
    DeclineReason.MANDATE_MISSING: "sepa MD01",
    DeclineReason.AUTHORIZATION_DISPUTED: "sepa MD06",
    DeclineReason.PREVIOUSLY_DECLINED: "stripe previously_declined_do_not_retry",
    DeclineReason.DUPLICATE: "stripe duplicate_transaction",
    DeclineReason.CONFIGURATION: "stripe testmode_decline",
}

UNDOCUMENTED = "undocumented"
"""A code of the sandbox's own that no table lists, for what nobody understands."""


def codes_for(reason: DeclineReason, network: str) -> Answer:
    """The codes of a decline on a network that mean `reason`."""
    codes = _RAW[reason]
    raw_code = codes.get(network) or (codes.get(_CARD) if network in CARD_NETWORKS else None)
    if raw_code is not None:
        return Answer(gateway=SANDBOX, network=network, raw_code=raw_code)
    if reason is DeclineReason.UNKNOWN:
        return Answer(gateway=SANDBOX, network=network, gateway_code=UNDOCUMENTED)
    elsewhere = parse_answer(_ELSEWHERE[reason])
    assert isinstance(elsewhere, Decline), f"{_ELSEWHERE[reason]} is a decline"
    return elsewhere.answer


def networks() -> tuple[str, ...]:
    """Every network that a sandbox method can be on."""
    return (*CARD_NETWORKS, *BANK_SCHEMES)
