"""Leaving for the bank and coming back: the result shows by itself, looking changes nothing, and one charge is made."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import httpx2
import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from purring.domain.subscription import Subscription
from purring.operations.customers import NewPerson
from purring.operations.payment import SHOWN_FOR
from purring.web.portal.paying_pages import PAUSES_S
from tests.web.visitor import Visitor, forms_of, path_of, readable
from tests.world import FUNDS, Shop, World

KARI = NewPerson(name="Kari", email="kari@example.com", locale="en")
LINK = re.compile(r"https://pay\.example(/i/[\w-]{32})\b")
WAITS = "We wait for your bank's answer"


@pytest.fixture
def kari(web: TestClient, shop: Shop) -> Visitor:
    """A billing admin, not signed in yet."""
    return Visitor(web, shop, shop.customer(KARI))


def asked(kari: Visitor, *answers: str) -> tuple[Subscription, str]:
    """Kari has pressed Pay, and her bank wants her to confirm; gives the page of the bank."""
    shop = kari.shop
    subscription = shop.subscribe(kari.customer, shop.card(kari.customer, FUNDS, *(answers or ("action required",))))
    shop.world.work()
    kari.signs_in()
    page = f"/billing/invoices/{shop.invoice(subscription).id}/pay"
    shown = kari.presses(page, page, method_id=subscription.method_id or "")
    assert "Your bank must confirm NOK 249.00" in readable(shown.text)
    return subscription, next(part for part in shown.text.split('"') if "/bank/" in part)


def at_the_bank(world: World, url: str, answer: str) -> str:
    """Press a button at the bank; gives the path on our pages that it leads to."""
    with httpx2.Client(transport=world.sandbox.transport, base_url="http://sandbox.invalid") as browser:
        address = urlsplit(browser.post(urlsplit(url).path, data={"succeed": answer}).headers["location"])
    assert "https://pay.example" == f"{address.scheme}://{address.netloc}"
    return address.path


@pytest.fixture(autouse=True)
def _the_bank_knows_us(world: World) -> None:
    """It sends people back to our origin."""
    settings = world.sandbox.api.controls.settings
    world.sandbox.api.controls.settings = type(settings)(field_origins=frozenset({"https://pay.example"}))


def said(answer: Response) -> str:
    """What a page says on top, and where it is."""
    found = re.search(r'role="status">(.*?)</p>', answer.text)
    return f"{path_of(answer)} {readable(found[1]) if found else ''}"


def test_confirmed_and_back(kari: Visitor, shop: Shop) -> None:
    """Until the event is in, the page looks again by itself and can be reloaded; then it leads to the paid invoice."""
    world = shop.world
    subscription, bank = asked(kari)
    back = at_the_bank(world, bank, "yes")
    before = world.dump()
    for number, pause_s in enumerate(PAUSES_S):
        page = kari.web.get(f"{back}?look={number}" if number else back)
        assert f"{pause_s}; url={back}?look={number + 1}" == page.headers["refresh"]
        assert WAITS in readable(page.text)
    for late in (len(PAUSES_S), 99_999, -1, "x"):
        page = kari.web.get(f"{back}?look={late}")
        assert ("refresh" in page.headers, "takes longer than usual" in page.text) == (False, True)
    assert before == world.dump()
    world.take_events_in()
    world.work()
    invoice = shop.invoice(subscription)
    assert f"/billing/invoices/{invoice.id} Thank you! The payment went through." == said(kari.web.get(back))
    assert said(kari.web.get(back)) == said(kari.web.get(f"{back}?look=3"))
    assert [invoice.total] == world.captured()[invoice.id]


@pytest.mark.parametrize("how", ["refused", "given up", "expired"])
def test_not_confirmed_and_paid_another_way(kari: Visitor, shop: Shop, how: str) -> None:
    """Refused at the bank, given up here, or left until it was too late: nothing moved, and another card pays."""
    world = shop.world
    subscription, bank = asked(kari)
    invoice = shop.invoice(subscription)
    if how == "refused":
        back = at_the_bank(world, bank, "no")
        kari.posts(f"{back}/look")
    else:
        page = kari.web.get(f"/billing/invoices/{invoice.id}").text
        back = next(one.action for one in forms_of(page) if "/give-up" in one.action).removesuffix("/give-up")
        if how == "given up":
            kari.posts(f"{back}/give-up")
        else:
            world.later(hours=25)
            kari.signs_in()
    assert said(kari.web.get(back)).endswith("The payment wasn't confirmed at the bank, so nothing was charged.")
    other = shop.card(kari.customer, "approve")
    page = f"/billing/invoices/{invoice.id}/pay"
    assert "Thank you!" in readable(kari.presses(page, page, method_id=other.id).text)
    assert said(kari.web.get(back)).endswith("This invoice is paid already. Nothing more is charged.")
    assert at_the_bank_it_is_over(world, bank)
    assert [invoice.total] == world.captured()[invoice.id]


def at_the_bank_it_is_over(world: World, url: str) -> bool:
    """Whether nothing can be confirmed there any more."""
    with httpx2.Client(transport=world.sandbox.transport, base_url="http://sandbox.invalid") as browser:
        return "<form" not in browser.get(urlsplit(url).path).text


def test_asking_ends_the_wait_where_events_are_lost(kari: Visitor, shop: Shop) -> None:
    """One button asks the gateway; asked too early it changes nothing, and confirmed just before giving up is paid."""
    world = shop.world
    world.sandbox.remote.plan_events(copies=0)
    subscription, bank = asked(kari)
    back = at_the_bank(world, bank, "yes")
    assert f"{back}/look" in [one.action for one in forms_of(kari.web.get(back).text)]
    assert said(kari.posts(f"{back}/give-up")).endswith("Thank you! The payment went through.")
    assert ("paid", "active") == shop.status(subscription)
    waiting, _ = asked(kari)
    state = next(one.action for one in forms_of(kari.web.get(f"/billing/invoices/{shop.invoice(waiting).id}").text))
    before = world.dump(without=("fence", "lease_until", "lease_owner"))
    assert WAITS in readable(kari.posts(state.replace("/give-up", "/look")).text)
    assert before == world.dump(without=("fence", "lease_until", "lease_owner"))


def test_with_a_notices_link_nobody_signs_in(web: TestClient, kari: Visitor, shop: Shop) -> None:
    """The browser keeps the link while its holder is at the bank; who comes back elsewhere learns the end alone."""
    world = shop.world
    subscription = shop.subscribe(kari.customer, shop.card(kari.customer, FUNDS, "action required", "action required"))
    world.work()
    link = LINK.findall(world.outbox.messages[-1].body)[-1]
    assert f'href="{link}/bank"' in kari.presses(link, f"{link}/pay").text
    leaving = web.get(f"{link}/bank", follow_redirects=False)
    cookie = {part.strip() for part in leaving.headers["set-cookie"].split(";")}
    assert {"HttpOnly", "Secure", "Path=/", "SameSite=lax", f"__Host-purring-link={link[3:]}.en"} <= cookie
    back = at_the_bank(world, leaving.headers["location"], "no")
    assert "Give this payment up" in web.get(back).text
    assert link in said(kari.posts(f"{back}/look"))
    web.cookies.clear()
    elsewhere = web.get(back)
    assert "wasn't confirmed at the bank" in readable(elsewhere.text)
    assert ([], False) == (forms_of(elsewhere.text), link in elsewhere.text)
    assert 404 == web.get(f"{back}x").status_code
    assert 404 == web.get(re.sub(r"att_.{26}", "att_" + "0" * 26, back)).status_code
    kari.presses(link, f"{link}/pay")
    again = at_the_bank(world, web.get(f"{link}/bank", follow_redirects=False).headers["location"], "yes")
    world.take_events_in()
    world.work()
    assert "/thanks" == path_of(web.get(again))
    world.clock.advance_to(world.clock.now() + SHOWN_FOR + timedelta(seconds=1))
    assert 404 == web.get(again).status_code
    assert ("paid", "active") == shop.status(subscription)


def test_somebody_elses_wait_is_only_looked_at(web: TestClient, kari: Visitor, shop: Shop) -> None:
    """Who is signed in at another customer, or has another invoice's link, can't press anything there."""
    subscription, bank = asked(kari)
    back = next(
        one.action for one in forms_of(kari.web.get(f"/billing/invoices/{shop.invoice(subscription).id}").text)
    ).removesuffix("/give-up")
    stranger = Visitor(web, shop, shop.customer(NewPerson(name="Eva", email="eva@example.com", locale="en")))
    stranger.signs_in()
    assert [] == forms_of(web.get(back).text)
    for verb in ("look", "give-up"):
        assert WAITS in readable(stranger.posts(f"{back}/{verb}").text)
    assert "action_required" == shop.attempts(subscription)[-1]
    assert not at_the_bank_it_is_over(shop.world, bank)


def test_an_answer_that_never_came_is_waited_for(kari: Visitor, shop: Shop) -> None:
    """Nobody knows whether the money moved: the click and the second tab lead to the same wait, and nothing is paid."""
    subscription = shop.subscribe(kari.customer, shop.card(kari.customer, FUNDS, "timeout after"))
    shop.world.work()
    kari.signs_in()
    page = f"/billing/invoices/{shop.invoice(subscription).id}/pay"
    fields = {"method_id": subscription.method_id or "", "seen": "1"}
    first = kari.posts(page, **fields)
    assert "The payment is being processed" in readable(first.text)
    second = kari.posts(page, **fields)
    assert path_of(first) == path_of(second)
    assert "Thank you!" in readable(kari.posts(f"{path_of(first)}/look").text)
    invoice = shop.invoice(subscription)
    assert [invoice.total] == shop.world.captured()[invoice.id]
