"""Due work is held by one owner at a time, and whoever lost it can't write with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from purring.domain.changes import Changes
from purring.domain.invoice import Invoice
from purring.store import inbound, leases
from purring.store.engine import Store
from purring.store.leases import Claim, Work
from tests.store.world import NOW, World

LEASE = timedelta(minutes=5)
AN_INSTANT = timedelta(microseconds=1)


def _claim(
    store: Store, owner: str = "one", at: datetime = NOW, *, work: Work = Work.INVOICE, limit: int = 10
) -> list[Claim]:
    with store.transaction() as conn:
        return leases.claim(conn, work, owner, at, limit=limit, lease=LEASE)


def _due(world: World, at: datetime) -> Invoice:
    invoice = world.due().invoice
    world.change(replace(invoice, next_step_at=at))
    return invoice


def test_due_work_is_claimed_oldest_first(world: World) -> None:
    """What fell due first is claimed first, no more than asked for, and nothing before its time."""
    new, old, oldest = (_due(world, NOW - timedelta(hours=hours)) for hours in range(3))
    later = _due(world, NOW + AN_INSTANT)
    assert [oldest.id, old.id] == [claim.id for claim in _claim(world.store, limit=2)]
    assert [new.id] == [claim.id for claim in _claim(world.store)]
    assert [] == _claim(world.store)
    assert [later.id] == [claim.id for claim in _claim(world.store, at=NOW + AN_INSTANT)]


def test_a_lease_ends_by_itself(world: World) -> None:
    """Work of an owner who vanished is claimed by the next one once the lease is over, under a higher fence."""
    _due(world, NOW)
    first = _claim(world.store, "one")
    assert [] == _claim(world.store, "two", NOW + LEASE - AN_INSTANT)
    second = _claim(world.store, "two", NOW + LEASE)
    assert [claim.fence + 1 for claim in first] == [claim.fence for claim in second]


def test_whoever_lost_a_lease_can_neither_extend_nor_release_it(world: World) -> None:
    """The fence of an old claim opens nothing, not even for the same owner."""
    _due(world, NOW)
    lost = _claim(world.store)
    held = _claim(world.store, at=NOW + LEASE)
    until = NOW + 3 * LEASE
    with world.store.transaction() as conn:
        assert 0 == leases.hold(conn, Work.INVOICE, lost, "one")
        assert 0 == leases.extend(conn, Work.INVOICE, lost, "one", until)
        assert 0 == leases.release(conn, Work.INVOICE, lost, "one")
        assert 0 == leases.release(conn, Work.INVOICE, held, "two")
        assert 1 == leases.hold(conn, Work.INVOICE, held, "one")
        assert 1 == leases.extend(conn, Work.INVOICE, held, "one", until)
    assert [] == _claim(world.store, "two", until - AN_INSTANT)
    with world.store.transaction() as conn:
        assert 1 == leases.release(conn, Work.INVOICE, held, "one")
        assert 0 == leases.release(conn, Work.INVOICE, held, "one")
    assert 1 == len(_claim(world.store, "two"))


def test_one_invoice_of_each_customer_is_claimed_at_a_time(world: World) -> None:
    """A customer's second invoice stays due, because both may share a subscription or a card."""
    customer = world.customer()
    subscription = world.subscription(customer, world.card(customer))
    second = world.invoice(subscription, next_step_at=NOW - timedelta(hours=1))
    first = world.invoice(subscription, next_step_at=NOW - timedelta(hours=2))
    other = _due(world, NOW)
    assert [first.id, other.id] == [claim.id for claim in _claim(world.store)]
    assert [second.id] == [claim.id for claim in _claim(world.store)]


def test_claiming_changes_nothing_that_a_decision_reads(world: World) -> None:
    """A claim doesn't make what was read before stale, and what is saved doesn't end the claim."""
    facts = world.due()
    claims = _claim(world.store)
    assert facts == world.facts(facts.invoice)
    world.change(replace(facts.invoice, next_step_at=NOW))
    assert [] == _claim(world.store, "two")
    with world.store.transaction() as conn:
        assert 1 == leases.release(conn, Work.INVOICE, claims, "one")


