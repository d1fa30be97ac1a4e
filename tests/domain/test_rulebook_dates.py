"""A decision made on a day uses that day's rows, and a stricter one holds from its first instant on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.attempt import Declined
from purring.domain.decline import Answer, DeclineClass, DeclineReason
from purring.domain.errors import Refused
from purring.domain.rulebook.findings import FEES, REMARKS, THRESHOLDS
from purring.domain.rulebook.limit_rows import LIMITS
from purring.domain.rulebook.limits import Use, limits_for, permit
from purring.domain.rulebook.presentment import TERMS
from purring.domain.rulebook.tables import TABLES, rule_id, rule_named
from purring.domain.rulebook.updater import UPDATER_CODES
from purring.domain.step import Charge
from purring.domain.stops import network_delay, stopped_by
from tests.domain import make
from tests.domain.make import no, yes
from tests.domain.story import Story


def test_what_ends_has_a_successor() -> None:
    """A row goes out of force only on the first day of the next edition of the same code, limit or fee."""

    def firsts(rows: Iterable[tuple[object, date | None]]) -> set[tuple[object, date | None]]:
        return set(rows)

    codes = [((table.id, row.code), row) for table in TABLES for row in table.codes]
    begun = firsts((key, row.valid_from) for key, row in codes)
    assert all((key, row.valid_to) in begun for key, row in codes if row.valid_to)
    limits = firsts((limit.id, limit.valid_from) for limit in LIMITS)
    assert all((limit.id, limit.valid_to) in limits for limit in LIMITS if limit.valid_to)
    fees = firsts(((fee.what, fee.region), fee.valid_from) for fee in FEES)
    assert all(((fee.what, fee.region), fee.valid_to) in fees for fee in FEES if fee.valid_to)
    assert not [terms for terms in TERMS if terms.valid_to]


def test_every_row_has_an_edition() -> None:
    """An edition is a day: the row's first, or the one on which its source was read."""
    editions = [
        *(row.edition for table in TABLES for row in table.codes),
        *(limit.edition for limit in LIMITS),
        *(terms.edition for terms in TERMS),
        *(row.edition for row in UPDATER_CODES),
        *(fee.edition for fee in FEES),
        *(row.edition for row in THRESHOLDS),
        *(row.edition for row in REMARKS),
    ]
    assert all(map(date.fromisoformat, editions))
    assert all(limit.edition in {str(limit.valid_from), str(limit.source.read_on)} for limit in LIMITS)


def test_a_stored_rule_is_found_again() -> None:
    """The row behind each id that a verdict names can be shown; an id that no table has gives none."""
    for table in TABLES:
        for row in table.codes:
            name = rule_id(table, row)
            assert (name, row) == rule_named(name)
    assert rule_named("visa:no such row") is None


def test_a_stricter_rule_holds_at_once() -> None:
    """Attempts made under the old number count against the new one from its first instant on."""
    uses = [
        Use(at=datetime(2022, 9, 30, 12, n, tzinfo=UTC), amount_minor=100 + n, currency="NOK", invoice_id="inv_1")
        for n in range(12)
    ]

    def permitted_at(at: datetime) -> datetime:
        limits = [limit for limit in limits_for("mastercard", at.date()) if limit.scheme == "mastercard"]
        return permit(
            limits, uses, amount_minor=100, currency="NOK", invoice_id="inv_1", automatic=True, at=at
        ).at  # fmt: skip

    last_minute = datetime(2022, 9, 30, 23, 59, tzinfo=UTC)
    assert last_minute == permitted_at(last_minute)
    midnight = datetime(2022, 10, 1, tzinfo=UTC)
    assert uses[2].at + timedelta(hours=24) == permitted_at(midnight)


# ---------------------------------------------------------------------------------------------------------------------
# Recoveries in flight

CHANGED_ON = date(2026, 7, 25)
"""Visa's 83 gets a row of its own, which wants the customer to act; before, it was one of "any other code"."""

