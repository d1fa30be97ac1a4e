"""What comes back is held against the copy it is about, once, whoever sent it how often and in which order."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from purring.domain.customer import AddressState, Role
from purring.domain.errors import InvalidInput
from purring.domain.notice import NoticeStatus
from purring.domain.notice_terms import NoticeTerms
from purring.domain.policy import Policy
from purring.domain.subscription import Subscription
from purring.notices.mailbox import Maildir
from purring.notices.send import Bounced
from purring.notices.verp import BounceAddress
from purring.operations.bounces import AFTER_TROUBLE, LOOKS_EVERY, receive_mails
from purring.operations.customers import NewPerson
from purring.operations.pay import pay_now
from purring.operations.queue import note_done, queue_of, try_again
from purring.store.notices import Delivery, deliveries
from purring.store.schema import DeliveryStatus, delivery
from tests.world import FUNDS, Outbox, Shop, World, only

ADDRESS = BounceAddress(pattern="bounces+{token}@purring.example", secret=b"x" * 32)
S = DeliveryStatus


@pytest.fixture(autouse=True)
def _bounces_come_back(world: World) -> None:
    world.services = replace(world.services, bounces=ADDRESS)


def report(world: World, copy: Delivery, action: str = "failed", status: str = "5.1.1", **more: str) -> bytes:
    """A report about a copy, as a server writes it."""
    fields = {"to": ADDRESS.of(copy.id), "id": f"<{action}-{status}@mx.example>", "recipient": copy.person.email}
    said = fields | more
    return "\n".join(
        [
            f"From: MAILER-DAEMON@mx.example\nTo: {said['to']}\nMessage-ID: {said['id']}",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n--b',
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n",
            f"Final-Recipient: rfc822; {said['recipient']}\nAction: {action}\nStatus: {status}\n\n--b",
            f"Content-Type: text/rfc822-headers\n\nMessage-ID: <{copy.id}@purring.example>\n\n--b--\n",
        ]
    ).encode()


def declined(world: World, shop: Shop, *people: NewPerson) -> tuple[Subscription, list[Delivery]]:
    """A decline that everybody was told of."""
    customer = shop.customer(*people)
    subscription = shop.subscribe(customer, shop.card(customer, FUNDS))
    world.work()
    return subscription, copies(world)


def copies(world: World) -> list[Delivery]:
    """Everybody's copies, in the order of their ids."""
    keys = [(row[0], row[1]) for row in world.dump()["delivery"]]
    with world.services.store.reading() as conn:
        found = deliveries(conn, keys)
    return sorted(found.values(), key=lambda copy: copy.id)


def come_back(world: World, *mails: bytes) -> None:
    """Mails come to the address for bounces, and the worker reads them."""
    receive_mails(world.services, mails)
    world.work()


KARI = NewPerson(name="Kari", email="kari@example.com", locale="nb")
ANN = NewPerson(name="Ann", email="ann@example.com", locale="en", role=Role.PAYER)


def test_a_hard_bounce_marks_copy_and_address_and_waits_for_a_person(world: World, shop: Shop) -> None:
    """The copy says why, the address is no good, the notice reached nobody, and an operator sees it."""
    subscription, (copy,) = declined(world, shop, KARI)
    come_back(world, report(world, copy))
    (after,) = copies(world)
    assert (S.BOUNCED, "5.1.1", world.clock.now()) == (after.status, after.code, after.reported_at)
    assert AddressState.BOUNCED is after.person.email_state
    assert not after.person.is_reachable
    assert [NoticeStatus.UNDELIVERED] == [one.status for one in shop.facts(subscription).notices]
    assert [("notice_undelivered", copy.id)] == [(row.kind, row.id) for row in queue_of(world.services).rows]
    assert [] == world.broken()


def test_a_soft_bounce_leaves_the_address_alone(world: World, shop: Shop) -> None:
    """A full mailbox is empty tomorrow; and as long as somebody else has the notice it has arrived."""
    subscription, (first, _) = declined(world, shop, KARI, ANN)
    come_back(world, report(world, first, status="5.2.2"))
    assert [S.BOUNCED, S.SENT] == [copy.status for copy in copies(world)]
    assert {AddressState.FINE} == {copy.person.email_state for copy in copies(world)}
    assert [NoticeStatus.SENT] == [one.status for one in shop.facts(subscription).notices]
    assert [] == world.broken()


