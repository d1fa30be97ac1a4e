"""Events reach every endpoint that wants them: at least once, in order per object, and not for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import select

from purring.domain.endpoint import PAUSES, DisabledReason, EndpointStatus, EventDeliveryStatus
from purring.domain.errors import NotFound, Refused
from purring.domain.ids import EndpointId, EventId
from purring.domain.queue import QueueKind
from purring.notices.message import Message
from purring.operations import endpoints
from purring.operations.deliver import DELIVERIES_MAX, FAILURES_MAX, Courier
from purring.operations.endpoints import Logged
from purring.operations.queue import note_done, queue_of
from purring.store.schema import event, event_delivery
from purring.webhooks.post import Posted
from purring.webhooks.sign import verify
from tests.webhooks.endpoints import Receiver, endpoint, listening, refused, taken
from tests.world import FUNDS, Shop, World, kill_at


def receiver_of(world: World) -> Receiver:
    """Let the world send, to a receiver that takes everything."""
    receiver = Receiver()
    listening(world, receiver)
    return receiver


def log(shop: Shop, of: EndpointId, status: EventDeliveryStatus | None = None) -> list[Logged]:
    """What was sent to an endpoint, newest first."""
    return endpoints.log_of(shop.world.services, shop.id, of, status=status, limit=endpoints.LOG_MAX)


def mails_to_the_merchant(world: World) -> list[Message]:
    """What the merchant itself was told, and no customer."""
    return [mail for mail in world.outbox.messages if mail.to_email == "help@fjord.example"]


def event_ids(world: World) -> set[str]:
    """The ids of all events there are."""
    with world.services.store.reading() as conn:
        return set(conn.execute(select(event.c.id)).scalars())


def test_a_receiver_follows_an_invoice_from_its_issue_to_the_money(world: World, shop: Shop) -> None:
    """Issued, declined, past due, recovered, paid: each once, signed, with what the receiver needs to know."""
    receiver = receiver_of(world)
    opened = endpoint(shop, "invoice.*", "subscription.*", "recovery.*", "attempt.declined")
    subscription = shop.sold(FUNDS, "approve", external_id="workspace-7")
    world.play(days=10)
    assert 1 == receiver.kinds.count("invoice.paid") == receiver.kinds.count("subscription.past_due")
    assert len(receiver.got) == len({message["id"] for message in receiver.messages})
    for _, headers, body in receiver.got:
        verify(
            opened.secret,
            headers,
            body,
            datetime.fromtimestamp(int(headers["webhook-timestamp"]), tz=world.clock.now().tzinfo),
        )
    paid = next(message for message in receiver.messages if message["type"] == "invoice.paid")
    assert {"amount_minor": 24_900, "currency": "NOK"} == paid["data"]["amount"]
    assert ("retry", "paid") == (paid["data"]["cause"], paid["data"]["invoice"]["status"])
    past_due = next(message for message in receiver.messages if message["type"] == "subscription.past_due")
    assert "workspace-7" == past_due["data"]["subscription"]["external_id"]
    declined = next(message for message in receiver.messages if message["type"] == "attempt.declined")
    assert "insufficient_funds" == declined["data"]["reason"]
    assert subscription.id == past_due["data"]["subscription"]["id"]


def test_every_event_is_owed_once_to_every_endpoint_that_wants_it(world: World, shop: Shop) -> None:
    """One row per event and endpoint, whatever is killed on the way; an endpoint gets events from its beginning on."""
    receiver_of(world)
    shop.sold("approve")
    before = event_ids(world)
    everything, invoices = endpoint(shop), endpoint(shop, "invoice.paid")
    world.shop("Somebody else").sold("approve")
    for point in ("after_claim", "after_begin", "after_charge"):
        shop.sold(FUNDS, "approve")
        with pytest.raises(Exception, match=point), world.worker(kill_at(point)) as worker:
            worker.turn()
    world.play(days=10)
    with world.services.store.reading() as conn:
        made = conn.execute(select(event.c.id, event.c.kind, event.c.merchant_id)).all()
        owed = Counter(
            (row.endpoint_id, row.event_id)
            for row in conn.execute(select(event_delivery.c.endpoint_id, event_delivery.c.event_id))
        )
    own = [row for row in made if row.merchant_id == shop.id and row.id not in before]
    expected = Counter((everything.endpoint.id, row.id) for row in own)
    expected += Counter((invoices.endpoint.id, row.id) for row in own if row.kind == "invoice.paid")
    assert expected == owed


def test_what_is_killed_after_sending_is_sent_again_under_the_same_id(world: World, shop: Shop) -> None:
    """At least once: the receiver knows it by its id."""
    receiver = receiver_of(world)
    endpoint(shop, "subscription.created")
    shop.sold()

    def die(_url: str, _message: Mapping[str, Any]) -> Posted:
        raise KeyboardInterrupt

    receiver.answer = die
    with pytest.raises(KeyboardInterrupt), world.worker() as worker:
        worker.turn()
    receiver.answer = taken
    world.later(minutes=3)
    first, second = receiver.messages
    assert first["id"] == second["id"]


def test_events_about_one_object_come_in_order(world: World, shop: Shop) -> None:
    """While one waits for its next try those behind it wait; other objects' events don't."""
    receiver = receiver_of(world)
    endpoint(shop)
    stubborn: list[str] = []

    def answer(_url: str, message: Mapping[str, Any]) -> Posted:
        if message["type"] == "subscription.created" and len(stubborn) < 3:
            stubborn.append(message["id"])
            return refused(_url, message)
        return taken(_url, message)

    receiver.answer = answer
    first, second = shop.sold("approve"), shop.sold("approve")
    world.play(minutes=1)
    assert "invoice.paid" in receiver.kinds
    assert not {"subscription.renewed"} & set(_kinds_of(receiver, first.id))
    world.play(hours=2)
    for subscription in (first, second):
        kinds = list(dict.fromkeys(_kinds_of(receiver, subscription.id)))
        assert ["subscription.created", "subscription.renewed"] == kinds
    sent = [message for message in receiver.messages if message["id"] not in stubborn]
    by_object: dict[str, list[str]] = {}
    for message in sent:
        noun = message["type"].partition(".")[0]
        by_object.setdefault(message["data"].get(noun, {}).get("id", ""), []).append(message["id"])
    assert all(one < other for ids in by_object.values() for one, other in pairwise(ids))


def _kinds_of(receiver: Receiver, subscription_id: str) -> list[str]:
    return [
        message["type"]
        for message in receiver.messages
        if message["data"].get("subscription", {}).get("id") == subscription_id
    ]


def test_what_is_never_taken_is_tried_for_three_days_and_then_dead(world: World, shop: Shop) -> None:
    """Ten tries by the schedule; then it waits for a person, and one word sends it again."""
    receiver = receiver_of(world)
    opened = endpoint(shop, "subscription.created", "invoice.paid")
    receiver.answer = lambda url, message: (refused if message["type"] == "subscription.created" else taken)(
        url, message
    )
    shop.sold("approve")
    world.play(days=2)
    shop.sold("approve")
    world.play(days=3)
    (dead,) = log(shop, opened.endpoint.id, EventDeliveryStatus.DEAD)
    assert list(PAUSES) == [later.at - earlier.at for earlier, later in pairwise(dead.tries)]
    assert timedelta(days=3) <= dead.tries[-1].at - dead.tries[0].at
    assert {500} == {one.answer for one in dead.tries}
    (waiting,) = queue_of(world.services).rows
    assert (QueueKind.EVENTS_UNDELIVERED, opened.endpoint.id, 1) == (waiting.kind, waiting.id, waiting.count)
    receiver.answer = taken
    assert 1 == endpoints.replay_dead(world.services, shop.id, opened.endpoint.id)
    world.work()
    assert "subscription.created" == receiver.kinds[-1]
    assert () == queue_of(world.services).rows


def test_an_endpoint_that_takes_nothing_for_days_is_disabled(world: World, shop: Shop) -> None:
    """With a notice to the operators and to whoever listens elsewhere; enabled again it goes on, and gets the rest."""
    receiver = receiver_of(world)
    opened = endpoint(shop, "subscription.created")
    watch = endpoint(shop, "endpoint.disabled", url="https://watch.example/purring")
    receiver.answer = lambda url, message: (taken if "watch" in url else refused)(url, message)
    shop.sold("approve")
    world.play(days=4)
    assert ["endpoint.disabled"] == [kind for kind in receiver.kinds if kind.startswith("endpoint")]
    assert {"reason": "failing"}.items() <= receiver.messages[-1]["data"].items()
    assert receiver.messages[-1]["data"]["endpoint"]["id"] == opened.endpoint.id
    found = {one.id: one for one, _ in endpoints.endpoints_of(world.services, shop.id)}
    assert DisabledReason.FAILING is found[opened.endpoint.id].reason
    assert EndpointStatus.ENABLED is found[watch.endpoint.id].status
    (waiting,) = queue_of(world.services).rows
    assert (QueueKind.ENDPOINT_DISABLED, "failing") == (waiting.kind, waiting.state)
    (mail,) = mails_to_the_merchant(world)
    assert "three days" in mail.body
    assert "--since 2026-03-02" in mail.body
    shop.sold("approve")
    receiver.answer = taken
    world.work()
    with pytest.raises(Refused):
        endpoints.replay_dead(world.services, shop.id, opened.endpoint.id)
    endpoints.enable_endpoint(world.services, shop.id, opened.endpoint.id)
    receiver.got.clear()
    assert 2 == endpoints.replay_since(
        world.services, shop.id, opened.endpoint.id, world.clock.now() - timedelta(days=9)
    )
    world.work()
    assert ["subscription.created"] * 2 == receiver.kinds
    assert () == queue_of(world.services).rows


def test_gone_disables_at_once(world: World, shop: Shop) -> None:
    """410 Gone: nothing more is sent, and what was owed can be replayed."""
    receiver = receiver_of(world)
    opened = endpoint(shop)
    receiver.answer = lambda _url, _message: Posted(status=410, problem="answered 410", took_ms=1)
    shop.sold("approve")
    world.work()
    tried = len(receiver.got)
    world.play(days=1)
    assert tried == len(receiver.got) <= DELIVERIES_MAX
    ((found, counts),) = endpoints.endpoints_of(world.services, shop.id)
    assert (DisabledReason.GONE, False) == (found.reason, EventDeliveryStatus.OWED in counts)
    (mail,) = mails_to_the_merchant(world)
    assert "410 Gone" in mail.body
    assert f"purring endpoint enable {opened.endpoint.id}" in mail.body
    (waiting,) = queue_of(world.services).rows
    note_done(world.services, waiting.id, "the shop has moved")
    assert () == queue_of(world.services).rows
    assert opened.endpoint.id == waiting.id


def test_an_operator_disables_and_enables(world: World, shop: Shop) -> None:
    """What is made meanwhile isn't owed; nobody is asked to look."""
    receiver = receiver_of(world)
    opened = endpoint(shop)
    endpoints.disable_endpoint(world.services, shop.id, opened.endpoint.id)
    endpoints.disable_endpoint(world.services, shop.id, opened.endpoint.id)
    shop.sold("approve")
    world.work()
    assert ([], ()) == (receiver.got, queue_of(world.services).rows)
    endpoints.enable_endpoint(world.services, shop.id, opened.endpoint.id)
    endpoints.enable_endpoint(world.services, shop.id, opened.endpoint.id)
    shop.customer()
    shop.sold("approve")
    world.work()
    assert "invoice.paid" in receiver.kinds


