"""Every route: no key, too small a key, another merchant's things, fields and numbers that can't be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from purring.operations.api_keys import Scope
from purring.store.isolation import MERCHANT_ROLE
from purring.web.api.app import describe_api
from purring.web.api.caller import Needs
from purring.web.api.routes import ROUTERS
from tests.web.client import Developer
from tests.web.conftest import client_of
from tests.world import World

CARD = "4242424242424242"


@dataclass(frozen=True)
class Route:
    """A method and a path, with what its parameters and its body are called."""

    method: str
    path: str
    parameters: tuple[str, ...]
    scope: Scope
    has_body: bool

    def __str__(self) -> str:
        """As it stands in a test's name."""
        return f"{self.method} {self.path}"


def _routes() -> Iterator[Route]:
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            scopes = [one.call.scope for one in route.dependant.dependencies if isinstance(one.call, Needs)]
            assert len(scopes) == 1, f"{route.path} must ask for exactly one scope"
            parameters = tuple(one.name for one in route.dependant.path_params)
            for method in sorted(route.methods or ()):
                yield Route(method, route.path, parameters, scopes[0], route.body_field is not None)


ROUTES = list(_routes())
WITH_IDS = [route for route in ROUTES if any(name.endswith("_id") for name in route.parameters)]
WITH_BODY = [route for route in ROUTES if route.has_body]


@dataclass
class Two:
    """Two merchants who know nothing of each other, each with something of everything."""

    own: Developer
    other: Developer
    ids: dict[str, str]
    narrow: dict[Scope, Developer]


