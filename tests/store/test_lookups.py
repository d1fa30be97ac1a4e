"""The other ways to find things: by outside ids, by owner, by method, page by page, and what happened to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from purring.domain.attempt import AttemptStatus
from purring.domain.changes import Changes
from purring.domain.customer import Role
from purring.domain.errors import NotFound
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import AttemptId, CustomerId, InvoiceId, MethodId, RecoveryId, SubscriptionId
from purring.domain.invoice import InvoiceStatus
from purring.domain.payment_method import MethodStatus
from purring.store import attempts, customers, events, invoices, merchants, methods, notices, recoveries, subscriptions
from tests.store.world import NOW, TODAY, World


def test_invoices_are_found_by_what_others_call_them(world: World) -> None:
    """Numbers and outside ids lead to invoices of this merchant; unknown ones are left out."""
    subscription = world.subscription(world.customer(), None)
    known = world.invoice(subscription, external_id="ext-1", number="2026-17")
    world.invoice(subscription)
    merchant_id, other = world.merchant.id, World(world.store, ids=world.ids).merchant.id
    with world.store.reading() as conn:
        assert {"ext-1": known} == invoices.by_external_id(conn, merchant_id, ["ext-1", "ext-2"])
        assert {"2026-17": known} == invoices.by_number(conn, merchant_id, ["2026-17", "2026-18"])
        assert {} == invoices.by_number(conn, other, ["2026-17"])
        assert merchant_id == invoices.merchant_of(conn, known.id)
        assert invoices.merchant_of(conn, InvoiceId("inv_unknown")) is None


def test_a_customers_invoices_come_oldest_first(world: World) -> None:
    """Open ones can be asked for alone."""
    subscription = world.subscription(world.customer(), None)
    newer = world.invoice(subscription, invoice_on=TODAY + timedelta(days=1))
    older = world.invoice(subscription)
    paid = world.invoice(subscription, invoice_on=TODAY - timedelta(days=1), status=InvoiceStatus.PAID)
    key = (world.merchant.id, subscription.customer_id)
    with world.store.reading() as conn:
        assert [paid, older, newer] == invoices.of_customer(conn, *key)
        assert [older, newer] == invoices.open_of_customer(conn, *key)


def test_customers_come_page_by_page(world: World) -> None:
    """Each page starts after the last id of the one before."""
    some = [world.customer() for _ in range(5)]
    with world.store.reading() as conn:
        first = customers.page(conn, world.merchant.id, limit=3)
        second = customers.page(conn, world.merchant.id, after=first[-1].id, limit=3)
    assert some == [*first, *second]


def test_methods_are_found_by_token(world: World) -> None:
    """A token leads to the usable method of each customer who has it; a removed one isn't found."""
    one, two = world.customer(), world.customer()
    mine, theirs = world.card(one, token="tok"), world.card(two, token="tok")
    gone = world.card(one, token="gone", status=MethodStatus.REMOVED, removed_at=NOW)
    with world.store.reading() as conn:
        found = methods.by_token(conn, world.merchant.id, "sandbox", ["tok", "gone"])
        assert {(one.id, "tok"): mine, (two.id, "tok"): theirs} == found
        assert [mine, gone] == methods.of_customer(conn, world.merchant.id, one.id)
        assert {} == methods.by_token(conn, world.merchant.id, "another", ["tok"])


def test_subscriptions_are_found_by_customer_and_by_outside_id(world: World) -> None:
    """Canceled ones are listed too."""
    customer = world.customer()
    first = world.subscription(customer, None, external_id="sub-1")
    second = world.subscription(customer, None)
    with world.store.reading() as conn:
        assert [first, second] == subscriptions.of_customer(conn, world.merchant.id, customer.id)
        assert {"sub-1": first} == subscriptions.by_external_id(conn, world.merchant.id, ["sub-1", "sub-2"])


