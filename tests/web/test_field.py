"""Where cards and accounts are entered: at the gateway that the installation names, on its page or in a frame of it."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from html import unescape
from re import findall
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from purring.domain.errors import ConfigError
from purring.gateways.sandbox.settings import OutageKind
from purring.operations import tokens
from purring.operations.customers import NewPerson
from purring.web.app import make_app
from purring.web.portal.drift import SIGN_IN, Loaded, look, look_at
from purring.web.portal.payment_page import SCRIPTS, policy_for
from purring.web.settings import FieldMode, WebSettings
from tests.web.conftest import BASE_URL
from tests.web.visitor import Visitor, path_of, readable
from tests.world import FUNDS, Shop, World, only

KARI = NewPerson(name="Kari", email="kari@example.com", locale="en")


class Other:
    """A gateway of another name, that lives elsewhere and is otherwise as the one it stands before."""

    name = "fjordpay"
    field_origin = "https://field.fjordpay.example"

    def __init__(self, real: Any, *, is_live: bool = False) -> None:  # noqa: ANN401 - any gateway
        """Keep the real one, which knows the tokens."""
        self._real = real
        self.capabilities = replace(real.capabilities, is_live=is_live)

    def field_url(self, return_to: str, locale: str, *, framed: bool) -> str:
        """An address of its own form."""
        return f"{self.field_origin}/{locale}/{'frame' if framed else 'page'}?back={return_to}"

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the real one has
        """Everything else is the real one's."""
        return getattr(self._real, name)


def visitor(world: World, **settings: Any) -> Visitor:
    """Kari, signed in, whose card was declined, at a portal with these settings."""
    shop = world.shop()
    customer = shop.customer(KARI)
    shop.subscribe(customer, shop.card(customer, FUNDS))
    world.work()
    app = make_app(world.services, WebSettings(base_url=BASE_URL, **settings))
    kari = Visitor(TestClient(app, base_url=BASE_URL), shop, customer)
    kari.signs_in()
    return kari


def test_the_installation_names_the_gateway(world: World) -> None:
    """The portal leads to the first gateway in the merchant's mode, and a card that comes back is that gateway's."""
    real = world.services.gateway("sandbox")
    gateways = {"sandbox": real, "livepay": Other(real, is_live=True), "fjordpay": Other(real)}
    world.services = replace(world.services, gateways=gateways, field_gateways=("livepay", "fjordpay", "sandbox"))
    kari = visitor(world)
    assert "https://field.fjordpay.example/en/page?back=" in kari.web.get("/billing/methods/add").text
    kari.posts(f"/billing/methods/new?token={kari.shop.token('approve').token}", holder_name="Kari")
    subscription = only(kari.shop.invoices(kari.customer.id))
    methods = kari.shop.facts(subscription.id).methods
    assert {"sandbox", "fjordpay"} == {method.gateway for method in methods}


def test_a_gateway_that_does_not_fit_is_refused_by_its_name(world: World, shop: Shop) -> None:
    """One without a field, and one whose charges would move money for a merchant that only tries things."""
    real = world.services.gateway("sandbox")
    gateways: dict[str, Any] = {"plain": object(), "livepay": Other(real, is_live=True)}
    for names, said in ((("plain",), "no field of its own"), (("livepay",), "in test mode")):
        services = replace(world.services, gateways=gateways, field_gateways=names)
        with pytest.raises(ConfigError, match=said) as refused:
            tokens.gateway_name(services, shop.merchant)
        assert "field_gateways" == refused.value.field


