"""The operators' queue: each kind of thing that waits for a person stands in it once, and leaves when it is settled."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, event, text

from purring.domain.attempt import AttemptStatus
from purring.domain.errors import InvalidInput, MissingField, NotFound
from purring.domain.ids import AttemptId
from purring.domain.money import Money
from purring.domain.queue import NOTED, QueueKind
from purring.i18n.locales import locales
from purring.i18n.reader import Reader
from purring.notices.send import Bounced
from purring.operations import recoveries
from purring.operations.queue import note_done, queue_of, try_again
from purring.operations.queue_text import KINDS, queue_object, remedies, why
from purring.store.queue import Waiting
from tests.world import FUNDS, PRICE, Outbox, Shop, World, only


def waiting(world: World) -> list[Waiting]:
    """Everything that waits."""
    return list(queue_of(world.services).rows)


def kinds(world: World) -> list[QueueKind]:
    """What waits, by kind, oldest first."""
    return [row.kind for row in waiting(world)]


# ---------------------------------------------------------------------------------------------------------------------
# One way into the queue each


def unknown_for_ever(world: World, shop: Shop) -> str:
    """The gateway never says what became of a charge."""
    world.sandbox.remote.plan_events(copies=0)
    shop.sold("find unknown 100 times", "timeout after")
    world.play(days=7)
    return "outcome_unknown"


def key_too_old(world: World, shop: Shop) -> str:
    """The same, while questions are still to come."""
    world.sandbox.remote.plan_events(copies=0)
    shop.sold("find unknown 100 times", "timeout after")
    world.play(days=2)
    return "key_expired"


def never_settled(world: World, shop: Shop) -> str:
    """A debit takes longer than we wait for it."""
    shop.sold("pending 30 days then approve")
    world.play(days=8)
    return "outcome_unknown"


def strange_code(world: World, shop: Shop) -> str:
    """A decline with a code of no table."""
    shop.sold("visa 0Z")
    world.work()
    return "decline_unread"


def paid_in_part(world: World, shop: Shop) -> str:
    """The bank approves less than was asked for."""
    shop.sold("approve 100.00 NOK")
    world.work()
    return "partial_payment"


def transfer_on_its_way(world: World, shop: Shop) -> str:
    """The customer declares a bank transfer."""
    subscription = shop.sold(FUNDS)
    world.work()
    recoveries.declare_transfer(world.services, shop.id, shop.invoice(subscription).id)
    return "transfer_declared"


def paused(world: World, shop: Shop) -> str:
    """An operator pauses without an end."""
    subscription = shop.sold(FUNDS)
    world.work()
    recoveries.pause(world.services, shop.id, shop.invoice(subscription).id)
    return "paused"


def disputed(world: World, shop: Shop) -> str:
    """A chargeback is open."""
    subscription = shop.sold("approve")
    world.play(hours=1)
    world.sandbox.remote.open_chargeback(shop.facts(subscription).attempts[0].id)
    world.play(hours=1)
    return "disputed"


def dispute_lost(world: World, shop: Shop) -> str:
    """And then lost."""
    subscription = shop.sold("approve")
    world.play(hours=1)
    key = shop.facts(subscription).attempts[0].id
    world.sandbox.remote.open_chargeback(key)
    world.play(hours=1)
    world.sandbox.remote.end_chargeback(key, won=False)
    world.play(hours=1)
    return "dispute_lost"


def paid_twice(world: World, shop: Shop) -> str:
    """Money comes late for an invoice that an operator had written down as declined and then as paid elsewhere."""
    world.sandbox.remote.plan_events(held=True)
    subscription = shop.sold("find unknown 100 times", "timeout after")
    world.play(hours=2)
    invoice, attempt = shop.invoice(subscription), shop.facts(subscription).attempts[0]
    recoveries.correct_outcome(world.services, shop.id, attempt.id, AttemptStatus.DECLINED, "not on the statement")
    recoveries.record_payment(world.services, shop.id, invoice.id, PRICE, "giro 7")
    world.sandbox.remote.release_events()
    world.play(hours=1)
    return "surplus"


def strange_event(world: World, shop: Shop) -> str:
    """The gateway tells of a charge that we have never seen."""
    shop.sold("approve")
    world.play(hours=1)
    body = json.loads(world.events_sent()[0].body)
    world.send_event({**body, "id": "evt_1", "key": "att_of_somebody_else"})
    world.work()
    return "event_waiting"


def given_up_event(world: World, shop: Shop) -> str:
    """And goes on to for days."""
    strange_event(world, shop)
    for _ in range(20):
        world.later(hours=24)
    return "event_failed"


def poisoned(world: World, shop: Shop) -> str:
    """An invoice whose customer lives nowhere can't be worked."""
    subscription = shop.sold(FUNDS)
    with world.services.store.transaction() as conn:
        statement = text("UPDATE customer SET timezone = 'Nowhere/Land' WHERE id = :id")
        conn.execute(statement, {"id": subscription.customer_id})
    world.work()
    return "set_aside"


