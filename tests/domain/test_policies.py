"""Retry policies: each ends, repeats itself, and proposes within reason; the default and its rivals' dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.calendar import at_local, local_date, zone
from purring.domain.errors import InvalidInput
from purring.domain.policies import POLICIES, policy_named
from purring.domain.policies.base import Outlook
from purring.domain.policies.fixed import KILL_BILL, POLAR, STRIPE
from purring.domain.policies.steady import OFFSETS_DAYS
from purring.domain.policy import WINDOW_DAYS_MAX, Policy
from purring.domain.rulebook.limits import limits_for
from purring.domain.step import Charge
from tests.domain import make
from tests.domain.make import no
from tests.domain.story import Story

CHARGES_MAX = 20
"""More than the networks allow in a month is not within reason."""

ZONES = st.sampled_from(["Europe/Oslo", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata", "UTC"])
DATES = st.dates(date(2026, 1, 1), date(2030, 1, 1))
HOURS = st.times(time(0), time(11, 59)).map(lambda at: at.replace(microsecond=0))


def _outlook(
    invoice_on: date = make.INVOICE_ON, timezone: str = make.OSLO, hours_gone: int = 0, **policy: object
) -> Outlook:
    """What a policy sees some hours after the invoice date."""
    pinned = make.policy(**policy)
    tz = zone(timezone)
    return Outlook(
        policy=pinned,
        invoice_on=invoice_on,
        zone=timezone,
        now=at_local(invoice_on, time(), tz) + timedelta(hours=hours_gone),
        window_ends_at=at_local(invoice_on + timedelta(days=pinned.window_days), pinned.close_at, tz),
        attempts=(),
        limits=limits_for("visa", invoice_on),
        uses=(),
    )


@pytest.mark.parametrize("name", POLICIES)
@given(invoice_on=DATES, timezone=ZONES, retry_at=HOURS, hours_gone=st.integers(0, 28 * 24))
def test_every_policy_proposes_within_reason(
    name: str, invoice_on: date, timezone: str, retry_at: time, hours_gone: int
) -> None:
    """Finitely many rising times after the invoice date, the same ones each time, whatever the hour it is asked."""
    outlook = _outlook(invoice_on, timezone, hours_gone, retry_at=retry_at, close_at=time(23), offsets_days=(1, 2, 28))
    times = policy_named(name)(outlook)
    assert times == policy_named(name)(outlook)
    assert len(times) <= CHARGES_MAX
    assert all(before < after for before, after in pairwise(times))
    assert all(at.tzinfo is UTC for at in times)
    assert all(invoice_on < local_date(at, zone(timezone)) for at in times)


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_comes_to_an_end(name: str) -> None:
    """An invoice that is declined for ever is closed, after no more charges than were planned on the first day."""
    story = Story(make.facts(policy=Policy(retry=name, offsets_days=(3, 8, 15)))).work(no()).send()
    planned = sum(isinstance(step.action, Charge) for step in story.plan.steps)
    story.until_quiet(no())
    assert 1 + planned == len(story.facts.attempts)
    assert "exhausted" == story.recovery.status


def test_an_unknown_policy_is_refused_with_those_there_are() -> None:
    """The message helps."""
    with pytest.raises(InvalidInput, match="fixed, none, steady"):
        policy_named("hourly")


# ---------------------------------------------------------------------------------------------------------------------
# The default


def test_steady_never_hits_the_same_weekday_twice() -> None:
    """With day 0 no two offsets are a multiple of seven days apart: all seven weekdays occur once."""
    days = (0, *OFFSETS_DAYS)
    assert all((later - earlier) % 7 for earlier, later in combinations(days, 2))
    assert set(range(7)) == {day % 7 for day in days}


def test_steady_is_six_retries_within_the_window() -> None:
    """The last one early enough for the warning to say that it failed."""
    policy = Policy()
    assert 6 == len(OFFSETS_DAYS)
    assert OFFSETS_DAYS[-1] <= policy.window_days - policy.warn_days_before_close


def test_a_shorter_window_cuts_steady_off() -> None:
    """Ten days leave three retries."""
    story = Story(make.facts(policy=Policy(window_days=10))).work(no())
    assert [2, 5, 8] == [_day(step.at) for step in story.plan.steps if isinstance(step.action, Charge)]


def _day(at: datetime) -> int:
    return (local_date(at, zone(make.OSLO)) - make.INVOICE_ON).days


@pytest.mark.parametrize(
    ("offsets", "expected"),
    [(KILL_BILL, (8, 16, 24)), (POLAR, (2, 7, 14, 21)), (STRIPE, (3, 8, 15))],
    ids=["Kill Bill", "Polar", "Stripe"],
)
def test_what_other_systems_do_can_be_said_as_fixed_offsets(
    offsets: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    """The dates that their documents give."""
    story = Story(make.facts(policy=Policy(retry="fixed", offsets_days=offsets))).work(no())
    assert list(expected) == [_day(step.at) for step in story.plan.steps if isinstance(step.action, Charge)]


# ---------------------------------------------------------------------------------------------------------------------
# What a merchant may set


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"window_days": 0}, "window_days"),
        ({"window_days": WINDOW_DAYS_MAX + 1}, "window_days"),
        ({"warning_lead_days": 0}, "warning_lead_days"),
        ({"warning_lead_days": 29}, "warning_lead_days"),
        ({"warn_days_before_close": 2}, "warn_days_before_close"),
        ({"warn_days_before_close": 29}, "warn_days_before_close"),
        ({"retry_at": time(12)}, "close_at"),
        ({"suspended_days": 0}, "suspended_days"),
        ({"suspended_days": 3651}, "suspended_days"),
        ({"transfer_hold_business_days": 0}, "transfer_hold_business_days"),
        ({"transfer_hold_business_days": 61}, "transfer_hold_business_days"),
        ({"offsets_days": (5, 2)}, "offsets_days"),
        ({"offsets_days": (2, 2)}, "offsets_days"),
        ({"offsets_days": (0, 2)}, "offsets_days"),
        ({"offsets_days": (29,)}, "offsets_days"),
    ],
)
def test_a_policy_that_could_not_be_kept_is_refused(fields: dict[str, object], field: str) -> None:
    """The error names the field and the remedy."""
    with pytest.raises(InvalidInput) as refused:
        make.policy(**fields)
    assert field == refused.value.field
    assert field in refused.value.message


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"window_days": 1, "warning_lead_days": 1, "warn_days_before_close": 1},
        {"window_days": WINDOW_DAYS_MAX, "offsets_days": (1, 90)},
        {"suspended_days": 3650, "transfer_hold_business_days": 60},
    ],
)
def test_a_policy_at_its_bounds_is_kept(fields: dict[str, object]) -> None:
    """The bounds belong to what is allowed."""
    story = Story(make.facts(policy=make.policy(**fields))).until_quiet(no())
    assert "exhausted" == story.recovery.status