def test_the_field_in_a_frame_stands_alone(world: World) -> None:
    """The page frames the gateway's origin alone, runs one script of ours and sends nothing; other pages run none."""
    kari = visitor(world, field_mode=FieldMode.FRAME)
    answer = kari.web.get("/billing/methods/add?for=sub_1")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert {
        "default-src": "'none'",
        "style-src": "'self'",
        "img-src": "'self'",
        "script-src": "'self'",
        "frame-src": "http://sandbox.invalid",
        "base-uri": "'none'",
        "object-src": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'none'",
    } == policy
    assert ["/static/field.js"] == findall(r'<script src="([^"]*)"', answer.text)
    assert [] == findall(r"<(?:form|img|nav|iframe)", answer.text)
    back, url = (unescape(only(findall(rf'data-{name}="([^"]*)"', answer.text))) for name in ("back", "url"))
    assert (f"{BASE_URL}/billing/methods/new?for=sub_1", True) == (back, "frame=1" in url)
    assert "script" not in kari.web.get("/billing").headers["content-security-policy"]
    script = kari.web.get("/static/field.js")
    assert ("text/javascript; charset=utf-8", True) == (script.headers["content-type"], len(script.content) < 3_000)


def test_the_field_page_loads_what_its_inventory_lists(world: World) -> None:
    """Each script as recorded and with a reason; nothing inline, no other origin, and the inventory's policy."""
    kari = visitor(world, field_mode=FieldMode.FRAME)
    answer = kari.web.get("/billing/methods/add")
    loaded = Loaded(answer.text)
    assert ([one.path for one in SCRIPTS], []) == (loaded.scripts, loaded.inline)
    assert {"http://sandbox.invalid", BASE_URL} == loaded.origins
    assert policy_for("http://sandbox.invalid") == answer.headers["content-security-policy"]
    for one in SCRIPTS:
        assert (one.sha256, True) == (sha256(kari.web.get(one.path).content).hexdigest(), bool(one.reason)), one.path
    planted = Loaded('<p onclick="x" style="y"><script>z</script><a href="javascript:x">')
    assert (["inline"], ["onclick", "style", "javascript:x"]) == (planted.scripts, planted.inline)


def test_the_doctor_sees_what_somebody_changed_on_the_way(world: World) -> None:
    """A script that isn't ours, a policy that was dropped, a script that was added; and nothing where all is well."""
    web = visitor(world, field_mode=FieldMode.FRAME).web
    web.cookies.clear()
    assert [True] * 3 == [one.is_well for one in look(web.get)]

    def rewritten(path: str) -> httpx2.Response:
        answer = web.get(path)
        content = answer.content.replace(b"</body>", b'<script src="https://cdn.example/x.js"></script></body>') + b" "
        headers = {"content-security-policy": answer.headers["content-security-policy"] + " *"}
        return httpx2.Response(answer.status_code, headers=headers, content=content, request=answer.request)

    found = [one.text for one in look(rewritten) if not one.is_well]
    for about, text in zip(("another script", "form-action 'self' *", "https://cdn.example/x.js"), found, strict=True):
        assert about in text
    hidden = next(look(lambda path: web.get(f"/nowhere{path}")))
    assert (False, True) == (hidden.is_well, "answers 404" in hidden.text)
    assert "PURRING_BASE_URL" in only(look_at("http://127.0.0.1:1")).text
    assert SIGN_IN in str(web.get(SIGN_IN).url)


def test_a_gateway_that_is_away_is_told_to_people_as_a_page(world: World) -> None:
    """In words, with a number to name, and not as a document for programs."""
    kari = visitor(world)
    token = kari.shop.token("approve").token
    world.sandbox.remote.outage(OutageKind.NOT_PROCESSED)
    answer = kari.web.get(f"/billing/methods/new?token={token}")
    assert (503, "text/html; charset=utf-8") == (answer.status_code, answer.headers["content-type"])
    assert "Please try again in a while; nothing is charged twice." in readable(answer.text)
    assert answer.headers["x-request-id"] in answer.text


def test_without_scripts_the_frame_is_a_link(world: World) -> None:
    """The same page leads to the gateway's own, and from there back."""
    kari = visitor(world, field_mode=FieldMode.FRAME)
    page = kari.web.get("/billing/methods/add").text
    plain = unescape(only(findall(r'<noscript>.*?href="([^"]*)"', page)))
    assert ("frame" in plain, "Enter card or account" in readable(page)) == (False, True)
    token = kari.shop.token("approve").token
    assert path_of(kari.posts(f"/billing/methods/new?token={token}", holder_name="Kari")).endswith("/tie")
