"""Card testers find nothing: what people try at the portal is limited, whoever counts, and they learn for how long."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from purring.domain.card_testing import ALARM_DECLINES_MAX, ALARM_WITHIN, DECLINED_COUNTS, WITHIN, TryKind
from purring.domain.errors import RefusalCode, Refused
from purring.domain.ids import PortalTryId
from purring.operations.customers import NewPerson
from purring.operations.portal_tries import Who, begin_try
from purring.store import portal_tries
from purring.store.portal_tries import PortalTry
from tests.web.conftest import client_of
from tests.web.visitor import Visitor, readable
from tests.world import FUNDS, Shop, World

KARI = NewPerson(name="Kari", email="kari@example.com", locale="en")
LINK = re.compile(r"https://pay\.example(/i/[\w-]{32})\b")


@pytest.fixture
def kari(web: TestClient, shop: Shop) -> Visitor:
    """Somebody whose card was declined, signed in."""
    customer = shop.customer(KARI)
    shop.subscribe(customer, shop.card(customer, FUNDS))
    shop.world.work()
    visitor = Visitor(web, shop, customer)
    visitor.signs_in()
    return visitor


def tries_a_card(visitor: Visitor, path: str, answer: str) -> Response:
    """Enter another card for the open invoice and pay."""
    invoice = visitor.shop.invoices(visitor.customer.id)[0]
    mark = "&" if "?" in path else "?"
    seen = str(len(visitor.shop.facts(invoice.id).attempts))
    token = visitor.shop.token(answer).token
    return visitor.posts(f"{path}{mark}token={token}", holder_name="Kari", seen=seen)


def test_a_tester_is_soon_let_wait(kari: Visitor, shop: Shop, world: World) -> None:
    """Four declined cards in a session, then a page that says how long; other processes know it, an hour ends it."""
    path = f"/billing/methods/new?pay={shop.invoices(kari.customer.id)[0].id}"
    for _ in range(4):
        assert "declined again" in readable(tries_a_card(kari, path, FUNDS).text)
    world.clock.advance_to(world.clock.now() + WITHIN / 4)
    before = len(world.seen())
    refused = tries_a_card(kari, path, "approve")
    assert (429, str(45 * 60)) == (refused.status_code, refused.headers["retry-after"])
    assert "Nothing was charged. You can go on in about 45 min." in readable(refused.text)
    for client in client_of(world):
        client.cookies = kari.web.cookies
        assert 429 == tries_a_card(Visitor(client, shop, kari.customer), path, "approve").status_code
    assert before == len(world.seen())
    world.clock.advance_to(world.clock.now() + WITHIN * 3 / 4)
    kari.signs_in()
    assert "Thank you!" in readable(tries_a_card(kari, path, "approve").text)


def test_a_link_is_limited_as_a_session_is(kari: Visitor, shop: Shop, world: World) -> None:
    """Whoever holds one has as many tries, and sees the same sentence with a way back to the invoice."""
    link = LINK.findall(world.outbox.messages[0].body)[-1]
    kari.web.cookies.clear()
    for _ in range(4):
        assert "declined again" in readable(tries_a_card(kari, f"{link}/new", FUNDS).text)
    refused = tries_a_card(kari, f"{link}/new", "approve")
    assert (429, True) == (refused.status_code, "You can go on in about 60 min." in readable(refused.text))
    assert "3600" == refused.headers["retry-after"]
    assert f'href="{link}"' in refused.text


@pytest.mark.parametrize(
    ("scope", "room"), [("session", 6), ("customer_id", 10), ("network", 30)], ids=["session", "customer", "network"]
)
def test_each_scope_has_its_limit(world: World, shop: Shop, scope: str, room: int) -> None:
    """So many methods an hour are added in one session, for one customer, from one network; elsewhere it goes on."""
    people = [shop.customer() for _ in range(room + 1)]
    common: dict[str, Any] = {"session": "ses", "customer_id": people[0].id, "network": "10.1.2"}

    def add(number: int) -> None:
        own = Who(merchant_id=shop.id, customer_id=people[number].id, session=f"ses{number}", network=f"10.2.{number}")
        begin_try(world.services, TryKind.ADD, replace(own, **{scope: common[scope]}))

    for number in range(room):
        add(number)
    with pytest.raises(Refused) as refused:
        add(room)
    assert (RefusalCode.TOO_MANY_TRIES, ("60",)) == (refused.value.code, refused.value.details)
    elsewhere = Who(merchant_id=shop.id, customer_id=people[-1].id, session="other", network="other")
    begin_try(world.services, TryKind.ADD, elsewhere)


def test_too_many_declines_everywhere_stop_all(world: World, shop: Shop) -> None:
    """However many networks and customers a tester has: nobody's card is charged for ten minutes."""
    customer, now = shop.customer(), world.clock.now()
    with world.services.store.transaction() as conn:
        for number in range(ALARM_DECLINES_MAX):
            one = PortalTry(
                id=PortalTryId(world.services.ids.new("ptr_")),
                kind=TryKind.PAY,
                customer_id=customer.id,
                session_hash=str(number),
                network_hash=str(number),
                tried_at=now - ALARM_WITHIN / 2,
            )
            portal_tries.add(conn, shop.id, one, forget_before=now - WITHIN)
            portal_tries.let_count(conn, shop.id, one.id, DECLINED_COUNTS)
    other = world.shop("Fjell AS")
    who = Who(merchant_id=other.id, customer_id=other.customer().id, session="s", network="n")
    with pytest.raises(Refused) as refused:
        begin_try(world.services, TryKind.PAY, who)
    assert ("10",) == refused.value.details
    world.clock.advance_to(now + ALARM_WITHIN / 2)
    begin_try(world.services, TryKind.PAY, who)
