"""What is announced ahead: charges that come seldom, debits that must be, cards that expire; each once, and in time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.ahead import announced, announces_at, expires_soon, last_good_on
from purring.domain.calendar import IntervalUnit, at_local, zone
from purring.domain.catalog import Interval
from purring.domain.changes import Changes
from purring.domain.decide import arrangement
from purring.domain.ids import NoticeId
from purring.domain.notice import Notice, NoticeKind
from purring.domain.notice_terms import NoticeTerms
from purring.domain.payment_method import PaymentMethod
from purring.domain.policy import Policy
from purring.domain.renewal import next_step_at, own_step_at, strike
from purring.domain.subscription import Subscription, SubscriptionStatus
from purring.domain.subscription_facts import SubscriptionFacts
from tests.domain import make
from tests.domain.test_renewal import IDS

TEN = time(10)
TOLD = NoticeId("ntc_told")
CARD = make.method("a", exp_month=4, exp_year=2026)
ENDLESS = make.method("a", exp_month=None)
LAST_ON = date(2026, 4, 30)
TERMS = st.builds(
    NoticeTerms,
    expiry_days=st.sampled_from([(30, 7), (60, 30, 14, 1), (7,), ()]),
    upcoming_days=st.sampled_from([0, 1, 7, 60]),
    upcoming_from_months=st.sampled_from([1, 6, 12]),
)
METHODS = st.sampled_from(
    [CARD, make.method("a", "sepa"), make.method("a", "bacs"), make.method("a", "ach"), ENDLESS, None]
)
INTERVALS = st.sampled_from(
    [
        (IntervalUnit.DAY, 1),
        (IntervalUnit.WEEK, 1),
        (IntervalUnit.MONTH, 1),
        (IntervalUnit.MONTH, 6),
        (IntervalUnit.YEAR, 1),
    ]
)


def local(on: date, at: time = TEN) -> datetime:
    """An instant in the merchant's zone."""
    return at_local(on, at, zone(make.OSLO))


ANNOUNCED_AT = local(date(2026, 3, 19))


def sold(
    method: PaymentMethod | None = CARD,
    unit: IntervalUnit = IntervalUnit.MONTH,
    count: int = 1,
    *,
    policy: Policy | None = None,
    **fields: Any,
) -> SubscriptionFacts:
    """A subscription from 2 March 2026, in its first period."""
    price = replace(make.price(), interval=Interval(unit=unit, count=count))
    anchored = {
        "anchor_on": make.INVOICE_ON,
        "next_period_index": 1,
        "price": price,
        "method_tied_at": make.YEAR_BEFORE,
    }
    subscription = make.subscription(**({**anchored, "method_id": method.id if method else None} | fields))
    return replace(make.subscription_facts(subscription), method=method, merchant=make.merchant(policy))


def notice(changes: Changes) -> Notice:
    """The one notice that is owed."""
    (found,) = [noun for noun in changes.created if isinstance(noun, Notice)]
    return found


def due(facts: SubscriptionFacts) -> datetime | None:
    """When the next announcement falls due."""
    return announces_at(facts.subscription, facts.merchant, facts.method)


@pytest.mark.parametrize(
    ("facts", "on"),
    [
        (sold(ENDLESS, IntervalUnit.YEAR), date(2027, 2, 23)),
        (sold(ENDLESS, IntervalUnit.MONTH, 6), date(2026, 8, 26)),
        (sold(ENDLESS, IntervalUnit.WEEK, 26), date(2026, 8, 24)),
        (sold(None, IntervalUnit.YEAR), date(2027, 2, 23)),
        (sold(ENDLESS, IntervalUnit.MONTH, 5), None),
        (sold(ENDLESS, IntervalUnit.YEAR, policy=Policy(notices=NoticeTerms(upcoming_days=0))), None),
        (sold(make.method("a", "sepa")), date(2026, 3, 19)),
        (sold(make.method("a", "bacs")), date(2026, 3, 19)),
        (sold(make.method("a", "ach")), None),
        (sold(make.method("a", "sepa"), policy=Policy(prenotification_days=5)), date(2026, 3, 28)),
        (sold(make.method("a", "sepa"), policy=Policy(prenotification_days=0)), None),
        (sold(make.method("a", "ach"), policy=Policy(prenotification_days=5)), None),
        (sold(make.method("a", "sepa"), IntervalUnit.YEAR), date(2027, 2, 16)),
        (sold(make.method("a", "sepa"), cancel_at_period_end=True), None),
        (sold(make.method("a", "sepa"), status=SubscriptionStatus.SUSPENDED), None),
        (sold(make.method("a", "sepa"), announced_on=date(2026, 4, 2)), None),
    ],
)
def test_a_charge_is_announced_if_it_is_seldom_or_must_be(facts: SubscriptionFacts, on: date | None) -> None:
    """At the hour of retries, by the merchant's calendar; where two reasons meet, the earlier day."""
    assert (local(on) if on else None) == due(facts)


def test_the_announcement_names_amount_and_day_and_comes_once() -> None:
    """The amount is that of the next period; then the clock is wound to the renewal."""
    facts = sold(make.method("a", "sepa"), pending_quantity=3)
    assert ANNOUNCED_AT == due(facts)
    changes = strike(facts, ANNOUNCED_AT, IDS)
    after = next(noun for noun in changes.changed if isinstance(noun, Subscription))
    told = notice(changes)
    assert NoticeKind.UPCOMING_CHARGE is told.kind
    assert (str(make.PRICE * 3), local(date(2026, 4, 2), time.min).isoformat()) == (
        told.context["amount"],
        told.context["charge_at"],
    )
    assert (date(2026, 4, 2), own_step_at(after, facts.merchant)) == (after.announced_on, after.next_step_at)
    assert Changes() == announced(replace(facts, subscription=after), ANNOUNCED_AT, TOLD)


