"""Days and instants: what a date means in a zone, which day comes n months later, which days banks work.

Instants are aware and in UTC (`*_at`), days are plain dates (`*_on`), zones are IANA names made into values by `zone`.
"""

from calendar import isleap
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Protocol, assert_never
from zoneinfo import ZoneInfo

from purring.domain.errors import InvalidDate, InvalidInterval, NaiveTime, UnknownZone

BUSINESS_DAYS_MAX = 3_660
# Nobody bills outside these years, and a slip of the pen there would overflow in some zone.
YEARS = range(1970, 2200)

_DAYS_IN_MONTH = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_ONE_DAY = timedelta(days=1)
_SATURDAY = 5
_NO_HOLIDAYS: frozenset[date] = frozenset()
# Files of the zone database that mean another thing on every machine, or count leap seconds.
_NOT_ZONES = ("localtime", "posixrules", "posix/", "right/", "Factory")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Tell the instant, aware and in UTC."""
        ...


class IntervalUnit(StrEnum):
    """What a billing interval counts."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Find a time zone by its IANA name.

    Raises UnknownZone.
    """
    try:
        if not name.startswith(_NOT_ZONES):
            return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        pass
    message = f"{name[:60]!r} is not a time zone; use an IANA name such as Europe/Oslo or UTC."
    raise UnknownZone(message)


def require_instant(value: datetime, name: str) -> datetime:
    """Give an instant back, marked with `UTC` itself, if it is aware and in UTC.

    Raises NaiveTime, InvalidDate.
    """
    require_date(value, name)
    if value.tzinfo is UTC:
        return value
    offset = value.utcoffset()
    if offset is None:
        message = f"{name} {value.isoformat()} has no time zone; write it in UTC, such as {value.isoformat()}Z."
        raise NaiveTime(message, field=name)
    if offset:
        message = f"{name} {value.isoformat()} is not in UTC; write {value.astimezone(UTC).isoformat()}."
        raise NaiveTime(message, field=name)
    return value.astimezone(UTC)


def require_date(value: date, name: str) -> date:
    """Give a date or instant back if it lies in YEARS.

    Raises InvalidDate.
    """
    if value.year not in YEARS:
        message = f"{name} {value.isoformat()} can't be reckoned with; use a year from {YEARS[0]} to {YEARS[-1]}."
        raise InvalidDate(message, field=name)
    return value


@lru_cache(maxsize=4096)
def days(n: int) -> timedelta:
    """Give n times 24 hours."""
    return timedelta(days=n)


def at_local(on: date, at: time, tz: ZoneInfo) -> datetime:
    """Find the instant, in UTC, at which a zone's clocks show a time on a day.

    A time that the clocks skip becomes the first instant after the gap; of a time shown twice, the first one counts.
    """
    assert at.tzinfo is None, at
    return _at_local(on, at, tz)


@lru_cache(maxsize=8192)
def _at_local(on: date, at: time, tz: ZoneInfo) -> datetime:
    """Reckon `at_local` once for each triple: thousands of customers share a day, an hour and a zone."""
    wall = datetime.combine(on, at, tz)
    if at.fold:
        wall = wall.replace(fold=0)
    before = wall.utcoffset()
    after = wall.replace(fold=1).utcoffset()
    assert before is not None
    assert after is not None
    if before < after:
        return _end_of_gap(wall, before, after)
    return wall.astimezone(UTC)


def last_at_local(on: date, at: time, tz: ZoneInfo) -> datetime:
    """Find the last instant, in UTC, at which a zone's clocks show a time on a day; as `at_local` if they skip it."""
    first = at_local(on, at, tz)
    second = datetime.combine(on, at.replace(fold=1), tz).astimezone(UTC)
    return max(first, second)


def start_of_day(on: date, tz: ZoneInfo) -> datetime:
    """Find the first instant, in UTC, of a day in a zone."""
    return at_local(on, time.min, tz)


