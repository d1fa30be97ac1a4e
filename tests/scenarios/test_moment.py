"""When something happens: dates and times in zones, days of the story, and some time later."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.calendar import zone
from purring.domain.errors import InvalidDate
from purring.scenarios.moment import StoryTime, instant, read_duration, read_moment, span

OSLO = zone("Europe/Oslo")
BEGINS = datetime(2026, 3, 27, 23, tzinfo=UTC)
TIME = StoryTime(zone=OSLO, begins_at=BEGINS, previous_at=datetime(2026, 3, 28, 9, tzinfo=UTC))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-28", datetime(2026, 3, 28, 22, 59, tzinfo=UTC)),
        ("2026-03-28 10:00", datetime(2026, 3, 28, 9, tzinfo=UTC)),
        ("2026-03-28 10:00 UTC", datetime(2026, 3, 28, 10, tzinfo=UTC)),
        ("2026-03-28 10:00 Asia/Tokyo", datetime(2026, 3, 28, 1, tzinfo=UTC)),
        ("2026-03-28 America/New_York", datetime(2026, 3, 29, 3, 59, tzinfo=UTC)),
        ("day 0", datetime(2026, 3, 28, 22, 59, tzinfo=UTC)),
        ("day 2 10:00", datetime(2026, 3, 30, 8, tzinfo=UTC)),
        ("+1 day", datetime(2026, 3, 29, 8, tzinfo=UTC)),
        ("+24 hours", datetime(2026, 3, 29, 9, tzinfo=UTC)),
        ("+5 minutes", datetime(2026, 3, 28, 9, 5, tzinfo=UTC)),
    ],
)
def test_a_moment_is_an_instant(text: str, expected: datetime) -> None:
    """Days keep the time of day when the clocks change; hours are as long as they are."""
    assert expected == instant(read_moment(text), TIME)


def test_an_expected_day_is_the_whole_day() -> None:
    """A bare date covers its 23 hours when the clocks go forward; a time covers its minute."""
    whole = span(read_moment("2026-03-29"), TIME)
    assert timedelta(hours=23) == whole.end - whole.first
    minute = span(read_moment("2026-03-29 12:00"), TIME)
    assert datetime(2026, 3, 29, 10, 0, 59, tzinfo=UTC) in minute
    assert datetime(2026, 3, 29, 10, 1, tzinfo=UTC) not in minute
    later = span(read_moment("+1 day"), TIME)
    assert timedelta(minutes=1) == later.end - later.first


@pytest.mark.parametrize("text", ["tomorrow", "day", "day 9999", "+0 fortnights", "+999999 days", "2026-3-4", "10:00"])
def test_other_words_are_no_moments(text: str) -> None:
    """What isn't one of the forms, or far beyond any story, is refused."""
    with pytest.raises(InvalidDate):
        instant(read_moment(text), TIME)


@given(st.dates(date(1990, 1, 1), date(2100, 1, 1)), st.times(), st.sampled_from(["UTC", "Asia/Kathmandu"]))
def test_what_is_written_is_shown(on: date, at: time, name: str) -> None:
    """In zones without gaps every day and minute is the instant at which the clocks show it."""
    shown = instant(read_moment(f"{on} {at:%H:%M} {name}"), TIME).astimezone(zone(name))
    assert (on, f"{at:%H:%M}") == (shown.date(), f"{shown:%H:%M}")


def test_a_length_is_days_hours_or_minutes() -> None:
    """Lengths are written as in `+2 days`, without the sign."""
    lengths = [timedelta(days=3), timedelta(hours=2), timedelta(minutes=5)]
    assert lengths == [read_duration(text) for text in ("3 days", "2 hours", "5 minutes")]
    with pytest.raises(InvalidDate, match="is no length of time"):
        read_duration("3 weeks")
