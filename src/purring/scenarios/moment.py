"""When something happens in a story: a date, a time of day, a day counted from its beginning, or some time later."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from purring.domain.calendar import at_local, local_date, require_date, start_of_day, zone
from purring.domain.errors import InvalidDate

FORMS = ("2026-03-04", "2026-03-04 10:00", "2026-03-04 10:00 Asia/Tokyo", "day 3", "day 3 10:00", "+2 days")

END_OF_DAY = time(23, 59)
"""When an entry with a bare date takes place: everything else that the day brings has happened."""

LATER_MAX = timedelta(days=3_660)

_MINUTE = timedelta(minutes=1)
_CLOCK = r"(?:[T ](?P<hour>\d{2}):(?P<minute>\d{2}))?(?P<zone> [A-Za-z_]+(?:/[A-Za-z0-9_+-]+)*)?"
_DATE = re.compile(rf"(?P<day>\d{{4}}-\d{{2}}-\d{{2}}){_CLOCK}")
_STORY_DAY = re.compile(rf"day (?P<count>\d{{1,4}}){_CLOCK}")
_LATER = re.compile(r"\+(?P<count>\d{1,6}) (?P<unit>minute|hour|day)s?")


@dataclass(frozen=True, slots=True)
class OnDay:
    """A day, with a time of day or without. `zone` None: the merchant's."""

    day: date
    at: time | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class OnStoryDay:
    """A day counted from the story's first one, which is day 0."""

    count: int
    at: time | None = None
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Later:
    """So long after the entry before. Days keep the time of day, whatever the clocks on the wall do."""

    days: int = 0
    exact: timedelta = timedelta()


Moment = OnDay | OnStoryDay | Later


@dataclass(frozen=True, slots=True)
class StoryTime:
    """What moments are reckoned from: the merchant's zone, the story's beginning and the entry before."""

    zone: ZoneInfo
    begins_at: datetime
    previous_at: datetime


@dataclass(frozen=True, slots=True)
class Span:
    """From `first` on, before `end`: a whole day, or the minute that was written."""

    first: datetime
    end: datetime

    def __contains__(self, at: datetime) -> bool:
        """Whether an instant lies in it."""
        return self.first <= at < self.end


def read_moment(text: str) -> Moment:
    """Read one of the FORMS.

    Raises InvalidDate, UnknownZone.
    """
    for pattern, read in ((_DATE, _on_day), (_STORY_DAY, _on_story_day), (_LATER, _later)):
        match = pattern.fullmatch(text)
        if match:
            return read(match)
    raise InvalidDate(f"{text[:60]!r} is no moment; write it like one of {', '.join(FORMS)}.")


def read_day(text: str) -> date:
    """Read a plain date.

    Raises InvalidDate.
    """
    try:
        return require_date(date.fromisoformat(text), "date")
    except ValueError:
        raise InvalidDate(f"{text[:60]!r} is no date; write it like 2026-03-04.") from None


def read_time(text: str) -> time:
    """Read a time of day such as `10:00`.

    Raises InvalidDate.
    """
    if not re.fullmatch(r"\d{2}:\d{2}", text):
        raise InvalidDate(f"{text[:60]!r} is no time of day; write it like 10:00.")
    return _clock(text[:2], text[3:])


def read_duration(text: str) -> timedelta:
    """Read a length such as `3 days`, `2 hours` or `5 minutes`.

    Raises InvalidDate.
    """
    match = _LATER.fullmatch(f"+{text}")
    if match is None:
        raise InvalidDate(f"{text[:60]!r} is no length of time; write it like 3 days, 2 hours or 5 minutes.")
    later = _later(match)
    return timedelta(days=later.days) + later.exact


def _on_day(match: re.Match[str]) -> OnDay:
    return OnDay(read_day(match["day"]), _time_of(match), _zone_of(match))


def _on_story_day(match: re.Match[str]) -> OnStoryDay:
    count = int(match["count"])
    if count > LATER_MAX.days:
        raise InvalidDate(f"day {count} is too far; a story lasts {LATER_MAX.days} days at most.")
    return OnStoryDay(count, _time_of(match), _zone_of(match))


def _later(match: re.Match[str]) -> Later:
    count, unit = int(match["count"]), match["unit"]
    length = timedelta(**{f"{unit}s": count})
    if length > LATER_MAX:
        raise InvalidDate(f"{match[0]!r} is too long; a story lasts {LATER_MAX.days} days at most.")
    return Later(days=count) if unit == "day" else Later(exact=length)


def _time_of(match: re.Match[str]) -> time | None:
    if match["hour"] is None:
        return None
    if "T" in match[0][: match.end("minute")]:
        raise InvalidDate(f"{match[0]!r} has a T between day and time; write a space.")
    return _clock(match["hour"], match["minute"])


def _clock(hour: str, minute: str) -> time:
    try:
        return time(int(hour), int(minute))
    except ValueError:
        raise InvalidDate(f"{hour}:{minute} is shown by no clock; write 00:00 to 23:59.") from None


def _zone_of(match: re.Match[str]) -> str | None:
    return zone(match["zone"].strip()).key if match["zone"] else None


def instant(moment: Moment, reckoned: StoryTime) -> datetime:
    """The instant of a moment, in UTC; a bare day means its end.

    Raises InvalidDate for a time that the clocks of that day skip.
    """
    if isinstance(moment, Later):
        return _so_much_later(moment, reckoned)
    day, tz = _day_and_zone(moment, reckoned)
    return _local(day, moment.at or END_OF_DAY, tz)


def span(moment: Moment, reckoned: StoryTime) -> Span:
    """Everything that a moment covers: the day, or the minute.

    Raises InvalidDate for a time that the clocks of that day skip.
    """
    if isinstance(moment, Later):
        at = _so_much_later(moment, reckoned)
        return Span(at, at + _MINUTE)
    day, tz = _day_and_zone(moment, reckoned)
    if moment.at is None:
        return Span(start_of_day(day, tz), start_of_day(day + timedelta(days=1), tz))
    at = _local(day, moment.at, tz)
    return Span(at, at + _MINUTE)


def _so_much_later(later: Later, reckoned: StoryTime) -> datetime:
    before = reckoned.previous_at.astimezone(reckoned.zone)
    if later.days:
        return at_local(before.date() + timedelta(days=later.days), before.time(), reckoned.zone)
    return (reckoned.previous_at + later.exact).astimezone(UTC)


def _day_and_zone(moment: OnDay | OnStoryDay, reckoned: StoryTime) -> tuple[date, ZoneInfo]:
    tz = zone(moment.zone) if moment.zone else reckoned.zone
    match moment:
        case OnDay():
            return moment.day, tz
        case OnStoryDay():
            return local_date(reckoned.begins_at, reckoned.zone) + timedelta(days=moment.count), tz
        case _:
            assert_never(moment)


def _local(day: date, at: time, tz: ZoneInfo) -> datetime:
    """The instant, unless the clocks jump over it."""
    found = at_local(day, at, tz)
    shown = found.astimezone(tz)
    if (shown.hour, shown.minute) != (at.hour, at.minute):
        raise InvalidDate(f"The clocks of {tz.key} skip {at:%H:%M} on {day}; write another time.")
    return found
