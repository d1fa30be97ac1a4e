"""Codes of no table are counted, per merchant and answer, whoever meets them in whatever order."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from purring.clock import SeededIds, VirtualClock
from purring.domain.changes import Changes
from purring.domain.decline import Answer
from purring.store import unknown_codes
from purring.store.engine import Store
from purring.store.unknown_codes import CODE_CHARACTERS_MAX
from tests.store.world import NOW, World

CODES = st.sampled_from([None, "", "ZZ", "QX"])
IDS = SeededIds(VirtualClock(NOW), 11)
ANSWERS = st.builds(
    Answer, gateway=st.just("sandbox"), network=st.sampled_from(["visa", ""]), raw_code=CODES, advice_code=CODES
)


def _listed(world: World) -> list[tuple[str, str, str, int]]:
    with world.store.reading() as conn:
        found = unknown_codes.of_merchant(conn, world.merchant.id)
    return [(one.network, one.raw_code, one.advice_code, one.count) for one in found]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(ANSWERS, max_size=6), max_size=4))
def test_every_answer_is_counted_once(store: Store, batches: list[list[Answer]]) -> None:
    """Counted anew, one by one, it is the same number."""
    world = World(store, ids=IDS)
    for batch in batches:
        world.save(Changes(unlisted=tuple(batch)))
    plain: dict[tuple[str, str, str], int] = {}
    for answer in (one for batch in batches for one in batch):
        key = (answer.network, answer.raw_code or "", answer.advice_code or "")
        plain[key] = plain.get(key, 0) + 1
    assert sorted((*key, count) for key, count in plain.items()) == sorted(_listed(world))


def test_first_and_last_time_are_kept(world: World) -> None:
    """What was met last stands first; a code is cut where no code is that long."""
    later = NOW + timedelta(days=2)
    world.save(Changes(unlisted=(Answer(gateway="sandbox", network="visa", raw_code="ZZ"),)))
    world.save(
        Changes(unlisted=(Answer(gateway="sandbox", network="visa", raw_code="9" * 500),)), NOW + timedelta(days=1)
    )
    world.save(Changes(unlisted=(Answer(gateway="sandbox", network="visa", raw_code="ZZ"),)), later)
    with world.store.reading() as conn:
        found = unknown_codes.of_merchant(conn, world.merchant.id)
    assert [
        ("ZZ", NOW, later, 2),
        ("9" * CODE_CHARACTERS_MAX, NOW + timedelta(days=1), NOW + timedelta(days=1), 1),
    ] == [(one.raw_code, one.first_seen_at, one.last_seen_at, one.count) for one in found]
