"""Text messages beside mails: for who takes them, of the kinds the merchant names, and never at the mails' cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

import pytest

from purring.domain.errors import InvalidInput
from purring.domain.notice import Channel, NoticeKind, NoticeStatus
from purring.domain.notice_terms import NoticeTerms
from purring.domain.policy import Policy
from purring.domain.subscription import Subscription
from purring.notices.send import Bounced, Deferred, Delivered, Outcome
from purring.notices.sms_request import ShortMessage
from purring.operations.customers import NewPerson
from purring.operations.story import copies_of_notice
from tests.world import FUNDS, Shop, World, only

PHONE = "+4790000000"
TEXTED = Policy(notices=NoticeTerms(sms_kinds=(NoticeKind.LAST_NOTICE, NoticeKind.PAYMENT_DECLINED)))
KARI = NewPerson(name="Kari", email="kari@example.com", locale="nb", phone=PHONE, takes_sms=True)
ODD = NewPerson(name="Odd", email="odd@example.com", locale="en", phone="+4791111111")


class Texts:
    """Keeps what would have been texted. `answers` come first, one per message, then everything is delivered."""

    in_flight_max = 1

    def __init__(self, *answers: Outcome) -> None:
        self.messages: list[ShortMessage] = []
        self._answers = list(answers)

    def send(self, message: ShortMessage) -> Outcome:
        """Keep it."""
        self.messages.append(message)
        return self._answers.pop(0) if self._answers else Delivered()

    def close(self) -> None:
        """Keep nothing open."""


def texting(world: World, *answers: Outcome) -> Texts:
    """Let the provider answer so, from now on."""
    texts = Texts(*answers)
    world.services = replace(world.services, sms_sender=texts, base_url="https://pay.example", secret_key=b"s" * 32)
    return texts


def declined(world: World, policy: Policy = TEXTED) -> tuple[Shop, Subscription]:
    """A subscription of Kari's and Odd's whose charge was declined."""
    shop = world.shop("Vik AS", policy)
    customer = shop.customer(KARI, ODD)
    return shop, shop.subscribe(customer, shop.card(customer, FUNDS))


def copies(world: World, shop: Shop, subscription: Subscription) -> list[tuple[str, str, str]]:
    """Of the first notice: to whom, on which way, and how it stands."""
    notice = shop.notices(subscription.customer_id)[0]
    found = copies_of_notice(world.services, shop.id, notice.id)
    return sorted((one.person.name, one.channel.value, one.status.value) for one in found)


def test_who_takes_text_messages_gets_both(world: World) -> None:
    """Kari gets a mail and a text message in her language with a link of its own; Odd gets the mail alone."""
    texts = texting(world)
    shop, subscription = declined(world)
    world.work()
    assert [("Kari", "email", "sent"), ("Kari", "sms", "sent"), ("Odd", "email", "sent")] == copies(
        world, shop, subscription
    )
    message = only(texts.messages)
    assert PHONE == message.to_phone
    assert message.text.startswith("Vik AS: Betalingen på 249,00 kr gikk ikke gjennom.")
    assert 1 == message.text.count("https://pay.example/i/")
    assert not [mail for mail in world.outbox.messages if message.text.rpartition("/")[2] in mail.body]
    stored = str(world.dump()["delivery"])
    assert message.text.rpartition("/")[2] not in stored


def test_the_last_notice_comes_by_both_ways(world: World) -> None:
    """And what the merchant doesn't name comes by mail alone."""
    texts = texting(world)
    declined(world, Policy(notices=NoticeTerms(sms_kinds=(NoticeKind.LAST_NOTICE,))))
    world.play(days=27)
    assert "Siste varsel" in only(texts.messages).text
    assert len(world.outbox.messages) > 2


def test_a_deferred_text_message_comes_again_as_the_same(world: World) -> None:
    """With the same id, and the mails have gone out long since, each once."""
    texts = texting(
        world, Deferred(detail="the provider answered 503"), Deferred(detail="silent", may_have_arrived=True)
    )
    shop, subscription = declined(world)
    world.play(minutes=30)
    assert 3 == len(texts.messages)
    assert 1 == len({(one.delivery_id, one.text) for one in texts.messages})
    assert 2 == len(world.outbox.messages)
    assert {"sent"} == {status for *_, status in copies(world, shop, subscription)}


@pytest.mark.parametrize(
    ("answer", "status"),
    [(Bounced(detail="the provider answered 400"), "failed"), (Deferred(detail="away", affects_all=True), "owed")],
)
def test_a_failed_text_message_leaves_the_mail_alone(world: World, answer: Outcome, status: str) -> None:
    """Neither a refusal nor a provider that is away touches the mails, the notice or anybody's address."""
    texting(world, *[answer] * 9)
    shop, subscription = declined(world)
    world.play(minutes=20)
    assert [("Kari", "email", "sent"), ("Kari", "sms", status), ("Odd", "email", "sent")] == copies(
        world, shop, subscription
    )
    assert NoticeStatus.SENT is only(shop.notices(subscription.customer_id)).status
    assert "notice.bounced" not in shop.events(subscription)


def test_without_a_provider_the_copy_says_what_to_set(world: World) -> None:
    """It waits in the queue, and the mails have gone out."""
    shop, subscription = declined(world)
    world.work()
    notice = only(shop.notices(subscription.customer_id))
    copy = next(one for one in copies_of_notice(world.services, shop.id, notice.id) if one.channel is Channel.SMS)
    assert ("failed", "Nobody sends text messages; set PURRING_SMS_URL.") == (copy.status.value, copy.problem)
    assert 2 == len(world.outbox.messages)


def test_quiet_hours_hold_for_text_messages_too(world: World) -> None:
    """They wait for the same morning as the mails."""
    texts = texting(world)
    quiet = replace(TEXTED.notices, quiet_from=time(9), quiet_until=time(21))
    declined(world, Policy(notices=quiet))
    world.work()
    assert ([], []) == (texts.messages, world.outbox.messages)
    world.play(hours=9)
    assert (1, 2) == (len(texts.messages), len(world.outbox.messages))


def test_a_number_must_be_international(world: World, shop: Shop) -> None:
    """Nobody is stored with one that isn't."""
    with pytest.raises(InvalidInput, match="no international number"):
        shop.customer(replace(KARI, phone="90000000"))
    assert [] == world.dump()["person"]