def bounced(world: World, shop: Shop) -> str:
    """The address of the customer's only person doesn't exist."""
    shop.sold(FUNDS)
    with world.worker(sender=Outbox(Bounced(detail="550 no such user"))) as worker:
        worker.run_until_idle()
    return "notice_undelivered"


WAYS = [
    unknown_for_ever,
    key_too_old,
    never_settled,
    strange_code,
    paid_in_part,
    transfer_on_its_way,
    paused,
    disputed,
    dispute_lost,
    paid_twice,
    strange_event,
    given_up_event,
    poisoned,
    bounced,
]
Way = Callable[[World, Shop], str]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def way(request: pytest.FixtureRequest) -> Way:
    """One way into the queue."""
    chosen: Way = request.param
    return chosen


def test_it_waits_once(world: World, shop: Shop, way: Way) -> None:
    """What needs a person stands in the queue once, since it did, with its merchant and the same count."""
    expected = way(world, shop)
    row = only(waiting(world))
    assert expected == row.kind
    assert {row.kind: 1} == queue_of(world.services).counts
    assert row.since <= world.clock.now()
    assert row.merchant_id in {shop.id, ""}
    for locale in locales():
        _is_told(world, row, Reader(locale, ZoneInfo("Europe/Oslo")))


def _is_told(world: World, row: Waiting, reader: Reader) -> None:
    """Each row has a sentence in each language and at least one command that names it; all of it is JSON."""
    assert why(row, reader).strip()
    assert "{" not in why(row, reader)
    commands = remedies(row, several_merchants=True)
    assert commands
    assert all(row.id in command or (row.invoice_id or "") in command for command in commands)
    assert json.loads(json.dumps(queue_object(queue_of(world.services), {"": reader}, several_merchants=True)))


def test_an_empty_queue_is_empty(world: World, shop: Shop) -> None:
    """Where all went well nothing waits."""
    shop.sold("approve")
    world.play(days=3)
    assert [] == waiting(world)
    assert {} == queue_of(world.services).counts


# ---------------------------------------------------------------------------------------------------------------------
# And out of it


@pytest.mark.parametrize("outcome", [AttemptStatus.SUCCEEDED, AttemptStatus.DECLINED])
def test_an_outcome_is_settled(world: World, shop: Shop, outcome: AttemptStatus) -> None:
    """What the operator found out ends the waiting; a decline leaves the question what follows."""
    unknown_for_ever(world, shop)
    row = only(waiting(world))
    assert row.merchant_id
    recoveries.correct_outcome(world.services, shop.id, AttemptId(row.id), outcome, "seen on the settlement report")
    left = {AttemptStatus.SUCCEEDED: [], AttemptStatus.DECLINED: [QueueKind.DECLINE_UNREAD]}
    assert left[outcome] == kinds(world)


def test_a_note_ends_the_waiting(world: World, shop: Shop, way: Way) -> None:
    """What only has to be known leaves with a note, and so does a gateway's event; anything else has to be settled."""
    kind = QueueKind(way(world, shop))
    row = only(waiting(world))
    if kind in NOTED or kind in {QueueKind.EVENT_WAITING, QueueKind.EVENT_FAILED}:
        note_done(world.services, row.id, "called them")
        assert [] == waiting(world)
    else:
        with pytest.raises(InvalidInput, match="purring queue"):
            note_done(world.services, row.id, "called them")
        assert [row] == waiting(world)


def test_a_note_must_say_something(world: World, shop: Shop) -> None:
    """An empty note is refused, and so is one about nothing."""
    bounced(world, shop)
    with pytest.raises(MissingField):
        note_done(world.services, only(waiting(world)).id, " ")
    with pytest.raises(NotFound):
        note_done(world.services, "att_of_nobody", "why")


