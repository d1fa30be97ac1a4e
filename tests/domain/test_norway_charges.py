"""What may be added to an overdue Norwegian invoice: off by default, and both sides of each rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from purring.domain.customer import CustomerKind
from purring.domain.errors import InvalidDate, InvalidMoney
from purring.domain.money import Money
from purring.domain.norway.charges import (
    Allowed,
    Claim,
    Decision,
    NotAllowed,
    charges_allowed,
    letter_obstacle,
)
from purring.domain.norway.dunning import late_interest
from purring.domain.norway.dunning_rows import KNOWN_TO, NORWAY
from purring.domain.norway.law import LetterKind
from purring.domain.norway.terms import Charge, DunningTerms
from tests.domain.make_norway import DAY, DUE_ON, FEES, ask, kr, overdue, sent

LETTER_FEES = FEES[:2]


def _refusal(decision: Decision) -> tuple[str, str, date | None]:
    """The message, the rule and the earliest day of a refusal."""
    assert isinstance(decision, NotAllowed), decision
    return decision.message_id.removeprefix("norway."), decision.ground.rule_id, decision.earliest_on


def _amount(decision: Decision) -> Money:
    assert isinstance(decision, Allowed), decision
    return decision.amount


def _opens(charge: Charge, claim: Claim, day: date, message: str, rule_id: str) -> None:
    """A charge is refused by a rule until the day before, with that day as its earliest, and allowed on it."""
    assert (message, rule_id, day) == _refusal(ask(charge, claim, day - DAY))
    assert _amount(ask(charge, claim, day))


# ---------------------------------------------------------------------------------------------------------------------
# Off by default


@pytest.mark.parametrize("charge", Charge)
def test_nothing_is_charged_unless_the_terms_name_it(charge: Charge) -> None:
    """Default terms name nothing, and terms that name all other charges don't name this one."""
    claim = overdue(sent(date(2026, 3, 1), fee=0))
    others = DunningTerms(charges=frozenset(Charge) - {charge})
    for terms in (DunningTerms(), others):
        assert ("off", "dunning-terms", None) == _refusal(charges_allowed(charge, claim, terms, date(2026, 4, 1)))
    only = DunningTerms(charges=frozenset({charge}))
    assert _amount(charges_allowed(charge, claim, only, date(2026, 4, 1)))


# ---------------------------------------------------------------------------------------------------------------------
# Reminders and collection notices


@pytest.mark.parametrize("charge", LETTER_FEES)
def test_the_first_fee_comes_on_day_14(charge: Charge) -> None:
    """A letter of day 13 after due bears no fee, one of day 14 does (N1)."""
    _opens(charge, overdue(), date(2026, 2, 15), "too_early", "N1")
    assert kr(38) == _amount(ask(charge, overdue(), date(2026, 2, 15)))


def test_a_reminder_without_a_fee_uses_up_none() -> None:
    """Letters that bore no fee aren't counted."""
    letters = [sent(date(2026, 2, day), fee=0) for day in (2, 3, 4)]
    _opens(Charge.REMINDER_FEE, overdue(*letters), date(2026, 2, 15), "too_early", "N1")


@pytest.mark.parametrize("charge", LETTER_FEES)
def test_the_second_fee_waits_for_a_missed_deadline(charge: Charge) -> None:
    """The last day of the deadline is still in time; the day after, a second letter may bear a fee (N2)."""
    _opens(charge, overdue(sent(date(2026, 2, 15), days=14)), date(2026, 3, 2), "deadline_runs", "N2")
    _opens(charge, overdue(sent(date(2026, 2, 15), days=20)), date(2026, 3, 8), "deadline_runs", "N2")


@pytest.mark.parametrize("charge", LETTER_FEES)
@pytest.mark.parametrize("days", [None, 13])
def test_a_short_deadline_is_no_deadline(charge: Charge, days: int | None) -> None:
    """A first reminder with less than 14 days, or without a deadline, forbids a second fee until the count resets."""
    claim = overdue(sent(date(2026, 2, 15), days=days))
    _opens(charge, claim, date(2026, 8, 15), "short_deadline", "N2")


def test_a_deadline_beyond_the_reset_doesn_t_outlast_it() -> None:
    """Six months after the only letter with a fee the count starts anew, whatever its deadline."""
    claim = overdue(sent(date(2026, 2, 15), days=300))
    _opens(Charge.REMINDER_FEE, claim, date(2026, 8, 15), "deadline_runs", "N2")


