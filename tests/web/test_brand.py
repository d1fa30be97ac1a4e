"""The merchant's color and logo on its pages."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.resources import files

from starlette.testclient import TestClient

from purring.domain.brand import Brand
from purring.domain.page_colors import DARK_CARD, LIGHT_CARD
from purring.notices.logo import read_logo
from purring.operations.looks import change_brand
from tests.notices.pictures import png
from tests.web.visitor import Visitor
from tests.world import Shop


def test_pages_wear_the_merchants_look(web: TestClient, shop: Shop, kari: Visitor) -> None:
    """A sheet for its color and its logo, each kept for good under an address that changes with them."""
    plain = web.get("/billing").text
    assert ("/brand/" in plain, '<p class="merchant">Fjord AS</p>' in plain) == (False, True)
    change_brand(shop.services, shop.id, lambda _: Brand(color="#ffd400", logo=read_logo(png(400, 100))))
    pages = [web.get(path).text for path in ("/billing", f"/sign-in?merchant={shop.id}")]
    for page in pages:
        assert '<link rel="stylesheet" href="/brand/ffd400.css">' in page
    sheet = web.get("/brand/ffd400.css")
    assert ("text/css; charset=utf-8", True) == (sheet.headers["content-type"], "--link: #ffd400;" in sheet.text)
    found = re.findall(r'<img src="([^"]+)" alt="Fjord AS" width="160" height="40">', pages[0])
    logo = web.get(found[0])
    assert (png(400, 100), "image/png", "nosniff") == (
        logo.content,
        logo.headers["content-type"],
        logo.headers["x-content-type-options"],
    )
    assert {"public, max-age=31536000, immutable"} == {one.headers["cache-control"] for one in (sheet, logo)}
    shop.world.later(minutes=1)
    change_brand(shop.services, shop.id, lambda before: replace(before, logo=None))
    assert kari.customer.name in web.get("/billing").text
    for path in (found[0], "/brand/mer_1/1/logo", "/brand/red.css", "/brand/ffd400%7D.css"):
        assert 404 == web.get(path).status_code, path


def test_colors_are_measured_on_the_surfaces_that_pages_have() -> None:
    """The cards of the sheet that all pages share are those that merchants' colors stand out on."""
    css = (files("purring.web.portal") / "static" / "portal.css").read_text()
    assert [LIGHT_CARD, DARK_CARD] == re.findall(r"--card: (#\w+)", css)