def test_it_comes_back_when_it_happens_again(world: World, shop: Shop) -> None:
    """A surplus that was dealt with doesn't hide the next one."""
    paid_twice(world, shop)
    row = only(waiting(world))
    assert PRICE == row.amount
    note_done(world.services, row.id, "given back")
    world.clock.advance_to(world.clock.now() + timedelta(seconds=1))
    strange_code(world, shop)
    assert [QueueKind.DECLINE_UNREAD] == kinds(world)


def test_a_row_is_tried_again_at_once(world: World, shop: Shop) -> None:
    """A mended row needn't wait for its hour, and leaves the queue when it is worked."""
    poisoned(world, shop)
    row = only(waiting(world))
    assert row.count == 1
    world.later(minutes=61)
    assert (2, row.since) == (only(waiting(world)).count, only(waiting(world)).since)
    with world.services.store.transaction() as conn:
        conn.execute(text("UPDATE customer SET timezone = 'Europe/Oslo'"))
    try_again(world.services, row.id)
    world.work()
    assert [] == waiting(world)


def test_an_event_is_tried_again_at_once(world: World, shop: Shop) -> None:
    """One that was given up is tried as often as a new one; what isn't tried again is refused."""
    given_up_event(world, shop)
    row = only(waiting(world))
    try_again(world.services, row.id)
    world.work()
    assert [QueueKind.EVENT_WAITING] == kinds(world)
    paused(world, shop)
    with pytest.raises(InvalidInput):
        try_again(world.services, next(one.id for one in waiting(world) if one.kind is QueueKind.PAUSED))


# ---------------------------------------------------------------------------------------------------------------------
# All of it


@pytest.fixture
def busy(world: World, shop: Shop) -> list[Waiting]:
    """Many things of two merchants wait."""
    other = world.shop("Skog AS")
    for _ in range(3):
        paid_in_part(world, shop)
        paused(world, other)
        strange_code(world, other)
        world.clock.advance_to(world.clock.now() + timedelta(minutes=1))
    return waiting(world)


def test_pages_make_the_whole(world: World, busy: list[Waiting]) -> None:
    """Page after page gives every row once, oldest first."""
    assert 9 == len(busy)
    assert sorted(row.since for row in busy) == [row.since for row in busy]
    rows: list[Waiting] = []
    cursor: str | None = None
    while True:
        page = queue_of(world.services, after=cursor, limit=2)
        rows += page.rows
        cursor = page.cursor
        if cursor is None:
            break
    assert busy == rows


def test_a_merchant_sees_its_own(world: World, shop: Shop, busy: list[Waiting]) -> None:
    """One merchant's queue holds its own rows and no other's."""
    own = queue_of(world.services, shop.id)
    assert [row for row in busy if row.merchant_id == shop.id] == list(own.rows)
    assert {QueueKind.PARTIAL_PAYMENT: 3} == own.counts
    assert all(row.amount == Money(14_900, "NOK") for row in own.rows)


@pytest.mark.parametrize("limit", [0, 501])
def test_a_limit_out_of_range_is_refused(world: World, limit: int) -> None:
    """A page has between one and so many rows."""
    with pytest.raises(InvalidInput) as caught:
        queue_of(world.services, limit=limit)
    assert "limit" == caught.value.field


@pytest.mark.parametrize("cursor", ["x", "12.", "-1.a"])
def test_a_strange_cursor_is_refused(world: World, cursor: str) -> None:
    """Only a cursor of ours says where to go on."""
    with pytest.raises(InvalidInput) as caught:
        queue_of(world.services, after=cursor)
    assert "after" == caught.value.field


def test_a_page_costs_two_statements_over_indexes(world: World, busy: list[Waiting]) -> None:
    """However much there is, rows and counts are one statement each, and no table that grows is gone through."""
    asked: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:  # noqa: ANN401 - the driver's
        asked.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert busy == waiting(world)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    page, counts = (one for one in asked if one[0].startswith("SELECT"))
    if world.services.store.dialect != "sqlite":
        return
    with world.services.store.reading() as conn:
        for statement, parameters in (page, counts):
            plan = [str(row[3]) for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert [] == [
                line
                for line in plan
                if re.match(
                    r"SCAN (attempt|event|invoice|delivery|notice|recovery|journal_entry|inbound_event)( AS .*)?$", line
                )
            ]


def test_every_kind_has_its_words() -> None:
    """No kind is shown without a name."""
    assert set(QueueKind) == set(KINDS)