@pytest.mark.parametrize("charge", LETTER_FEES)
@pytest.mark.parametrize("second", [LetterKind.REMINDER, LetterKind.COLLECTION_NOTICE])
def test_the_third_fee_waits_for_the_reset(charge: Charge, second: LetterKind) -> None:
    """Two fees are all, until six months after the second (N2, N3)."""
    claim = overdue(sent(date(2026, 2, 15)), sent(date(2026, 3, 10), second))
    message = "two_used" if second is LetterKind.REMINDER else "last_used"
    _opens(charge, claim, date(2026, 9, 10), message, "N2")


@pytest.mark.parametrize("charge", LETTER_FEES)
@pytest.mark.parametrize("kind", [LetterKind.COLLECTION_NOTICE, LetterKind.PAYMENT_DEMAND])
def test_no_second_fee_after_a_notice_or_demand(charge: Charge, kind: LetterKind) -> None:
    """The law pairs a reminder with a later notice, so a notice that came first is the last (N2)."""
    _opens(charge, overdue(sent(date(2026, 2, 20), kind)), date(2026, 8, 20), "last_used", "N2")


def test_a_letter_after_the_reset_counts_from_one() -> None:
    """Two old fees and a new one six months later make one, which needs its own deadline."""
    old = (sent(date(2025, 3, 1)), sent(date(2025, 4, 1)))
    claim = overdue(*old, sent(date(2025, 10, 1)), due_on=date(2025, 2, 1))
    _opens(Charge.REMINDER_FEE, claim, date(2025, 10, 16), "deadline_runs", "N2")
    early = overdue(*old, sent(date(2025, 9, 30)), due_on=date(2025, 2, 1))
    _opens(Charge.REMINDER_FEE, early, date(2026, 3, 30), "two_used", "N2")


def test_the_lasting_obstacle_is_told() -> None:
    """Of two obstacles that both stand, the answer names the one that lasts longest, and its day."""
    claim = overdue(sent(date(2026, 2, 2), days=14, fee=38))
    assert ("deadline_runs", "N2", date(2026, 2, 17)) == _refusal(ask(Charge.REMINDER_FEE, claim, date(2026, 2, 10)))


# ---------------------------------------------------------------------------------------------------------------------
# Payment demands


@pytest.mark.parametrize("kind", [LetterKind.REMINDER, LetterKind.COLLECTION_NOTICE])
@pytest.mark.parametrize("fee", [0, 38])
def test_a_payment_demand_waits_for_a_missed_deadline(kind: LetterKind, fee: int) -> None:
    """A missed deadline of any earlier letter is enough, with or without a fee (N11)."""
    claim = overdue(sent(date(2026, 2, 20), kind, fee=fee))
    _opens(Charge.PAYMENT_DEMAND_FEE, claim, date(2026, 3, 7), "deadline_runs", "N11")
    assert kr(113) == _amount(ask(Charge.PAYMENT_DEMAND_FEE, claim, date(2026, 3, 7)))


@pytest.mark.parametrize("days", [None, 13])
def test_a_payment_demand_needs_a_deadline(days: int | None) -> None:
    """Without a letter, or with a deadline below 14 days, a payment demand never bears a fee."""
    for claim in (overdue(), overdue(sent(date(2026, 2, 20), days=days))):
        assert ("no_deadline", "N11", None) == _refusal(ask(Charge.PAYMENT_DEMAND_FEE, claim, date(2026, 12, 1)))


def test_the_earliest_missed_deadline_counts() -> None:
    """A later reminder doesn't take back the deadline that was missed before."""
    claim = overdue(sent(date(2026, 2, 15)), sent(date(2026, 3, 5)))
    assert _amount(ask(Charge.PAYMENT_DEMAND_FEE, claim, date(2026, 3, 6)))


def test_one_payment_demand_bears_a_fee() -> None:
    """A second one waits until six months after the last letter with a fee; one for nothing isn't counted."""
    first = sent(date(2026, 2, 15))
    free = sent(date(2026, 3, 5), LetterKind.PAYMENT_DEMAND, fee=0)
    paid = sent(date(2026, 3, 9), LetterKind.PAYMENT_DEMAND, fee=113)
    assert _amount(ask(Charge.PAYMENT_DEMAND_FEE, overdue(first, free), date(2026, 3, 9)))
    _opens(Charge.PAYMENT_DEMAND_FEE, overdue(first, free, paid), date(2026, 9, 9), "demand_used", "N11")


# ---------------------------------------------------------------------------------------------------------------------
# Interest and compensation


@pytest.mark.parametrize("charge", [Charge.LATE_INTEREST, Charge.B2B_COMPENSATION])
def test_interest_and_compensation_begin_the_day_after_due(charge: Charge) -> None:
    """Neither needs a reminder; on the due date itself nothing is late."""
    rule_id = "N9" if charge is Charge.LATE_INTEREST else "N8"
    _opens(charge, overdue(), DUE_ON + DAY, "not_due", rule_id)


