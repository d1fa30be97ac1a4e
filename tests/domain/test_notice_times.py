"""When notices may go out: quiet hours on any day in any zone, and a day's declines together."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.calendar import zone
from purring.domain.errors import InvalidInput
from purring.domain.notice import NoticeKind
from purring.domain.notice_terms import NoticeTerms
from purring.domain.notice_times import ANSWERS, COMBINED, due_at, quiet_until, waits_until
from tests.domain import make

ZONES = st.sampled_from(["Europe/Oslo", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Cairo"])
INSTANTS = st.integers(0, 2 * 366 * 24 * 12).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + n * timedelta(minutes=5))
CLOCKS = st.integers(0, 24 * 12 - 1).map(lambda n: (datetime(2026, 1, 1, tzinfo=UTC) + n * timedelta(minutes=5)).time())
QUIET = st.tuples(CLOCKS, CLOCKS).filter(lambda pair: pair[0] != pair[1])


def terms_of(quiet: tuple[time, time], **more: time | None) -> NoticeTerms:
    """Terms with these quiet hours."""
    return NoticeTerms(quiet_from=quiet[0], quiet_until=quiet[1], combine_at=more.get("combine_at"))


def shows_quiet(at: datetime, quiet: tuple[time, time], zone_name: str) -> bool:
    """Whether a clock on the wall shows a time between the two, told without any reckoning of days."""
    shown, (begin, end) = at.astimezone(zone(zone_name)).time(), quiet
    return begin <= shown < end if begin < end else shown >= begin or shown < end


@given(INSTANTS, QUIET, ZONES)
def test_nothing_is_due_while_a_clock_on_the_wall_shows_a_quiet_hour(
    at: datetime, quiet: tuple[time, time], zone_name: str
) -> None:
    """Not in hours that come twice either, and not in those that are skipped: they don't come at all."""
    until = quiet_until(at, terms_of(quiet), zone(zone_name))
    assert until is not None or not shows_quiet(at, quiet, zone_name)
    assert until is None or (until > at and not shows_quiet(until, quiet, zone_name))


@given(INSTANTS, QUIET, ZONES)
def test_quiet_hours_end_within_a_day(at: datetime, quiet: tuple[time, time], zone_name: str) -> None:
    """Whatever the clocks do, nobody waits for longer than a day and the hour that comes twice."""
    until = quiet_until(at, terms_of(quiet), zone(zone_name))
    assert until is None or until - at <= timedelta(hours=25)
    assert until is None or quiet_until(until, terms_of(quiet), zone(zone_name)) is None


@given(INSTANTS, QUIET, CLOCKS, ZONES, st.sampled_from(NoticeKind))
def test_a_due_time_is_never_before_now_nor_far_off(
    at: datetime, quiet: tuple[time, time], combine_at: time, zone_name: str, kind: NoticeKind
) -> None:
    """A notice waits for the day's others and for the morning, at most two days, and thanks for neither."""
    terms, customer = terms_of(quiet, combine_at=combine_at), make.customer(timezone=zone_name)
    due = due_at(kind, at, terms, customer)
    assert at <= due <= at + timedelta(hours=50)
    assert (kind in ANSWERS) <= (due == at)
    assert waits_until(kind, due, terms, customer) is None


def test_a_last_notice_does_not_wait_for_others() -> None:
    """It takes along what waits."""
    terms, at = NoticeTerms(combine_at=time(12)), make.day(1)
    due = {kind: due_at(kind, at, terms, make.customer()) for kind in NoticeKind}
    assert COMBINED == {kind for kind, when in due.items() if when != at}
    assert {make.day(1, time(12))} == {due[kind] for kind in COMBINED}
    assert make.day(2, time(12)) == due_at(NoticeKind.ACTION_NEEDED, make.day(1, time(13)), terms, make.customer())


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"hold_back_max": 3}, "hold_back_max"),
        ({"hold_back_days": 0}, "hold_back_days"),
        ({"upcoming_days": 61}, "upcoming_days"),
        ({"upcoming_from_months": 0}, "upcoming_from_months"),
        ({"escalate_after_unread": 0}, "escalate_after_unread"),
        ({"expiry_days": (7, 30)}, "expiry_days"),
        ({"expiry_days": (30, 30)}, "expiry_days"),
        ({"expiry_days": (30, 21, 14, 7, 3)}, "expiry_days"),
        ({"expiry_days": (0,)}, "expiry_days"),
        ({"sms_kinds": (NoticeKind.RECEIPT, NoticeKind.RECEIPT)}, "sms_kinds"),
        ({"quiet_from": time(22)}, "quiet_until"),
        ({"quiet_until": time(7)}, "quiet_until"),
        ({"quiet_from": time(7), "quiet_until": time(7)}, "quiet_until"),
    ],
)
def test_terms_that_can_not_be_kept_are_refused(fields: dict[str, Any], field: str) -> None:
    """With the field's own name."""
    with pytest.raises(InvalidInput, match=field) as caught:
        NoticeTerms(**fields)
    assert f"notices.{field}" == caught.value.field
    assert NoticeTerms(escalate_after_unread=2, expiry_days=()).expiry_days == ()