def test_one_event_is_replayed_under_its_own_id(world: World, shop: Shop) -> None:
    """Delivered or not; another merchant's, or one that the endpoint doesn't want, isn't there."""
    receiver = receiver_of(world)
    opened = endpoint(shop, "invoice.paid")
    shop.sold("approve")
    world.work()
    (message,) = receiver.messages
    endpoints.replay_event(world.services, shop.id, opened.endpoint.id, EventId(message["id"]))
    world.work()
    assert [message, message] == receiver.messages
    other = min(event_ids(world) - {message["id"]})
    stranger = world.shop("Somebody else")
    with pytest.raises(NotFound):
        endpoints.replay_event(world.services, shop.id, opened.endpoint.id, EventId(other))
    with pytest.raises(NotFound):
        endpoints.replay_event(world.services, stranger.id, opened.endpoint.id, EventId(message["id"]))


def test_during_a_rotation_both_secrets_sign(world: World, shop: Shop) -> None:
    """A receiver with either accepts; afterwards only the new one does."""
    receiver = receiver_of(world)
    opened = endpoint(shop, "subscription.created")
    renewed = endpoints.rotate_secret(world.services, shop.id, opened.endpoint.id)
    shop.sold()
    world.work()
    _, headers, body = receiver.got[-1]
    assert opened.secret != renewed.secret
    for secret in (opened.secret, renewed.secret):
        verify(secret, headers, body, world.clock.now())
    world.later(hours=25)
    shop.sold()
    world.work()
    assert 1 == len(receiver.got[-1][1]["webhook-signature"].split())
    verify(renewed.secret, *receiver.got[-1][1:], world.clock.now())


