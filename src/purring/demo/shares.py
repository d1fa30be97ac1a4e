"""How often what happens. Each number has its source beside it, or says that it is our assumption.

Vendors define these figures differently, and none of them is audited. They only shape the demo; what it prints are the
demo's own results, and no measurement of Purring.
"""

from __future__ import annotations

from purring.domain.decline import DeclineReason

# ---------------------------------------------------------------------------------------------------------------------
# What issuers and banks say

RELIABLE, SHAKY = 0.07, 0.30
"""Chance that a charge opens a failing spell, on most cards and on some. Together about 11 % of first attempts.

Source: B2B 5-14 %, B2C 6-18 % of invoices; Recurly 2013,
https://blog.recurly.com/2013/12/international-decline-rates (read 2026-11-23). The split in two is an assumption.
"""
SHAKY_SHARE = 0.15

CARD_DECLINES: dict[DeclineReason, float] = {
    DeclineReason.INSUFFICIENT_FUNDS: 40.6 + 3.7,  # insufficient_funds, partner_insufficient_funds
    DeclineReason.TRANSACTION_NOT_ALLOWED: 8.8,
    DeclineReason.RISK_BLOCKED: 8.0,  # highest_risk_level
    DeclineReason.DO_NOT_HONOR: 7.6,
    DeclineReason.PREVIOUSLY_DECLINED: 6.4,  # previously_declined_do_not_retry
    DeclineReason.GENERIC_DECLINE: 5.8,
    DeclineReason.INCORRECT_NUMBER: 4.7,
    DeclineReason.PROCESSING_ERROR: 4.1,  # try_again_later
    DeclineReason.INVALID_ACCOUNT: 2.7,
    DeclineReason.CARD_EXPIRED: 1.1,  # with an account updater
    DeclineReason.LIMIT_EXCEEDED: 1.1,  # card_velocity_exceeded
    # "Other" is 5.4 in the source; what is in it is an assumption.
    DeclineReason.AUTHENTICATION_REQUIRED: 2.9,
    DeclineReason.LOST_OR_STOLEN: 1.2,
    DeclineReason.CONTACT_ISSUER: 0.8,
    DeclineReason.UNKNOWN: 0.5,
}
"""Per cent of card declines at the first failure.

Source: Churnkey with Stripe's data, calendar 2024, about 5 M failures;
https://churnkey.co/blog/involuntary-churn-benchmarks (read 2026-11-23).
"""

BANK_DECLINES: dict[DeclineReason, float] = {
    DeclineReason.INSUFFICIENT_FUNDS: 80,
    DeclineReason.ACCOUNT_CLOSED: 8,
    DeclineReason.MANDATE_REVOKED: 7,
    DeclineReason.INVALID_ACCOUNT: 5,
}
"""Assumption: no mix of bank debits' return codes is public."""

RETRY_WORKS: dict[DeclineReason, float] = {
    DeclineReason.INSUFFICIENT_FUNDS: 0.26,
    DeclineReason.DO_NOT_HONOR: 0.14,
    DeclineReason.GENERIC_DECLINE: 0.14,
    DeclineReason.PROCESSING_ERROR: 0.70,
    DeclineReason.LIMIT_EXCEEDED: 0.70,
}
"""Chance that the next charge of the same card goes through; no other reason heals by itself.

Chosen so that six retries bring in about half of all failures: platform retries alone recover 51 %, in 5.5 days on
average. Source: Churnkey with Stripe's data 2024, as above. That a charge in a week has the same chance as one
tomorrow is an assumption: pay days are not modelled.
"""

MASTERCARD_ADVICE_SHARE = 0.3
MASTERCARD_ADVICE: dict[str, float] = {"24": 2, "25": 3, "26": 3, "27": 1, "28": 1}
"""Assumption: how often a Mastercard decline for lack of funds says when to come back, and the code that says so."""

BANK_DAYS: dict[str, tuple[int, int]] = {"sepa": (2, 4), "ach": (3, 5), "bacs": (3, 4)}
"""Least and most days until a debit is settled or comes back. Assumption within the schemes' return windows."""

FAULT_SHARE = 0.004
FAULTS: dict[tuple[str, ...], float] = {
    ("timeout after",): 3,
    ("timeout after", "find unknown 1 times"): 1,
    ("timeout before", "approve"): 3,
    ("timeout then decline insufficient_funds", "approve"): 1,
    ("rate limited 60 seconds", "approve"): 1,
    ("unavailable 2 hours", "approve"): 1,
}
"""Assumption: how often a call goes wrong on the way, and how. A gateway states no such figure."""

# ---------------------------------------------------------------------------------------------------------------------
# What customers do

ACTS_ON_REQUEST = 0.34
ACTS_ON_LAST_NOTICE = 0.28
ACTS_WHEN_SUSPENDED = 0.25
ACTS_WHILE_WE_RETRY = 0.035
"""Chance that a customer acts on a notice: on one that asks for action, on the last, on the end of access, and on one
that says we try again by ourselves.

Chosen so that retries make roughly two thirds of recoveries: 60-63 % (Churn Buster,
https://churnbuster.io/docs/data-testing), about 79 % (derived from Churnkey). Notices 1 to 5 add 2.8, 1.9, 1.7, 1.5 and
1.5 points (Churnkey, https://churnkey.co/growth/library/payment-failure-wall; both read 2026-11-23).
"""
CONFIRMS_WITH_BANK = 0.6
FORGETS_TO_TIE = 0.12
DECLARES_TRANSFER = 0.08
TRANSFER_ARRIVES = 0.85
"""Assumptions."""

BACKUP_SHARE = 0.10
"""Customers who agreed to a backup: at least 20 % have more than one card (FlyCode 2025,
https://news.ycombinator.com/item?id=45348730, read 2026-11-23); that half of them agree is an assumption."""

# ---------------------------------------------------------------------------------------------------------------------
# Who buys what: all assumptions

INTERVALS: dict[str, float] = {"1 month": 86, "1 week": 4, "1 year": 10}
TRIAL_SHARE = 0.06
TWO_PEOPLE_SHARE = 0.25
CARD_NETWORKS: dict[str, float] = {"visa": 58, "mastercard": 36, "amex": 6}
