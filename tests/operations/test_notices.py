"""Notices reach each person in their language, once as far as the mail server lets us, and never after the money."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from purring.domain.customer import Role
from purring.domain.notice import NoticeStatus
from purring.domain.subscription import Subscription
from purring.notices.message import Message
from purring.notices.send import Bounced, Deferred, Outcome
from purring.operations.customers import NewPerson
from purring.operations.notices import COPIES_MAX, MAIL_LEASE, SENDER_PAUSE, send_due
from purring.operations.pay import pay_now
from tests.world import FUNDS, Outbox, Shop, World, only


def _declined(world: World, shop: Shop, *people: NewPerson) -> Subscription:
    """A subscription whose decline was told as far as the mail server let us."""
    customer = shop.customer(*people)
    subscription = shop.subscribe(customer, shop.card(customer, FUNDS))
    with world.worker() as worker:
        worker.turn()
    return subscription


def _with(world: World, *answers: Any) -> Outbox:
    """Let the mail server answer so, from now on."""
    outbox = Outbox(*answers)
    world.outbox, world.services = outbox, replace(world.services, sender=outbox)
    return outbox


def _copies(world: World) -> list[str]:
    """The statuses of all copies."""
    status = 4
    return sorted(str(row[status]) for row in world.dump()["delivery"])


def test_everybody_reads_their_own_language(world: World, shop: Shop) -> None:
    """Billing admins and payers get a copy each, in their own language; readers get none."""
    people = [
        NewPerson(name="Kari", email="kari@example.com", locale="nb"),
        NewPerson(name="Ann", email="ann@example.com", locale="en", role=Role.PAYER),
        NewPerson(name="Odd", email="odd@example.com", locale="nb", role=Role.READER),
    ]
    _declined(world, shop, *people)
    got = {message.to_email: message for message in world.outbox.messages}
    assert {"kari@example.com": "nb", "ann@example.com": "en"} == {to: one.locale for to, one in got.items()}
    assert "betal" in got["kari@example.com"].body
    assert "payment" in got["ann@example.com"].body
    assert 1 == len({message.thread_id for message in got.values()})
    assert 2 == len({message.message_id for message in got.values()})


def test_a_deferred_copy_comes_again_as_the_same_mail(world: World, shop: Shop) -> None:
    """A copy that the server put off is sent later, with the same Message-ID, and costs the other copies nothing."""
    outbox = _with(world, Deferred(detail="greylisted"), Deferred(detail="greylisted"))
    subscription = _declined(world, shop)
    world.later(minutes=4)
    assert 1 == len(outbox.messages)
    world.play(minutes=30)
    first, second, third = outbox.messages
    assert first.message_id == second.message_id == third.message_id
    assert second.at - first.at < third.at - second.at
    assert NoticeStatus.SENT is only(shop.notices(subscription.customer_id)).status


def test_a_bounced_copy_is_remembered(world: World, shop: Shop) -> None:
    """A copy that was refused for good isn't tried again; a notice that reached nobody says so."""
    outbox = _with(world, Bounced(detail="no such mailbox"))
    subscription = _declined(world, shop)
    world.play(days=1)
    assert 1 == len(outbox.messages)
    assert ["failed"] == _copies(world)
    assert NoticeStatus.UNDELIVERED is only(shop.notices(subscription.customer_id)).status


def test_one_reader_is_enough(world: World, shop: Shop) -> None:
    """A notice that reached one of two people is sent."""
    people = [NewPerson(name=name, email=f"{name}@example.com", locale="en") for name in ("ann", "bob")]
    _with(world, Bounced(detail="no such mailbox"))
    subscription = _declined(world, shop, *people)
    assert ["failed", "sent"] == _copies(world)
    assert NoticeStatus.SENT is only(shop.notices(subscription.customer_id)).status


