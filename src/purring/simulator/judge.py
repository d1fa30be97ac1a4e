"""A judge of everything a network or bank scheme forbids, who looks at the provider's ledger and at nothing of ours.

The rules are written down here once more, by hand and as plainly as possible: each charge is compared with every other
one before it. Nothing is taken from the rulebook, so a mistake there can't excuse itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from purring.gateways.sandbox.oracle import SeenCharge

DAY = timedelta(hours=24)
BANK_DAYS = {"ach": 180, "bacs": 28, "sepa": 56}
PRESENTED_MAX = 3
CARD_DAY_MAX = 9
MASTERCARD_MONTH_MAX = 35

VISA_NEVER = {"04", "07", "12", "14", "15", "41", "43", "46", "57", "R1", "R3"}
VISA_WRONG_DATA = {"54", "55", "82", "6P", "N7"}
MASTERCARD_NEVER = {"03", "21"}
MASTERCARD_HOURS = {"02": 72, "24": 1, "25": 24, "26": 48, "27": 96, "28": 144, "29": 192, "30": 240}
ONLY_NOT_NOW = {"51", "61", "65"}
"""Answers to a card whose data are good."""

VISA_TWENTY_SINCE = datetime(2025, 5, 25, tzinfo=UTC)
MASTERCARD_TEN_SINCE = datetime(2022, 10, 1, tzinfo=UTC)
MASTERCARD_THIRTY_FIVE_SINCE = datetime(2023, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What a merchant allows itself: attempts per card and amount in a day and in 30 days."""

    amount_day: int = 1
    amount_month: int = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Every charge that the networks saw, with the rest that a judge must know.

    `own`: by merchant. `edits`: by token and invoice, when the customer changed the card's data.
    """

    seen: Sequence[SeenCharge]
    own: Mapping[str, Own] = field(default_factory=dict)
    edits: Mapping[tuple[str, str], Sequence[datetime]] = field(default_factory=dict)


def broken(case: Case) -> list[str]:
    """Every rule that a charge broke."""
    return [
        f"{rule}: {charge.key} on {charge.fingerprint} at {charge.at:%m-%d %H:%M}"
        for place, charge in enumerate(case.seen)
        for rule in _broken_by(case, charge, [one for one in case.seen[:place] if _same_card(one, charge)])
    ]


def _broken_by(case: Case, charge: SeenCharge, before: list[SeenCharge]) -> Iterator[str]:
    used = [one for one in before if one.status != "approved" or one.ended_at > charge.at]
    if charge.network in BANK_DAYS:
        yield from _presented_too_often(charge, used)
        return
    yield from _counted_out(case.own.get(charge.merchant_id, Own()), charge, used)
    answered = [one for one in before if one.status == "declined" and one.ended_at < charge.at]
    yield from (f"after {one.raw_code}/{one.advice_code}" for one in answered if _is_forbidden(one))
    if charge.off_session:
        yield from _too_early(charge, answered)
        yield from _with_wrong_data(case, charge, before)


def _same_card(one: SeenCharge, other: SeenCharge) -> bool:
    return (one.merchant_id, one.fingerprint) == (other.merchant_id, other.fingerprint)


def _presented_too_often(charge: SeenCharge, used: list[SeenCharge]) -> Iterator[str]:
    presented = [one for one in used if one.invoice_id == charge.invoice_id]
    if len(presented) >= PRESENTED_MAX:
        yield "presented a fourth time"
    if presented and charge.at > presented[0].at + BANK_DAYS[charge.network] * DAY:
        yield "presented too late"
    again = len(presented) > 0
    if charge.network == "ach" and (charge.entry_description == "RETRY PYMT") is not again:
        yield f"described as {charge.entry_description}"
    if charge.network == "bacs" and (charge.transaction_code == "18") is not again:
        yield f"coded {charge.transaction_code}"


def _counted_out(own: Own, charge: SeenCharge, used: list[SeenCharge]) -> Iterator[str]:
    lately = [one for one in used if one.at > charge.at - DAY]
    month = [one for one in used if one.at > charge.at - 30 * DAY and one.amount == charge.amount]
    if charge.off_session and sum(one.amount == charge.amount for one in lately) >= own.amount_day:
        yield "too often in a day"
    if len(month) >= own.amount_month:
        yield "too often in 30 days"
    if len(lately) >= CARD_DAY_MAX:
        yield "nine in a day"
    if charge.network == "visa" and len(month) >= (20 if charge.at >= VISA_TWENTY_SINCE else 15):
        yield "Visa's month"
    if charge.network == "mastercard":
        if len(lately) >= (10 if charge.at >= MASTERCARD_TEN_SINCE else 20):
            yield "Mastercard's day"
        if charge.at >= MASTERCARD_THIRTY_FIVE_SINCE and len(month) >= MASTERCARD_MONTH_MAX:
            yield "Mastercard's month"


def _is_forbidden(declined: SeenCharge) -> bool:
    if declined.network == "visa":
        return declined.raw_code in VISA_NEVER
    return declined.network == "mastercard" and declined.advice_code in MASTERCARD_NEVER


def _too_early(charge: SeenCharge, answered: list[SeenCharge]) -> Iterator[str]:
    for one in answered:
        hours = MASTERCARD_HOURS.get(one.advice_code or "", 0) if one.network == "mastercard" else 0
        if charge.at < one.ended_at + timedelta(hours=hours):
            yield f"{hours} hours not over"


def _with_wrong_data(case: Case, charge: SeenCharge, before: list[SeenCharge]) -> Iterator[str]:
    """The last word on the card's data was that they are wrong, and nobody has changed them since."""
    told = [one for one in before if one.status in {"declined", "approved"} and one.ended_at <= charge.at]
    wrong = [
        one for one in told if one.raw_code in VISA_WRONG_DATA and one.network == "visa" and one.ended_at < charge.at
    ]
    if not wrong:
        return
    last = wrong[-1]
    good = [one for one in told if one.at > last.at and (one.status == "approved" or one.raw_code in ONLY_NOT_NOW)]
    edited = [at for at in case.edits.get((charge.token, charge.invoice_id), ()) if at > last.at]
    if not good and not edited:
        yield f"with the data that {last.raw_code} called wrong"