@pytest.fixture(scope="module")
def two(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    """One application for all routes: nothing here gets as far as changing anything."""
    directory = tmp_path_factory.mktemp("routes")
    world = World(f"sqlite:///{copyfile(sqlite_template, directory / 'routes.sqlite3')}", directory)
    clients = client_of(world)
    web: TestClient = next(clients)
    own, other = (Developer(web, world.shop(name)) for name in ("Fjord AS", "Skog AS"))
    ids = _ids(other)
    _ids(own)
    narrow = {scope: Developer(web, own.shop, [one for one in Scope if one is not scope]) for scope in Scope}
    yield Two(own, other, ids, narrow)
    assert [] == list(clients)
    world.close()


def _ids(api: Developer) -> dict[str, str]:
    """Ids of everything, by the names of paths' parameters."""
    paid, sold = api.sold("approve"), api.sold()
    api.shop.world.work()

    def newest(path: str) -> str:
        return str(api.get(path)["data"][0]["id"])

    return {
        "customer_id": sold["customer_id"],
        "method_id": sold["payment_method_id"],
        "price_id": sold["price"]["id"],
        "product_id": sold["price"]["product_id"],
        "subscription_id": sold["id"],
        "invoice_id": newest("/invoices"),
        "attempt_id": newest("/attempts"),
        "recovery_id": newest("/recoveries"),
        "notice_id": newest("/notices"),
        "event_id": newest("/events"),
        "test_clock_id": str(api.call("POST", "/test_clocks", {}).json()["id"]),
        "person_id": api.get(f"/customers/{sold['customer_id']}")["people"][0]["id"],
        "endpoint_id": api.post("/endpoints", {"url": "https://shop.example/purring"})["endpoint"]["id"],
        **_money_back(api, paid["id"]),
        "version": "1",
    }


def _money_back(api: Developer, subscription_id: str) -> dict[str, str]:
    """A refund of a part of an invoice, and a dispute about the rest."""
    world = api.shop.world
    (invoice,) = api.get(f"/invoices?subscription_id={subscription_id}")["data"]
    body = {"invoice_id": invoice["id"], "amount": {"minor": 100, "currency": "NOK"}}
    refund = api.post("/refunds", body)
    world.sandbox.remote.open_chargeback(refund["attempt_id"])
    world.take_events_in()
    world.work()
    return {"refund_id": refund["id"], "dispute_id": api.get("/disputes")["data"][0]["id"]}


def _path(route: Route, ids: dict[str, str]) -> str:
    path = route.path
    for name in route.parameters:
        path = path.replace(f"{{{name}}}", ids[name])
    return path


def _bodies(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """For each route that takes one, a body that could be right, with these ids."""
    kari = {"name": "Kari", "email": "kari@example.com", "locale": "nb"}
    money = {"minor": 100, "currency": "NOK"}
    return {
        "POST /products": {"name": "Team"},
        "PATCH /products/{product_id}": {"name": "Team"},
        "POST /prices": {
            "product_id": ids["product_id"],
            "unit_amount": money,
            "interval": {"unit": "month", "count": 1},
        },
        "POST /customers": {
            "name": "A",
            "timezone": "UTC",
            "locale": "nb",
            "people": [kari],
            "test_clock_id": ids["test_clock_id"],
        },
        "PATCH /customers/{customer_id}": {"name": "A"},
        "POST /payment_methods": {
            "customer_id": ids["customer_id"],
            "kind": "card",
            "gateway": "sandbox",
            "token": "tok_1",
            "fingerprint": "fp_1",
            "scheme": "visa",
            "last4": "1111",
        },
        "PATCH /payment_methods/{method_id}": {"phone": "1"},
        "POST /payment_methods/{method_id}/replace": {"with_id": ids["method_id"]},
        "POST /subscriptions": {"customer_id": ids["customer_id"], "price_id": ids["price_id"]},
        "POST /subscriptions/{subscription_id}/tie": {"payment_method_id": ids["method_id"]},
        "POST /subscriptions/{subscription_id}/backup": {"payment_method_id": ids["method_id"]},
        "POST /subscriptions/{subscription_id}/change_quantity": {"quantity": 2},
        "POST /subscriptions/{subscription_id}/change": {"when": "period_end", "quantity": 3},
        "POST /subscriptions/{subscription_id}/cancel": {"when": "now"},
        "POST /invoices": {
            "customer_id": ids["customer_id"],
            "number": "A-1",
            "amount": money,
            "invoice_on": "2026-03-01",
            "description": "Hosting",
        },
        "POST /invoices/{invoice_id}/pay": {"payment_method_id": ids["method_id"]},
        "POST /invoices/{invoice_id}/record_payment": {"amount": money, "reference": "bank"},
        "POST /invoices/{invoice_id}/record_refund": {"amount": money},
        "POST /attempts/{attempt_id}/correct": {"to": "succeeded", "note": "seen"},
        "POST /refunds": {"invoice_id": ids["invoice_id"]},
        "POST /refunds/{refund_id}/settle": {"to": "failed", "note": "seen"},
        "POST /recoveries/{recovery_id}/move": {"to": "2026-03-05T10:00:00Z"},
        "PATCH /merchant": {"name": "A"},
        **_bodies_around(ids),
    }


def _bodies_around(ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Of what a developer arranges around the money."""
    return {
        "POST /test_clocks/{test_clock_id}/advance": {"to": "2026-03-05T10:00:00Z"},
        "POST /merchant/set_limit": {"limit_id": "card-amount-24h", "attempts_max": 1},
        "POST /merchant/override_limit": {
            "limit_id": "card-amount-24h",
            "attempts_max": 2,
            "reason": "tried",
            "by": "Kari",
        },
        "POST /customers/{customer_id}/people": {"name": "Ola", "email": "ola@example.com", "locale": "nb"},
        "PATCH /customers/{customer_id}/people/{person_id}": {"name": "Ola"},
        "POST /portal_sessions": {"customer_id": ids["customer_id"], "person_id": ids["person_id"]},
        "POST /endpoints": {"url": "https://shop.example/other"},
        "PATCH /endpoints/{endpoint_id}": {"events": ["invoice.*"]},
        "POST /endpoints/{endpoint_id}/replay_event": {"event_id": ids["event_id"]},
        "POST /endpoints/{endpoint_id}/replay_since": {"since": "2026-03-01T00:00:00Z"},
    }


def _body(route: Route, ids: dict[str, str]) -> dict[str, Any] | None:
    return _bodies(ids).get(str(route), {}) if route.has_body else None


def test_the_routes_are_those_of_the_document() -> None:
    """No route hides from the tests below, and none from the document."""
    paths = describe_api().openapi()["paths"]
    documented = {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}
    assert documented == {str(route) for route in ROUTES}


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_route_needs_a_key_that_reaches_so_far(two: Two, route: Route) -> None:
    """Without a key 401; with one that has every other scope 403, which names the missing one."""
    path, body = _path(route, two.ids), _body(route, two.ids)
    answer = two.own.web.request(route.method, f"/v1{path}", json=body)
    assert (401, "not_authenticated") == (answer.status_code, answer.json()["code"])
    answer = two.narrow[route.scope].call(route.method, path, body)
    assert (403, "missing_scope") == (answer.status_code, answer.json()["code"])
    assert route.scope in answer.json()["detail"]


@pytest.mark.parametrize("route", WITH_IDS, ids=str)
def test_another_merchants_things_are_not_there(two: Two, route: Route) -> None:
    """Every id of theirs, in the address and in the body, is answered 404, and nothing of theirs is told."""
    answer = two.own.call(route.method, _path(route, two.ids), _body(route, two.ids))
    assert (404, "not_found") == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize("route", [route for route in WITH_BODY if not WITH_IDS.count(route)], ids=str)
def test_another_merchants_things_can_not_be_referred_to(two: Two, route: Route) -> None:
    """A body that names what is theirs is answered 404, too."""
    body = _body(route, two.ids) or {}
    if set(two.ids.values()) & {value for value in body.values() if isinstance(value, str)}:
        answer = two.own.call(route.method, route.path, body)
        assert (404, "not_found") == (answer.status_code, answer.json()["code"])


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
def test_a_field_that_nobody_reads_is_refused(two: Two, route: Route) -> None:
    """A slip in a field's name is an error, never ignored."""
    body = {**(_body(route, two.ids) or {}), "colour": "red"}
    answer = two.own.call(route.method, _path(route, two.ids), body)
    assert (422, "unknown_field", "colour") == (answer.status_code, answer.json()["code"], answer.json()["field"])


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_card_number_gets_nowhere(two: Two, route: Route) -> None:
    """In the query, in a header, in the body: 422, and it isn't repeated."""
    path, body = _path(route, two.ids), _body(route, two.ids)
    answers = [
        two.own.call(route.method, f"{path}?note={CARD}", body),
        two.own.call(route.method, path, body, X_Note=CARD),
    ]
    if route.has_body:
        answers.append(two.own.call(route.method, path, {**(body or {}), "note": CARD}))
    assert {(422, "card_number")} == {(answer.status_code, answer.json()["code"]) for answer in answers}
    assert not any("4242" in answer.text for answer in answers)


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method == "GET"], ids=str)
def test_looking_changes_nothing(two: Two, route: Route) -> None:
    """A GET or a HEAD leaves every table as it is, but for when the key was used last."""
    world = two.other.shop.world
    before = world.dump(without=["last_used_at"])
    assert 200 == two.other.call("GET", _path(route, two.ids)).status_code
    assert two.other.call("HEAD", _path(route, two.ids)).status_code in {200, 405}
    assert before == world.dump(without=["last_used_at"])


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_every_route_works_in_its_merchants_role(world: World, api: Developer) -> None:
    """Where that role may do nothing, no route does: none of them asks the database as anybody else."""
    ids = _ids(api)
    with world.services.store.transaction() as conn:
        conn.exec_driver_sql(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {MERCHANT_ROLE}")
        conn.exec_driver_sql(f"GRANT SELECT ON invoice TO {MERCHANT_ROLE}")  # without it the role counts as not set up
    before = world.dump(without=["last_used_at"])
    answers = {str(route): api.call(route.method, _path(route, ids), _body(route, ids)) for route in ROUTES}
    assert {} == {name: answer.text for name, answer in answers.items() if answer.status_code != 500}
    assert before == world.dump(without=["last_used_at"])