def test_no_decline_is_told_after_the_payment(world: World, shop: Shop) -> None:
    """A copy that waits for the mail server is withdrawn when the invoice is paid."""
    outbox = _with(world, Deferred(detail="greylisted"))
    subscription = _declined(world, shop)
    facts = shop.facts(subscription)
    pay_now(world.services, shop.id, facts.invoice.id, shop.card(facts.customer, "approve").id)
    world.play(days=1)
    assert ["sent", "withdrawn"] == _copies(world)
    assert [NoticeStatus.WITHDRAWN, NoticeStatus.SENT] == [one.status for one in shop.notices(facts.customer.id)]
    assert 2 == len(outbox.messages)


def test_a_sender_that_breaks_loses_nothing(world: World, shop: Shop) -> None:
    """A copy that makes the sender raise is put off like any other; those behind it go out."""
    outbox = _with(world, RuntimeError("broken"))
    for _ in range(3):
        shop.sold(FUNDS)
    world.work()
    assert ["owed", "sent", "sent"] == _copies(world)
    world.play(minutes=10)
    assert ["sent"] * 3 == _copies(world)
    assert 4 == len(outbox.messages)


def test_a_server_that_is_away_costs_no_try(world: World, shop: Shop) -> None:
    """While the whole mail server is away one copy tries it now and then and none is given up."""
    away = Deferred(detail="connection refused", affects_all=True)
    outbox = _with(world, *[away] * 60)
    for _ in range(3):
        shop.sold(FUNDS)
    world.play(hours=3)
    assert 2 < len(outbox.messages) <= timedelta(hours=3) / SENDER_PAUSE + 1
    assert {"owed"} == set(_copies(world))
    _with(world)
    world.play(minutes=6)
    assert ["sent"] * 3 == _copies(world)[:3]


def test_a_crash_after_sending_sends_the_same_mail_again(world: World, shop: Shop) -> None:
    """Mail is sent at least once: after a crash a copy goes out again, recognizable by its Message-ID."""

    class Dying(Outbox):
        """Dies as soon as the mail is handed over."""

        def send(self, message: Message) -> Outcome:
            super().send(message)
            raise SystemExit

    dying = Dying()
    world.services = replace(world.services, sender=dying)
    shop.sold(FUNDS)
    with pytest.raises(SystemExit):
        world.work()
    outbox = _with(world)
    world.clock.advance_to(world.clock.now() + MAIL_LEASE)
    assert 1 == send_due(world.services)
    assert only(dying.messages).message_id == only(outbox.messages).message_id


def test_a_slow_batch_stops_before_its_lease_does(world: World, shop: Shop) -> None:
    """A batch stops sending while its lease is young, so that no other worker sends the same copies."""
    everything: list[Message] = []

    class Fast(Outbox):
        """Sends for the other worker."""

        def send(self, message: Message) -> Outcome:
            everything.append(message)
            return super().send(message)

    class Slow(Fast):
        """Takes almost a minute for each message, while another worker looks for work."""

        def send(self, message: Message) -> Outcome:
            world.clock.advance_to(world.clock.now() + timedelta(seconds=50))
            send_due(world.process("worker-2", sender=Fast()))
            return super().send(message)

    for _ in range(5):
        shop.sold(FUNDS)
    world.services = replace(world.services, sender=Slow())
    world.play(hours=1)
    ids = [message.message_id for message in everything]
    assert 5 == len(ids) == len(set(ids))
    assert ["sent"] * 5 == _copies(world)


def test_a_batch_is_bounded(world: World, shop: Shop) -> None:
    """At most so many copies are sent before they are written down."""
    customer_people = [
        NewPerson(name=f"p{number}", email=f"p{number}@example.com", locale="en") for number in range(COPIES_MAX + 5)
    ]
    customer = shop.customer(*customer_people)
    shop.subscribe(customer, shop.card(customer, FUNDS))
    with world.worker() as worker:
        turn = worker.turn()
    assert (COPIES_MAX, 5) == (turn.sent, send_due(world.services))
