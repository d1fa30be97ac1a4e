"""Every page, in each language, light and dark, on a phone and on a desk: nothing that axe-core or the browser minds.

`make test` looks at an English phone by day and a Norwegian desk by night; `make browser` at all eight.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from purring.domain.brand import Brand
from purring.domain.card_testing import TryKind
from purring.domain.customer import Customer
from purring.domain.errors import Refused
from purring.domain.payment_method import PaymentMethod
from purring.notices.logo import read_logo
from purring.operations import reprice
from purring.operations.customers import NewPerson
from purring.operations.looks import change_brand
from purring.operations.mandates import Consent, keep, wording
from purring.operations.messages import messages_to
from purring.operations.portal_tries import Who, begin_try
from purring.operations.reprice import NewTerms
from purring.operations.returning import path_of
from purring.operations.sign_in import signed_in
from purring.store import sessions
from tests.browser.conftest import TIMEOUT_MS, Site, with_frames, without_database
from tests.notices.pictures import png
from tests.world import FUNDS, PRICE, Shop

ALL = [(locale, width, scheme) for locale in ("en", "nb") for width in (320, 1280) for scheme in ("light", "dark")]
LOOKS = ALL if "PURRING_BROWSER_ALL" in os.environ else [("en", 320, "light"), ("nb", 1280, "dark")]
BRAND = Brand(color="#ffd400", logo=read_logo(png()))
OPERABLE = {"button", "checkbox", "combobox", "link", "radio", "searchbox", "spinbutton", "switch", "textbox"}
SHOTS = os.environ.get("PURRING_SCREENSHOTS")
"""A directory for a picture of every page; `make screenshots` sets it."""


@dataclass(frozen=True)
class Town:
    """A customer with something of everything, and the pages that show it."""

    customer: Customer
    pages: dict[str, str]


@dataclass(frozen=True)
class Look:
    """Which language is read, how wide the window is, and whether the screen is light or dark."""

    locale: str
    width: int
    scheme: str

    def __str__(self) -> str:
        return f"{self.locale}-{self.width}-{self.scheme}"


@pytest.fixture(scope="module", params=[Look(*one) for one in LOOKS], ids=str)
def look(request: pytest.FixtureRequest) -> Look:
    """One way of looking at the pages."""
    found: Look = request.param
    return found


@pytest.fixture(scope="module")
def town(look: Look, site: Site) -> Town:
    """A customer whose two invoices were declined on one card, who has a card that pays nothing and a bank account.

    In Bokmål, in the look of a merchant whose color nobody could read as it is.
    """
    shop = site.shop
    change_brand(shop.services, shop.id, lambda _: BRAND if look.locale == "nb" else Brand())
    customer = shop.customer(
        NewPerson(name="Kari Nordmann", email=f"kari.{look}@example.com", locale=look.locale),
        NewPerson(name="Ola Nordmann", email=f"ola.{look}@example.com", locale=look.locale),
        name="Fjord & Fjell AS",
    )
    card, account = shop.card(customer, FUNDS), shop.card(customer, test="sepa-7")
    owing = [shop.subscribe(customer, card, amount=PRICE * n) for n in (1, 2)]
    shop.subscribe(customer, account)
    _agree(shop, customer, account, look.locale)
    shop.world.work()
    shop.world.later(minutes=5)
    new = shop.card(customer, "approve")
    invoice, subscription = shop.invoice(owing[0]).id, owing[0].id
    link = _link(site, customer)
    resting = _resting(shop, customer)
    token = shop.token("approve").token
    return Town(
        customer,
        {
            "overview": "/billing",
            "subscription": f"/billing/subscriptions/{subscription}",
            "resting": f"/billing/subscriptions/{resting}",
            "change_method": f"/billing/subscriptions/{subscription}/method",
            "invoices": "/billing/invoices",
            "invoice": f"/billing/invoices/{invoice}",
            "pay": f"/billing/invoices/{invoice}/pay",
            "settle": f"/billing/settle/{card.id}",
            "methods": "/billing/methods",
            "add": "/billing/methods/add",
            "new": f"/billing/methods/new?token={token}",
            "new_account": f"/billing/methods/new?token={shop.token(test='sepa-8').token}",
            "edit": f"/billing/methods/{card.id}/edit",
            "tie": f"/billing/methods/{new.id}/tie",
            "pays": f"/billing/methods/{card.id}/pays",
            "replace": f"/billing/methods/{card.id}/replace",
            "remove": f"/billing/methods/{new.id}/remove",
            "help": "/billing/help?both=1",
            **_reader(shop, customer),
            "gone": "/billing/invoices/inv_none",
            "sign_in": "/sign-in",
            "link": link,
            "link_card": f"{link}/card",
            "link_new": f"{link}/new?token={token}",
            "link_account": f"{link}/new?token={shop.token(test='bacs-8').token}",
            **_waiting(shop, customer),
            "thanks": f"/thanks?lang={look.locale}",
            "not_found": "/i/nowhere",
        },
    )


def _reader(shop: Shop, customer: Customer) -> dict[str, str]:
    """The pages about people, and about the one who reads them."""
    reader, other = customer.people
    (message, *_) = messages_to(shop.services, shop.id, customer.id, reader.id)
    return {
        "people": "/billing/people",
        "person": "/billing/people/add",
        "person_remove": f"/billing/people/{other.id}/remove",
        "messages": "/billing/messages",
        "message": f"/billing/messages/{message.id}",
        "language": "/billing/language",
        "sessions": "/sessions",
        "accounts": "/accounts",
        "prove": "/prove",
    }


def _resting(shop: Shop, customer: Customer) -> str:
    """A subscription that is paused, and has something in the customer's favor."""
    resting = shop.subscribe(customer, shop.card(customer, "approve"), quantity=3).id
    shop.world.work()
    reprice.change_now(shop.services, shop.id, resting, NewTerms(quantity=1))
    reprice.pause(shop.services, shop.id, resting)
    return resting


