"""A test clock goes forwards only, a bounded way at a time, and stays where it was deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from purring.domain import test_clock
from purring.domain.errors import InvalidDate, RefusalCode, Refused
from purring.domain.ids import TestClockId, make_id, no_later_than_made
from purring.domain.test_clock import ADVANCE_MAX, REACH, ClockStatus

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
THERE = datetime(2027, 1, 1, tzinfo=UTC)
CLOCK = test_clock.TestClock(id=TestClockId("clk_1"), name="", status=ClockStatus.READY, now_at=THERE, created_at=NOW)


def test_it_is_sent_to_a_later_time() -> None:
    """It is under way from the real present on, and goes there."""
    to = THERE + ADVANCE_MAX
    under_way = replace(CLOCK, status=ClockStatus.ADVANCING, target_at=to, next_step_at=NOW)
    assert under_way == test_clock.advanced(CLOCK, to, NOW)


@pytest.mark.parametrize("to", [THERE - timedelta(days=1), THERE, THERE + ADVANCE_MAX + timedelta(seconds=1)])
def test_it_goes_nowhere_else(to: datetime) -> None:
    """Not back, not nowhere, and not further than one advance reaches."""
    with pytest.raises(InvalidDate):
        test_clock.advanced(CLOCK, to, NOW)


def test_what_is_under_way_or_deleted_is_not_sent_anywhere() -> None:
    """Nor does one that was deleted while it was under way go on."""
    under_way = test_clock.advanced(CLOCK, THERE + timedelta(days=1), NOW)
    gone = test_clock.deleted(under_way)
    assert (ClockStatus.DELETED, None, None, gone) == (
        gone.status,
        gone.target_at,
        gone.next_step_at,
        test_clock.deleted(gone),
    )
    for clock, code in ((under_way, RefusalCode.CLOCK_UNDER_WAY), (gone, RefusalCode.CLOCK_DELETED)):
        with pytest.raises(Refused) as refused:
            test_clock.advanced(clock, THERE + timedelta(days=2), NOW)
        assert code == refused.value.code


def test_it_may_stand_within_twenty_years() -> None:
    """A slip of the pen in a year is refused."""
    assert NOW + REACH == test_clock.check_start(NOW + REACH, NOW)
    for far in (NOW + REACH + timedelta(days=1), NOW - REACH - timedelta(days=1)):
        with pytest.raises(InvalidDate):
            test_clock.check_start(far, NOW)


def test_a_card_is_another_one_by_a_test_clock() -> None:
    """So that what happens there fills nobody's limits outside."""
    assert ("visa-1", "clk_1:visa-1") == (test_clock.own_card("visa-1", None), test_clock.own_card("visa-1", CLOCK.id))


def test_nothing_is_owed_later_than_it_was_made() -> None:
    """An event of a clock that stands in the future is owed at once; what no id tells stays as it is."""
    made = make_id("evt_", round(NOW.timestamp() * 1000), 0)
    almost = NOW + timedelta(microseconds=999)
    assert (NOW, NOW - timedelta(days=1), almost) == tuple(
        no_later_than_made(at, made) for at in (THERE, NOW - timedelta(days=1), almost)
    )
    assert THERE == no_later_than_made(THERE, "ch_1")