FRAUD_83 = Answer(gateway="stripe", network="visa", raw_code="83", gateway_code="generic_decline")


def _declined_before_the_change() -> Story:
    """A charge of 20 July that was declined with 83, when the gateway's "later" was all that spoke."""
    invoice = make.invoice(invoice_on=date(2026, 7, 20), issued_at=datetime(2026, 7, 20, 8, tzinfo=UTC))
    story = Story(make.facts(make.method("a"), make.method("b"), invoice=invoice), invoice.issued_at)
    return story.work(Declined(answer=FRAUD_83)).send()


def _charges(story: Story) -> int:
    return sum(isinstance(step.action, Charge) for step in story.plan.steps)


def test_3_a_recovery_in_flight_obeys_a_stricter_code_from_its_first_instant() -> None:
    """Planned until the last instant of the old day; stopped from the first of the new, though nothing else came."""
    story = _declined_before_the_change()
    assert DeclineClass.RETRY_LATER is story.attempt.decline_class
    midnight = datetime.combine(CHANGED_ON, time(), UTC)
    assert _charges(story.at(midnight - timedelta(microseconds=1)))
    assert not _charges(story.at(midnight))
    assert story.plan.barrier
    assert ("method.stopped", ("fraud_suspected", "retry_after_customer_action")) == (
        story.plan.barrier.id,
        story.plan.barrier.figures,
    )
    with pytest.raises(Refused):
        story.retry(no())
    assert ("stripe:generic_decline",) == story.attempt.rules, "what was decided then stays written down as it was"


def test_3_what_a_stricter_code_stops_goes_on_with_another_method() -> None:
    """And the customer may still pay with the old one, which the new row permits."""
    story = _declined_before_the_change().at(datetime(2026, 7, 26, 8, tzinfo=UTC))
    assert not story.pay("pm_a", yes()).invoice.is_open
    story = _declined_before_the_change().at(datetime(2026, 7, 26, 8, tzinfo=UTC)).tie(make.method("b"))
    assert _charges(story)


@given(st.dates(date(2026, 7, 20), date(2026, 8, 16)), st.integers(0, 23))
def test_3_no_automatic_charge_follows_once_the_stricter_code_holds(on: date, hour: int) -> None:
    """Whenever the worker comes, late or in time."""
    story = _declined_before_the_change()
    story.at(max(story.now, datetime.combine(on, time(hour), UTC)))
    story.work_with(lambda _attempt: Declined(answer=FRAUD_83))
    assert all(at.date() < CHANGED_ON for at in story.charge_times)


def test_3_a_looser_reading_changes_nothing() -> None:
    """A decline that stopped the card when it came stops it still, whatever today's rows say of its codes."""
    attempt = make.attempt(decline_class=DeclineClass.NEVER_RETRY, reason=DeclineReason.LOST_OR_STOLEN)
    facts = make.facts(attempts=(attempt,))
    stopped = stopped_by(facts, make.method(), CHANGED_ON)
    assert stopped
    assert (DeclineClass.NEVER_RETRY, DeclineReason.LOST_OR_STOLEN) == (stopped.decline_class, stopped.reason)


def test_3_a_wait_that_came_into_force_since_counts_from_the_decline() -> None:
    """An answer whose advice no row knew yet, and a longer wait that was written down, which stays."""
    answer = Answer(gateway="sandbox", network="mastercard", advice_code="26", raw_code="51")
    card = make.method(scheme="mastercard")
    attempt = make.attempt(of=card, answer=answer)
    on = attempt.started_at.date()
    assert attempt.started_at + timedelta(days=2) == network_delay(make.facts(card, attempts=(attempt,)), card, on)
    longer = replace(attempt, retry_not_before=attempt.started_at + timedelta(days=9))
    assert longer.retry_not_before == network_delay(make.facts(card, attempts=(longer,)), card, on)
