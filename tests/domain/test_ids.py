"""Ids: a kind that can be read off, and an order that is the order of making."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain import ids
from purring.domain.errors import InvalidId
from purring.domain.ids import MS_MAX, PREFIXES, RANDOM_MAX, Prefix, check_id, kind_of, made_at, make_id

prefixes: st.SearchStrategy[Prefix] = st.sampled_from(list(PREFIXES))
times_ms = st.integers(min_value=0, max_value=MS_MAX)
randoms = st.integers(min_value=0, max_value=RANDOM_MAX)


def answers(question: Callable[..., str], *arguments: str) -> bool:
    """Tell whether a question is answered rather than refused."""
    try:
        question(*arguments)
    except InvalidId:
        return False
    return True


@given(prefixes, times_ms, randoms)
def test_an_id_tells_its_kind(prefix: Prefix, ms: int, random: int) -> None:
    """Whatever is made is recognized as its own kind."""
    made = make_id(prefix, ms, random)
    assert prefix == kind_of(made)
    assert made == check_id(made, prefix)
    assert len(prefix) + 26 == len(made)


@given(prefixes, prefixes, times_ms, randoms)
def test_an_id_is_of_one_kind_only(prefix: Prefix, other: Prefix, ms: int, random: int) -> None:
    """An id of one kind never passes for another."""
    made = make_id(prefix, ms, random)
    if prefix != other:
        with pytest.raises(InvalidId, match=f"is no {PREFIXES[other]} id; expected {other}"):
            check_id(made, other)


@given(prefixes, times_ms, randoms, times_ms, randoms)
def test_ids_sort_by_time_then_by_chance(prefix: Prefix, ms: int, random: int, ms2: int, random2: int) -> None:
    """The order of the texts is the order of (time, random bits), and equal texts mean equal parts."""
    one, two = make_id(prefix, ms, random), make_id(prefix, ms2, random2)
    assert ((ms, random) < (ms2, random2), (ms, random) == (ms2, random2)) == (one < two, one == two)


def test_an_id_is_a_ulid_in_lower_case() -> None:
    """The example of the ULID specification (1469922850259 ms is 01ARZ3NDEK) comes out as it should."""
    assert "inv_01arz3ndek" + "0" * 15 + "1" == make_id("inv_", 1469922850259, 1)
    assert "inv_7" + "z" * 25 == make_id("inv_", MS_MAX, RANDOM_MAX)


@pytest.mark.parametrize(
    "text",
    ["", "inv_", "inv", "inv_01arz3ndek000000000000000", "inv_01arz3ndek00000000000000000",
     "inv_81arz3ndek0000000000000000", "inv_01ARZ3NDEK0000000000000000", "inv_01arz3ndek000000000000000u",
     "INV_01arz3ndek0000000000000000", "foo_01arz3ndek0000000000000000", "inv_01arz3ndek0000000000000000\n",
     "01arz3ndek0000000000000000"],
)  # fmt: skip
def test_what_is_not_an_id_is_refused(text: str) -> None:
    """Wrong lengths, letters, cases and kinds are refused, by both questions."""
    with pytest.raises(InvalidId, match="is no id of"):
        kind_of(text)
    with pytest.raises(InvalidId, match="is no invoice id; expected inv_ and 26"):
        check_id(text, "inv_")


@given(st.one_of(st.text(), st.from_regex(r"(inv|price|x)_[0-9a-z]{25,27}")))
def test_any_text_gets_an_answer(text: str) -> None:
    """No text brings `kind_of` down, and it agrees with `check_id` about every kind."""
    kinds = {prefix for prefix in PREFIXES if answers(check_id, text, prefix)}
    assert bool(kinds) == answers(kind_of, text)


def test_every_kind_is_listed_once() -> None:
    """The prefixes a type checker allows are those in the table, one for each id type, all different."""
    types = [name for name in vars(ids) if name.endswith("Id") and name != "InvalidId"]
    assert set(get_args(Prefix)) == set(PREFIXES)
    assert len(types) == len(PREFIXES) == len(set(PREFIXES.values()))


@given(prefixes, st.datetimes(min_value=datetime(1970, 1, 1), timezones=st.just(UTC)), randoms)  # noqa: DTZ001 - the zone comes with the next argument
def test_an_id_tells_when_it_was_made(prefix: Prefix, at: datetime, random: int) -> None:
    """To the millisecond, whatever its kind."""
    ms = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert at - timedelta(milliseconds=1) < made_at(make_id(prefix, ms, random)) <= at


@pytest.mark.parametrize("text", ["", "ch_1", make_id("att_", MS_MAX, 0)])
def test_what_has_no_time_is_refused(text: str) -> None:
    """No id, or one from beyond the calendar."""
    with pytest.raises(InvalidId):
        made_at(text)
