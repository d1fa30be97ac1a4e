"""A link in a notice leads to its invoice, to nothing else, and not for ever."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from purring.domain.ids import InvoiceId
from purring.operations.customers import NewPerson
from purring.operations.links import HIDDEN, VALID_AFTER_WINDOW, revoke_links
from purring.operations.recoveries import record_payment
from purring.store import notices
from tests.world import FUNDS, PRICE, Shop, World

LINK = re.compile(r"https://pay\.example(/i/[\w-]{32})\b")


def _declined(shop: Shop, locale: str = "nb") -> tuple[str, InvoiceId]:
    """Let a charge be declined; the path of the link in the notice about it, and the invoice."""
    customer = shop.customer(NewPerson(name="Kari", email="kari@example.com", locale=locale))
    subscription = shop.subscribe(customer, shop.card(customer, FUNDS))
    shop.world.work()
    found = LINK.findall(shop.world.outbox.messages[-1].body)
    assert found
    return str(found[-1]), shop.invoice(subscription).id


def test_the_page_says_what_is_owed_and_what_happens_next(web: TestClient, shop: Shop) -> None:
    """Amount, product, the next charge with its day, the day access ends, and where to turn."""
    page = web.get(_declined(shop, locale="en")[0])
    assert 200 == page.status_code
    assert "text/html; charset=utf-8" == page.headers["content-type"]
    amount, who = "Payment declined: NOK\N{NO-BREAK SPACE}249.00", "help@fjord.example"
    for said in (amount, who, "Fjord AS", "Visa ending in", "Next attempt: Wednesday", "access ends on"):
        assert said in page.text
    assert '<html lang="en">' in page.text


def test_the_page_speaks_the_readers_language(web: TestClient, shop: Shop) -> None:
    """Whoever gets notices in Bokmål gets the page in Bokmål, whatever the browser asks for."""
    page = web.get(_declined(shop)[0], headers={"Accept-Language": "en"})
    assert '<html lang="nb">' in page.text
    assert "Betalingen ble avvist" in page.text
    assert "What happens next" not in page.text


def test_ten_looks_leave_the_link_as_it_is(web: TestClient, shop: Shop) -> None:
    """Mail scanners open links: looking changes nothing in the database, and the link keeps leading there."""
    path, _ = _declined(shop)
    before = shop.world.dump()
    assert [200] * 10 == [web.get(path).status_code for _ in range(10)]
    assert 200 == web.head(path).status_code
    assert before == shop.world.dump()


def test_what_is_altered_foreign_or_revoked_is_the_same_404(web: TestClient, world: World, shop: Shop) -> None:
    """Nobody learns from the answer why a link doesn't work."""
    path, invoice_id = _declined(shop)
    altered = path[:-1] + ("A" if path[-1] != "A" else "B")
    pages = [web.get(altered), web.get("/i/nothing"), web.get(f"{path}/more")]
    assert 1 == revoke_links(world.services, shop.id, invoice_id)
    pages.append(web.get(path))
    assert [404] * 4 == [page.status_code for page in pages]
    assert 1 == len({page.text for page in pages})


def test_a_paid_invoices_link_is_over(web: TestClient, world: World, shop: Shop) -> None:
    """Once nothing is owed, the link leads nowhere."""
    path, invoice_id = _declined(shop)
    record_payment(world.services, shop.id, invoice_id, PRICE, "bank")
    assert 404 == web.get(path).status_code


def test_a_link_ends_a_week_after_the_window(web: TestClient, world: World, shop: Shop) -> None:
    """The last valid instant is seven days after the window closes."""
    path, invoice_id = _declined(shop)
    recovery = shop.facts(invoice_id).recovery
    assert recovery
    world.clock.advance_to(recovery.window_ends_at + VALID_AFTER_WINDOW)
    assert 200 == web.get(path).status_code
    world.clock.advance_to(world.clock.now() + timedelta(seconds=1))
    assert 404 == web.get(path).status_code


def test_the_database_holds_no_link(world: World, shop: Shop) -> None:
    """What is kept of a copy that went out, and every other row, opens nothing."""
    path, invoice_id = _declined(shop)
    assert path.removeprefix("/i/") not in repr(world.dump())
    with world.services.store.reading() as conn:
        told = notices.of_invoice(conn, shop.id, invoice_id)
        copies = notices.deliveries_of_notices(conn, [(shop.id, one.id) for one in told])
    assert any(HIDDEN in (copy.body or "") for copy in copies)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "%(amount)s & Co"])
def test_a_name_is_text_whatever_it_looks_like(web: TestClient, world: World, name: str) -> None:
    """What merchants are called can neither run nor fill in anything."""
    page = web.get(_declined(world.shop(name))[0])
    assert 200 == page.status_code
    assert "<script" not in page.text
