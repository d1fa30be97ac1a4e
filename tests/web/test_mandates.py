"""Whoever lets an account be debited has read what they agree to, and can read it again."""

from __future__ import annotations

import re
from hashlib import sha256
from io import BytesIO

import pytest
from pypdf import PdfReader
from starlette.testclient import TestClient

from purring.domain.ids import MethodId
from purring.domain.mandate import TERMS
from purring.domain.policy import Policy
from purring.i18n.locales import LOCALES
from purring.operations.customers import NewPerson
from purring.operations.mandates import wording
from purring.store import mandates
from tests.web.visitor import Visitor, forms_of, path_of, readable
from tests.world import FUNDS, Shop, World, only

WORDINGS = {
    "ach-2026-11-28": "2a9cf9e886ce3241",
    "avtalegiro-2026-11-28": "974fcfe2395dce18",
    "bacs-2026-11-28": "baf52ccf1ebff9fb",
    "debit-2026-11-28": "1ccf98c2241eeb9e",
    "sepa-2026-11-28": "4233f920b5a7f9a8",
}
"""What each version says, in both languages: whoever changes a word gives its terms another version, and pins that."""


def test_an_account_is_saved_with_what_was_agreed_to(shop: Shop, kari: Visitor) -> None:
    """The words shown are the words kept, in the reader's language; others than those shown are agreed to by nobody."""
    token = shop.token(test="sepa-77").token
    page = f"/billing/methods/new?token={token}"
    shown = kari.opens(page)
    assert "at least 14 days before each debit" in shown
    fields = {**forms_of(kari.web.get(page).text)[0].hidden, "holder_name": "Kari Nordmann"}
    for wrong in ({"mandate": ""}, {"mandate": "0" * 64}):
        refused = kari.posts(page, **{**fields, **wrong})
        assert (422, True) == (refused.status_code, "has changed. Please read it once more" in readable(refused.text))
    kari.posts("/billing/language", locale="nb")
    assert 422 == kari.posts(page, **fields).status_code
    fields |= forms_of(kari.web.get(page).text)[0].hidden
    saved = kari.posts(page, **fields)
    kari.posts(page, **fields)
    method_id = MethodId(path_of(saved).split("/")[3])
    with shop.services.store.reading() as conn:
        kept = mandates.of_method(conn, shop.id, method_id)
    assert kept
    assert ("sepa", "nb", kari.customer.people[0].id) == (kept.scheme, kept.locale, kept.person_id)
    assert kept.text == wording(shop.services, shop.merchant, "sepa", "nb").text
    shop.card(kari.customer, "approve")
    links = re.findall(r'href="([^"]+/mandate)"', kari.web.get("/billing/methods").text)
    kari.posts("/billing/language", locale="en")
    paper = kari.web.get(only(links))
    assert "application/pdf" == paper.headers["content-type"]
    text = " ".join(PdfReader(BytesIO(paper.content)).pages[0].extract_text().split())
    for said in (*kept.paragraphs, kept.title, kept.id, "Kari Nordmann", "Godtatt av Kari, 2. mars 2026"):
        assert said in text
    stranger = shop.customer(NewPerson(name="Eva", email="eva@example.com", locale="en"))
    eva = Visitor(kari.web, shop, stranger)
    eva.signs_in()
    assert 404 == eva.web.get(only(links)).status_code


def test_a_link_asks_for_consent_too(web: TestClient, shop: Shop) -> None:
    """Whoever follows a notice's link agrees under their own name; a card needs no mandate."""
    customer = shop.customer(NewPerson(name="Kari", email="kari@example.com", locale="en"))
    shop.subscribe(customer, shop.card(customer, FUNDS))
    shop.world.work()
    link = only(re.findall(r"https://pay\.example(/i/[\w-]{32})\b", shop.world.outbox.messages[-1].body)[-1:])
    card, account = (f"{link}/new?token={shop.token(test=name).token}" for name in ("visa-78", "ach-79"))
    assert "Agree" not in readable(web.get(card).text)
    page = web.get(account).text
    assert "ACH debit authorization" in page
    visitor = Visitor(web, shop, customer)
    assert 422 == visitor.posts(account, holder_name="Kari", seen="1").status_code
    visitor.posts(account, holder_name="Kari", **forms_of(page)[0].hidden)
    with shop.services.store.reading() as conn:
        agreed = mandates.methods_with(conn, shop.id, customer.id)
    assert 1 == len(agreed)


@pytest.mark.parametrize(
    ("scheme", "days", "said"),
    [
        ("sepa", None, "minst 14 dager før"),
        ("bacs", None, "10 virkedager før"),
        ("bacs", 1, "1 dag før"),
        ("sepa", 0, ""),
        ("ach", 5, ""),
    ],
)
def test_the_notice_is_what_was_agreed_or_what_the_scheme_demands(
    world: World, scheme: str, days: int | None, said: str
) -> None:
    """In working days where the scheme counts so; no sentence where there is no notice."""
    shop = world.shop(policy=Policy(prenotification_days=days))
    found = wording(world.services, shop.merchant, scheme, "nb").text
    assert ("før hvert trekk" in found or "varsler" in found, said in found) == (bool(said), True)
    assert "%" not in found


def test_each_version_says_what_it_has_always_said(world: World) -> None:
    """A mandate names its version, so the version must tell what was said."""
    shop = world.shop()
    found = {}
    for scheme in (*TERMS, "giro"):
        said = [wording(world.services, shop.merchant, scheme, locale) for locale in LOCALES]
        found[said[0].version] = sha256("".join(one.text for one in said).encode()).hexdigest()[:16]
    assert WORDINGS == found