def test_interest_is_what_the_law_reckons() -> None:
    """The amount is the late interest to the day, resting on the rows of all half-years it runs over."""
    decision = ask(Charge.LATE_INTEREST, overdue(due_on=date(2025, 12, 1)), date(2026, 7, 1))
    assert isinstance(decision, Allowed)
    assert late_interest(kr(1000), date(2025, 12, 1), date(2026, 7, 1)) == decision.amount
    assert [
        ("N9", True),
        ("forsinkelsesrente", False),
        ("forsinkelsesrente", True),
        ("forsinkelsesrente", True),
    ] == [(ground.rule_id, ground.verified) for ground in decision.grounds]


def test_a_consumer_pays_no_compensation() -> None:
    """Only a business owes it; interest and fees a consumer owes as well (N7)."""
    consumer = overdue(debtor=CustomerKind.CONSUMER)
    assert ("consumer", "N7", None) == _refusal(ask(Charge.B2B_COMPENSATION, consumer, date(2026, 3, 1)))
    assert kr(460) == _amount(ask(Charge.B2B_COMPENSATION, overdue(), date(2026, 3, 1)))
    for charge in (Charge.LATE_INTEREST, Charge.REMINDER_FEE):
        assert ask(charge, overdue(), date(2026, 3, 1)) == ask(charge, consumer, date(2026, 3, 1))


@pytest.mark.parametrize(
    ("due_on", "on", "kroner"),
    [
        (date(2026, 6, 29), date(2026, 6, 30), 460),
        (date(2026, 6, 29), date(2026, 7, 1), 430),
        (date(2026, 6, 30), date(2026, 7, 1), 430),
        (date(2024, 12, 30), date(2025, 1, 1), 460),
    ],
)
def test_the_lower_compensation_counts(due_on: date, on: date, kroner: int) -> None:
    """Of the rates of the first late day and of the day of the claim, the lower one is taken."""
    assert kr(kroner) == _amount(ask(Charge.B2B_COMPENSATION, overdue(due_on=due_on), on))


@pytest.mark.parametrize(("fee", "left"), [(0, 460), (38, 422), (459, 1)])
def test_fees_are_part_of_the_compensation(fee: int, left: int) -> None:
    """What was claimed in fees is taken off (N8)."""
    claim = overdue(sent(date(2026, 2, 15), fee=fee))
    assert kr(left) == _amount(ask(Charge.B2B_COMPENSATION, claim, date(2026, 3, 1)))


@pytest.mark.parametrize("fee", [460, 461])
def test_fees_as_high_as_the_compensation_leave_nothing(fee: int) -> None:
    """Where fees reach the compensation, none of it is left (N8)."""
    claim = overdue(sent(date(2026, 2, 15), fee=fee))
    decision = ask(Charge.B2B_COMPENSATION, claim, date(2026, 3, 1))
    assert ("fees_cover", "N8", None) == _refusal(decision)
    assert f"The fees claimed, {kr(fee)}, are as much as the compensation or more." == decision.text


@pytest.mark.parametrize("charge", [*FEES, Charge.B2B_COMPENSATION])
def test_after_the_compensation_come_no_fees(charge: Charge) -> None:
    """Once it was claimed, neither a second one nor a fee comes on top; interest does (N8)."""
    claim = overdue(sent(date(2026, 2, 15), fee=0), compensated_on=date(2026, 2, 10))
    assert ("compensated", "N8", None) == _refusal(ask(charge, claim, date(2026, 4, 1)))
    assert _amount(ask(Charge.LATE_INTEREST, claim, date(2026, 4, 1)))


# ---------------------------------------------------------------------------------------------------------------------
# What stops everything


@pytest.mark.parametrize("charge", Charge)
def test_an_objection_stops_every_charge(charge: Charge) -> None:
    """A reasonable objection stops each charge that was allowed, with no day on which it would be again (N6)."""
    claim = overdue(sent(date(2026, 2, 15), fee=0))
    assert _amount(ask(charge, claim, date(2026, 4, 1)))
    disputed = replace(claim, has_objection=True)
    assert ("objection", "N6", None) == _refusal(ask(charge, disputed, date(2026, 4, 1)))
    assert ("objection", "N6", None) == _refusal(ask(charge, overdue(has_objection=True), DUE_ON))


