"""The calendar: the same day and the same hour in every zone, however its clocks jump."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from purring.domain.calendar import (
    YEARS,
    IntervalUnit,
    add_business_days,
    add_interval,
    at_local,
    days,
    holidays,
    is_business_day,
    local_date,
    norwegian_holidays,
    require_date,
    require_instant,
    start_of_day,
    zone,
)
from purring.domain.errors import InvalidDate, InvalidInterval, NaiveTime, UnknownZone

ZONES = (
    "Europe/Oslo", "Europe/London", "America/New_York", "America/St_Johns", "America/Sao_Paulo", "Australia/Lord_Howe",
    "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Apia", "Pacific/Kwajalein", "Africa/Cairo", "Africa/Monrovia",
    "America/Scoresbysund", "Antarctica/Troll", "Asia/Gaza", "UTC",
)  # fmt: skip
zones = st.sampled_from([zone(name) for name in ZONES])
dates_on = st.dates(min_value=date(1970, 1, 2), max_value=date(2199, 12, 30))
times = st.times()
instants = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2199, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - made aware by timezones
units = st.sampled_from(IntervalUnit)
APIA, OSLO = zone("Pacific/Apia"), zone("Europe/Oslo")


def shown(at: datetime, tz: ZoneInfo) -> datetime:
    """Read a zone's wall clock and calendar."""
    return at.astimezone(tz).replace(tzinfo=None)


@given(dates_on, times, zones)
@example(date(2011, 12, 30), time(12), APIA)
@example(date(2026, 3, 29), time(2, 59, 59, 999_999), OSLO)
def test_a_local_time_is_what_the_clocks_show_or_the_end_of_a_gap(on: date, at: time, tz: ZoneInfo) -> None:
    """The instant shows the wanted time; if no instant does, it is the first one that shows a later time."""
    found = at_local(on, at, tz)
    wanted = datetime.combine(on, at)
    assert found.tzinfo is UTC
    assert shown(found, tz) >= wanted
    if shown(found, tz) > wanted:
        assert shown(found - timedelta(microseconds=1), tz) < wanted


@given(instants, zones)
def test_no_earlier_instant_shows_the_same_time(at: datetime, tz: ZoneInfo) -> None:
    """Of the instants that show one wall time, the first is taken."""
    wall = shown(at, tz)
    found = at_local(wall.date(), wall.time(), tz)
    assert found <= at
    assert wall == shown(found, tz)


@given(dates_on, times, times, zones)
def test_later_by_the_wall_clock_is_never_earlier(on: date, one: time, two: time, tz: ZoneInfo) -> None:
    """Within a day, a later wanted time never gives an earlier instant."""
    first, second = sorted((one, two))
    assert at_local(on, first, tz) <= at_local(on, second, tz)


@given(dates_on, zones)
def test_a_day_starts_on_itself_and_not_before(on: date, tz: ZoneInfo) -> None:
    """A day starts on itself, or on the next one where the zone skipped it; the moment before belongs to neither."""
    start = start_of_day(on, tz)
    assert local_date(start, tz) >= on
    assert local_date(start - timedelta(microseconds=1), tz) < on


@given(instants, zones)
def test_an_instant_lies_in_its_day(at: datetime, tz: ZoneInfo) -> None:
    """The local date of an instant is the day that has begun and has not ended."""
    on = local_date(at, tz)
    assert start_of_day(on, tz) <= at < start_of_day(on + timedelta(days=1), tz)