def test_an_endpoint_that_fails_is_left_alone_for_a_while(world: World, shop: Shop) -> None:
    """After some failures in a row its other deliveries wait without a try, so that nobody waits for it."""
    receiver = receiver_of(world)
    endpoint(shop, "subscription.created")
    receiver.answer = refused
    for _ in range(FAILURES_MAX + 3):
        shop.sold()
    courier = Courier(world.services)
    assert FAILURES_MAX + 3 == courier.turn()
    assert FAILURES_MAX == len(receiver.got)
    receiver.answer = taken
    world.later(hours=1)
    assert 2 * FAILURES_MAX + 3 == len(receiver.got)


def test_a_slow_endpoint_leaves_places_to_others(world: World, shop: Shop) -> None:
    """Each endpoint with due events gets its share of a batch, however many another is owed."""
    receiver = receiver_of(world)
    endpoint(shop, "subscription.created")
    other = world.shop("Somebody else")
    endpoint(other, "subscription.created", url="https://other.example/purring")
    for _ in range(DELIVERIES_MAX):
        shop.sold()
    other.sold()
    Courier(world.services).turn()
    assert "https://other.example/purring" in {url for url, _, _ in receiver.got}


def test_an_event_that_cannot_be_written_holds_nobody_up(world: World, shop: Shop) -> None:
    """It is a try that failed; the others go out."""
    receiver = receiver_of(world)
    opened = endpoint(shop, "subscription.created", "invoice.paid")
    shop.sold("approve")
    with world.services.store.transaction() as conn:
        conn.execute(event_delivery.update().values(object_id="sub_nowhere"))
    world.work()
    assert ["invoice.paid"] == receiver.kinds
    (stuck,) = log(shop, opened.endpoint.id, EventDeliveryStatus.OWED)
    assert "Purring could not write it (ValidationError)" == stuck.tries[0].problem


def test_a_late_courier_writes_nothing(world: World, shop: Shop) -> None:
    """Whoever has lost a lease meanwhile leaves the delivery as the new owner has it."""
    receiver = receiver_of(world)
    opened = endpoint(shop, "subscription.created")
    shop.sold()
    rival = Courier(world.process("worker-2"))

    def overtake(url: str, message: Mapping[str, Any]) -> Posted:
        receiver.answer = taken
        world.clock.advance_to(world.clock.now() + timedelta(minutes=5))
        rival.turn()
        return refused(url, message)

    receiver.answer = overtake
    Courier(world.services).turn()
    (entry,) = log(shop, opened.endpoint.id)
    assert (EventDeliveryStatus.DELIVERED, 1) == (entry.delivery.status, entry.delivery.tries)
