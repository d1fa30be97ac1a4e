"""After a restore from an older backup nothing is charged twice, no ceiling is passed, and then charging goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import RowMapping, Table, create_engine, insert, select

from purring.domain.errors import RefusalCode, Refused
from purring.domain.ids import InvoiceId
from purring.domain.money import total
from purring.domain.queue import QueueKind
from purring.domain.subscription import Subscription
from purring.engine.loop import Worker
from purring.gateways.sandbox.settings import OutageKind
from purring.operations.methods import tie_method
from purring.operations.pay import pay_now
from purring.operations.queue import queue_of
from purring.operations.reconcile import accept, clear, progress, reconcile, start
from purring.store.columns import metadata
from purring.store.engine import open_store
from purring.store.invariants import check
from purring.store.types import DocumentText
from tests.conftest import MakeDatabase
from tests.world import FUNDS, PRICE, Killed, Shop, World, kill_at

STEPS_MIN, STEPS_MAX = 3, 50
"""More steps would mean that the check doesn't get on."""

Backup = dict[str, list[dict[str, Any]]]


def backup(world: World) -> Backup:
    """Every row of every table, as it is now."""
    with world.services.store.reading() as conn:
        return {
            table.name: [_values(table, row) for row in conn.execute(select(table)).mappings()]
            for table in metadata.sorted_tables
        }


def _values(table: Table, row: RowMapping) -> dict[str, Any]:
    """A row to write again: what is read as the text of a document is the document."""
    texts = {column.name for column in table.columns if isinstance(column.type, DocumentText)}
    return {name: json.loads(value) if name in texts and value else value for name, value in row.items()}


def put_back(world: World, kept: Backup, url: str) -> None:
    """Let the world go on with a database that holds what was kept."""
    engine = create_engine(url)
    with engine.begin() as conn:
        for table in metadata.sorted_tables:
            if kept[table.name]:
                conn.execute(insert(table), kept[table.name])
    engine.dispose()
    world.services.store.close()
    world.services = replace(world.services, store=open_store(url, durable=False, pool_size=2))


def work_first(world: World) -> None:
    """A worker starts as it does in production: it compares the database with the gateways before anything else."""
    worker = Worker(world.services, compares_first=True)
    worker.run_until_idle()
    worker.close()


def broken(world: World) -> list[str]:
    """What must always hold and doesn't, the gateway's own ledger included."""
    with world.services.store.reading() as conn:
        results = check(conn, world.clock.now(), world.captured())
    return [f"{one.number} {one.name}: {one.examples}" for one in results if not one.holds]


def sell(shop: Shop) -> list[Subscription]:
    """Customers of every sort: who pay, who pay late, who never do, by card and by debit."""
    answers = [
        ("approve",),
        (FUNDS, "approve"),
        (FUNDS, FUNDS, FUNDS, "approve"),
        ("visa 14",),
        ("timeout after", "approve"),
        ("pending 2 days then approve",),
        ("find unknown 3 times", "timeout after"),
        ("approve 100.00 NOK",),
        (FUNDS,),
    ]
    intervals = ["1 month", "1 week"] * len(answers)
    return [shop.sold(*some, price=shop.price(interval=each)) for some, each in zip(answers, intervals, strict=False)]


