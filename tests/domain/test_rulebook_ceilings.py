"""A merchant may be stricter than the rulebook; looser only than our own ceilings, and only with a name under it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from purring.domain.errors import InvalidInput
from purring.domain.policy import Policy
from purring.domain.rulebook.ceilings import (
    OVERRIDABLE,
    Ceiling,
    Ceilings,
    Override,
    check_ceilings,
    limits_under,
)
from purring.domain.rulebook.codes import Grade
from purring.domain.rulebook.limit_rows import LIMITS
from purring.domain.rulebook.limits import Limit, Use, limits_for
from purring.domain.step import Charge
from tests.domain import make
from tests.domain.make import no
from tests.domain.story import Story

TODAY = date(2026, 3, 2)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
IN_FORCE = {limit.id: limit for limit in LIMITS if limit.is_valid_on(TODAY)}


def _override(limit_id: str, reason: str = "agreed with the acquirer", by: str = "Kari") -> Override:
    return Override(limit_id=limit_id, reason=reason, by=by, at=AT)


def _least_from(limit: Limit, on: date) -> int:
    """The strictest number of the limit's editions on a day or later."""
    return min(row.attempts_max for row in LIMITS if row.id == limit.id and (not row.valid_to or row.valid_to > on))


def _limits(limit: Limit, number: int, *overrides: Override) -> dict[str, int]:
    """The limits of the row's scheme under the merchant's number."""
    scheme = "visa" if limit.scheme == "*" else limit.scheme
    own = Ceilings(2, (Ceiling(limit_id=limit.id, attempts_max=number),), overrides)
    return {one.id: one.attempts_max for one in limits_under(scheme, TODAY, own)}


@pytest.mark.parametrize("limit", IN_FORCE.values(), ids=lambda limit: limit.id)
def test_a_smaller_number_stands_beside_the_row(limit: Limit) -> None:
    """And its window, scope and reach are the row's."""
    smaller = limit.attempts_max - 1
    found = _limits(limit, max(smaller, 1))
    assert limit.attempts_max == found[limit.id]
    assert (smaller or None) == found.get(f"merchant-{limit.id}")


@pytest.mark.parametrize("limit", IN_FORCE.values(), ids=lambda limit: limit.id)
def test_a_larger_number_replaces_only_our_own_ceilings_under_an_override(limit: Limit) -> None:
    """Whatever is stored, a network's row stays."""
    larger = limit.attempts_max + 5
    assert limit.attempts_max == _limits(limit, larger)[limit.id]
    found = _limits(limit, larger, _override(limit.id))
    assert (limit.id in OVERRIDABLE) == (limit.id not in found)
    assert found.get(f"merchant-{limit.id}") == (larger if limit.id in OVERRIDABLE else None)


def test_only_ceilings_that_are_ours_may_be_overridden() -> None:
    """None of them has another source."""
    assert {Grade.OWN} == {limit.source.grade for limit in LIMITS if limit.id in OVERRIDABLE}


@pytest.mark.parametrize("limit", IN_FORCE.values(), ids=lambda limit: limit.id)
def test_what_is_looser_is_refused_unless_it_may_be_and_is_overridden(limit: Limit) -> None:
    """On the one side the least number in force now or later, on the other one more."""
    least = _least_from(limit, TODAY)
    check_ceilings([Ceiling(limit_id=limit.id, attempts_max=least)], [], TODAY)
    more = [Ceiling(limit_id=limit.id, attempts_max=least + 1)]
    with pytest.raises(InvalidInput, match=limit.id):
        check_ceilings(more, [], TODAY)
    if limit.id in OVERRIDABLE:
        check_ceilings(more, [_override(limit.id)], TODAY)
    else:
        with pytest.raises(InvalidInput, match="not ours to loosen"):
            check_ceilings(more, [_override(limit.id)], TODAY)


