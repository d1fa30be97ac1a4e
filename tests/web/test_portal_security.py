"""Every line of the security requirements that concerns the portal, over every route that it has.

Line → test (`portal::test_x` is `tests/web/test_portal.py::test_x`; without a module: here).

- Card data. Numbers are refused wherever they stand → surface::test_a_card_number_is_refused_wherever_it_stands
- Card data. None is kept → `purring simulate` looks through tables, mails and log lines
- Card data. The field's page has its own policy and one script → field::test_the_field_in_a_frame_stands_alone
- Card data. Embedded and redirect → field, browser/test_journeys::test_the_field_in_a_frame
- Browser. Policy, headers, no-store on every answer → test_every_answer_of_every_route_is_guarded
- Browser. `__Host-` cookies → portal::test_the_cookie_is_guarded, paying::test_with_a_notices_link_nobody_signs_in
- Browser. Nothing from elsewhere, no report → browser/test_pages::test_the_browser_has_nothing_to_report
- Requests. POST from another site → test_no_other_site_can_press_anything
- Requests. GET and HEAD change nothing → test_looking_changes_nothing, links::test_ten_looks_leave_the_link_as_it_is
- Requests. Unknown methods → test_what_a_route_does_not_take_is_405
- Requests. Sizes → surface::test_what_is_too_long_or_too_deep_is_refused, test_a_form_has_an_end
- Links. At least 128 bit, only hashes kept → test_nothing_stored_opens_anything, links::test_the_database_holds_no_link
- Links. Ten GETs, one POST → links::test_ten_looks_…, link_pages::test_one_button_pays_with_the_card_on_file
- Links. Expired, altered, foreign, revoked → links::test_what_is_altered_foreign_or_revoked_is_the_same_404
- Links. Its invoice only → test_a_link_opens_no_other_route
- Sessions. Ids rotate at sign-in → test_signing_in_gives_a_new_session_and_takes_none
- Sessions. Sign-out, idle, absolute → portal::test_a_session_ends_at_the_server, test_no_session_outlives_a_day
- Sessions. Unknown addresses, limits on codes → portal::test_known_and_unknown_…, operations/test_sign_in
- Sessions. Step-up → test_what_can_not_be_taken_back_needs_a_fresh_code
- Isolation. Another customer's, another merchant's ids → portal::test_another_customers_things_are_not_there,
  test_another_merchants_ids_are_the_same_404
- Abuse → card_testing
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from datetime import timedelta
from typing import Any

import pytest
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from purring.domain.access import IDLE_MAX, SESSION_MAX, STEP_UP
from purring.operations.customers import NewPerson
from purring.operations.messages import messages_to
from purring.operations.sign_in import open_for
from purring.web.app import make_app
from purring.web.bodies import BODY_BYTES_MAX
from purring.web.portal.visit import FIELDS_MAX
from purring.web.security import HEADERS, HSTS
from purring.web.settings import WebSettings
from tests.web.conftest import BASE_URL
from tests.web.visitor import Visitor, path_of
from tests.world import FUNDS, Shop, World, only

LINK = re.compile(r"https://pay\.example(/i/[\w-]{32})\b")
KARI = NewPerson(name="Kari", email="kari@example.com", locale="en")
BYTES_MIN = 16


def portal_routes(world: World) -> list[Route]:
    """Every route of the portal."""
    mounts = [one for one in make_app(world.services, WebSettings(base_url=BASE_URL)).routes if isinstance(one, Mount)]
    portal: Any = next(one for one in mounts if one.path == "").app
    return [one for one in portal.routes if isinstance(one, Route)]


class Town:
    """A customer with a declined invoice, and an address of it for each of the portal's routes."""

    def __init__(self, web: TestClient, shop: Shop, email: str) -> None:
        """Let a charge be declined."""
        self.shop = shop
        self.customer = shop.customer(NewPerson(name="Kari", email=email, locale="en"))
        self.card = shop.card(self.customer, FUNDS)
        self.subscription = shop.subscribe(self.customer, self.card)
        shop.world.work()
        self.invoice = shop.invoice(self.subscription)
        (self.message,) = messages_to(shop.services, shop.id, self.customer.id, self.customer.people[0].id)
        mails = [mail for mail in shop.world.outbox.messages if mail.to_email == email]
        self.link = LINK.findall(mails[-1].body)[-1]
        self.visitor = Visitor(web, shop, self.customer)

    def path(self, route: Route) -> str:
        """An address that the route takes, with ids of the customer's own."""
        ids = {
            "subscriptions": self.subscription.id,
            "invoices": self.invoice.id,
            "settle": self.card.id,
            "methods": self.card.id,
            "people": self.customer.people[0].id,
            "messages": self.message.id,
        }
        own = next((one for part, one in ids.items() if f"/{part}/{{id}}" in route.path), "")
        path = route.path.replace("{id}", own).replace("{token}", self.link[3:])
        return re.sub(r"\{\w+\}", "nothing", path)


