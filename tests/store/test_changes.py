"""Decisions are written as a whole, as long as nobody changed what they were made on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from purring.domain.attempt import AttemptStatus
from purring.domain.changes import Changes
from purring.domain.customer import Role
from purring.domain.errors import StaleWrite
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import MethodId
from purring.domain.invoice import Invoice, InvoiceStatus
from purring.domain.journal import Account, EntryDraft, EntryKind
from purring.domain.money import Money
from purring.domain.notice import NoticeStatus
from purring.domain.subscription import SubscriptionStatus
from purring.store import events, invoices, journal, notices
from purring.store.changes import FREED_MAX
from purring.store.schema import DeliveryStatus, attempt, event, invoice, journal_entry, notice, recovery
from tests.store.world import NOW, PRICE, World

LATER = NOW + timedelta(days=5)
_STATUSES = (SubscriptionStatus.PAST_DUE, SubscriptionStatus.SUSPENDED)


@contextmanager
def _nothing_is_left(world: World) -> Iterator[None]:
    """Count the rows of every table that a decision can write, before and after."""
    before = _counts(world)
    yield
    assert before == _counts(world)


def _counts(world: World) -> dict[str, int]:
    with world.store.reading() as conn:
        tables = (invoice, attempt, recovery, notice, event, journal_entry)
        return {table.name: conn.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}


def test_a_decision_is_written_as_a_whole(world: World) -> None:
    """Nouns, events and money facts of one decision are all there afterwards."""
    facts = world.due()
    attempt = world.attempt(facts)
    paid = replace(facts.invoice, status=InvoiceStatus.PAID, paid_minor=PRICE.minor, next_step_at=None, closed_at=NOW)
    done = replace(attempt, status=AttemptStatus.SUCCEEDED, ended_at=NOW, captured_minor=PRICE.minor)
    said = EventDraft(kind=EventKind.INVOICE_PAID, object_id=paid.id, at=NOW, data={"amount": "249.00 NOK"})
    booked = EntryDraft(kind=EntryKind.PAID, invoice_id=paid.id, attempt_id=done.id, amount=PRICE, at=NOW)
    world.save(Changes(created=(done,), changed=(paid,), events=(said,), entries=(booked,)))
    found = world.facts(paid)
    assert (replace(paid, version=2), (done,)) == (found.invoice, found.attempts)
    with world.store.reading() as conn:
        last = events.of_invoice(conn, world.merchant.id, paid.id)[-1]
        assert (said.kind, said.object_id, said.at, said.data) == (last.kind, last.object_id, last.at, last.data)
        entries = journal.of_invoice(conn, world.merchant.id, paid.id)
        assert [EntryKind.INVOICED, EntryKind.PAID] == [entry.kind for entry in entries]
        assert {
            (Account.CASH, "NOK"): PRICE,
            (Account.RECEIVABLE, "NOK"): Money.zero("NOK"),
            (Account.REVENUE, "NOK"): -PRICE,
        } == journal.balances(conn, world.merchant.id)


def test_what_somebody_else_changed_is_not_overwritten(world: World) -> None:
    """The second of two decisions on the same reading is refused, and nothing of it stays."""
    facts = world.due()
    world.change(replace(facts.invoice, next_step_at=LATER))
    started = world.attempt(facts)
    said = EventDraft(kind=EventKind.ATTEMPT_STARTED, object_id=started.id, at=NOW, data={})
    with _nothing_is_left(world), pytest.raises(StaleWrite, match="1 of 1 rows of invoice"):
        world.save(Changes(created=(started,), changed=(replace(facts.invoice, next_step_at=NOW),), events=(said,)))
    assert LATER == world.facts(facts.invoice).invoice.next_step_at


def test_one_stale_decision_takes_its_whole_batch_back(world: World) -> None:
    """A batch is one transaction: what was right in it is not written either."""
    good, stale = world.due(), world.due()
    world.change(replace(stale.invoice, next_step_at=LATER))
    batch = [Changes(changed=(replace(facts.invoice, next_step_at=None),)) for facts in (good, stale)]
    with pytest.raises(StaleWrite, match="1 of 2"):
        world.save_all(batch)
    assert good.invoice == world.facts(good.invoice).invoice


def test_two_decisions_about_one_subscription_in_a_batch_are_refused(world: World) -> None:
    """The same row can't be changed twice from the same reading, on either database."""
    facts = world.due()
    subscription = facts.subscription
    assert subscription
    batch = [Changes(changed=(replace(subscription, status=status),)) for status in _STATUSES]
    with pytest.raises(StaleWrite):
        world.save_all(batch)
    assert subscription == world.facts(facts.invoice).subscription


@pytest.mark.parametrize("status", ["started", "pending", "action_required", "unknown"])
def test_an_invoice_has_one_open_attempt(world: World, status: str) -> None:
    """Whoever starts a second one while the first is open is told to read again."""
    facts = world.due()
    world.save(Changes(created=(world.attempt(facts, status=AttemptStatus(status)),)))
    with _nothing_is_left(world), pytest.raises(StaleWrite, match="began the same thing first"):
        world.save(Changes(created=(world.attempt(facts),)))


def test_an_attempt_may_follow_one_that_ends_in_the_same_decision(world: World) -> None:
    """The end of an attempt is written before the start of the next."""
    facts = world.due()
    first = world.attempt(facts)
    world.save(Changes(created=(first,)))
    ended = replace(first, status=AttemptStatus.DECLINED, ended_at=NOW)
    second = world.attempt(facts, number=2)
    world.save(Changes(created=(second,), changed=(ended,)))
    assert (replace(ended, version=2), second) == world.facts(facts.invoice).attempts


