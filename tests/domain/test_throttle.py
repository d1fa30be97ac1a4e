"""Limits on how many charges go to a gateway, and how long a gateway that keeps failing is left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.errors import InvalidInput
from purring.domain.throttle import (
    BURST_MAX,
    CHARGES_PER_S_MAX,
    IN_FLIGHT_MAX,
    PAUSE,
    PAUSE_MAX,
    POSTPONED_MAX,
    Throttle,
    begun,
    limited,
    pace,
    paused,
    place_after,
    reopened,
    room,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FREE = Throttle(gateway="sandbox")

gaps = st.lists(st.integers(0, 3_000), min_size=1, max_size=40)
"""Milliseconds from one turn to the next."""


def _limited(per_s: float | None = None, burst: int | None = None, in_flight_max: int | None = None) -> Throttle:
    return limited(FREE, per_s=per_s, burst=burst, in_flight_max=in_flight_max)


@given(per_s=st.floats(0.1, 50), burst=st.integers(1, 20), gaps=gaps, wish=st.integers(1, 30))
def test_no_span_of_time_has_more_than_its_bucket(per_s: float, burst: int, gaps: list[int], wish: int) -> None:
    """Between any two instants at most the burst begins, and what flowed in meanwhile."""
    own, now, charges = _limited(per_s, burst), NOW, []
    for gap in gaps:
        now += timedelta(milliseconds=gap)
        free = room(own, now, 0)
        assert free is not None
        let_in = min(free, wish)
        own = begun(own, now, let_in)
        charges += [now] * let_in
    assert own.spacing
    for first, since in enumerate(charges):
        for last in range(first, len(charges)):
            assert last - first + 1 <= burst + (charges[last] - since) / own.spacing


@given(per_s=st.floats(0.1, 50), burst=st.integers(1, 20))
def test_what_flows_in_can_be_used(per_s: float, burst: int) -> None:
    """Whoever empties the bucket finds one more after each spacing, and a full one after as many as it holds."""
    own = begun(_limited(per_s, burst), NOW, burst)
    assert own.spacing
    times = [NOW + n * own.spacing for n in range(burst + 2)]
    found = [room(own, at, 0) for at in times]
    assert [*range(burst + 1), burst] == found


def test_charges_at_once_are_limited_beside_the_pace() -> None:
    """The smaller room counts; where more are in flight than may be, there is none."""
    assert [5, 2, 0, 0] == [room(_limited(in_flight_max=5), NOW, n) for n in (0, 3, 5, 9)]
    assert 3 == room(_limited(3, in_flight_max=5), NOW, 1)
    assert 1 == room(_limited(3, in_flight_max=5), NOW, 4)
    assert room(FREE, NOW, 100) is None


def test_only_a_pace_counts_what_has_begun() -> None:
    """What is in flight is counted by its permits."""
    own = _limited(in_flight_max=5)
    assert own == begun(own, NOW, 3)


def test_a_clock_that_was_set_back_stops_nobody_for_long() -> None:
    """The bucket is never emptier than empty."""
    own = begun(_limited(2, 4), NOW, 4)
    earlier = NOW - timedelta(days=1)
    assert [0, 1] == [room(own, earlier, 0), room(begun(own, earlier, 0), earlier + timedelta(seconds=0.5), 0)]


def test_a_burst_is_a_seconds_worth_unless_said() -> None:
    """And at least one."""
    assert [25, 1, 2, 7] == [_limited(*some).burst for some in ((25,), (0.5,), (2.9,), (2, 7))]


def test_a_limit_keeps_what_was_used_and_can_be_lifted() -> None:
    """A pause stays whatever the limits are."""
    used = begun(replace(_limited(10), pauses=2, paused_until=NOW), NOW, 4)
    tighter = limited(used, per_s=5, burst=5, in_flight_max=1)
    assert (used.full_at, 2, True) == (tighter.full_at, tighter.pauses, tighter.limits)
    lifted = limited(tighter, per_s=None, burst=None, in_flight_max=None)
    assert (None, 2, False, True) == (lifted.full_at, lifted.pauses, lifted.limits, lifted.holds)
    assert (10, None) == (_limited(10).per_s, FREE.per_s)
    assert (True, False) == (_limited(1).holds, FREE.holds)


@pytest.mark.parametrize(
    ("per_s", "burst", "in_flight_max", "field"),
    [
        (0.001, None, None, "per_second"),
        (CHARGES_PER_S_MAX + 1, None, None, "per_second"),
        (None, 5, None, "burst"),
        (1, 0, None, "burst"),
        (1, BURST_MAX + 1, None, "burst"),
        (None, None, 0, "in_flight"),
        (None, None, IN_FLIGHT_MAX + 1, "in_flight"),
    ],
)
def test_limits_that_cannot_be_kept_are_refused(
    per_s: float | None, burst: int | None, in_flight_max: int | None, field: str
) -> None:
    """With the field at fault."""
    with pytest.raises(InvalidInput) as error:
        _limited(per_s, burst, in_flight_max)
    assert field == error.value.field


@given(count=st.integers(1, 200), apart_ms=st.integers(1, 60_000))
def test_who_finds_no_room_comes_back_in_a_line_and_within_the_bound(count: int, apart_ms: int) -> None:
    """One behind the other, after now and never later than the longest wait."""
    apart, last, places = timedelta(milliseconds=apart_ms), NOW, []
    for _ in range(count):
        last = place_after(last, NOW, apart)
        places.append(last)
    assert places == [NOW + min(n * apart, POSTPONED_MAX) for n in range(1, count + 1)]


def test_the_pace_of_the_line_is_that_of_the_tightest_limit() -> None:
    """A charge at once takes a fifth of a second at least."""
    assert timedelta(seconds=0.5) == pace([_limited(2), _limited(10)])
    assert timedelta(milliseconds=50) == pace([_limited(in_flight_max=4)])
    assert timedelta(microseconds=1) == pace([])


def test_pauses_double_up_to_a_limit_and_end() -> None:
    """Each pause without an answer in between is twice as long, up to an hour; an answer ends that."""
    own, now, pauses = FREE, NOW, []
    for _ in range(7):
        own = paused(own, now)
        assert own.paused_until
        assert own.is_paused(now)
        assert not own.is_to_be_tried(now)
        pauses.append(own.paused_until - now)
        now = own.paused_until
        assert own.is_to_be_tried(now)
    assert [PAUSE, PAUSE * 2, PAUSE * 4, PAUSE * 8, PAUSE_MAX, PAUSE_MAX, PAUSE_MAX] == pauses
    assert FREE == reopened(own)
    assert not FREE.is_to_be_tried(now)
