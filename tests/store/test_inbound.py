"""A gateway's event is stored once, as it came, and worked until it has acted or is given up."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from purring.store import inbound, leases
from purring.store.inbound import TRIES_MAX
from purring.store.leases import Claim, Work
from purring.store.schema import InboundStatus
from tests.store.strategies import instants, texts
from tests.store.world import NOW, World

OWNER = "one"


def _store(world: World, event_id: str = "evt_1") -> bool:
    with world.store.transaction() as conn:
        return inbound.store(conn, "sandbox", event_id, body=b"{}", headers={"signature": "v1"}, received_at=NOW)


def _claim(world: World, after: timedelta = timedelta()) -> list[Claim]:
    with world.store.transaction() as conn:
        return leases.claim(conn, Work.INBOUND, OWNER, NOW + after, limit=10, lease=timedelta(minutes=5))


def test_an_event_is_stored_once(world: World) -> None:
    """A gateway that sends an event twice is heard once."""
    assert _store(world)
    assert not _store(world)
    assert _store(world, "evt_2")
    assert ["sandbox:evt_1", "sandbox:evt_2"] == [claim.id for claim in _claim(world)]


def test_an_event_comes_back_as_it_came(world: World) -> None:
    """Body and headers are kept byte for byte, since the signature is checked again when the event is worked."""

    @given(st.binary(max_size=50), st.dictionaries(texts, texts, max_size=3), instants)
    def write_and_read(body: bytes, headers: dict[str, str], at: datetime) -> None:
        event_id = world.ids.new("evt_")
        with world.store.transaction() as conn:
            assert inbound.store(conn, "sandbox", event_id, body=body, headers=headers, received_at=at)
            found = inbound.load(conn, [f"sandbox:{event_id}"])
        assert [(body, headers, at, event_id)] == [(e.body, e.headers, e.received_at, e.event_id) for e in found]

    write_and_read()


def test_a_worked_event_never_comes_back(world: World) -> None:
    """Once it has acted an event knows whose it was, and is neither due nor stored again."""
    _store(world)
    claims = _claim(world)
    with world.store.transaction() as conn:
        inbound.mark_worked(conn, [(claim, world.merchant.id) for claim in claims], OWNER, NOW)
    assert [] == _claim(world, timedelta(days=365))
    assert not _store(world)
    with world.store.reading() as conn:
        assert [InboundStatus.WORKED] == [event.status for event in inbound.load(conn, ["sandbox:evt_1"])]


def test_an_event_that_fails_is_tried_ever_later(world: World) -> None:
    """Each failure doubles the pause, until the event is given up with its problem."""
    _store(world)
    after = timedelta()
    for n in range(TRIES_MAX):
        claims = _claim(world, after)
        assert [n + 1] == [claim.fence for claim in claims]
        with world.store.transaction() as conn:
            inbound.mark_failed(conn, [(claim, f"problem {n}") for claim in claims], OWNER, NOW + after)
        after += timedelta(minutes=2**n)
    assert [] == _claim(world, timedelta(days=365))
    with world.store.reading() as conn:
        event = inbound.load(conn, ["sandbox:evt_1"])[0]
    assert (InboundStatus.FAILED, TRIES_MAX, f"problem {TRIES_MAX - 1}") == (event.status, event.tries, event.problem)


def test_whoever_lost_an_event_can_not_end_it(world: World) -> None:
    """An owner whose lease ran out marks nothing."""
    _store(world)
    lost = _claim(world)
    assert 1 == len(_claim(world, timedelta(minutes=5)))
    with world.store.transaction() as conn:
        inbound.mark_worked(conn, [(claim, world.merchant.id) for claim in lost], OWNER, NOW)
        assert [InboundStatus.STORED] == [event.status for event in inbound.load(conn, ["sandbox:evt_1"])]