@pytest.mark.parametrize("kind", LetterKind)
def test_an_objection_stops_every_letter(kind: LetterKind) -> None:
    """No letter is sent before the invoice is late, nor while an objection stands (N4, N6)."""
    assert letter_obstacle(kind, overdue(), DUE_ON + DAY) is None
    early = letter_obstacle(kind, overdue(), DUE_ON)
    assert early
    assert ("not_due", "N4", DUE_ON + DAY) == _refusal(early)
    stopped = letter_obstacle(kind, overdue(has_objection=True), DUE_ON + DAY)
    assert stopped
    assert ("objection", "N6", None) == _refusal(stopped)


@pytest.mark.parametrize("charge", Charge)
def test_nothing_is_charged_from_the_day_on_for_which_no_rate_is_known(charge: Charge) -> None:
    """On the last known day a charge is allowed; the next day it is refused, naming what is missing."""
    claim = overdue(sent(date(2026, 2, 15), fee=0))
    assert _amount(ask(charge, claim, KNOWN_TO - DAY))
    decision = ask(charge, claim, KNOWN_TO)
    assert ("no_row", "no-row", None) == _refusal(decision)
    what = "collection act" if charge in FEES else "forsinkelsesrente"
    assert f"No {what} is known for 2027-01-01: nothing is claimed and no such letter is sent." == decision.text


@pytest.mark.parametrize("kind", LetterKind)
def test_only_a_plain_reminder_needs_no_act(kind: LetterKind) -> None:
    """From the first unknown day on, or under the new act, a creditor sends reminders and nothing harsher."""
    starts_on = date(2026, 12, 1)
    new = replace(next(row for row in NORWAY.regimes if row.valid_from is None), valid_from=starts_on)
    law = replace(NORWAY, regimes=(replace(NORWAY.regimes[0], valid_to=starts_on), new))
    unknown, forbidden = (
        letter_obstacle(kind, overdue(), KNOWN_TO),
        letter_obstacle(kind, overdue(), starts_on, law=law),
    )
    assert letter_obstacle(kind, overdue(), starts_on - DAY, law=law) is None
    if kind is LetterKind.REMINDER:
        assert unknown is forbidden is None
        return
    assert unknown
    assert forbidden
    assert ("no_row", "no-row", None) == _refusal(unknown)
    assert ("not_own_letter", "inkassolov-2026", None) == _refusal(forbidden)
    assert "Under LOV-2026-05-22-19, only collection companies send this letter." == forbidden.text


# ---------------------------------------------------------------------------------------------------------------------
# What can't be a claim


@pytest.mark.parametrize(
    ("fields", "error", "field"),
    [
        ({"owed": Money(0, "NOK")}, InvalidMoney, "owed"),
        ({"owed": Money(-1, "NOK")}, InvalidMoney, "owed"),
        ({"owed": Money(100, "SEK")}, InvalidMoney, "owed"),
        ({"due_on": date.max}, InvalidDate, "due_on"),
        ({"letters": (sent(DUE_ON),)}, InvalidDate, "letters"),
        ({"letters": (sent(DUE_ON - DAY),)}, InvalidDate, "letters"),
        ({"letters": (sent(DUE_ON + 2 * DAY), sent(DUE_ON + DAY))}, InvalidDate, "letters"),
    ],
)
def test_what_is_no_claim_is_refused(fields: dict[str, Any], error: type[Exception], field: str) -> None:
    """A claim is an amount in kroner above zero, with letters after its due date and in order."""
    with pytest.raises(error) as caught:
        overdue(**fields)
    assert isinstance(caught.value, InvalidDate | InvalidMoney)
    assert field == caught.value.field


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"sent_on": date.max}, "sent_on"),
        ({"deadline_on": date.max}, "deadline_on"),
        ({"fee": Money(-1, "NOK")}, "fee"),
        ({"fee": Money(100, "SEK")}, "fee"),
    ],
)
def test_what_is_no_letter_is_refused(fields: dict[str, Any], field: str) -> None:
    """A letter has days we can reckon with and a fee of zero or more kroner."""
    with pytest.raises((InvalidDate, InvalidMoney)) as caught:
        replace(sent(date(2026, 3, 1)), **fields)
    assert field == caught.value.field


def test_the_past_is_not_decided_anew() -> None:
    """A day before a letter that was sent can't be asked about; that letter's own day can."""
    claim = overdue(sent(date(2026, 3, 1)))
    assert _refusal(ask(Charge.REMINDER_FEE, claim, date(2026, 3, 1)))
    for question in (
        lambda: ask(Charge.REMINDER_FEE, claim, date(2026, 2, 28)),
        lambda: letter_obstacle(LetterKind.REMINDER, claim, date(2026, 2, 28)),
    ):
        with pytest.raises(InvalidDate, match="2026-02-28 lies before the last letter"):
            question()