def local_date(at: datetime, tz: ZoneInfo) -> date:
    """Tell which day it is in a zone at an instant."""
    return at.astimezone(tz).date()


def _end_of_gap(wall: datetime, before: timedelta, after: timedelta) -> datetime:
    """Find the instant at which the clocks jumped over a wall time, to the second, by halving."""
    tz = wall.tzinfo
    shown = wall.replace(tzinfo=UTC, microsecond=0)
    early, late = shown - after, shown - before
    # Offsets are whole seconds: `early` is always before the jump, `late` at or after it.
    while (span_s := int((late - early).total_seconds())) > 1:
        middle = early + timedelta(seconds=span_s // 2)
        if middle.astimezone(tz).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late


def add_interval(anchor_on: date, unit: IntervalUnit, count: int, n: int) -> date:
    """Find the nth boundary of an interval from its anchor.

    Counted from the anchor each time, so that 31 January, 28 February, 31 March don't drift.
    Raises InvalidInterval past the year 9999.
    """
    assert n >= 0, n
    try:
        match unit:
            case IntervalUnit.DAY:
                return anchor_on + timedelta(days=count * n)
            case IntervalUnit.WEEK:
                return anchor_on + timedelta(weeks=count * n)
            case IntervalUnit.MONTH:
                return _add_months(anchor_on, count * n)
            case IntervalUnit.YEAR:
                return _add_months(anchor_on, 12 * count * n)
            case _:
                assert_never(unit)
    except (OverflowError, ValueError) as error:
        message = f"{count * n} {unit}s after {anchor_on} lies past the year 9999; use a shorter interval."
        raise InvalidInterval(message) from error


def _add_months(on: date, months: int) -> date:
    year, months_before = divmod(on.year * 12 + on.month - 1 + months, 12)
    is_leap_february = months_before == 1 and isleap(year)
    return date(year, months_before + 1, min(on.day, _DAYS_IN_MONTH[months_before] + is_leap_february))


def is_business_day(on: date, holidays: frozenset[date] = _NO_HOLIDAYS) -> bool:
    """Tell whether banks work on a day: Monday to Friday, and no holiday."""
    return on.weekday() < _SATURDAY and on not in holidays


def add_business_days(on: date, n: int, holidays: frozenset[date] = _NO_HOLIDAYS) -> date:
    """Find the nth business day after a day; with n = 0, the day itself or else the next business day."""
    assert 0 <= n <= BUSINESS_DAYS_MAX, n
    while n:
        on += _ONE_DAY
        n -= is_business_day(on, holidays)
    while not is_business_day(on, holidays):
        on += _ONE_DAY
    return on


@lru_cache(maxsize=256)
def holidays(country: str, *years: int) -> frozenset[date]:
    """Give a country's public holidays in some years; none are known outside Norway."""
    if country != "NO":
        return _NO_HOLIDAYS
    return frozenset().union(*(norwegian_holidays(year) for year in years))


@lru_cache(maxsize=256)
def norwegian_holidays(year: int) -> frozenset[date]:
    """Give Norway's public holidays in a year.

    Source: lov 1995-02-24 nr. 12 om helligdager og helligdagsfred § 2 and lov 1947-04-26 nr. 1 om 1. og 17. mai, both
    read 2026-11-23.
    """
    easter_on = _easter(year)
    fixed = {date(year, month, day) for month, day in ((1, 1), (5, 1), (5, 17), (12, 25), (12, 26))}
    return frozenset(fixed | {easter_on + timedelta(days=offset) for offset in (-3, -2, 0, 1, 39, 49, 50)})


def _easter(year: int) -> date:
    """Find Easter Sunday. Source: Meeus, Astronomical Algorithms (1991), chapter 8."""
    golden = year % 19
    century, rest = divmod(year, 100)
    epact = (19 * golden + century - century // 4 - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * (century % 4) + 2 * (rest // 4) - epact - rest % 4) % 7
    correction = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * correction + 114, 31)
    return date(year, month, day + 1)