@pytest.mark.parametrize("work", Work)
def test_every_kind_of_work_is_claimed_and_let_go(world: World, work: Work) -> None:
    """Invoices, subscriptions, copies of notices, and events in and out are all held in the same way."""
    facts = world.due()
    assert facts.subscription
    world.save(Changes(created=(world.notice(facts),), changed=(replace(facts.subscription, next_step_at=NOW),)))
    with world.store.transaction() as conn:
        inbound.store(conn, "sandbox", "evt_1", body=b"{}", headers={}, received_at=NOW)
        world.owe_event(conn)
        world.wind_a_clock(conn)
        assert NOW == leases.next_due_at(conn, work, NOW)
    claims = _claim(world.store, work=work)
    assert ["" if work is Work.INBOUND else world.merchant.id] == [claim.merchant_id for claim in claims]
    assert [] == _claim(world.store, "two", work=work)
    with world.store.transaction() as conn:
        assert 1 == leases.extend(conn, work, claims, "one", NOW + 2 * LEASE)
        assert 1 == leases.release(conn, work, claims, "one")
    assert 1 == len(_claim(world.store, "two", work=work))


def test_the_next_due_time_counts_leases(world: World) -> None:
    """Work that is held falls due again when its lease ends; without work there is no time."""
    with world.store.transaction() as conn:
        assert leases.next_due_at(conn, Work.INVOICE, NOW) is None
    due = _due(world, NOW)
    _due(world, NOW + 2 * LEASE)
    claims = _claim(world.store)
    with world.store.transaction() as conn:
        assert NOW + LEASE == leases.next_due_at(conn, Work.INVOICE, NOW)
        leases.release(conn, Work.INVOICE, claims, "one")
        assert NOW == leases.next_due_at(conn, Work.INVOICE, NOW)
        assert NOW == leases.next_due_at(conn, Work.INVOICE, NOW - LEASE)
    world.change(replace(world.facts(due).invoice, next_step_at=None))
    with world.store.transaction() as conn:
        assert NOW + 2 * LEASE == leases.next_due_at(conn, Work.INVOICE, NOW)


def test_nothing_is_released_of_nothing(world: World) -> None:
    """An empty list of claims is an empty list of rows."""
    with world.store.transaction() as conn:
        assert 0 == leases.release(conn, Work.INVOICE, [], "one")
        assert 0 == leases.hold(conn, Work.INVOICE, [], "one")
        assert 0 == leases.extend(conn, Work.INVOICE, [], "one", NOW)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_two_who_claim_at_once_get_different_work(world: World) -> None:
    """While one claim isn't committed, another transaction passes its rows over instead of waiting for them."""
    invoices = {_due(world, NOW).id for _ in range(4)}
    with world.store.transaction() as one, world.store.transaction() as two:
        first = leases.claim(one, Work.INVOICE, "one", NOW, limit=2, lease=LEASE)
        two.execute(text("SET LOCAL lock_timeout = '1s'"))  # fail rather than wait for ever
        second = leases.claim(two, Work.INVOICE, "two", NOW, limit=4, lease=LEASE)
    assert (2, 2) == (len(first), len(second))
    assert invoices == {claim.id for claim in (*first, *second)}


def test_one_row_can_be_taken_from_whoever_holds_it(world: World) -> None:
    """A customer who pays waits for nobody: the claim that was there is worth nothing any more."""
    invoice = _due(world, NOW + LEASE)
    row = (world.merchant.id, invoice.id)
    with world.store.transaction() as conn:
        held = leases.take_if_free(conn, Work.INVOICE, row, "one", NOW, lease=LEASE)
        assert held
        assert leases.take_if_free(conn, Work.INVOICE, row, "two", NOW + LEASE - AN_INSTANT, lease=LEASE) is None
        taken = leases.take(conn, Work.INVOICE, row, "two", NOW + 2 * LEASE)
        assert held.fence + 1 == taken.fence
        assert 0 == leases.release(conn, Work.INVOICE, [held], "one")
    assert [] == _claim(world.store, "one", NOW + LEASE)
    with world.store.transaction() as conn:
        assert 1 == leases.release(conn, Work.INVOICE, [taken], "two")
        assert leases.take_if_free(conn, Work.INVOICE, row, "one", NOW, lease=LEASE)