def test_due_subscriptions_come_with_what_belongs_to_them(world: World) -> None:
    """In the order asked for; a key that leads nowhere is left out."""
    some = [world.subscription(world.customer(), None) for _ in range(3)]
    keys = [(world.merchant.id, one.id) for one in (some[2], some[0])]
    with world.store.transaction() as conn:
        found = subscriptions.load_for_renewal(conn, [*keys, (world.merchant.id, SubscriptionId("sub_unknown"))])
    assert [some[2], some[0]] == [facts.subscription for facts in found]
    assert [(world.merchant, world.price.product_id, one.customer_id) for one in (some[2], some[0])] == [
        (facts.merchant, facts.product.id, facts.customer.id) for facts in found
    ]


def test_attempts_are_found_by_their_key_and_on_their_method(world: World) -> None:
    """A gateway knows nothing but our key; an operator sees what is still open."""
    facts, ended = world.due(), world.due()
    started = world.attempt(facts)
    declined = world.attempt(ended, status=AttemptStatus.DECLINED, ended_at=NOW)
    world.save(Changes(created=(started, declined)))
    merchant_id = world.merchant.id
    with world.store.reading() as conn:
        assert (merchant_id, facts.invoice.id) == attempts.find(conn, started.id)
        assert attempts.find(conn, AttemptId("att_unknown")) is None
        found = attempts.find_many(conn, [started.id, declined.id, AttemptId("att_unknown")])
        assert {one.id: (merchant_id, one.invoice_id, one.status) for one in (started, declined)} == {
            key: (whose.merchant_id, whose.invoice_id, whose.status) for key, whose in found.items()
        }
        assert started == attempts.get(conn, merchant_id, started.id)
        assert [started] == attempts.open_ones(conn, merchant_id)
        assert [started] == attempts.of_invoice(conn, merchant_id, facts.invoice.id)
        assert [started.id] == attempts.open_on_method(conn, merchant_id, started.method_id)
        assert [] == attempts.open_on_method(conn, merchant_id, declined.method_id)


def test_recoveries_and_notices_are_found_from_their_invoice(world: World) -> None:
    """And the invoice from its recovery."""
    facts = world.due()
    recovery, notice = world.recovery(facts), world.notice(facts)
    world.save(Changes(created=(recovery, notice)))
    merchant_id = world.merchant.id
    with world.store.reading() as conn:
        assert facts.invoice.id == recoveries.invoice_of(conn, merchant_id, recovery.id)
        assert recoveries.invoice_of(conn, merchant_id, RecoveryId("rec_unknown")) is None
        assert [notice] == notices.of_invoice(conn, merchant_id, facts.invoice.id)
        assert [notice] == notices.of_customer(conn, merchant_id, facts.customer.id)


def test_what_isnt_there_is_not_found(world: World) -> None:
    """Each noun says which id leads nowhere, also when it is another merchant's."""
    facts = world.due()
    assert facts.subscription
    started = world.attempt(facts)
    world.save(Changes(created=(started,)))
    other = World(world.store, ids=world.ids).merchant.id
    with world.store.reading() as conn:
        for find in (
            lambda: customers.get(conn, other, CustomerId(facts.customer.id)),
            lambda: methods.get(conn, other, MethodId(facts.methods[0].id)),
            lambda: subscriptions.get(conn, other, SubscriptionId(started.invoice_id)),
            lambda: invoices.get(conn, other, facts.invoice.id),
            lambda: attempts.get(conn, other, started.id),
        ):
            with pytest.raises(NotFound, match="There is no"):
                find()


def test_invoice_numbers_have_no_gap(world: World) -> None:
    """Numbers come in order, and those of a transaction that failed come again."""
    merchant_id = world.merchant.id

    def fail() -> None:
        with world.store.transaction() as conn:
            merchants.next_invoice_numbers(conn, merchant_id, 2)
            raise KeyboardInterrupt

    with world.store.transaction() as conn:
        assert ["P-000001", "P-000002"] == merchants.next_invoice_numbers(conn, merchant_id, 2)
    with pytest.raises(KeyboardInterrupt):
        fail()
    with world.store.transaction() as conn:
        assert ["P-000003"] == merchants.next_invoice_numbers(conn, merchant_id, 1)


