"""Each person's copy of a notice goes out once, or is tried again, or is given up; the notice follows its copies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from purring.domain.changes import Changes
from purring.domain.customer import Role
from purring.domain.facts import Facts
from purring.domain.notice import Notice, NoticeStatus
from purring.store import leases, notices
from purring.store.leases import Claim, Work
from purring.store.notices import TRIES_MAX, Delivery, NotSent, Sent
from purring.store.schema import DeliveryStatus
from tests.store.world import NOW, World

LEASE = timedelta(minutes=5)
OWNER = "one"


def _owed(world: World, *roles: Role) -> tuple[Facts, Notice]:
    customer = world.customer(*roles)
    facts = world.facts(world.invoice(world.subscription(customer, world.card(customer))))
    notice = world.notice(facts)
    world.save(Changes(created=(notice,)))
    return facts, notice


def _claim(world: World, at: datetime = NOW, owner: str = OWNER) -> list[Claim]:
    with world.store.transaction() as conn:
        return leases.claim(conn, Work.DELIVERY, owner, at, limit=10, lease=LEASE)


def _copies(world: World, notice: Notice) -> list[Delivery]:
    with world.store.reading() as conn:
        return notices.deliveries_of_notices(conn, [(world.merchant.id, notice.id)])


def _send(world: World, claims: list[Claim], at: datetime = NOW) -> None:
    sent = [Sent(claim=claim, subject="Hei", body="Betalingen gikk ikke gjennom.", locale="nb") for claim in claims]
    with world.store.transaction() as conn:
        notices.mark_sent(conn, sent, OWNER, at)


def _fail(world: World, claims: list[Claim], at: datetime = NOW, *, permanent: bool = False) -> None:
    failed = [NotSent(claim=claim, problem="mailbox full " * 100, permanent=permanent) for claim in claims]
    with world.store.transaction() as conn:
        notices.mark_failed(conn, failed, OWNER, at)


def test_a_claimed_copy_brings_all_that_rendering_needs(world: World) -> None:
    """Notice, person and customer come with the copy."""
    facts, notice = _owed(world)
    claims = _claim(world)
    with world.store.reading() as conn:
        copies = notices.deliveries(conn, [(claim.merchant_id, claim.id) for claim in claims])
    assert [(notice, facts.customer.people[0], facts.customer)] == [
        (copy.notice, copy.person, copy.customer) for copy in copies.values()
    ]


def test_a_copy_isnt_claimed_before_its_notice_is_due(world: World) -> None:
    """A notice that waits for the backup's answer waits in the queue."""
    facts = world.due()
    world.save(Changes(created=(world.notice(facts, due_at=NOW + timedelta(hours=1)),)))
    assert [] == _claim(world, NOW + timedelta(minutes=59))
    assert 1 == len(_claim(world, NOW + timedelta(hours=1)))


def test_what_went_out_is_kept_as_it_was_rendered(world: World) -> None:
    """The copy is sent with its text, the notice is sent with it, and nothing is left to do."""
    facts, notice = _owed(world)
    _send(world, _claim(world), NOW + timedelta(minutes=1))
    copy = _copies(world, notice)[0]
    assert (DeliveryStatus.SENT, "Hei", "Betalingen gikk ikke gjennom.", "nb", NOW + timedelta(minutes=1)) == (
        copy.status,
        copy.subject,
        copy.body,
        copy.locale,
        copy.sent_at,
    )
    expected = replace(notice, status=NoticeStatus.SENT, sent_at=NOW + timedelta(minutes=1))
    assert (expected,) == world.facts(facts.invoice).notices
    assert [] == _claim(world, NOW + timedelta(days=365))


def test_a_notice_is_sent_once_the_first_person_has_it(world: World) -> None:
    """The second person's copy doesn't move the time at which the customer was told."""
    facts, notice = _owed(world, Role.BILLING_ADMIN, Role.PAYER)
    first, second = _claim(world)
    _send(world, [first])
    _send(world, [second], NOW + timedelta(minutes=1))
    assert [replace(notice, status=NoticeStatus.SENT, sent_at=NOW)] == list(world.facts(facts.invoice).notices)
    assert {DeliveryStatus.SENT} == {copy.status for copy in _copies(world, notice)}


def test_a_copy_that_failed_is_tried_ever_later(world: World) -> None:
    """Each failure doubles the pause; after the last try the copy is given up and the notice reached nobody."""
    facts, notice = _owed(world)
    at, pauses = NOW, []
    while claims := _claim(world, at):
        _fail(world, claims, at)
        with world.store.reading() as conn:
            due_at = leases.next_due_at(conn, Work.DELIVERY, at)
        if due_at is None:
            break
        pauses.append(due_at - at)
        at = due_at
    assert [timedelta(minutes=5 * 2**n) for n in range(TRIES_MAX - 1)] == pauses
    copy = _copies(world, notice)[0]
    assert (DeliveryStatus.FAILED, TRIES_MAX, 500) == (copy.status, copy.tries, len(copy.problem))
    assert [NoticeStatus.UNDELIVERED] == [one.status for one in world.facts(facts.invoice).notices]


def test_what_can_never_arrive_isnt_tried_again(world: World) -> None:
    """A permanent failure ends a copy at once; as long as somebody else can be reached the notice isn't given up."""
    facts, notice = _owed(world, Role.BILLING_ADMIN, Role.PAYER)
    first, second = _claim(world)
    _fail(world, [first], permanent=True)
    assert [NoticeStatus.OWED] == [one.status for one in world.facts(facts.invoice).notices]
    _send(world, [second])
    assert [NoticeStatus.SENT] == [one.status for one in world.facts(facts.invoice).notices]
    _, other = _owed(world)
    _fail(world, _claim(world), permanent=True)
    assert [DeliveryStatus.FAILED] == [copy.status for copy in _copies(world, other)]
    assert {DeliveryStatus.FAILED, DeliveryStatus.SENT} == {copy.status for copy in _copies(world, notice)}


@pytest.mark.parametrize("end", [_send, _fail])
def test_only_the_holder_of_a_claim_ends_it(world: World, end: Callable[[World, list[Claim], datetime], None]) -> None:
    """Whoever was too slow changes nothing any more: neither copy nor notice."""
    facts, notice = _owed(world)
    lost = _claim(world)
    assert 1 == len(_claim(world, NOW + LEASE, "two"))
    before = _copies(world, notice)
    end(world, lost, NOW + LEASE)
    assert before == _copies(world, notice)
    assert (notice,) == world.facts(facts.invoice).notices


def test_a_copy_withdrawn_under_way_isnt_tried_again(world: World) -> None:
    """Money that came while a mail was on its way out: a failure to send it is welcome, a success is recorded."""
    for end, status in ((_fail, DeliveryStatus.WITHDRAWN), (_send, DeliveryStatus.SENT)):
        facts, notice = _owed(world)
        claims = _claim(world)
        world.change(replace(notice, status=NoticeStatus.WITHDRAWN))
        end(world, claims)
        assert [status] == [copy.status for copy in _copies(world, notice)]
        assert [NoticeStatus.WITHDRAWN] == [one.status for one in world.facts(facts.invoice).notices]
    assert [] == _claim(world, NOW + timedelta(days=365))
