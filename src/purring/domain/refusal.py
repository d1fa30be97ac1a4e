"""Why an action that was understood is not allowed now, and what to do instead."""

from collections.abc import Mapping
from enum import StrEnum


class RefusalCode(StrEnum):
    """Why an action that was understood is not allowed now."""

    ALREADY_PAID = "already_paid"
    ALREADY_CANCELED = "already_canceled"
    AMOUNT_MISMATCH = "amount_mismatch"
    CHARGE_IN_FLIGHT = "charge_in_flight"
    CLAIM_NOT_ALLOWED = "claim_not_allowed"
    CLOCK_DELETED = "clock_deleted"
    CLOCK_UNDER_WAY = "clock_under_way"
    ENDPOINT_DISABLED = "endpoint_disabled"
    INVOICE_DISPUTED = "invoice_disputed"
    INVOICE_UNCHECKED = "invoice_unchecked"
    INVOICE_NOT_OPEN = "invoice_not_open"
    LAST_BILLING_ADMIN = "last_billing_admin"
    LETTER_NOT_ALLOWED = "letter_not_allowed"
    LIMIT_REACHED = "limit_reached"
    LIVE_MODE = "live_mode"
    METHOD_IN_USE = "method_in_use"
    METHOD_NOT_USABLE = "method_not_usable"
    NOT_YOUR_METHOD = "not_your_method"
    NOTHING_OWED = "nothing_owed"
    NO_METHOD_TIED = "no_method_tied"
    NOTHING_PLANNED = "nothing_planned"
    NOTHING_TO_REFUND = "nothing_to_refund"
    NOT_ON_HOLD = "not_on_hold"
    ON_HOLD = "on_hold"
    OUTCOME_UNKNOWN = "outcome_unknown"
    RECOVERY_CLOSED = "recovery_closed"
    REFUND_SETTLED = "refund_settled"
    REFUND_UNKNOWN = "refund_unknown"
    SUBSCRIPTION_OWES = "subscription_owes"
    SUBSCRIPTION_PAUSED = "subscription_paused"
    TOO_MANY_CODES = "too_many_codes"
    TOO_MANY_ENDPOINTS = "too_many_endpoints"
    TOO_MANY_TRIES = "too_many_tries"
    TRANSFER_ALREADY_DECLARED = "transfer_already_declared"


REFUSALS: Mapping[RefusalCode, str] = {
    RefusalCode.ALREADY_PAID: "The invoice is already paid; nothing more is charged.",
    RefusalCode.ALREADY_CANCELED: "The subscription is canceled; start a new one instead.",
    RefusalCode.AMOUNT_MISMATCH: "The amount differs from what is owed; send the amount that is open.",
    RefusalCode.CHARGE_IN_FLIGHT: "A charge is under way; wait for its answer, then look again.",
    RefusalCode.CLAIM_NOT_ALLOWED: "The law or the merchant's terms don't allow this claim; ask on the day shown.",
    RefusalCode.CLOCK_DELETED: "The test clock is deleted; make a new one, and customers on it.",
    RefusalCode.CLOCK_UNDER_WAY: "The test clock is being advanced; wait until it is ready.",
    RefusalCode.ENDPOINT_DISABLED: "The endpoint is disabled; enable it first.",
    RefusalCode.INVOICE_DISPUTED: "The payment is disputed at the bank; wait for the decision, or pay another way.",
    RefusalCode.INVOICE_UNCHECKED: "After a restore it isn't known yet whether it was paid; try again in a while.",
    RefusalCode.INVOICE_NOT_OPEN: "The invoice is not open; only an open invoice can be paid.",
    RefusalCode.LAST_BILLING_ADMIN: "This is the last billing admin; name another one first.",
    RefusalCode.LETTER_NOT_ALLOWED: "The law doesn't allow this letter; ask on the day shown.",
    RefusalCode.LIMIT_REACHED: "The network allows no attempt now; wait until the day shown, or use another method.",
    RefusalCode.LIVE_MODE: "Test clocks are for test mode only; use a merchant in test mode.",
    RefusalCode.METHOD_IN_USE: "Subscriptions or charges still use the method; move them to another one first.",
    RefusalCode.METHOD_NOT_USABLE: "The method can't be charged; edit it or use another one.",
    RefusalCode.NOT_YOUR_METHOD: "The method belongs to another customer; use one of this customer's own.",
    RefusalCode.NOTHING_OWED: "Nothing is owed; there is nothing to pay.",
    RefusalCode.NO_METHOD_TIED: "No payment method is tied to the subscription; tie one first.",
    RefusalCode.NOTHING_PLANNED: "No charge is planned; retry now instead, or tie a method that can be charged.",
    RefusalCode.NOTHING_TO_REFUND: "No charge of the invoice has so much left to give back; ask for less.",
    RefusalCode.NOT_ON_HOLD: "Nothing is paused; there is nothing to resume.",
    RefusalCode.ON_HOLD: "The invoice is on hold; lift the hold first, or wait until it ends.",
    RefusalCode.OUTCOME_UNKNOWN: "The outcome of the last charge is not known yet; wait for the gateway's answer.",
    RefusalCode.RECOVERY_CLOSED: "The recovery is closed; pay the invoice instead of retrying it.",
    RefusalCode.REFUND_SETTLED: "It is known what became of this refund; make a new one for more.",
    RefusalCode.REFUND_UNKNOWN: "The key is too old to be sent again; look at the gateway, then settle the refund.",
    RefusalCode.SUBSCRIPTION_OWES: "An invoice of the subscription isn't paid; pay it first, or change at period end.",
    RefusalCode.SUBSCRIPTION_PAUSED: "The subscription is paused; resume it first, or change it at period end.",
    RefusalCode.TOO_MANY_CODES: "Too many codes were asked for; use the newest one, or try again in an hour.",
    RefusalCode.TOO_MANY_ENDPOINTS: "The merchant has 32 endpoints already; change one of those instead.",
    RefusalCode.TOO_MANY_TRIES: "Too many methods or payments were tried; wait as many minutes as the details say.",
    RefusalCode.TRANSFER_ALREADY_DECLARED: "A bank transfer is already declared; wait for it, or withdraw it first.",
}