def _waiting(shop: Shop, customer: Customer) -> dict[str, str]:
    """The pages of a payment that the bank must confirm."""
    confirming = shop.subscribe(customer, shop.card(customer, "action required"))
    shop.world.work()
    waiting = shop.facts(confirming).open_attempt
    assert waiting
    path = path_of(shop.services, waiting.id)
    confirm = f"/billing/invoices/{waiting.invoice_id}"
    return {"paying": path, "paying_long": f"{path}?look=7", "confirm": confirm}


def _agree(shop: Shop, customer: Customer, account: PaymentMethod, locale: str) -> None:
    words = wording(shop.services, shop.merchant, account.scheme, locale)
    with shop.services.store.transaction() as conn:
        keep(conn, shop.services, shop.id, account.id, Consent(person_id=customer.people[0].id, wording=words))


def _link(site: Site, customer: Customer) -> str:
    """Where the newest notice to the customer's first person leads."""
    return next(
        word.removeprefix(site.url)
        for mail in reversed(site.shop.world.outbox.messages)
        for word in mail.body.split()
        if mail.to_email == customer.people[0].email and "/i/" in word
    )


@pytest.fixture
def page(chromium: Browser, site: Site, town: Town, look: Look) -> Iterator[Page]:
    """A window in which the customer's billing admin is signed in. axe-core needs scripts that our policy forbids."""
    context = chromium.new_context(
        viewport={"width": look.width, "height": 800},
        color_scheme="dark" if look.scheme == "dark" else "light",
        locale=look.locale,
        bypass_csp=True,
    )
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    page.goto(site.entrance(town.customer))
    _prove(site, context.cookies())
    yield page
    context.close()


def _prove(site: Site, cookies: Sequence[Any]) -> None:
    """Take the fresh code as entered that some pages ask for."""
    services = site.shop.services
    who = signed_in(services, next(one["value"] for one in cookies if one["name"] == "purring"))
    assert who
    with services.store.transaction() as conn:
        sessions.proved(conn, site.shop.id, who.session.id, services.clock.now())


def test_nothing_that_axe_minds(page: Page, site: Site, town: Town, look: Look) -> None:
    """No violation on any page, no page that scrolls sideways, and every button is tall enough for a thumb."""
    found: dict[str, object] = {}
    for name, path in town.pages.items():
        page.goto(f"{site.url}{path}")
        found |= _minded(page, name, look)
    assert {} == found