@pytest.mark.parametrize(
    ("name", "wall", "expected"),
    [
        ("Europe/Oslo", "2026-03-29 02:30", "2026-03-29 01:00"),
        ("Europe/Oslo", "2026-03-29 03:00", "2026-03-29 01:00"),
        ("Europe/Oslo", "2026-10-25 02:30", "2026-10-25 00:30"),
        ("Europe/Oslo", "2026-07-01 09:00", "2026-07-01 07:00"),
        ("America/New_York", "2026-03-08 02:30", "2026-03-08 07:00"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),
        ("Australia/Lord_Howe", "2026-10-04 02:30", "2026-10-03 15:30"),
        ("Australia/Lord_Howe", "2026-04-05 01:45", "2026-04-04 14:45"),
        ("Asia/Kolkata", "2026-03-29 02:30", "2026-03-28 21:00"),
        ("Pacific/Apia", "2011-12-30 09:00", "2011-12-30 10:00"),
        ("Pacific/Apia", "2011-12-31 00:00", "2011-12-30 10:00"),
        ("America/Sao_Paulo", "2018-11-04 00:00", "2018-11-04 03:00"),
        ("Africa/Monrovia", "1972-01-07 00:20", "1972-01-07 00:44:30"),
    ],
)
def test_known_local_times(name: str, wall: str, expected: str) -> None:
    """Gaps, repeated hours, half-hour jumps, a skipped day, a midnight that never was: from the zone database."""
    wanted = datetime.fromisoformat(wall)
    assert datetime.fromisoformat(f"{expected}+00:00") == at_local(wanted.date(), wanted.time(), zone(name))


def test_the_second_of_two_equal_times_is_never_meant() -> None:
    """A fold on the wanted time changes nothing: the first occurrence counts."""
    assert datetime(2026, 10, 25, 0, 31, tzinfo=UTC) == at_local(date(2026, 10, 25), time(2, 31, fold=1), OSLO)


def test_zones_are_made_once() -> None:
    """Asking twice gives the same value."""
    assert zone("Europe/Oslo") is zone("Europe/Oslo")


@pytest.mark.parametrize(
    "name",
    ["", "Oslo", "Europe/Oslø", "Europe", "../etc/passwd", "/etc/localtime", "localtime", "right/Europe/Oslo", "CEST+2",
     "posix/Europe/Oslo", "Factory", "a\x00b", "x" * 5000],
)  # fmt: skip
def test_unknown_zones_are_refused_with_a_remedy(name: str) -> None:
    """Made-up names, folders, paths and zones that differ between machines are refused."""
    with pytest.raises(UnknownZone, match="Europe/Oslo or UTC"):
        zone(name)


@given(instants)
def test_an_instant_in_utc_is_given_back(at: datetime) -> None:
    """Aware instants in UTC pass unchanged."""
    assert at is require_instant(at, "at")


def test_another_name_for_utc_becomes_utc() -> None:
    """A driver's own zero offset is replaced by `UTC`, the instant staying the same."""
    given_at = datetime(2026, 11, 23, 12, tzinfo=timezone(timedelta(0), "Z"))
    found = require_instant(given_at, "at")
    assert given_at == found
    assert found.tzinfo is UTC


@given(st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2199, 12, 30)))  # noqa: DTZ001 - naive on purpose
def test_a_naive_time_is_refused(at: datetime) -> None:
    """A time without a zone names its field and how to write it."""
    with pytest.raises(NaiveTime, match=r"no time zone; write it in UTC, such as .*Z") as caught:
        require_instant(at, "paid_at")
    assert "paid_at" == caught.value.field


def test_a_time_in_another_zone_is_refused_with_its_translation() -> None:
    """A local time is answered with the same instant in UTC."""
    with pytest.raises(NaiveTime, match=r"write 2026-11-23T11:00:00\+00:00"):
        require_instant(datetime(2026, 11, 23, 12, tzinfo=OSLO), "at")


@pytest.mark.parametrize("year", [1, YEARS[0] - 1, YEARS[-1] + 1, 9999])
def test_years_out_of_range_are_refused(year: int) -> None:
    """Dates and instants that nobody bills are refused before they overflow somewhere."""
    with pytest.raises(InvalidDate, match="1970 to 2199"):
        require_date(date(year, 1, 1), "on")
    with pytest.raises(InvalidDate, match="1970 to 2199"):
        require_instant(datetime(year, 1, 1, tzinfo=UTC), "at")


