"""A worker that comes back after its lease finds that nothing it held is its own any more, whatever kind of work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Table, select

from purring.domain.changes import Changes
from purring.domain.endpoint import EventDeliveryStatus
from purring.store import event_deliveries, inbound, leases, notices
from purring.store.event_deliveries import Tried, Try
from purring.store.leases import Claim, Work
from purring.store.notices import NotSent, Sent
from purring.store.schema import delivery, event_delivery, inbound_event, invoice, notice, subscription, test_clock
from tests.store.world import NOW, World

LEASE = timedelta(minutes=5)
ZOMBIE, HEIR = "zombie", "heir"
TABLES: dict[Work, tuple[Table, ...]] = {
    Work.INVOICE: (invoice,),
    Work.SUBSCRIPTION: (subscription,),
    Work.DELIVERY: (delivery, notice),
    Work.INBOUND: (inbound_event,),
    Work.EVENT: (event_delivery,),
    Work.CLOCK: (test_clock,),
}
LATE = NOW + LEASE


def _fill(world: World) -> None:
    """Give every kind of work one due row."""
    facts = world.due()
    assert facts.subscription
    world.save(Changes(created=(world.notice(facts),), changed=(replace(facts.subscription, next_step_at=NOW),)))
    with world.store.transaction() as conn:
        inbound.store(conn, "sandbox", "evt_1", body=b"{}", headers={}, received_at=NOW)
        world.owe_event(conn)
        world.wind_a_clock(conn)


def _taken_over(world: World, work: Work) -> list[Claim]:
    """Claim, sleep past the lease while somebody else claims; what was held before."""
    with world.store.transaction() as conn:
        lost = leases.claim(conn, work, ZOMBIE, NOW, limit=10, lease=LEASE)
        assert len(leases.claim(conn, work, HEIR, LATE, limit=10, lease=LEASE)) == len(lost) == 1
    return lost


def _rows(world: World, work: Work) -> list[object]:
    with world.store.reading() as conn:
        return [tuple(row) for table in TABLES[work] for row in conn.execute(select(table))]


@pytest.mark.parametrize("owner", [ZOMBIE, HEIR])
@pytest.mark.parametrize("work", Work)
def test_a_lost_claim_holds_nothing(world: World, work: Work, owner: str) -> None:
    """It is neither held nor extended nor released, not even by a process that bears the new owner's name."""
    _fill(world)
    lost = _taken_over(world, work)
    before = _rows(world, work)
    with world.store.transaction() as conn:
        held = leases.hold(conn, work, lost, owner) if work is not Work.INBOUND else 0
        assert (0, 0, 0) == (
            held,
            leases.extend(conn, work, lost, owner, LATE + LEASE),
            leases.release(conn, work, lost, owner),
        )
    assert before == _rows(world, work)


def _say_sent(conn: Connection, lost: Claim, _world: World) -> None:
    notices.mark_sent(conn, [Sent(claim=lost, subject="Hei", body="Hei", locale="nb")], ZOMBIE, LATE)


def _say_bounced(conn: Connection, lost: Claim, _world: World) -> None:
    notices.mark_failed(conn, [NotSent(claim=lost, problem="no such box", permanent=True)], ZOMBIE, LATE)


def _say_worked(conn: Connection, lost: Claim, world: World) -> None:
    inbound.mark_worked(conn, [(lost, world.merchant.id)], ZOMBIE, LATE)


def _say_unreadable(conn: Connection, lost: Claim, _world: World) -> None:
    inbound.mark_failed(conn, [(lost, "not JSON")], ZOMBIE, LATE)


def _say_delivered(conn: Connection, lost: Claim, world: World) -> None:
    one = Try(at=LATE, answer=200, took_ms=1, problem="")
    key = (lost.merchant_id, "ep_1")
    status = EventDeliveryStatus.DELIVERED
    tried = Tried(claim=lost, endpoint=key, one=one, status=status, tries=1, again_at=None)
    event_deliveries.record(conn, [tried], ZOMBIE, world.ids)


def _put_off(conn: Connection, lost: Claim, _world: World) -> None:
    event_deliveries.put_off(conn, [(lost, LATE + LEASE)], ZOMBIE)


@pytest.mark.parametrize(
    ("work", "say"),
    [
        (Work.DELIVERY, _say_sent),
        (Work.DELIVERY, _say_bounced),
        (Work.INBOUND, _say_worked),
        (Work.INBOUND, _say_unreadable),
        (Work.EVENT, _say_delivered),
        (Work.EVENT, _put_off),
    ],
)
def test_what_a_zombie_says_is_not_written_down(
    world: World, work: Work, say: Callable[[Connection, Claim, World], None]
) -> None:
    """A copy or an event that somebody else has taken over stays as they have it."""
    _fill(world)
    (lost,) = _taken_over(world, work)
    before = _rows(world, work)
    with world.store.transaction() as conn:
        say(conn, lost, world)
    assert before == _rows(world, work)
