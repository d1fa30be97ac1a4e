"""Clocks and id makers: time goes forwards, and ids come in the order they were asked for."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.clock import Clock, IdMaker, RandomIds, SeededIds, SystemClock, VirtualClock, elapsed_s, seeded
from purring.domain.errors import NaiveTime
from purring.domain.ids import Prefix, check_id, kind_of, make_id

START = datetime(2026, 11, 23, 8, tzinfo=UTC)
steps_ms = st.lists(st.integers(min_value=0, max_value=3), min_size=1, max_size=50)


class BackwardsClock:
    """A clock that a time server sets back by a second whenever it is read."""

    def __init__(self) -> None:
        """Start at START."""
        self._now = START

    def now(self) -> datetime:
        """Tell an ever earlier instant."""
        self._now -= timedelta(seconds=1)
        return self._now


def ids_over(steps: list[int], seed: int) -> list[str]:
    """Make one id after each step of a virtual clock."""
    clock = VirtualClock(START)
    ids = SeededIds(clock, seed)
    made = []
    for step in steps:
        clock.advance_to(clock.now() + timedelta(milliseconds=step))
        made.append(ids.new("inv_"))
    return made


@given(steps_ms, st.integers())
def test_seeded_ids_repeat_themselves_in_order(steps: list[int], seed: int) -> None:
    """The same seed and times give the same ids, all different, sorted as they were made, within a millisecond too."""
    made = ids_over(steps, seed)
    assert made == ids_over(steps, seed)
    assert sorted(set(made)) == made


@given(st.integers(), st.integers())
def test_other_seeds_give_other_ids(one: int, two: int) -> None:
    """Two simulations don't share ids unless they share the seed."""
    assert (abs(one) == abs(two)) == (ids_over([1], one) == ids_over([1], two))


def test_ids_carry_the_time_and_the_kind() -> None:
    """An id made at an instant sorts with everything made in that millisecond."""
    made = SeededIds(VirtualClock(START), 7).new("cus_")
    now_ms = int(START.timestamp()) * 1000
    assert made == check_id(made, "cus_")
    assert make_id("cus_", now_ms, 0) <= made < make_id("cus_", now_ms + 1, 0)


@pytest.mark.parametrize("make", [RandomIds, lambda clock: SeededIds(clock, 7)])
def test_ids_stay_in_order_when_the_clock_steps_back(make: type[RandomIds]) -> None:
    """A corrected clock can't make a later id sort before an earlier one."""
    ids = make(BackwardsClock())
    made = [ids.new("evt_") for _ in range(100)]
    assert sorted(set(made)) == made


def test_a_crowded_millisecond_spills_into_the_next() -> None:
    """More ids than fit above a high random start go on in the following millisecond, still in order."""
    ids = SeededIds(VirtualClock(START), 7)
    made = [ids.new("evt_") for _ in range(150_000)]
    assert sorted(set(made)) == made
    assert made[0][:14] < made[-1][:14]


def test_threads_never_get_the_same_id() -> None:
    """Ids made side by side are all different."""
    ids = RandomIds(VirtualClock(START))
    prefixes: list[Prefix] = ["att_"] * 2_000
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(ids.new, prefixes))
    assert len(prefixes) == len(set(made))
    assert {"att_"} == {kind_of(value) for value in made}


def test_random_ids_of_one_instant_are_not_neighbours() -> None:
    """Knowing an id doesn't give away the next one, nor those of another process."""
    clock = VirtualClock(START)
    ids, others = RandomIds(clock), RandomIds(clock)
    first, second, third = ids.new("inv_"), ids.new("inv_"), others.new("inv_")
    assert first[:-8] != second[:-8]
    assert third[14:] not in {first[14:], second[14:]}


@given(st.lists(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=400)), max_size=20))
def test_a_virtual_clock_stands_where_it_was_put(steps: list[timedelta]) -> None:
    """It shows the last instant it was moved to, in UTC, and stays there."""
    clock: Clock = VirtualClock(START)
    assert isinstance(clock, VirtualClock)
    at = START
    for step in steps:
        at += step
        clock.advance_to(at)
    assert at == clock.now() == clock.now()
    assert clock.now().tzinfo is UTC


def test_a_virtual_clock_never_goes_back() -> None:
    """Moving to an earlier instant is a bug in whoever asks, and leaves the clock alone."""
    clock = VirtualClock(START)
    with pytest.raises(AssertionError, match="can't go back"):
        clock.advance_to(START - timedelta(microseconds=1))
    assert START == clock.now()


def test_a_virtual_clock_wants_instants() -> None:
    """A time without a zone can't start or move it."""
    with pytest.raises(NaiveTime, match="start"):
        VirtualClock(START.replace(tzinfo=None))
    with pytest.raises(NaiveTime, match="at"):
        VirtualClock(START).advance_to(START.replace(tzinfo=None))


def test_the_system_clock_tells_utc() -> None:
    """Real time is aware, in UTC, and not before this program was written."""
    clock: Clock = SystemClock()
    assert clock.now().tzinfo is UTC
    assert clock.now() > datetime(2026, 1, 1, tzinfo=UTC)


def test_the_timer_never_steps_back() -> None:
    """Elapsed seconds start above zero and grow."""
    first = elapsed_s()
    assert 0 <= first <= elapsed_s()


@given(st.one_of(st.integers(), st.text()))
def test_seeded_numbers_repeat_themselves(seed: int | str) -> None:
    """A named part of a simulation draws the same numbers every time."""
    assert seeded(seed).random() == seeded(seed).random()


def test_both_makers_are_id_makers() -> None:
    """Production and simulation hand out ids through the same protocol."""
    clock = VirtualClock(START)
    makers: list[IdMaker] = [RandomIds(clock), SeededIds(clock, "a simulation")]
    assert ["rec_", "rec_"] == [kind_of(maker.new("rec_")) for maker in makers]
