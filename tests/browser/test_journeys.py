"""What people come for, in a real browser: by mouse or keyboard, with scripts or without, in both languages."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from purring.domain.card_testing import WITHIN
from purring.domain.customer import Customer
from purring.domain.recovery import HoldReason
from purring.domain.subscription import Subscription
from purring.operations.customers import NewPerson
from tests.browser.conftest import TIMEOUT_MS, Site, with_frames
from tests.world import FUNDS, Shop

NUMBER = "4242 4242 4242 4242"
WORDS = {
    "en": {
        "transfer": "We wait for your bank transfer",
        "to_bank": "Go to your bank and confirm",
        "waiting": "We wait for your bank's answer",
        "not_confirmed": "wasn't confirmed at the bank",
        "edit": "Edit the payment method",
        "change": "Change",
        "pay": "Pay NOK 249.00 now",
        "paid": "Thank you! The payment went through.",
        "thanks": "Thank you! It is paid.",
        "new": "Pay with a new card or account",
        "enter": "Enter card or account",
        "number": "Card number",
        "expiry": "Expiry date",
        "continue": "Continue",
        "holder": "Name of the holder",
        "save_and_pay": "Save and pay NOK 249.00 now",
    },
    "nb": {
        "transfer": "Vi venter på bankoverføringen",
        "to_bank": "Gå til banken og bekreft",
        "waiting": "Vi venter på svar fra banken din",
        "not_confirmed": "ble ikke bekreftet i banken",
        "edit": "Rediger betalingsmåten",
        "change": "Endre",
        "pay": "Betal 249,00 kr nå",
        "paid": "Takk! Betalingen gikk gjennom.",
        "thanks": "Takk! Fakturaen er betalt.",
        "new": "Betal med et nytt kort eller en ny konto",
        "enter": "Skriv inn kort eller konto",
        "number": "Kortnummer",
        "expiry": "Utløpsdato",
        "continue": "Fortsett",
        "holder": "Navn på innehaveren",
        "save_and_pay": "Lagre og betal 249,00 kr nå",
    },
}


@dataclass(frozen=True)
class Case:
    """A customer whose charge was declined, and who has another card."""

    customer: Customer
    subscription: Subscription
    other: str
    words: dict[str, str]


ALL = [(locale, width, scripts) for locale in WORDS for width in (320, 1280) for scripts in (True, False)]
WINDOWS = ALL if "PURRING_BROWSER_ALL" in os.environ else [("en", 320, False), ("nb", 1280, True)]


@pytest.fixture(params=WINDOWS, ids=str)
def window(request: pytest.FixtureRequest) -> tuple[str, int, bool]:
    """The reader's language, the window's width, and whether scripts may run."""
    locale, width, scripts = request.param
    return locale, width, scripts


@pytest.fixture
def case(window: tuple[str, int, bool], site: Site) -> Case:
    """One of them in the reader's language."""
    shop, locale = site.shop, window[0]
    return case_of(shop, locale, "visa 43")


def case_of(shop: Shop, locale: str, *answers: str) -> Case:
    """A customer whose failing card answers so. All journeys come from one network, so each has an hour of its own."""
    shop.world.clock.advance_to(shop.world.clock.now() + WITHIN)
    customer = shop.customer(NewPerson(name="Kari", email=f"kari{shop.numbers()}@example.com", locale=locale))
    failing, other = shop.card(customer, *answers), shop.card(customer, "approve")
    subscription = shop.subscribe(customer, failing)
    shop.world.work()
    return Case(customer, subscription, other.id, WORDS[locale])


@pytest.fixture
def page(window: tuple[str, int, bool], chromium: Browser) -> Iterator[Page]:
    """A window of that width, with scripts or without."""
    _, width, scripts = window
    context = chromium.new_context(viewport={"width": width, "height": 800}, java_script_enabled=scripts)
    page = context.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    yield page
    context.close()


def paid(shop: Shop, subscription: Subscription) -> bool:
    """Whether the newest invoice is paid, by one charge at the gateway's own ledger."""
    invoice = shop.invoice(subscription)
    return shop.status(subscription) == ("paid", "active") and shop.world.captured()[invoice.id] == [invoice.total]


