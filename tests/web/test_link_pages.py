"""From a notice's link to a paid invoice, without signing in, in a few clicks and with one charge."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.testclient import TestClient

from purring.domain.customer import Customer, Role
from purring.domain.subscription import Subscription
from purring.operations.customers import NewPerson
from tests.web.visitor import Visitor, forms_of, path_of, readable
from tests.world import FUNDS, Shop

LINK = re.compile(r"https://pay\.example(/i/[\w-]{32})\b")
KARI = NewPerson(name="Kari", email="kari@example.com", locale="en")


def told(shop: Shop, *answers: str, role: Role = Role.BILLING_ADMIN) -> tuple[Customer, Subscription, str]:
    """A customer whose charge was declined, its subscription, and the link in the mail that somebody there got."""
    somebody = NewPerson(name="Ola", email="ola@example.com", locale="en", role=role)
    people = [somebody] if role is Role.BILLING_ADMIN else [KARI, somebody]
    customer = shop.customer(*people)
    subscription = shop.subscribe(customer, shop.card(customer, *(answers or (FUNDS, "approve"))))
    shop.world.work()
    mails = [mail for mail in shop.world.outbox.messages if mail.to_email == somebody.email]
    return customer, subscription, LINK.findall(mails[-1].body)[-1]


@pytest.fixture
def visitor(web: TestClient, shop: Shop) -> Visitor:
    """Somebody who holds nothing but a link."""
    return Visitor(web, shop, shop.customer())


def test_one_button_pays_with_the_card_on_file(visitor: Visitor, shop: Shop) -> None:
    """Two clicks from the mail; then the link leads nowhere, and the page says thank you."""
    _, subscription, link = told(shop)
    assert "Pay NOK 249.00 with Visa" in visitor.opens(link)
    answer = visitor.presses(link, f"{link}/pay")
    assert ("/thanks", True) == (path_of(answer), "Thank you! It is paid." in answer.text)
    assert ("paid", "active") == shop.status(subscription)
    assert 404 == visitor.web.get(link).status_code


def test_a_new_card_pays_this_and_what_comes(visitor: Visitor, shop: Shop) -> None:
    """Link, new card, the number at the gateway, save and pay: four clicks, one charge, and the card is tied."""
    _, subscription, link = told(shop, "visa 43")
    page = visitor.web.get(f"{link}/card").text
    field = next(part for part in page.split('"') if "/field?" in part).replace("&amp;", "&")
    back = urlsplit(parse_qs(urlsplit(field).query)["return_to"][0]).path
    assert f"{link}/new" == back
    form = f"{back}?token={shop.token('approve').token}"
    assert "Save and pay NOK 249.00 now" in visitor.opens(form)
    assert 422 == visitor.posts(form, seen="1", holder_name="").status_code
    answer = visitor.posts(form, seen="1", holder_name="Ola Nordmann")
    assert "/thanks" == path_of(answer)
    facts = shop.facts(subscription)
    assert ("paid", "Ola Nordmann") == (facts.invoice.status, facts.tied_method and facts.tied_method.holder_name)
    assert 1 == len(shop.world.captured()[facts.invoice.id])


def test_a_newer_card_is_offered_and_tied(visitor: Visitor, shop: Shop) -> None:
    """The one that was added and pays nothing is one button away; whatever else is named isn't charged."""
    customer, subscription, link = told(shop, "visa 43")
    shop.world.later(minutes=1)
    newer, foreign = shop.card(customer, "approve"), shop.card(visitor.customer, "approve")
    answer = visitor.presses(link, f"{link}/pay", method_id=foreign.id)
    assert "Something happened" in readable(answer.text)
    assert "/thanks" == path_of(visitor.presses(link, f"{link}/pay", method_id=newer.id))
    assert newer.id == shop.subscription(subscription.id).method_id


def test_declined_again_is_said_and_a_second_click_charges_nothing(visitor: Visitor, shop: Shop) -> None:
    """The page comes back with what happened; the form that was sent is worth nothing any more."""
    customer, subscription, link = told(shop, FUNDS)
    assert [None] == [notice.read_at for notice in shop.notices(customer.id)]
    fields = {"method_id": shop.facts(subscription).tied_method_id or "", "seen": "1"}
    assert "declined again" in readable(visitor.posts(f"{link}/pay", **fields).text)
    assert {None, shop.world.clock.now()} == {notice.read_at for notice in shop.notices(customer.id)}
    assert "Something happened" in readable(visitor.posts(f"{link}/pay", **fields).text)
    assert ["declined"] * 2 == shop.attempts(subscription)


def test_a_confirmation_is_asked_for_where_the_bank_asks(visitor: Visitor, shop: Shop) -> None:
    """The page leads to the bank, and nothing else can be pressed meanwhile."""
    _, _, link = told(shop, FUNDS, "action required")
    page = visitor.presses(link, f"{link}/pay").text
    assert "Your bank must confirm NOK 249.00" in readable(page)
    assert f'href="{link}/bank"' in page
    assert "/bank/att_" in visitor.web.get(f"{link}/bank", follow_redirects=False).headers["location"]
    assert f'action="{link}/pay"' not in page


def test_a_payer_may_pay_and_nothing_else(visitor: Visitor, shop: Shop) -> None:
    """Adding a card needs the role for it, with a link as without one."""
    _, subscription, link = told(shop, role=Role.PAYER)
    assert "Pay with a new card" not in visitor.opens(link)
    assert "Your role lets you look" in readable(visitor.web.get(f"{link}/card").text)
    assert "/thanks" == path_of(visitor.presses(link, f"{link}/pay"))
    assert ("paid", "active") == shop.status(subscription)


def test_a_billing_address_may_look(visitor: Visitor, shop: Shop) -> None:
    """Whoever gets the notice sees what it is about, and can press nothing."""
    _, _, link = told(shop, role=Role.BILLING_ADDRESS)
    page = visitor.opens(link)
    assert "Payment declined: NOK 249.00" in page
    assert "Your role lets you look" in page
    assert [] == forms_of(visitor.web.get(link).text)


@pytest.mark.parametrize("path", ["", "/card", "/new?token=tok_visa", "/pay"])
def test_a_link_of_nobody_leads_nowhere(visitor: Visitor, path: str) -> None:
    """Made up or altered: the same 404 everywhere."""
    link = f"/i/{'x' * 32}{path}"
    answer = visitor.posts(link) if path == "/pay" else visitor.web.get(link)
    assert (404, True) == (answer.status_code, "This link leads nowhere" in answer.text)


def test_a_link_reaches_nothing_but_its_invoice(visitor: Visitor, shop: Shop) -> None:
    """Whoever holds it isn't signed in."""
    _, _, link = told(shop)
    visitor.opens(link)
    for path in ("/billing", "/billing/methods", "/billing/people", "/sessions"):
        assert "/sign-in" == path_of(visitor.web.get(path))