@pytest.mark.parametrize(
    ("actions", "status"),
    [
        (["delayed"], S.DELAYED),
        (["delayed", "delivered"], S.DELIVERED),
        (["delivered", "delayed"], S.DELIVERED),
        (["delayed", "failed"], S.BOUNCED),
        (["delivered", "failed"], S.BOUNCED),
        (["failed", "delivered", "delayed"], S.BOUNCED),
    ],
)
@pytest.mark.parametrize("together", [True, False])
def test_reports_come_in_any_order(
    world: World, shop: Shop, actions: list[str], status: DeliveryStatus, *, together: bool
) -> None:
    """What is worst and what is last wins, be they read at once or one by one."""
    _, (copy,) = declined(world, shop, KARI)
    mails = [report(world, copy, action) for action in actions]
    for some in [mails] if together else [[mail] for mail in mails]:
        come_back(world, *some)
    assert [status] == [one.status for one in copies(world)]
    assert [] == world.broken()


def test_a_report_acts_once(world: World, shop: Shop) -> None:
    """However often it is taken in, and whoever else reports the same: one event."""
    _, (copy,) = declined(world, shop, KARI)
    come_back(world, report(world, copy), report(world, copy))
    come_back(world, report(world, copy))
    come_back(world, report(world, copy, id="<another@mx.example>"))
    assert 1 == world.dump()["event"].__repr__().count("notice.bounced")
    assert copies(world)[0].status is S.BOUNCED


@pytest.mark.parametrize(
    "forged",
    [
        {"to": "bounces+01k6q3v8f0m2c4e6g8j0n2q4s6aaaaaaaaaaaaa@purring.example", "recipient": "x@example.com"},
        {"to": "bounces@purring.example", "recipient": "somebody.else@example.com"},
    ],
)
def test_a_forged_report_changes_nothing(world: World, shop: Shop, forged: dict[str, str]) -> None:
    """Whoever knows neither our signature nor both the Message-ID and whom it went to can make nobody unreachable."""
    _, (copy,) = declined(world, shop, KARI)
    before = world.dump() | {"inbound_event": []}
    come_back(world, report(world, copy, **forged), b"", b"no mail at all", b"Message-ID: <dlv_@x>\n\n")
    assert before == world.dump() | {"inbound_event": []}
    assert {} == queue_of(world.services).counts


def test_a_report_without_our_address_is_told_by_id_and_recipient(world: World, shop: Shop) -> None:
    """Some servers don't let the address for bounces vary."""
    _, (copy,) = declined(world, shop, KARI)
    come_back(world, report(world, copy, to="bounces@purring.example", recipient="KARI@example.com"))
    assert [S.BOUNCED] == [one.status for one in copies(world)]


def test_a_report_that_is_quicker_than_we_is_tried_again(world: World, shop: Shop) -> None:
    """We died after handing the mail over: its bounce waits until the copy is written down as sent."""
    outbox = Outbox()
    world.services = replace(world.services, sender=outbox)
    customer = shop.customer(KARI)
    shop.subscribe(customer, shop.card(customer, FUNDS))
    with world.worker() as worker:
        worker.turn()
    (copy,) = copies(world)
    _owe(world)
    come_back(world, report(world, copy))
    world.play(hours=1)
    assert [S.BOUNCED] == [one.status for one in copies(world)]


def _owe(world: World) -> None:
    """Turn the copy back into one that nobody has written down as sent, and that somebody holds for two minutes."""
    until = world.clock.now() + timedelta(minutes=2)
    values: dict[str, Any] = {"status": S.OWED, "sent_at": None, "next_step_at": until, "subject": None}
    with world.services.store.transaction() as conn:
        conn.execute(delivery.update().values(**values))


def test_a_refusal_on_the_spot_marks_the_address_too(world: World, shop: Shop) -> None:
    """The server knew at once that there is no such mailbox."""
    world.services = replace(world.services, sender=Outbox(Bounced(detail="5.1.1 <address> User unknown", code=550)))
    declined(world, shop, KARI)
    (copy,) = copies(world)
    assert (S.FAILED, "5.1.1", AddressState.BOUNCED) == (copy.status, copy.code, copy.person.email_state)
    assert 1 == world.dump()["event"].__repr__().count("notice.bounced")