def test_a_renewal_that_is_due_comes_before_its_announcement() -> None:
    """It would be news of yesterday."""
    facts = sold(make.method("a", "sepa"))
    changes = strike(facts, local(date(2026, 4, 2)), IDS)
    assert 1 == len(changes.invoices)
    renewed = next(noun for noun in changes.changed if isinstance(noun, Subscription))
    assert local(date(2026, 4, 18)) == renewed.next_step_at


def test_a_card_is_announced_at_each_lead_and_then_no_more() -> None:
    """Before the last day of the month that is printed on it."""
    facts = sold()
    assert LAST_ON == last_good_on(CARD)
    seen = []
    while (due_at := due(facts)) is not None:
        assert expires_soon(facts, due_at)
        changes = announced(facts, due_at, TOLD)
        seen.append((due_at, notice(changes).context["charge_at"]))
        method = next(noun for noun in changes.changed if isinstance(noun, PaymentMethod))
        facts = replace(facts, method=method)
    after = local(date(2026, 5, 2), time.min).isoformat()
    assert [(local(LAST_ON - timedelta(days=n)), after) for n in (30, 7)] == seen


def test_a_lead_that_was_missed_is_not_made_up_for() -> None:
    """The worker was away from before the first to after the second: one notice."""
    changes = strike(sold(announced_on=date(2026, 5, 2), next_period_index=2), local(LAST_ON - timedelta(days=2)), IDS)
    told = next(noun for noun in changes.changed if isinstance(noun, PaymentMethod))
    assert (NoticeKind.CARD_EXPIRES_SOON, 7) == (notice(changes).kind, told.expiry_told_days)


def test_a_card_that_has_expired_is_not_announced() -> None:
    """Its next decline says so."""
    facts = sold(next_period_index=3)
    changes = strike(facts, local(LAST_ON + timedelta(days=1)), IDS)
    assert () == changes.created
    assert [7] == [noun.expiry_told_days for noun in changes.changed if isinstance(noun, PaymentMethod)]


def test_one_notice_tells_of_all_that_the_card_pays() -> None:
    """Those that end before it aren't named."""
    facts, other = sold(), sold(unit=IntervalUnit.YEAR, id="sub_2")
    ending = sold(id="sub_3", cancel_at_period_end=True)
    told = notice(announced(facts, local(LAST_ON - timedelta(days=30)), TOLD, [other, ending]))
    items = told.context["items"]
    assert isinstance(items, list)
    assert [local(on, time.min).isoformat() for on in (date(2026, 5, 2), date(2027, 3, 2))] == [
        item["charge_at"] for item in items
    ]
    assert "" == told.context["product"]


@pytest.mark.parametrize(
    "facts",
    [
        sold(replace(CARD, exp_month=None)),
        sold(make.method("a", "ach")),
        sold(replace(CARD, created_at=local(LAST_ON - timedelta(days=5)))),
        sold(method_tied_at=local(LAST_ON - timedelta(days=5))),
        sold(replace(CARD, expiry_told_days=7)),
        sold(policy=Policy(notices=NoticeTerms(expiry_days=()))),
        sold(status=SubscriptionStatus.CANCELED),
        sold(cancel_at_period_end=True),
    ],
    ids=["no expiry", "an account", "new", "tied just now", "told", "not wanted", "canceled", "ends before"],
)
def test_what_needs_no_announcement_gets_none(facts: SubscriptionFacts) -> None:
    """And keeps no clock awake."""
    assert None is due(facts)
    assert not expires_soon(facts, local(LAST_ON))
    assert Changes() == announced(facts, local(LAST_ON), TOLD)


def test_a_new_expiry_is_announced_anew() -> None:
    """Another phone number isn't news of the card."""
    told = replace(CARD, expiry_told_days=7)
    (moved,) = arrangement.edited(told, local(LAST_ON), exp_month=9).changed
    (called,) = arrangement.edited(told, local(LAST_ON), phone="+4790000000").changed
    assert isinstance(moved, PaymentMethod)
    assert isinstance(called, PaymentMethod)
    assert (None, 7) == (moved.expiry_told_days, called.expiry_told_days)


@given(METHODS, INTERVALS, TERMS, st.integers(0, 40))
def test_a_clock_that_strikes_when_it_says_comes_to_the_renewal(
    method: PaymentMethod | None, interval: tuple[IntervalUnit, int], terms: NoticeTerms, late_days: int
) -> None:
    """However late: each strike does one thing, and no announcement follows its charge."""
    facts = sold(method, *interval, policy=Policy(notices=terms))
    renewal_at = own_step_at(facts.subscription, facts.merchant)
    assert renewal_at
    now = make.ISSUED_AT
    for _ in range(10):
        due = next_step_at(facts.subscription, facts.merchant, facts.method)
        assert due
        assert due <= renewal_at
        now = max(now, due + timedelta(days=late_days))
        changes = strike(facts, now, IDS)
        if changes.invoices:
            assert now >= renewal_at
            return
        assert now < renewal_at
        for noun in changes.changed:
            if isinstance(noun, Subscription):
                facts = replace(facts, subscription=noun)
            elif isinstance(noun, PaymentMethod):
                facts = replace(facts, method=noun)
    raise AssertionError("the clock never gets to the renewal")
