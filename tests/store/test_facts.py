"""Everything that a decision looks at is loaded together, in a few statements however many invoices there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from purring.domain.attempt import Attempt, AttemptStatus
from purring.domain.changes import Changes
from purring.domain.errors import StoreUnavailable
from purring.domain.facts import Facts, Sibling
from purring.domain.ids import InvoiceId
from purring.domain.invoice import Invoice, InvoiceStatus
from purring.domain.recovery import RecoveryStatus
from purring.domain.rulebook.limit import Use
from purring.domain.subscription import SubscriptionStatus
from purring.store.changes import save_many
from purring.store.facts import USES_SINCE, load_many
from tests.store.world import NOW, World

STATEMENTS_MAX = 19


@contextmanager
def _statements(conn: Connection) -> Iterator[list[str]]:
    """Collect what is sent to the database."""
    sent: list[str] = []

    def note(*arguments: object) -> None:
        sent.append(str(arguments[2]))

    event.listen(conn, "before_cursor_execute", note)
    yield sent
    event.remove(conn, "before_cursor_execute", note)


def _declined(world: World, facts: Facts, **fields: Any) -> Attempt:
    declined = world.attempt(facts, status=AttemptStatus.DECLINED, ended_at=NOW, **fields)
    world.save(Changes(created=(declined,)))
    return declined


def test_everything_about_an_invoice_is_loaded(world: World) -> None:
    """Merchant, customer, subscription, recovery, methods, attempts and notices stand together, oldest first."""
    customer = world.customer()
    card, spare = world.card(customer), world.card(customer, created_at=NOW)
    subscription = world.subscription(customer, card)
    facts = world.facts(world.invoice(subscription))
    recovery, notices = world.recovery(facts), [world.notice(facts, number=number) for number in (1, 2)]
    first = world.attempt(facts, status=AttemptStatus.DECLINED, ended_at=NOW)
    second = world.attempt(facts, NOW + timedelta(days=1), number=2)
    world.save(Changes(created=(second, first, recovery, *reversed(notices))))
    expected = Facts(
        merchant=world.merchant,
        customer=customer,
        subscription=subscription,
        invoice=facts.invoice,
        recovery=recovery,
        methods=(card, spare),
        attempts=(first, second),
        notices=tuple(notices),
        tied=frozenset({card.id}),
        uses={card.fingerprint: (_use(first), _use(second)), spare.fingerprint: ()},
    )
    assert expected == world.facts(facts.invoice)


def _use(attempt: Attempt) -> Use:
    return Use(
        at=attempt.started_at,
        amount_minor=attempt.amount.minor,
        currency=attempt.amount.currency,
        invoice_id=attempt.invoice_id,
    )


def test_an_invoice_without_a_subscription_is_loaded_too(world: World) -> None:
    """What was handed over may belong to no subscription; then its own method pays it."""
    customer = world.customer()
    card = world.card(customer)
    invoice = world.invoice(world.subscription(customer, None), subscription_id=None, method_id=card.id)
    facts = world.facts(invoice)
    assert (None, card, ()) == (facts.subscription, facts.tied_method, facts.siblings)


def test_what_isnt_there_is_left_out(world: World) -> None:
    """A key that leads nowhere gives no facts, and no keys give none."""
    facts = world.due()
    unknown = (world.merchant.id, InvoiceId("inv_unknown"))
    with world.store.transaction() as conn:
        assert {} == load_many(conn, [], NOW, lock=True)
        assert [world.key(facts.invoice)] == list(load_many(conn, [unknown, world.key(facts.invoice)], NOW, lock=False))


def test_another_merchants_invoice_isnt_there(world: World) -> None:
    """An id alone opens nothing."""
    facts, other = world.due(), World(world.store, ids=world.ids)
    with world.store.transaction() as conn:
        assert {} == load_many(conn, [(other.merchant.id, facts.invoice.id)], NOW, lock=True)


def test_uses_of_a_card_are_counted_whoever_holds_it(world: World) -> None:
    """Declined and open attempts of half a year count, at this merchant, on every invoice; approved ones don't."""
    mine, theirs = world.customer(), world.customer()
    invoices = [
        world.invoice(world.subscription(customer, world.card(customer, "shared"))) for customer in (mine, theirs)
    ]
    facts, others = (world.facts(invoice) for invoice in invoices)
    too_old = _declined(world, others, started_at=NOW - USES_SINCE - timedelta(microseconds=1))
    old = _declined(world, others, started_at=NOW - USES_SINCE)
    _declined(world, others, fingerprint="another")
    for status in (AttemptStatus.SUCCEEDED, AttemptStatus.FAILED):
        world.save(Changes(created=(world.attempt(others, status=status, ended_at=NOW),)))
    started = world.attempt(others, NOW)
    world.save(Changes(created=(started,)))
    assert {"shared": (_use(old), _use(started))} == world.facts(facts.invoice).uses
    assert too_old in world.facts(others.invoice).attempts