@given(st.dates(min_value=date(YEARS[0], 1, 1), max_value=date(YEARS[-1], 12, 31)), st.sampled_from(ZONES))
def test_every_permitted_date_can_be_reckoned_with(on: date, name: str) -> None:
    """No date in range overflows in any zone."""
    assert on == require_date(on, "on")
    assert local_date(start_of_day(on, zone(name)), zone(name)) >= on


@given(st.integers(min_value=-10_000, max_value=10_000))
def test_days_are_of_24_hours(n: int) -> None:
    """A number of days is a span of time, not of dates."""
    assert timedelta(hours=24 * n) == days(n)


@given(dates_on, units, st.integers(min_value=1, max_value=366), st.integers(min_value=0, max_value=12))
def test_boundaries_come_in_order(on: date, unit: IntervalUnit, count: int, n: int) -> None:
    """Boundary 0 is the anchor, each next one lies later, and none depends on how the earlier ones were clamped."""
    assert on == add_interval(on, unit, count, 0)
    assert add_interval(on, unit, count, n) < add_interval(on, unit, count, n + 1)
    assert add_interval(on, unit, count, n) == add_interval(on, unit, 1, count * n)


@given(dates_on, st.integers(min_value=0, max_value=600))
def test_months_keep_the_day_or_end_early(on: date, n: int) -> None:
    """The day of the month stays, or is the last of a shorter month."""
    found = add_interval(on, IntervalUnit.MONTH, 1, n)
    assert (on.year * 12 + on.month + n) == found.year * 12 + found.month
    assert on.day == found.day or (found.day < on.day and (found + timedelta(days=1)).day == 1)


@given(dates_on, st.integers(min_value=0, max_value=60))
def test_a_year_is_twelve_months_and_a_week_seven_days(on: date, n: int) -> None:
    """The larger units are made of the smaller ones."""
    assert add_interval(on, IntervalUnit.MONTH, 12, n) == add_interval(on, IntervalUnit.YEAR, 1, n)
    assert add_interval(on, IntervalUnit.DAY, 7, n) == add_interval(on, IntervalUnit.WEEK, 1, n)


@pytest.mark.parametrize(
    ("anchor_on", "unit", "n", "expected"),
    [
        (date(2027, 1, 31), IntervalUnit.MONTH, 1, date(2027, 2, 28)),
        (date(2028, 1, 31), IntervalUnit.MONTH, 1, date(2028, 2, 29)),
        (date(2027, 1, 31), IntervalUnit.MONTH, 2, date(2027, 3, 31)),
        (date(2027, 8, 31), IntervalUnit.MONTH, 1, date(2027, 9, 30)),
        (date(2028, 2, 29), IntervalUnit.YEAR, 1, date(2029, 2, 28)),
        (date(2028, 2, 29), IntervalUnit.YEAR, 4, date(2032, 2, 29)),
        (date(2096, 2, 29), IntervalUnit.YEAR, 4, date(2100, 2, 28)),
        (date(1996, 2, 29), IntervalUnit.YEAR, 4, date(2000, 2, 29)),
        (date(2026, 12, 31), IntervalUnit.DAY, 1, date(2027, 1, 1)),
        (date(2026, 12, 15), IntervalUnit.MONTH, 1, date(2027, 1, 15)),
    ],
)
def test_known_boundaries(anchor_on: date, unit: IntervalUnit, n: int, expected: date) -> None:
    """Month ends, leap days and the century rule."""
    assert expected == add_interval(anchor_on, unit, 1, n)


@pytest.mark.parametrize("unit", IntervalUnit)
def test_boundaries_past_the_calendar_are_refused(unit: IntervalUnit) -> None:
    """Too far a boundary is a clear error, not an overflow."""
    with pytest.raises(InvalidInterval, match="past the year 9999"):
        add_interval(date(2199, 1, 1), unit, 366, 10_000_000)