def test_nothing_on_pages_that_seldom_come(page: Page, site: Site, town: Town, look: Look) -> None:
    """The same where somebody has tried too often, where our database is away, and where there is nothing yet."""
    _try_too_often(site, town.customer)
    found: dict[str, object] = {}
    for name, path in {"slow_down": "new", "link_slow_down": "link_new"}.items():
        page.goto(f"{site.url}{town.pages[path]}")
        page.locator("form button:not(.link)").first.click()
        assert page.get_by_text("60 min").is_visible()
        found |= _minded(page, name, look)
    with without_database(site) as troubled:
        page.goto(f"{troubled.url}/billing")
        found |= _minded(page, "trouble", look)
    newcomer = site.shop.customer(NewPerson(name="Nina", email=f"nina.{look}@example.com", locale=look.locale))
    page.goto(site.entrance(newcomer))
    for name in ("", "/invoices", "/methods", "/messages", "/help"):
        page.goto(f"{site.url}/billing{name}")
        found |= _minded(page, f"empty_{name.strip('/') or 'overview'}", look)
    assert {} == found


def _try_too_often(site: Site, customer: Customer) -> None:
    """From anywhere, until the customer's next try has to wait, whatever is tried."""
    for kind in TryKind:
        with suppress(Refused):
            for number in count():
                one = f"{customer.id} {number}"
                who = Who(merchant_id=site.shop.id, customer_id=customer.id, session=one, network=one)
                begin_try(site.shop.services, kind, who)


def _minded(page: Page, name: str, look: Look) -> dict[str, object]:
    """What is wrong with the page that is open, which a picture is taken of where they are wanted."""
    found: dict[str, object] = {}
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}-{look}.png", full_page=True)
    results = Axe().run(page).response["violations"]
    if results:
        found[name] = [(one["id"], [node["html"] for node in one["nodes"]]) for one in results]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    low = page.evaluate(
        "[...document.querySelectorAll('button, .button, nav a, input:not([type=hidden]), select')]"
        ".filter(e => e.getBoundingClientRect().height < 24 || (e.matches('button, .button, nav a')"
        " && e.getBoundingClientRect().height < 44)).map(e => e.outerHTML)"
    )
    nameless = _without_names(page)
    if nameless:
        found[f"{name} read aloud"] = nameless
    if wide > 0 or low:
        found[f"{name} laid out"] = (wide, low)
    return found


def _without_names(page: Page) -> list[str]:
    """What can be operated and a screen reader has no name for, and links that sound alike and lead to other pages.

    Two subscriptions of one product may sound alike.
    """
    session = page.context.new_cdp_session(page)
    nodes = [one for one in session.send("Accessibility.getFullAXTree")["nodes"] if not one["ignored"]]
    session.detach()
    found = [str(one) for one in nodes if one["role"]["value"] in OPERABLE and not one["name"]["value"].strip()]
    targets: dict[str, set[str]] = {}
    for one in nodes:
        url = next((each["value"]["value"] for each in one.get("properties", ()) if each["name"] == "url"), "")
        if one["role"]["value"] == "link" and url:
            targets.setdefault(one["name"]["value"], set()).add(re.sub(r"_[0-9a-z]{26}", "_", url))
    return found + [f"{name}: {sorted(urls)}" for name, urls in targets.items() if len(urls) > 1]


def test_the_field_in_a_frame_stands_alone(page: Page, site: Site, look: Look) -> None:
    """The page with the gateway's frame has nothing that axe-core minds either, and what is in the frame has names."""
    with with_frames(site) as framed:
        page.goto(f"{framed.url}/billing/methods/add")
        page.frame_locator("iframe").get_by_role("button").wait_for()
        assert {} == _minded(page, "add_in_frame", look)


def test_the_browser_has_nothing_to_report(chromium: Browser, site: Site, town: Town) -> None:
    """A crawl over all pages, under our own policy: no violation of it, no error, nothing from elsewhere."""
    context = chromium.new_context()
    said: list[str] = []
    context.on("console", lambda message: said.append(message.text))
    origins = [site.url, site.gateway_url]
    context.on("request", lambda one: said.append(one.url) if not one.url.startswith(tuple(origins)) else None)
    page = context.new_page()
    page.goto(site.entrance(town.customer))
    for path in town.pages.values():
        page.goto(f"{site.url}{path}")
    with with_frames(site) as framed:
        origins.append(framed.url)
        page.goto(f"{framed.url}/billing/methods/add")
        page.frame_locator("iframe").get_by_role("button").wait_for()
    context.close()
    assert [] == [text for text in said if "404" not in text]
