"""When copies go out: together, at the right hour, to whom they reach, and not once the money has come meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import time

import pytest

from purring.domain.customer import Role
from purring.domain.errors import InvalidInput, UnknownField
from purring.domain.notice import NoticeStatus
from purring.domain.notice_terms import NoticeTerms
from purring.domain.policy import Policy
from purring.notices.message import Message
from purring.notices.send import Outcome
from purring.operations.customers import NewPerson
from purring.operations.merchants import change_policy_by
from purring.operations.notices import mark_read
from purring.operations.pay import pay_now
from tests.world import FUNDS, Outbox, Shop, World

TOGETHER = Policy(notices=NoticeTerms(combine_at=time(14)))


class Busy(Outbox):
    """A mail server during whose first mail something else happens."""

    def __init__(self, meanwhile: Callable[[Message], None]) -> None:
        """Say what."""
        super().__init__()
        self.meanwhile = meanwhile

    def send(self, message: Message) -> Outcome:
        """Take a mail over."""
        outcome = super().send(message)
        if len(self.messages) == 1:
            self.meanwhile(message)
        return outcome


def test_each_person_gets_one_mail_about_two_invoices(world: World) -> None:
    """Every copy is kept as it was read; the invoices' own notices are sent."""
    shop = world.shop(policy=TOGETHER)
    people = [NewPerson(name=name, email=f"{name}@example.com", locale="en") for name in ("ann", "bob")]
    customer = shop.customer(*people)
    for _ in range(2):
        shop.subscribe(customer, shop.card(customer, FUNDS))
    world.work()
    assert [] == world.outbox.messages
    world.play(hours=1)
    assert ["ann@example.com", "bob@example.com"] == sorted(message.to_email for message in world.outbox.messages)
    numbers = [invoice.number for invoice in shop.invoices(customer.id)]
    assert 2 == len([number for number in numbers if number in world.outbox.messages[0].body])
    assert [NoticeStatus.SENT] * 2 == [notice.status for notice in shop.notices(customer.id)]
    assert [] == world.broken()


def test_a_payment_in_between_leaves_the_list(world: World) -> None:
    """What is paid before the mail goes out is no news any more."""
    shop = world.shop(policy=TOGETHER)
    customer = shop.customer()
    first, second = (shop.subscribe(customer, shop.card(customer, FUNDS)) for _ in range(2))
    world.work()
    pay_now(world.services, shop.id, shop.invoice(first).id, shop.card(customer, "approve").id)
    world.play(hours=1)
    told = [message for message in world.outbox.messages if shop.invoice(second).number in message.body]
    assert 1 == len(told)
    assert shop.invoice(first).number not in told[0].body


def test_money_that_comes_while_a_batch_goes_out_stops_its_notice(world: World, shop: Shop) -> None:
    """Though the copy was claimed: each is looked at right before it is handed over."""
    sold = [shop.sold(FUNDS), shop.sold(FUNDS)]

    def pay_the_other(message: Message) -> None:
        other = next(one for one in sold if shop.buyer(one).people[0].email != message.to_email)
        card = shop.card(shop.buyer(other), "approve")
        pay_now(world.services, shop.id, shop.invoice(other).id, card.id)

    busy = Busy(pay_the_other)
    world.outbox, world.services = busy, replace(world.services, sender=busy)
    world.work()
    world.play(hours=1)
    told = [notice.status for one in sold for notice in shop.notices(one.customer_id)]
    assert sorted([NoticeStatus.SENT, NoticeStatus.WITHDRAWN, NoticeStatus.SENT]) == sorted(told)
    assert 2 == len(busy.messages)
    assert [] == world.broken()


def test_what_a_person_has_seen_is_remembered_once(world: World, shop: Shop) -> None:
    """Of what went out to them, and of the notice."""
    people = [NewPerson(name=name, email=f"{name}@example.com", locale="en") for name in ("ann", "bob")]
    customer = shop.customer(*people)
    subscription = shop.subscribe(customer, shop.card(customer, FUNDS))
    world.work()
    invoice, ann = shop.invoice(subscription), customer.people[0]
    mark_read(world.services, shop.id, [invoice.id], ann.id)
    read_at = world.clock.now()
    world.later(hours=1)
    mark_read(world.services, shop.id, [invoice.id], ann.id)
    assert [read_at] == [notice.read_at for notice in shop.notices(customer.id)]


def test_a_billing_address_gets_notices(world: World, shop: Shop) -> None:
    """And has no rights, so that nothing else comes of it."""
    address = NewPerson(name="Accounts", email="ap@example.com", locale="en", role=Role.BILLING_ADDRESS)
    customer = shop.customer(address)
    shop.subscribe(customer, shop.card(customer, FUNDS))
    world.work()
    assert ["ap@example.com"] == [message.to_email for message in world.outbox.messages]


def test_the_terms_of_notices_are_changed_one_by_one(world: World, shop: Shop) -> None:
    """Those that a document doesn't name stay."""
    said = {"quiet_from": "21:00", "quiet_until": "08:00", "receipts": True, "expiry_days": [14]}
    assert (
        NoticeTerms(quiet_from=time(21), quiet_until=time(8), receipts=True, expiry_days=(14,))
        == change_policy_by(world.services, shop.id, {"notices": said}).policy.notices
    )
    newer = change_policy_by(world.services, shop.id, {"notices": {"receipts": False, "hold_back_max": 1}})
    assert (time(21), False, 1) == (
        newer.policy.notices.quiet_from,
        newer.policy.notices.receipts,
        newer.policy.notices.hold_back_max,
    )


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ({"receipts": "yes"}, "notices.receipts must be true or false"),
        ({"combine_at": "noon"}, "notices.combine_at must be a time of day"),
        ({"hold_back_max": 9}, "notices.hold_back_max must be 0 to 2"),
        ({"quiet_from": "21:00"}, "notices.quiet_until needs quiet_from"),
        ({"sms_kinds": ["parcel"]}, "notices.sms_kinds knows no 'parcel'"),
    ],
)
def test_terms_that_can_not_be_kept_are_refused(world: World, shop: Shop, said: dict[str, object], remedy: str) -> None:
    """With the field and what it takes."""
    with pytest.raises(InvalidInput, match=remedy):
        change_policy_by(world.services, shop.id, {"notices": said})
    with pytest.raises(UnknownField, match="has no field 'night'"):
        change_policy_by(world.services, shop.id, {"notices": {"night": True}})