@pytest.mark.parametrize("row", [row for row in LIMITS if row.valid_to], ids=lambda row: f"{row.id}@{row.edition}")
def test_a_number_must_hold_for_rows_to_come(row: Limit) -> None:
    """Before Visa's 20 of 2025 there were 15, before Mastercard's 10 of 2022 there were 20: the least of all holds."""
    assert row.valid_to
    last_day = row.valid_to - timedelta(days=1)
    least = min(_least_from(row, last_day), _least_from(row, row.valid_to))
    with pytest.raises(InvalidInput, match=f"{row.id} (allows|is) {least}"):
        check_ceilings([Ceiling(limit_id=row.id, attempts_max=least + 1)], [], last_day)
    after = _least_from(row, row.valid_to)
    check_ceilings([Ceiling(limit_id=row.id, attempts_max=after)], [], row.valid_to)


@pytest.mark.parametrize(
    ("ceilings", "overrides", "says"),
    [
        ([Ceiling(limit_id="card", attempts_max=1)], [], "there is no limit card"),
        ([Ceiling(limit_id="card-24h", attempts_max=0)], [], "would forbid every charge"),
        ([Ceiling(limit_id="card-24h", attempts_max=10)], [_override("card-24h", reason=" ")], "why and by whom"),
        ([Ceiling(limit_id="card-24h", attempts_max=10)], [_override("card-24h", by="")], "why and by whom"),
        ([Ceiling(limit_id="card-24h", attempts_max=8)], [_override("card-24h")], "no larger number"),
    ],
)
def test_each_mistake_has_its_message(ceilings: list[Ceiling], overrides: list[Override], says: str) -> None:
    """What is wrong, and the remedy."""
    with pytest.raises(InvalidInput, match=says):
        check_ceilings(ceilings, overrides, TODAY)


@pytest.mark.parametrize("field", ["ceilings", "overrides", "prenotification_days"])
def test_a_policy_names_each_limit_once_and_a_notice_in_days(field: str) -> None:
    """Two numbers for one limit would contradict each other."""
    twice: dict[str, Any] = {
        "ceilings": (Ceiling(limit_id="card-24h", attempts_max=8), Ceiling(limit_id="card-24h", attempts_max=7)),
        "overrides": (_override("card-24h"), _override("card-24h")),
        "prenotification_days": 61,
    }
    with pytest.raises(InvalidInput) as refused:
        Policy(**{field: twice[field]})
    assert field == refused.value.field


def _planned(story: Story) -> int:
    """How many charges are still to come."""
    return sum(isinstance(step.action, Charge) for step in story.plan.steps)


def test_3_a_recovery_in_flight_obeys_the_merchants_new_number_at_once() -> None:
    """Pinned is the plan, not the ceiling: the card is shared."""
    story = Story(make.facts()).work(no()).send()
    assert 6 == _planned(story)
    stricter = Policy(version=2, ceilings=(Ceiling(limit_id="card-amount-30d", attempts_max=3),))
    story.facts = replace(story.facts, merchant=make.merchant(stricter))
    assert 2 == _planned(story)


def test_3_a_recovery_in_flight_obeys_a_networks_new_number_at_once() -> None:
    """Mastercard's day went from 20 attempts to 10 on 1 October 2022, also for what had been planned before."""
    loose = Policy(
        ceilings=(Ceiling(limit_id="card-24h", attempts_max=19),), overrides=(_override("card-24h"),), version=2
    )
    midnight = datetime(2022, 10, 1, tzinfo=UTC)
    used = tuple(
        Use(at=midnight - timedelta(hours=2, minutes=n), amount_minor=100 + n, currency="NOK", invoice_id="inv_0")
        for n in range(12, 0, -1)
    )
    card = make.method(scheme="mastercard", created_at=midnight - timedelta(days=30))
    facts = make.facts(card, merchant=make.merchant(loose), uses={card.fingerprint: used})
    invoice = make.invoice(invoice_on=date(2022, 9, 30), issued_at=midnight - timedelta(hours=5))
    story = Story(replace(facts, invoice=invoice), now=midnight - timedelta(hours=1))
    before = story.plan.steps[0]
    after = story.at(midnight + timedelta(hours=1)).plan.steps[0]
    assert (midnight - timedelta(hours=1), True) == (before.at, isinstance(before.action, Charge))
    assert ("rule.delay", True) == (after.clause.id, after.at > midnight + timedelta(hours=20))
    assert "Mastercard allows 10" in after.clause.text


def test_a_policy_without_numbers_changes_nothing() -> None:
    """The rulebook alone."""
    assert limits_for("visa", TODAY) == limits_under("visa", TODAY, Policy().own_limits)
