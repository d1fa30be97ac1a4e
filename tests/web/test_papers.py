"""What people can keep: invoices as PDF, in their own language, with what was paid and what is left."""

from __future__ import annotations

import re
from io import BytesIO

from pypdf import PdfReader
from starlette.testclient import TestClient

from purring.domain.brand import Brand
from purring.domain.norway.kid import KidAgreement, KidScheme
from purring.domain.policy import Policy
from purring.notices.logo import read_logo
from purring.operations.customers import NewPerson
from purring.operations.looks import change_brand
from tests.notices.pictures import png
from tests.web.client import Developer
from tests.web.visitor import KARI, OLA, Visitor
from tests.world import FUNDS, World


def test_an_invoice_is_kept_as_pdf(world: World, web: TestClient) -> None:
    """Lines, total, payments, the rest and the KID, under the merchant's brand; nobody else gets it."""
    shop = world.shop(policy=Policy(kid=KidAgreement(scheme=KidScheme.MOD10, length=7)))
    brand = Brand(color="#ffd400", logo=read_logo(png()), footer=("Fjord AS", "Org.nr. 999 999 999"))
    change_brand(shop.services, shop.id, lambda _: brand)
    customer = shop.customer(KARI, OLA, name="Fjell & Vidde AS")
    subscription = shop.subscribe(customer, shop.card(customer, FUNDS, "approve"))
    world.work()
    invoice = shop.invoice(subscription)
    kari, path = Visitor(web, shop, customer), f"/billing/invoices/{invoice.id}/pdf"
    kari.signs_in()
    assert f'href="{path}"' in web.get("/billing/invoices").text
    english = _text(kari, path)
    for said in (
        "Invoice P-000001\n",
        "Period March 2, 2026 – April 1, 2026",
        "Fjell & Vidde AS",
        "Team plan 1 NOK 249.00",
        "Invoice date March 2, 2026",
        "To pay NOK 249.00",
        "KID",
        "It is charged automatically: Visa ending in",
        "Org.nr. 999 999 999",
    ):
        assert said in english
    link = re.findall(r"https://pay\.example(/i/[\w-]{32})\b", world.outbox.messages[0].body)[0]
    assert f'href="{link}/pdf"' in web.get(link).text
    assert web.get(path).content == web.get(f"{link}/pdf").content
    world.later(days=2)
    kari.signs_in(OLA.email)
    norwegian = _text(kari, path)
    for said in (
        "Faktura P-000001\n",
        "Betalt −249,00 kr",
        "4. mars 2026 Betalt 249,00 kr, Visa",
        "Fakturaen er betalt. Takk!",
    ):
        assert said in norwegian
    stranger = shop.customer(NewPerson(name="Eva", email="eva@example.com", locale="en"))
    eva = Visitor(web, shop, stranger)
    eva.signs_in()
    assert 404 == web.get(path).status_code


def test_an_application_fetches_it_too(api: Developer) -> None:
    """In the customer's language or in one that it asks for, and in no other."""
    sold = api.sold("approve")
    api.shop.world.work()
    (invoice,) = api.get(f"/invoices?subscription_id={sold['id']}")["data"]
    path = f"/invoices/{invoice['id']}/pdf"
    for query, said in (("", "Faktura P-000001"), ("?locale=en", "Invoice P-000001")):
        answer = api.call("GET", path + query)
        assert "application/pdf" == answer.headers["content-type"]
        assert said in PdfReader(BytesIO(answer.content)).pages[0].extract_text()
    assert (422, "unknown_locale", "locale") == api.refused("GET", f"{path}?locale=de")


def _text(visitor: Visitor, path: str) -> str:
    answer = visitor.web.get(path)
    assert (200, "application/pdf") == (answer.status_code, answer.headers["content-type"])
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    return PdfReader(BytesIO(answer.content)).pages[0].extract_text().replace("\N{NO-BREAK SPACE}", " ")