@given(dates_on, st.integers(min_value=1, max_value=40), st.integers(min_value=0, max_value=40))
def test_business_days_add_up(on: date, a: int, b: int) -> None:
    """The result is a business day; going on from it is the same as going at once; more days lie later."""
    free = holidays("NO", on.year, on.year + 1)
    found = add_business_days(on, a, free)
    assert is_business_day(found, free)
    assert add_business_days(on, a + b, free) == add_business_days(found, b, free)
    assert on <= found <= add_business_days(on, a + b, free)


@given(dates_on, st.integers(min_value=0, max_value=40))
def test_as_many_business_days_pass_as_were_asked(on: date, n: int) -> None:
    """Counting the days after the first up to and including the found one gives n."""
    free = holidays("NO", on.year, on.year + 1)
    first = add_business_days(on, 0, free)
    found = add_business_days(on, n, free)
    passed = [first + timedelta(days=i + 1) for i in range((found - first).days)]
    expected = n if is_business_day(on, free) else max(n - 1, 0)
    assert expected == sum(is_business_day(day, free) for day in passed)


@pytest.mark.parametrize(
    ("on", "n", "expected"),
    [
        (date(2026, 11, 23), 10, date(2026, 12, 7)),
        (date(2026, 11, 27), 1, date(2026, 11, 30)),
        (date(2026, 11, 28), 0, date(2026, 11, 30)),
        (date(2026, 11, 28), 1, date(2026, 11, 30)),
        (date(2026, 12, 22), 3, date(2026, 12, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 4)),
        (date(2027, 3, 24), 1, date(2027, 3, 30)),
    ],
)
def test_known_business_days(on: date, n: int, expected: date) -> None:
    """Weekends, Christmas, New Year and Easter in Norway."""
    assert expected == add_business_days(on, n, holidays("NO", 2026, 2027))


def test_without_holidays_only_weekends_count() -> None:
    """Christmas Day 2026 is a Friday like any other where no holidays are known."""
    assert is_business_day(date(2026, 12, 25))
    assert date(2026, 12, 25) == add_business_days(date(2026, 12, 24), 1)
    assert frozenset() == holidays("GB", 2026)
    assert frozenset() == holidays("NO")


@pytest.mark.parametrize(
    "easter_on",
    [date(1998, 4, 12), date(2000, 4, 23), date(2008, 3, 23), date(2011, 4, 24), date(2019, 4, 21), date(2024, 3, 31),
     date(2025, 4, 20), date(2026, 4, 5), date(2027, 3, 28), date(2038, 4, 25), date(2076, 4, 19), date(2285, 3, 22)],
)  # fmt: skip
def test_easter_falls_when_the_almanac_says(easter_on: date) -> None:
    """The earliest, the latest and the years in which simple rules go wrong, with Whit Monday seven weeks on."""
    found = norwegian_holidays(easter_on.year)
    assert {easter_on, easter_on + timedelta(days=1), easter_on + timedelta(days=50)} <= found
    assert easter_on - timedelta(days=4) not in found or (easter_on - timedelta(days=4)).month == 5


def test_norwegian_holidays_of_a_year() -> None:
    """The twelve days of 2026, as the law lists them."""
    expected = [
        "01-01",
        "04-02",
        "04-03",
        "04-05",
        "04-06",
        "05-01",
        "05-14",
        "05-17",
        "05-24",
        "05-25",
        "12-25",
        "12-26",
    ]
    assert [f"2026-{day}" for day in expected] == [on.isoformat() for on in sorted(norwegian_holidays(2026))]


@given(st.integers(min_value=YEARS[0], max_value=YEARS[-1]))
def test_every_year_has_its_holidays(year: int) -> None:
    """Easter is a Sunday from 22 March to 25 April; at most two of the twelve days fall together with another."""
    found = norwegian_holidays(year)
    assert 10 <= len(found) <= 12
    assert {year} == {on.year for on in found}
    sundays = [on for on in found if on.weekday() == 6 and date(year, 3, 22) <= on <= date(year, 4, 25)]
    assert 1 == len(sundays)
