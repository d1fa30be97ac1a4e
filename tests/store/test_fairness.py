"""Merchants share every batch, and a customer with much work holds nobody up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from math import ceil
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, event

from purring.domain.changes import Changes
from purring.store import inbound, leases
from purring.store.engine import Store, open_store
from purring.store.inbound import Received
from purring.store.leases import Ring, Work
from purring.store.schema import inbound_event
from tests.store.world import NOW, World

LEASE = timedelta(minutes=5)
_SHARES = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def _turns(store: Store, work: Work, limit: int) -> list[list[str]]:
    """Claim until nothing is left; of each turn, whose rows were claimed."""
    ring = Ring()
    turns: list[list[str]] = []
    while True:
        with store.transaction() as conn:
            claims = leases.claim(conn, work, "one", NOW, limit=limit, lease=LEASE, ring=ring)
        if not claims:
            return turns
        turns.append([str(claim.merchant_id) for claim in claims])


def _backlogs(store: Store, sizes: Sequence[int]) -> list[str]:
    """Give each of some new merchants so many due events; gateways stand for merchants, as they share in one way."""
    names = [f"gateway-{number}" for number in range(len(sizes))]
    with store.transaction() as conn:
        conn.execute(delete(inbound_event))
        for name, size in zip(names, sizes, strict=True):
            some = [Received(event_id=f"evt_{n}", headers={}, body=b"{}") for n in range(size)]
            inbound.store_many(conn, name, some, NOW - timedelta(days=len(sizes)))
    return names


def _served(store: Store, limit: int) -> list[Counter[str]]:
    ring = Ring()
    turns: list[Counter[str]] = []
    while True:
        with store.transaction() as conn:
            claims = leases.claim(conn, Work.INBOUND, "one", NOW, limit=limit, lease=LEASE, ring=ring)
            found = inbound.load(conn, [claim.id for claim in claims]) if claims else []
        if not claims:
            return turns
        assert len(claims) <= limit
        turns.append(Counter(one.gateway for one in found))


@_SHARES
@given(sizes=st.lists(st.integers(1, 12), min_size=1, max_size=9), limit=st.integers(1, 12))
def test_everybody_is_served_within_the_stated_bound(store: Store, sizes: list[int], limit: int) -> None:
    """Of m who have work each one's k rows are claimed within ceil(k / share) rounds of ceil(m / limit) turns."""
    names = _backlogs(store, sizes)
    turns = _served(store, limit)
    rounds, share = ceil(len(sizes) / limit), max(1, limit // len(sizes))
    for name, size in zip(names, sizes, strict=True):
        last = max(number for number, turn in enumerate(turns, 1) if turn[name])
        assert last <= ceil(size / share) * rounds
        assert size == sum(turn[name] for turn in turns)


def test_a_batch_is_full_while_there_is_work_for_it(store: Store) -> None:
    """What one of two doesn't use of its share goes to the other."""
    few, many = _backlogs(store, [3, 40])
    assert {few: 3, many: 17} == _served(store, 20)[0]


def test_a_million_do_not_starve_ten(world: World) -> None:
    """A merchant's few due invoices are claimed in the next turn, however many older ones another merchant has."""
    quiet = World(world.store, ids=world.ids)
    few = [quiet.due().invoice for _ in range(5)]
    for _ in range(40):
        world.change(replace(world.due().invoice, next_step_at=NOW - timedelta(days=9)))
    first, *_ = _turns(world.store, Work.INVOICE, 10)
    assert {world.merchant.id: 10 - len(few), quiet.merchant.id: len(few)} == Counter(first)


def test_deliveries_and_renewals_are_shared_too(world: World) -> None:
    """Mails and renewals of a merchant with few come in the next turn."""
    quiet = World(world.store, ids=world.ids)
    for shop, count in ((world, 12), (quiet, 2)):
        for _ in range(count):
            facts = shop.due()
            assert facts.subscription
            due = replace(facts.subscription, next_step_at=NOW - timedelta(days=count))
            shop.save(Changes(created=(shop.notice(facts),), changed=(due,)))
    for work in (Work.SUBSCRIPTION, Work.DELIVERY):
        first, *_ = _turns(world.store, work, 4)
        assert {world.merchant.id: 2, quiet.merchant.id: 2} == Counter(first)


def test_a_customer_with_very_many_invoices_fills_no_batch(world: World) -> None:
    """One of a customer's due invoices is claimed in a turn, and the other places go to other customers."""
    customer = world.customer()
    subscription = world.subscription(customer, world.card(customer))
    own = {world.invoice(subscription, next_step_at=NOW - timedelta(days=2)).id for _ in range(30)}
    others = {world.due().invoice.id for _ in range(9)}
    with world.store.transaction() as conn:
        claims = leases.claim(conn, Work.INVOICE, "one", NOW, limit=10, lease=LEASE)
    found = {claim.id for claim in claims}
    assert others <= found
    assert 1 == len(found & own)


def test_whoever_has_only_work_that_is_held_takes_no_share(world: World) -> None:
    """A merchant whose due rows are all leased doesn't make the others' shares smaller."""
    quiet = World(world.store, ids=world.ids)
    quiet.due()
    _turns(world.store, Work.INVOICE, 10)
    for _ in range(10):
        world.due()
    first, *_ = _turns(world.store, Work.INVOICE, 10)
    assert {world.merchant.id: 10} == Counter(first)


@pytest.mark.parametrize("work", list(Work))
def test_a_claim_looks_rows_up_by_index(world: World, work: Work) -> None:
    """However the rows are counted, SQLite goes through no table of work, nor one merchant's part of it, per claim."""
    if world.store.dialect != "sqlite":
        return
    world.due()
    world.store.analyze()
    with world.store.transaction() as conn:
        # As if a single merchant had very many: 16,000 rows, alike in the first column of every index.
        conn.exec_driver_sql("UPDATE sqlite_stat1 SET stat = '16000 16000' || substr(stat, instr(stat, ' ') + 2)")
    reopened = open_store(world.store.url)
    asked: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:  # noqa: ANN401 - the driver's
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with reopened.transaction() as conn:
            leases.claim(conn, work, "one", NOW, limit=10, lease=LEASE)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    statement, parameters = next(one for one in asked if one[0].startswith("WITH"))
    with reopened.reading() as conn:
        plan = [str(row[3]) for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    reopened.close()
    assert [] == [line for line in plan if line.startswith(("SCAN row", f"SCAN {work}")) or "AUTOMATIC" in line]