def test_waking_lets_open_invoices_look_again(world: World) -> None:
    """By subscription or by key; what is due already or settled stays as it is."""
    subscription = world.subscription(world.customer(), None)
    later, earlier = NOW + timedelta(days=1), NOW - timedelta(days=1)
    times = {"asleep": None, "later": later, "due": earlier}
    some = {name: world.invoice(subscription, next_step_at=at) for name, at in times.items()}
    paid = world.invoice(subscription, status=InvoiceStatus.PAID, next_step_at=None)
    expected = {"asleep": NOW, "later": NOW, "due": earlier}
    with world.store.transaction() as conn:
        invoices.wake(conn, [world.key(some["asleep"]), world.key(some["due"]), world.key(paid)], NOW)
        found = invoices.load(conn, [world.key(one) for one in some.values()])
        assert expected | {"later": later} == {name: found[world.key(one)].next_step_at for name, one in some.items()}
        subscriptions.wake(conn, world.merchant.id, subscription.id, NOW)
        found = invoices.load(conn, [world.key(one) for one in some.values()])
        assert expected == {name: found[world.key(one)].next_step_at for name, one in some.items()}
        assert paid == invoices.get(conn, world.merchant.id, paid.id)


def test_a_timeline_holds_what_belongs_together(world: World) -> None:
    """An invoice's timeline shows its recovery and attempts; a customer's also subscriptions and methods, in order."""
    facts, other = world.due(), world.due()
    assert facts.subscription
    started, recovery = world.attempt(facts), world.recovery(facts)
    world.save(Changes(created=(started, recovery)))
    about = {
        EventKind.METHOD_ADDED: facts.methods[0].id,
        EventKind.SUBSCRIPTION_CREATED: facts.subscription.id,
        EventKind.ATTEMPT_STARTED: started.id,
        EventKind.RECOVERY_OPENED: recovery.id,
        EventKind.INVOICE_PAID: facts.invoice.id,
    }
    said = [
        EventDraft(kind=kind, object_id=object_id, at=NOW + timedelta(minutes=n), data={"n": n})
        for n, (kind, object_id) in enumerate(about.items())
    ]
    world.save(Changes(events=(*reversed(said), replace(said[-1], object_id=other.invoice.id))))
    merchant_id = world.merchant.id
    with world.store.reading() as conn:
        whole = events.of_customer(conn, merchant_id, facts.customer.id)
        part = events.of_invoice(conn, merchant_id, facts.invoice.id)
    issued = (EventKind.INVOICE_ISSUED, facts.invoice.id)
    assert {issued, *about.items()} == {(one.kind, one.object_id) for one in whole}
    assert {issued, *list(about.items())[2:]} == {(one.kind, one.object_id) for one in part}
    assert sorted(one.at for one in whole) == [one.at for one in whole]
    assert [{"n": n} for n in range(1, 5)] == [one.data for one in whole if one.at > NOW]


def test_people_can_join_a_customer(world: World) -> None:
    """Somebody who comes later stands after those who were there."""
    customer = world.customer()
    newcomer = world.person(customer.id, Role.READER)
    with world.store.transaction() as conn:
        customers.add_people(conn, world.merchant.id, [newcomer])
        expected = replace(customer, people=(*customer.people, newcomer))
        assert expected == customers.lock(conn, world.merchant.id, customer.id)


def test_counting_rows_for_the_planner_changes_nothing(world: World) -> None:
    """After much was written the database may count anew; what is read stays the same."""
    facts = world.due()
    world.store.analyze()
    assert facts == world.facts(facts.invoice)