def link_of(site: Site, customer: Customer) -> str:
    """The link in the newest mail to a customer."""
    mails = [mail for mail in site.shop.world.outbox.messages if mail.to_email == customer.people[0].email]
    return next(word for word in mails[-1].body.split() if f"{site.url}/i/" in word)


def test_change_the_method_and_pay(page: Page, site: Site, case: Case) -> None:
    """Products, the subscription, Edit, Change, Pay."""
    words = case.words
    page.goto(site.entrance(case.customer))
    page.get_by_role("link", name="Team plan").click()
    page.get_by_role("link", name=words["edit"]).click()
    page.locator(f"#{case.other}").check()
    page.get_by_role("button", name=words["change"], exact=True).click()
    page.get_by_role("button", name=words["pay"]).click()
    expect(page.get_by_role("status")).to_contain_text(words["paid"])
    assert paid(site.shop, case.subscription)


def test_from_the_link_to_paid_with_a_new_card(page: Page, site: Site, case: Case) -> None:
    """Three clicks and the card's field, which lives on the provider's own origin."""
    words = case.words
    page.goto(link_of(site, case.customer))
    page.get_by_role("link", name=words["new"]).click()
    page.get_by_role("link", name=words["enter"]).click()
    _enter_card(page, site, words)
    page.get_by_role("button", name=words["save_and_pay"]).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(words["thanks"])
    assert paid(site.shop, case.subscription)


def test_the_field_in_a_frame(page: Page, site: Site, case: Case, window: tuple[str, int, bool]) -> None:
    """With scripts the number is entered in a frame on our page, without at the gateway's: both lead to paying."""
    words = case.words
    with with_frames(site) as framed:
        page.goto(link_of(site, case.customer).replace(site.url, framed.url))
        page.get_by_role("link", name=words["new"]).click()
        if window[2]:
            assert page.url.startswith(framed.url)
            _fill_in(page.frame_locator("iframe"), words)
        else:
            page.get_by_role("link", name=words["enter"]).click()
            _enter_card(page, framed, words)
        page.get_by_role("button", name=words["save_and_pay"]).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(words["thanks"])
    assert paid(site.shop, case.subscription)


@pytest.mark.parametrize("confirms", [True, False], ids=["confirmed", "refused"])
def test_to_the_bank_and_back(page: Page, site: Site, window: tuple[str, int, bool], *, confirms: bool) -> None:
    """From the link to the bank, which sends people back; the result appears there by itself, and can be mended."""
    shop, case = site.shop, case_of(site.shop, window[0], FUNDS, "action required")
    words = case.words
    page.goto(link_of(site, case.customer))
    page.locator("form button").first.click()
    page.get_by_role("link", name=words["to_bank"]).click()
    page.get_by_role("button", name="Confirm the payment" if confirms else "Refuse it").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(words["waiting"])
    shop.world.take_events_in()
    shop.world.work()
    if confirms:
        expect(page.get_by_role("heading", level=1)).to_contain_text(words["thanks"], timeout=TIMEOUT_MS)
        assert paid(shop, case.subscription)
    else:
        expect(page.get_by_role("status")).to_contain_text(words["not_confirmed"], timeout=TIMEOUT_MS)
        expect(page.get_by_role("link", name=words["new"])).to_be_visible()