def test_only_methods_of_running_subscriptions_are_tied(world: World) -> None:
    """Main and backup methods are tied, by every subscription of the customer that isn't canceled."""
    customer = world.customer()
    main, backup, other, left = (world.card(customer) for _ in range(4))
    subscription = world.subscription(customer, main, backup_method_id=backup.id)
    world.subscription(customer, other)
    world.subscription(customer, left, status=SubscriptionStatus.CANCELED, canceled_at=NOW)
    assert {main.id, backup.id, other.id} == world.facts(world.invoice(subscription)).tied


def test_siblings_are_the_subscriptions_other_open_invoices(world: World) -> None:
    """An open invoice knows the others with what became of their recoveries; paid ones are no siblings."""
    customer = world.customer()
    subscription = world.subscription(customer, world.card(customer))
    first, second, third = (world.invoice(subscription) for _ in range(3))
    world.invoice(subscription, status=InvoiceStatus.PAID)
    world.invoice(world.subscription(customer, None))
    recovery = world.recovery(world.facts(second), status=RecoveryStatus.EXHAUSTED)
    world.save(Changes(created=(recovery,)))
    assert (_sibling(second, RecoveryStatus.EXHAUSTED), _sibling(third)) == world.facts(first).siblings


def _sibling(invoice: Invoice, recovery_status: RecoveryStatus | None = None) -> Sibling:
    return Sibling(invoice_id=invoice.id, status=invoice.status, recovery_status=recovery_status)


def test_a_batch_takes_a_few_statements_whatever_its_size(world: World) -> None:
    """Loading ten invoices sends as many statements as loading one."""
    keys = [world.key(world.due().invoice) for _ in range(10)]
    with world.store.transaction() as conn:
        with _statements(conn) as one:
            assert 1 == len(load_many(conn, keys[:1], NOW, lock=True))
        with _statements(conn) as all_of_them:
            assert 10 == len(load_many(conn, keys, NOW, lock=True))
    assert one == all_of_them
    assert len(one) <= STATEMENTS_MAX


def test_saving_takes_a_few_statements_whatever_its_size(world: World) -> None:
    """Saving ten decisions sends as many statements as saving one."""
    some = [world.due() for _ in range(11)]
    sent = []
    for batch in (some[:1], some[1:]):
        changes = [
            Changes(created=(world.attempt(one), world.recovery(one), world.notice(one)), changed=(one.invoice,))
            for one in batch
        ]
        with world.store.transaction() as conn, _statements(conn) as statements:
            save_many(conn, [(world.merchant.id, one) for one in changes], world.ids, NOW)
        sent.append(statements)
    assert sent[0] == sent[1]
    assert len(sent[0]) <= STATEMENTS_MAX


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
@pytest.mark.parametrize("shared", ["customer", "card"])
def test_whoever_bills_a_customer_or_a_card_is_alone(world: World, shared: str) -> None:
    """While one loads with a lock, the next waits: its ceilings are counted when the first has written its attempt."""
    mine = world.customer()
    theirs = mine if shared == "customer" else world.customer()
    cards = [world.card(customer, "one") for customer in (mine, theirs) if shared == "card"]
    subscriptions = [world.subscription(customer, None) for customer in (mine, theirs)]
    assert len(cards) in {0, 2}
    first, second = (world.key(world.invoice(subscription)) for subscription in subscriptions)

    def wait_for(conn: Connection) -> None:
        conn.execute(text("SET LOCAL lock_timeout = '20ms'"))
        load_many(conn, [second], NOW, lock=True)

    with world.store.transaction() as conn:
        load_many(conn, [first], NOW, lock=True)
        with pytest.raises(StoreUnavailable, match="lock timeout"), world.store.transaction() as other:
            wait_for(other)
        with world.store.transaction() as other:
            assert [second] == list(load_many(other, [second], NOW, lock=False))
    with world.store.transaction() as conn:
        wait_for(conn)