@pytest.fixture
def town(web: TestClient, shop: Shop) -> Town:
    """Kari's."""
    return Town(web, shop, KARI.email)


def methods_of(route: Route) -> set[str]:
    """What a route takes, HEAD left out, which goes with GET."""
    return set(route.methods or ()) - {"HEAD"}


def test_every_answer_of_every_route_is_guarded(world: World, web: TestClient, town: Town) -> None:
    """To strangers, to whoever is signed in, refused or lost: the headers that browsers obey, and nothing is kept."""
    wanted = {**HEADERS, "Strict-Transport-Security": HSTS}
    seen: set[int] = set()
    for is_signed_in in (False, True):
        if is_signed_in:
            town.visitor.signs_in()
        for route in portal_routes(world):
            for method in ("GET", "HEAD", "PATCH"):
                answer = web.request(method, town.path(route), follow_redirects=False)
                found = {name: answer.headers.get(name) for name in wanted}
                assert wanted == found, (method, route.path)
                is_public = route.path.startswith(("/static/", "/brand/", "/favicon", "/robots"))
                assert is_public or "no-store" == answer.headers["cache-control"], route.path
                seen.add(answer.status_code)
    assert {200, 303, 404, 405} <= seen
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_no_other_site_can_press_anything(world: World, web: TestClient, town: Town) -> None:
    """Whatever takes a POST refuses it as soon as a browser says that another site's page sent it."""
    town.visitor.signs_in()
    before = world.dump()
    routes = [route for route in portal_routes(world) if "POST" in methods_of(route)]
    assert routes
    for route in routes:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            assert 403 == web.post(town.path(route), headers=headers).status_code, route.path
    assert before == world.dump()


def test_looking_changes_nothing(world: World, web: TestClient, town: Town) -> None:
    """Every GET and HEAD there is, signed in and by link: the database stays as it is."""
    town.visitor.signs_in()
    before = world.dump()
    found = {
        (route.path, method): web.request(method, town.path(route), follow_redirects=False).status_code
        for route in portal_routes(world)
        if "GET" in methods_of(route)
        for method in ("GET", "HEAD")
    }
    assert before == world.dump()
    shown = {path for (path, _), status in found.items() if status == 200}
    assert {"/billing", "/billing/methods/{id}/remove", "/billing/settle/{id}", "/i/{token}", "/accounts"} <= shown
    assert len(shown) >= len(found) / 2 * 0.7


def test_what_a_route_does_not_take_is_405(world: World, web: TestClient, town: Town) -> None:
    """And says what it takes."""
    town.visitor.signs_in()
    for route in portal_routes(world):
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - methods_of(route):
            answer = web.request(method, town.path(route), follow_redirects=False)
            assert (405, True) == (answer.status_code, bool(answer.headers["allow"])), (method, route.path)


def test_a_form_has_an_end(web: TestClient, town: Town) -> None:
    """Too many fields, too many bytes, or what is no text is refused, and is no crash."""
    town.visitor.signs_in()
    page = f"/billing/methods/{town.card.id}/edit"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in ("&".join(["a=1"] * (FIELDS_MAX + 1)), "a=" + "x" * BODY_BYTES_MAX, b"\xff\xfe"):
        assert web.post(page, content=body, headers=form).status_code in {413, 422}