def test_everything_else(page: Page, site: Site, case: Case) -> None:
    """A method added, tied, edited, put in another's place and removed; a transfer told of; a person added; help."""
    shop, words = site.shop, case.words
    page.goto(site.entrance(case.customer))
    page.locator('nav a[href="/billing/methods"]').click()
    page.locator('a.button[href="/billing/methods/add"]').click()
    page.get_by_role("link", name=words["enter"]).click()
    _enter_card(page, site, words)
    page.locator("main form button").click()
    expect(page.locator("input[type=checkbox]")).to_be_checked()
    page.locator("main form button").click()
    page.wait_for_url("**/pays")
    new = shop.subscription(case.subscription.id).method_id or ""
    assert new not in {case.other, case.subscription.method_id}
    page.goto(f"{site.url}/billing/methods/{new}/edit")
    page.get_by_label(words["expiry"]).fill("soon")
    page.locator("main form button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label(words["expiry"]).fill("05/32")
    page.locator("main form button").click()
    page.wait_for_url("**/pays**")
    page.goto(f"{site.url}/billing/methods/{new}/replace")
    page.locator(f"#{case.other}").check()
    page.locator("main form button").click()
    assert case.other == shop.subscription(case.subscription.id).method_id
    page.goto(f"{site.url}/billing/methods/{new}/remove")
    page.locator("main form button").click()
    page.locator("#code").wait_for()  # only then has the code been sent
    page.locator("#code").fill(re.findall(r"^\s+(\d{6})$", shop.world.outbox.messages[-1].body, re.MULTILINE)[-1])
    page.locator("main form button").first.click()
    page.locator("main form button").click()
    expect(page.locator(f'a[href*="{new}"]')).to_have_count(0)
    page.goto(f"{site.url}/billing/people/add")
    page.locator("#name").fill("Eva")
    page.locator("#email").fill(f"eva{shop.numbers()}@example.com")
    page.locator("main form button").click()
    expect(page.locator("main")).to_contain_text("Eva")
    page.locator('nav a[href="/billing/help"]').click()
    page.locator('nav a[href="/billing/invoices"]').click()
    page.locator('main a[href^="/billing/invoices/inv_"]').first.click()
    page.locator('form[action$="/transfer"] button').click()
    expect(page.get_by_role("status")).to_contain_text(words["transfer"])
    recovery = shop.facts(case.subscription).recovery
    assert HoldReason.BANK_TRANSFER == (recovery and recovery.hold)


def _enter_card(page: Page, site: Site, words: dict[str, str]) -> None:
    assert not page.url.startswith(site.url)
    _fill_in(page, words)


def _fill_in(field: Page | FrameLocator, words: dict[str, str]) -> None:
    field.get_by_label(words["number"]).fill(NUMBER)
    field.get_by_label(words["expiry"]).fill("04/31")
    field.get_by_role("button", name=words["continue"]).click()


def test_by_keyboard_alone(chromium: Browser, site: Site, case: Case) -> None:
    """Tab, arrows, space and Enter change the method and pay; the focus can always be seen."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(site.entrance(case.customer))
    for name, leads_to in (("Team plan", "**/subscriptions/*"), (case.words["edit"], "**/method")):
        _tab_to(page, name)
        page.keyboard.press("Enter")
        page.wait_for_url(leads_to)
    _tab_to(page, "", tag="INPUT")
    while page.evaluate("document.activeElement.id") != case.other:
        page.keyboard.press("ArrowDown")
    _tab_to(page, case.words["change"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/pays")
    _tab_to(page, case.words["pay"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text(case.words["paid"])
    context.close()
    assert paid(site.shop, case.subscription)


def _tab_to(page: Page, name: str, tag: str = "") -> None:
    """Press Tab until the focus is on something of this name, and see that it shows."""
    for _ in range(60):
        page.keyboard.press("Tab")
        here = page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return [e.textContent || '', e.tagName, s.outlineStyle]; })()"
        )
        text = " ".join(here[0].split())
        if (tag and here[1] == tag) or (name and name in text):
            assert here[2] != "none"
            return
    pytest.fail(f"nothing called {name or tag} can be reached by Tab")


def test_two_tabs_are_one_charge(chromium: Browser, site: Site) -> None:
    """The same form in two tabs: the second finds that something has happened, and charges nothing."""
    shop = site.shop
    customer = shop.customer(NewPerson(name="Kari", email=f"kari{shop.numbers()}@example.com", locale="en"))
    subscription = shop.subscribe(customer, shop.card(customer, FUNDS))
    shop.world.work()
    context = chromium.new_context()
    first, second = context.new_page(), context.new_page()
    first.goto(site.entrance(customer))
    for page in (first, second):
        page.goto(f"{site.url}/billing/invoices/{shop.invoice(subscription).id}/pay")
    first.get_by_role("button", name="Pay").click()
    second.get_by_role("button", name="Pay").click()
    expect(second.get_by_role("status")).to_contain_text("Something happened to this invoice")
    context.close()
    assert ["declined"] * 2 == shop.attempts(subscription)
