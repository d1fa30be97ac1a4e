"""What every answer has, and what is refused before anybody reads it."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient

from purring.web.bodies import BODY_BYTES_MAX, JSON_DEPTH_MAX
from purring.web.security import HEADERS, HSTS
from tests.web.conftest import BASE_URL
from tests.world import FUNDS, Shop, World

CARD = "4242 4242 4242 4242"
ADDRESSES = ["/health", "/static/portal.css", "/i/nothing", "/v1/nothing", "/inbound/nothing", "/nothing"]


@pytest.mark.parametrize("path", ADDRESSES)
def test_every_answer_is_guarded_and_named(front: TestClient, path: str) -> None:
    """Whatever is answered carries the headers that browsers obey, and a request id of ours."""
    answer = front.get(path, headers={"X-Request-Id": "mine"})
    wanted = {**HEADERS, "Strict-Transport-Security": HSTS}
    assert wanted == {name: answer.headers[name] for name in wanted}
    assert answer.headers["x-request-id"].startswith("req_")
    assert "server" not in answer.headers
    assert "unsafe" not in answer.headers["content-security-policy"]


def test_only_what_never_changes_may_be_kept(front: TestClient) -> None:
    """Pages and answers are never stored; the stylesheet may be."""
    assert "no-store" == front.get("/i/nothing").headers["cache-control"]
    assert "public" in front.get("/static/portal.css").headers["cache-control"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
@pytest.mark.parametrize("path", ["/v1/customers", "/i/nothing", "/inbound/sandbox"])
def test_another_sites_page_can_send_nothing(front: TestClient, path: str, headers: dict[str, str]) -> None:
    """A POST that a browser says came from elsewhere is refused everywhere."""
    answer = front.post(path, headers=headers, content=b"{}")
    assert (403, "cross_site") == (answer.status_code, answer.json()["code"])


def test_our_own_page_may_send(front: TestClient) -> None:
    """The same POST from our origin, which pages without a referrer call `null`, goes through to no route."""
    for origin in (BASE_URL, "null"):
        assert 404 == front.post("/nothing", headers={"Origin": origin, "Sec-Fetch-Site": "same-origin"}).status_code


def test_a_problem_says_what_where_and_which_request(front: TestClient) -> None:
    """Problems are RFC 9457's, with our code and the request's id."""
    answer = front.get("/v1/nothing")
    assert "application/problem+json" == answer.headers["content-type"]
    problem = answer.json()
    assert ("not_found", 404, answer.headers["x-request-id"]) == (
        problem["code"],
        problem["status"],
        problem["request_id"],
    )
    assert {"type", "title", "status", "detail", "code", "request_id"} == problem.keys()


@pytest.mark.parametrize("path", ["/health", "/static/portal.css", "/i/nothing"])
def test_an_unknown_method_is_405(front: TestClient, path: str) -> None:
    """The answer names the methods there are."""
    answer = front.delete(path)
    assert 405 == answer.status_code
    assert "GET" in answer.headers["allow"]


JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("url", "content", "headers"),
    [
        ("/v1/customers", json.dumps({"name": CARD}), JSON),
        ("/v1/customers", json.dumps({"a": [{"b": 4242424242424242}]}), JSON),
        ("/v1/customers", json.dumps({CARD: 1}), JSON),
        ("/v1/customers", '{"name": "\\u0034242424242424242"}', JSON),
        ("/v1/customers?name=4242+4242+4242+4242", "{}", JSON),
        (f"/v1/customers/{CARD.replace(' ', '')}", "{}", JSON),
        ("/v1/customers", "{}", {**JSON, "Idempotency-Key": CARD}),
        ("/i/nothing", "name=4242+4242+4242+4242", FORM),
    ],
)
def test_a_card_number_is_refused_wherever_it_stands(
    front: TestClient, capsys: pytest.CaptureFixture[str], url: str, content: str, headers: dict[str, str]
) -> None:
    """In the address, a header, a form or JSON: 422, and it is neither repeated nor logged."""
    answer = front.post(url, content=content, headers=headers)
    assert (422, "card_number") == (answer.status_code, answer.json()["code"])
    assert "4242" not in answer.text
    assert "4242" not in capsys.readouterr().err


def test_a_tracers_number_is_no_card(front: TestClient) -> None:
    """Proxies send long numbers of their own; those aren't looked at."""
    assert 404 == front.get("/v1/nothing", headers={"X-Datadog-Trace-Id": CARD.replace(" ", "")}).status_code


def test_what_is_too_long_or_too_deep_is_refused(front: TestClient) -> None:
    """Bodies, their nesting and addresses have an end."""
    deep = "[" * (JSON_DEPTH_MAX + 2) + "]" * (JSON_DEPTH_MAX + 2)
    for content in (b"x" * (BODY_BYTES_MAX + 1), deep.encode()):
        answer = front.post("/v1/customers", content=content, headers={"Content-Type": "application/json"})
        assert (413, "too_large") == (answer.status_code, answer.json()["code"])
    assert 413 == front.get(f"/v1/customers?{'x' * 5_000}").status_code


@pytest.mark.parametrize("content", [b"{", b"[" * 100_000, b'{"a": NaN}', b"\xff", b'{"a": "\\u0000"}'])
def test_what_is_no_json_is_refused(front: TestClient, content: bytes) -> None:
    """Nothing that can't be read gets any further."""
    answer = front.post("/v1/customers", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in {413, 422}


def test_a_gateways_event_is_stored_once_and_worked(web: TestClient, world: World, shop: Shop) -> None:
    """A signed event is answered 200, the second time too, and acts once; an unsigned one is refused unread."""
    subscription = shop.sold(FUNDS)
    world.work()
    sent = world.events_sent()
    assert sent
    for new in (True, False):
        answers = [web.post("/inbound/sandbox", content=one.body, headers=dict(one.headers)) for one in sent]
        assert {(200, new)} == {(answer.status_code, answer.json()["new"]) for answer in answers}
    world.work()
    assert ["declined"] == shop.attempts(subscription)
    refused = web.post("/inbound/sandbox", content=sent[0].body)
    assert (400, "bad_signature") == (refused.status_code, refused.json()["code"])
    assert 404 == web.post("/inbound/stripe", content=b"{}").status_code
    assert 405 == web.get("/inbound/sandbox").status_code


def test_a_database_that_is_away_is_no_ones_business(web: TestClient, world: World) -> None:
    """The answer says to come back, and nothing about where the database lies."""
    with world.services.store.transaction() as conn:
        conn.exec_driver_sql("DROP TABLE alembic_version")
    answer = web.get("/health")
    assert (503, "store_unavailable", "5") == (
        answer.status_code,
        answer.json()["code"],
        answer.headers["retry-after"],
    )
    assert "purring db" not in answer.text