def test_nothing_stored_opens_anything(world: World, web: TestClient, town: Town) -> None:
    """Session, entrance, code and link are at least 128 bit, and no row holds one."""
    entrance = open_for(world.services, town.shop.id, town.customer.id, town.customer.people[0].id)
    town.visitor.signs_in()
    secrets = [web.cookies["__Host-purring"], entrance.rpartition("/")[2], town.link[3:]]
    assert all(len(urlsafe_b64decode(one + "==")) >= BYTES_MIN for one in secrets)
    stored = repr(world.dump())
    assert [] == [one for one in [*secrets, town.visitor.code()] if one in stored]


def test_a_link_opens_no_other_route(world: World, web: TestClient, town: Town) -> None:
    """Whoever holds one is a stranger everywhere else: sent to sign in, or to what everybody may see."""
    web.get(town.link)
    for route in portal_routes(world):
        if "{token}" in route.path or not route.path.startswith(("/billing", "/sessions", "/accounts", "/prove")):
            continue
        for method in methods_of(route):
            answer = web.request(method, town.path(route), follow_redirects=False)
            assert answer.headers.get("location", "").startswith("/sign-in?next="), (method, route.path)


def test_signing_in_gives_a_new_session_and_takes_none(web: TestClient, town: Town) -> None:
    """A token that somebody planted is never made good, and each sign-in has its own."""
    web.cookies.set("__Host-purring", "planted-by-somebody-else", domain="pay.example")
    town.visitor.signs_in()
    given = {cookie.value for cookie in web.cookies.jar if cookie.value != "planted-by-somebody-else"}
    web.cookies.clear()
    town.visitor.signs_in()
    assert only(list(given)) != web.cookies["__Host-purring"]
    web.cookies.clear()
    web.cookies.set("__Host-purring", "planted-by-somebody-else", domain="pay.example")
    assert "/sign-in" == path_of(web.get("/billing"))


def test_no_session_outlives_a_day(world: World, web: TestClient, town: Town) -> None:
    """However busy, it ends after twelve hours."""
    town.visitor.signs_in()
    began_at, step = world.clock.now(), IDLE_MAX - timedelta(minutes=1)
    while world.clock.now() + step < began_at + SESSION_MAX:
        world.clock.advance_to(world.clock.now() + step)
        assert "/sessions" == path_of(web.get("/sessions"))
    world.clock.advance_to(began_at + SESSION_MAX)
    assert "/sign-in" == path_of(web.get("/sessions"))


def test_what_can_not_be_taken_back_needs_a_fresh_code(world: World, web: TestClient, town: Town) -> None:
    """Ten minutes after the last code, removing methods and changing people asks for another; nothing is done."""
    town.visitor.signs_in()
    world.clock.advance_to(world.clock.now() + STEP_UP)
    before = world.dump(without=("seen_at",))
    person = town.customer.people[0].id
    for path in (
        f"/billing/methods/{town.card.id}/remove",
        "/billing/people/add",
        f"/billing/people/{person}/role",
        f"/billing/people/{person}/remove",
    ):
        assert "/prove" == path_of(web.post(path, data={"role": "reader"}, follow_redirects=True)), path
    assert before == world.dump(without=("seen_at",))


def test_another_merchants_ids_are_the_same_404(world: World, web: TestClient, town: Town) -> None:
    """Every route with ids of another merchant's customer: not there, read or pressed."""
    other = Town(web, world.shop("Fjell AS"), "eva@example.com")
    town.visitor.signs_in()
    before = world.dump()
    for route in portal_routes(world):
        if "{id}" in route.path:
            for method in methods_of(route):
                form: dict[str, Any] = {"data": {"role": "reader"}} if method == "POST" else {}
                answer = web.request(method, other.path(route), follow_redirects=False, **form)
                assert 404 == answer.status_code, (method, route.path)
    assert before == world.dump()
