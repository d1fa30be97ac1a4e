"""Columns travel to PostgreSQL as they are."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from purring.store import arrays
from purring.store.engine import Store

_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])
_INSTANTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=_ZONES)  # noqa: DTZ001 - the zones are given


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.lists(st.none() | _TEXTS),
    numbers=st.lists(st.none() | st.integers(-(2**63), 2**63 - 1)),
    flags=st.lists(st.none() | st.booleans()),
    instants=st.lists(st.none() | _INSTANTS),
    days=st.lists(st.none() | st.dates(date(1, 1, 1))),
)
def test_every_value_arrives(  # noqa: PLR0917 - hypothesis gives each kind of column by name
    store: Store,
    words: list[str | None],
    numbers: list[int | None],
    flags: list[bool | None],
    instants: list[datetime | None],
    days: list[date | None],
) -> None:
    """Whatever a column holds, quotes and nulls too, the database has the same in the same order."""
    if store.dialect == "sqlite":
        return
    given_as = {
        "words": arrays.texts(words),
        "numbers": arrays.numbers(numbers),
        "flags": arrays.flags(flags),
        "instants": arrays.instants(instants),
        "days": arrays.days(days),
    }
    statement = (
        "SELECT %(words)s::TEXT[], %(numbers)s::BIGINT[], %(flags)s::BOOLEAN[], "
        "%(instants)s::TIMESTAMPTZ[], %(days)s::DATE[]"
    )
    with store.reading() as conn:
        found = conn.exec_driver_sql(statement, given_as).one()
    assert (words, numbers, flags, instants, days) == tuple(found)