def test_a_complaint_marks_the_address(world: World, shop: Shop) -> None:
    """The mail has arrived and wasn't wanted; an address that bounces is the worse."""
    _, (copy,) = declined(world, shop, KARI)
    kept = Path(__file__).parents[1] / "notices" / "reports" / "rfc5965-complaint.eml"
    ours = kept.read_text().replace("bounces+01k6q3v8f0m2c4e6g8j0n2q4s6ure2evfbf7beo@nordlys.test", ADDRESS.of(copy.id))
    come_back(world, ours.encode())
    assert [(S.SENT, AddressState.COMPLAINED)] == [(one.status, one.person.email_state) for one in copies(world)]
    come_back(world, report(world, copy))
    assert [AddressState.BOUNCED] == [one.person.email_state for one in copies(world)]


def test_a_copy_that_came_back_can_be_sent_again(world: World, shop: Shop) -> None:
    """An operator has asked for the right address: the same mail goes out, and the address is tried anew."""
    subscription, (copy,) = declined(world, shop, KARI)
    come_back(world, report(world, copy))
    sent = world.services.sender
    assert isinstance(sent, Outbox)
    count = len(sent.messages)
    try_again(world.services, copy.id)
    world.work()
    assert [S.SENT] == [one.status for one in copies(world)]
    assert [sent.messages[0].message_id] == [message.message_id for message in sent.messages[count:]]
    assert [NoticeStatus.SENT] == [one.status for one in shop.facts(subscription).notices]
    assert [AddressState.FINE] == [one.person.email_state for one in copies(world)]
    assert {} == queue_of(world.services).counts
    assert [] == world.broken()


def test_nobody_is_told_of_a_failure_after_the_money(world: World, shop: Shop) -> None:
    """A copy isn't sent again once the invoice is paid; it can only be noted as done."""
    subscription, (copy, *_) = declined(world, shop, KARI)
    come_back(world, report(world, copy))
    card = shop.card(shop.buyer(subscription), "approve")
    pay_now(world.services, shop.id, shop.invoice(subscription).id, method_id=card.id)
    with pytest.raises(InvalidInput, match="paid"):
        try_again(world.services, copy.id)
    note_done(world.services, copy.id, "rang them")
    assert {} == queue_of(world.services).counts


def test_a_mail_about_several_notices_takes_all_of_them_with_it(world: World) -> None:
    """A day's declines went out as one mail: when that comes back, none of them has arrived."""
    shop = world.shop("Vik AS", Policy(notices=NoticeTerms(combine_at=time(18))))
    customer = shop.customer(KARI)
    for _ in range(2):
        shop.subscribe(customer, shop.card(customer, FUNDS))
    world.play(days=1)
    (mail,) = world.outbox.messages
    carrier = next(copy for copy in copies(world) if copy.id == mail.delivery_id)
    assert [S.SENT, S.SENT] == [copy.status for copy in copies(world)]
    come_back(world, report(world, carrier))
    assert [S.BOUNCED, S.BOUNCED] == [copy.status for copy in copies(world)]


def test_the_worker_looks_into_the_mailbox(world: World, shop: Shop, tmp_path: Path) -> None:
    """Every minute; where it can't be read it is left alone for a while."""
    _, (copy,) = declined(world, shop, KARI)
    world.services = replace(world.services, mailbox=Maildir(path=tmp_path / "box"))
    with world.worker() as worker:
        worker.turn()
        for name in ("new", "cur"):
            (tmp_path / "box" / name).mkdir(parents=True)
        (tmp_path / "box" / "new" / "1").write_bytes(report(world, copy))
        for wait, status in ((LOOKS_EVERY, S.SENT), (AFTER_TROUBLE, S.BOUNCED)):
            world.clock.advance_to(world.clock.now() + wait)
            worker.run_until_idle()
            assert [status] == [one.status for one in copies(world)]
    assert only(list((tmp_path / "box" / "cur").iterdir())).name == "1:2,S"