def test_an_invoice_has_one_recovery(world: World) -> None:
    """Whoever opens a second one is told to read again."""
    facts = world.due()
    world.save(Changes(created=(world.recovery(facts),)))
    with _nothing_is_left(world), pytest.raises(StaleWrite):
        world.save(Changes(created=(world.recovery(facts),)))


def test_a_period_is_invoiced_once(world: World) -> None:
    """Two renewals of one subscription for one period can't both be written; a voided invoice makes room."""
    customer = world.customer()
    subscription = world.subscription(customer, None)
    period = {"period_start_on": subscription.period_start_on, "period_end_on": subscription.period_end_on}
    first = world.invoice(subscription, **period)
    with _nothing_is_left(world), pytest.raises(StaleWrite):
        world.invoice(subscription, **period)
    world.change(replace(first, status=InvoiceStatus.VOID))
    assert subscription.id == world.invoice(subscription, **period).subscription_id


def test_a_broken_rule_of_the_schema_is_not_taken_for_a_race(world: World) -> None:
    """An attempt on an invoice that isn't there is a bug, and says so."""
    facts = world.due()
    with pytest.raises(IntegrityError):
        world.save(Changes(created=(world.attempt(facts, invoice_id="inv_nowhere"),)))


def test_everybody_who_is_notified_gets_a_copy(world: World) -> None:
    """A notice is owed to billing admins and payers, not to readers."""
    customer = world.customer(Role.BILLING_ADMIN, Role.PAYER, Role.READER)
    facts = world.facts(world.invoice(world.subscription(customer, world.card(customer))))
    owed = world.notice(facts)
    world.save(Changes(created=(owed,)))
    with world.store.reading() as conn:
        copies = notices.deliveries_of_notices(conn, [(world.merchant.id, owed.id)])
    assert {Role.BILLING_ADMIN, Role.PAYER} == {copy.person.role for copy in copies}
    assert 2 * [(owed, customer, DeliveryStatus.OWED)] == [(copy.notice, copy.customer, copy.status) for copy in copies]


def test_a_withdrawn_notice_goes_to_nobody(world: World) -> None:
    """Withdrawing a notice withdraws its copies, and can't be done twice."""
    facts = world.due()
    owed = world.notice(facts)
    world.save(Changes(created=(owed,)))
    withdrawn = replace(owed, status=NoticeStatus.WITHDRAWN)
    world.change(withdrawn)
    assert (withdrawn,) == world.facts(facts.invoice).notices
    with world.store.reading() as conn:
        copies = notices.deliveries_of_notices(conn, [(world.merchant.id, owed.id)])
    assert [DeliveryStatus.WITHDRAWN] == [copy.status for copy in copies]
    with pytest.raises(StaleWrite):
        world.change(withdrawn)


def test_room_on_a_card_wakes_the_invoices_that_wait_for_it(world: World) -> None:
    """Invoices paid by a woken card look again at once, tied by a subscription or by themselves."""
    customer, stranger = world.customer(), world.customer()
    card, other_card = world.card(customer, "one"), world.card(customer, "two")
    same_card = world.card(stranger, "one")
    by_subscription = world.invoice(world.subscription(customer, card), next_step_at=LATER)
    by_itself = world.invoice(
        world.subscription(stranger, None), subscription_id=None, method_id=same_card.id, next_step_at=LATER
    )
    by_other = world.invoice(world.subscription(customer, other_card), next_step_at=LATER)
    asleep = world.invoice(world.subscription(customer, card), next_step_at=None)
    paid = world.invoice(world.subscription(customer, card), next_step_at=LATER, status=InvoiceStatus.PAID)
    due = world.invoice(world.subscription(customer, card), next_step_at=NOW)
    some = [world.key(one) for one in (by_subscription, by_itself, by_other, asleep, paid, due)]
    world.save(Changes(woken=("one",)), NOW + timedelta(hours=1))
    with world.store.reading() as conn:
        found = invoices.load(conn, some)
    woken_at = NOW + timedelta(hours=1)
    assert [woken_at, woken_at, LATER, None, LATER, NOW] == [found[key].next_step_at for key in some]


def test_room_for_one_wakes_the_first_few(world: World) -> None:
    """However many wait for a card, those planned first look again, unless a stop was lifted for all of them."""
    customer = world.customer()
    subscription = world.subscription(customer, world.card(customer, "one"))
    some = [
        world.invoice(subscription, next_step_at=LATER + timedelta(minutes=n), period_start_on=None, period_end_on=None)
        for n in range(FREED_MAX + 3)
    ]
    world.save(Changes(freed=("one",)), NOW)
    assert [NOW] * FREED_MAX == _due(world, some)[:FREED_MAX]
    assert [LATER + timedelta(minutes=FREED_MAX + n) for n in range(3)] == _due(world, some)[FREED_MAX:]
    world.save(Changes(freed=("one",), woken=("one",)), NOW)
    assert [NOW] * len(some) == _due(world, some)


def _due(world: World, some: Sequence[Invoice]) -> list[datetime | None]:
    with world.store.reading() as conn:
        found = invoices.load(conn, [world.key(one) for one in some])
    return [found[world.key(one)].next_step_at for one in some]


def test_a_new_method_can_be_tied_in_the_decision_that_adds_it(world: World) -> None:
    """What others point at is written first."""
    facts = world.due()
    subscription, old = facts.subscription, facts.methods[0]
    assert subscription
    new = replace(old, id=MethodId(world.ids.new("pm_")), token="tok_new", fingerprint="new")
    world.save(Changes(created=(new,), changed=(replace(subscription, method_id=new.id),)))
    assert new == world.facts(facts.invoice).tied_method


def test_nothing_to_write_is_nothing_written(world: World) -> None:
    """An empty batch and an empty decision leave everything as it was."""
    with _nothing_is_left(world):
        world.save(Changes())
        world.save_all([])
