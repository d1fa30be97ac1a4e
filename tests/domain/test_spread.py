"""First charges of renewals are spread over the policy's minutes: never early, never later than stated."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.clause import Clause
from purring.domain.errors import InvalidInput
from purring.domain.facts import Facts
from purring.domain.invoice import InvoiceSource
from purring.domain.policy import SPREAD_MINUTES_MAX, Policy
from purring.domain.schedule import schedule
from purring.domain.step import Charge, SetStatus
from tests.domain import make
from tests.domain.make import INVOICE_ON, ISSUED_AT, OUTAGE, no
from tests.domain.story import Story

HOUR = Policy(spread_minutes=60)
minutes = st.integers(1, SPREAD_MINUTES_MAX)
numbers = st.integers(0, 10**6)


def _renewal(number: int = 1, policy: Policy = HOUR) -> Facts:
    """The invoice of a period that isn't the subscription's first."""
    facts = make.facts(make.method("a"), merchant=make.merchant(policy), invoice=make.invoice(id=f"inv_{number}"))
    assert facts.subscription
    began_on = INVOICE_ON - timedelta(days=31)
    invoice = replace(facts.invoice, period_start_on=INVOICE_ON, period_end_on=INVOICE_ON + timedelta(days=31))
    return replace(facts, invoice=invoice, subscription=replace(facts.subscription, anchor_on=began_on))


def _first_at(facts: Facts, now: datetime = ISSUED_AT) -> datetime:
    (step, *_) = schedule(facts, now).steps
    assert isinstance(step.action, Charge)
    return step.at


@given(number=numbers, spread_minutes=minutes, seen_after=st.integers(0, 2 * SPREAD_MINUTES_MAX))
def test_a_first_charge_is_never_early_nor_later_than_stated(number: int, spread_minutes: int, seen_after: int) -> None:
    """Whenever it is looked at, the place is the same; whoever comes later charges at once."""
    facts = _renewal(number, Policy(spread_minutes=spread_minutes))
    now = ISSUED_AT + timedelta(minutes=seen_after)
    place = _first_at(facts)
    assert ISSUED_AT <= place <= ISSUED_AT + timedelta(minutes=spread_minutes)
    assert max(place, now) == _first_at(facts, now)


def test_places_are_spread_evenly() -> None:
    """Each tenth of the hour has about a tenth of the charges."""
    places = [(_first_at(_renewal(number)) - ISSUED_AT) / timedelta(minutes=6) for number in range(1000)]
    tenths = [sum(int(place) == tenth for place in places) for tenth in range(10)]
    assert all(60 <= count <= 140 for count in tenths)


def test_the_reason_stays_while_it_waits_and_when_it_is_charged() -> None:
    """The attempt keeps that it was spread, and over how long."""
    story = Story(_renewal())
    assert Clause("invoice.spread", (timedelta(hours=1),)) == story.plan.steps[0].clause
    story.at(_first_at(story.facts)).work(no())
    assert "invoice.spread" == story.attempt.why[0]
    said = Clause(story.attempt.why[0], story.attempt.why[1:]).text
    assert "First charge; those of renewals are spread over 1 hour, each at a place of its own." == said


def test_what_somebody_waits_for_is_not_spread() -> None:
    """A subscription's first charge, what another biller handed over, and what belongs to no subscription."""
    renewal = _renewal()
    assert renewal.subscription
    first = replace(renewal, subscription=replace(renewal.subscription, anchor_on=INVOICE_ON))
    handed_over = replace(renewal, invoice=replace(renewal.invoice, source=InvoiceSource.HANDED_OVER))
    alone = replace(
        renewal,
        subscription=None,
        invoice=replace(renewal.invoice, subscription_id=None, method_id=make.method("a").id),
    )
    unspread = _renewal(policy=Policy())
    assert {ISSUED_AT} == {_first_at(facts) for facts in (first, handed_over, alone, unspread)}


def test_a_customer_without_a_method_is_asked_at_once() -> None:
    """Only charges are spread."""
    facts = replace(_renewal(), methods=())
    (step,) = schedule(facts, ISSUED_AT).steps
    assert isinstance(step.action, SetStatus)
    assert ISSUED_AT == step.at


def test_an_outage_counts_from_the_charge_that_met_it() -> None:
    """The place of the first try isn't waited for again."""
    story = Story(_renewal())
    story.at(_first_at(story.facts)).work(OUTAGE)
    assert "outage.retry" == story.plan.steps[0].clause.id


@pytest.mark.parametrize("wrong", [-1, SPREAD_MINUTES_MAX + 1])
def test_a_spread_that_leaves_the_day_is_refused(wrong: int) -> None:
    """It could move a first charge off the invoice date."""
    with pytest.raises(InvalidInput) as error:
        Policy(spread_minutes=wrong)
    assert "spread_minutes" == error.value.field