@pytest.mark.parametrize("announced", [True, False])
def test_nothing_is_charged_twice(world: World, shop: Shop, new_database: MakeDatabase, announced: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Five days of charges that the backup doesn't have are found at the gateway and booked; then all goes on."""
    sold = sell(shop)
    world.play(days=4)
    kept = backup(world)
    world.play(days=5)
    before = world.captured()
    charged = len(world.seen())
    put_back(world, kept, new_database())
    if announced:
        start(world.services, "restored from last week's backup")
    work_first(world)
    state = progress(world.services)
    assert state is not None
    assert (False, 0, 0) == (state.goes_on, state.unchecked, state.unsettled)
    assert before == {invoice_id: parts for invoice_id, parts in world.captured().items() if invoice_id in before}
    assert [] == broken(world)
    world.play(days=30)
    assert len(world.seen()) > charged
    assert [] == broken(world)
    assert all(shop.facts(one).invoice.number for one in sold)


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(hours=st.integers(0, 24 * 9), lost_hours=st.integers(1, 24 * 12))
def test_whenever_the_backup_was_made(
    hours: int, lost_hours: int, new_database: MakeDatabase, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever was under way when the backup was made, and however much is lost, the gateway's ledger shows no harm."""
    world = World(new_database(), tmp_path_factory.mktemp("world"))
    try:
        sell(world.shop())
        world.play(hours=hours)
        kept = backup(world)
        world.play(hours=lost_hours)
        put_back(world, kept, new_database())
        start(world.services, "restored")
        world.work()
        assert [] == broken(world)
        world.play(days=10)
        assert [] == broken(world)
    finally:
        world.close()


def test_what_was_under_way_is_settled_first(world: World, shop: Shop, new_database: MakeDatabase) -> None:
    """A backup made in the middle of a charge holds an open attempt; it isn't sent again, but asked about."""
    subscription = shop.sold("approve")
    with world.worker(kill_at("after_begin")) as worker, pytest.raises(Killed):
        worker.run_until_idle()
    kept = backup(world)
    world.play(hours=1)
    put_back(world, kept, new_database())
    start(world.services, "restored")
    world.work()
    assert 1 == len(world.seen())
    assert ("paid", "active") == shop.status(subscription)
    assert [] == broken(world)


def test_while_it_goes_on_nobody_charges(world: World, shop: Shop, new_database: MakeDatabase) -> None:
    """A gateway that is away keeps the check going, through restarts; not even the customer can pay meanwhile."""
    subscription = shop.sold(FUNDS, "approve")
    world.work()
    put_back(world, backup(world), new_database())
    world.sandbox.remote.outage(OutageKind.NOT_PROCESSED)
    start(world.services, "restored")
    for _ in range(3):
        world.later(days=1)
        work_first(world)
    facts = shop.facts(subscription)
    assert 1 == len(world.seen())
    assert facts.invoice.unchecked
    with pytest.raises(Refused) as refused:
        pay_now(world.services, shop.id, facts.invoice.id, facts.methods[0].id)
    assert RefusalCode.INVOICE_UNCHECKED is refused.value.code
    world.sandbox.remote.end_outage()
    world.play(days=3)
    assert ("paid", "active") == shop.status(subscription)
    assert 2 == len(world.seen())


def test_a_check_survives_its_workers(world: World, shop: Shop, new_database: MakeDatabase) -> None:
    """Each step is kept: workers that die after every single one get to the end, and charge nothing on the way."""
    sell(shop)
    world.play(days=2)
    kept = backup(world)
    world.play(days=5)
    put_back(world, kept, new_database())
    start(world.services, "restored")
    charged, steps = len(world.seen()), 0
    while reconcile(world.process(f"worker-{steps}"))[0]:
        steps += 1
        assert steps < STEPS_MAX
    assert steps >= STEPS_MIN
    assert charged == len(world.seen())
    assert [] == broken(world)


def test_a_forgotten_renewal_is_not_charged_again(world: World, shop: Shop, new_database: MakeDatabase) -> None:
    """An invoice that was issued and paid after the backup is issued again as the same one, and is paid."""
    start_on = (world.clock.now() + timedelta(days=2)).date()
    subscription = shop.sold("approve", start_on=start_on)
    world.play(days=1)
    kept = backup(world)
    world.play(days=4)
    lost = shop.invoice(subscription).id
    put_back(world, kept, new_database())
    work_first(world)
    assert lost == shop.invoice(subscription).id
    assert ("paid", "active") == shop.status(subscription)
    assert 1 == len(world.seen())
    assert [] == broken(world)


def test_a_method_added_since_comes_back_as_removed(world: World, shop: Shop, new_database: MakeDatabase) -> None:
    """A charge on a card that the backup doesn't have counts under its ceilings, and the card isn't charged again."""
    subscription = shop.sold(FUNDS)
    world.work()
    kept = backup(world)
    invoice = shop.invoice(subscription)
    card = shop.card(shop.buyer(subscription), "approve")
    tie_method(world.services, shop.id, subscription.id, card.id)
    pay_now(world.services, shop.id, invoice.id, card.id)
    put_back(world, kept, new_database())
    work_first(world)
    facts = shop.facts(subscription)
    assert "paid" == facts.invoice.status
    assert [(card.fingerprint, False)] == [(one.fingerprint, one.is_active) for one in facts.methods[1:]]
    assert "customer" == facts.attempts[-1].initiator
    assert [] == broken(world)


def test_a_charge_without_an_invoice_waits(world: World, shop: Shop, new_database: MakeDatabase) -> None:
    """What was handed over after the backup is unknown; handed over again it is paid, else a person looks."""
    customer = shop.customer()
    card = shop.card(customer, "approve")
    kept = backup(world)
    first, second = (shop.hand_over(customer, card, number=number) for number in ("X-1", "X-2"))
    world.play(days=6)
    assert 2 == len(world.seen())
    put_back(world, kept, new_database())
    start(world.services, "restored")
    world.work()
    waiting = queue_of(world.services).rows
    assert [QueueKind.FOUND_CHARGE] * 2 == [row.kind for row in waiting]
    assert {first.id, second.id} == {row.invoice_id for row in waiting}
    again = shop.hand_over(customer, card, number="X-1", invoice_on=first.invoice_on)
    world.play(days=6)
    assert first.id == again.id
    assert "paid" == shop.facts(again.id).invoice.status
    assert 2 == len(world.seen())
    (left,) = queue_of(world.services).rows
    assert second.id == left.invoice_id
    accept(world.services, left.id, "given back by hand")
    assert () == queue_of(world.services).rows


def test_a_gateway_that_cannot_list_leaves_it_to_people(
    world: World, shop: Shop, new_database: MakeDatabase, tmp_path: Path
) -> None:
    """Then each open invoice waits for a person, and is charged once that person says so."""
    subscription = shop.sold(FUNDS, "approve")
    world.work()
    put_back(world, backup(world), new_database())
    able = world.sandbox.gateway.capabilities
    world.sandbox.gateway.capabilities = replace(able, lists_charges=False)
    start(world.services, "restored")
    world.play(days=10)
    (row,) = queue_of(world.services).rows
    assert (QueueKind.UNCHECKED, shop.invoice(subscription).id) == (row.kind, row.invoice_id)
    assert 1 == len(world.seen())
    assert 1 == clear(world.services, [(shop.id, InvoiceId(row.id))])
    world.play(days=3)
    assert ("paid", "active") == shop.status(subscription)
    assert () == queue_of(world.services).rows


def test_a_database_that_is_as_it_was_is_not_checked(world: World, shop: Shop) -> None:
    """A worker that starts on the database that was left charges at once."""
    shop.sold(FUNDS)
    world.play(days=2)
    work_first(world)
    assert progress(world.services) is None


def test_customers_are_told_once_more_at_most(world: World, shop: Shop, new_database: MakeDatabase) -> None:
    """Of the declines that are found only the last is told again, as things stand now, and no receipt is."""
    debtor, payer = shop.sold(FUNDS), shop.sold(FUNDS, "approve")
    world.work()
    kept = backup(world)
    world.play(days=9)
    put_back(world, kept, new_database())
    told_before = len(world.outbox.messages)
    work_first(world)
    world.work()
    to = [message.to_email for message in world.outbox.messages[told_before:]]
    assert [shop.buyer(debtor).people[0].email] == to
    assert "paid" == shop.facts(payer).invoice.status


def test_amounts_add_up(world: World, shop: Shop, new_database: MakeDatabase) -> None:
    """What is booked after the check is what the gateway captured, to the last øre."""
    sell(shop)
    world.play(days=2)
    kept = backup(world)
    world.play(days=12)
    put_back(world, kept, new_database())
    work_first(world)
    captured = [part for parts in world.captured().values() for part in parts]
    with world.services.store.reading() as conn:
        attempts = metadata.tables["attempt"].c
        booked = sum(conn.execute(select(attempts.captured_minor)).scalars())
    assert total(captured, PRICE.currency).minor == booked
