"""Keys, versions, pages, limits: what every route does the same way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from purring.operations.idempotency import KEPT_FOR
from purring.store import api_requests
from purring.web.api.caller import BURST_S, Limiter
from purring.web.app import make_app
from purring.web.settings import WebSettings
from tests.web.client import Developer
from tests.web.conftest import BASE_URL
from tests.world import FUNDS, Shop, World

NAMELESS = {"timezone": "UTC", "locale": "en"}
NEW = {"name": "A", **NAMELESS}


def _count(world: World, table: str) -> int:
    return len(world.dump()[table])


# ---------------------------------------------------------------------------------------------------------------------
# Idempotency keys


def test_the_same_key_gets_the_first_answer(api: Developer, world: World) -> None:
    """Sent again, nothing more happens, and the answer says that it is a repetition."""
    first = api.call("POST", "/customers", NEW, Idempotency_Key="k1")
    again = api.call("POST", "/customers", NEW, Idempotency_Key="k1")
    assert (201, first.text, "true") == (again.status_code, again.text, again.headers["idempotency-replayed"])
    assert "idempotency-replayed" not in first.headers
    assert 1 == _count(world, "customer")


def test_the_same_key_with_another_request_is_refused(api: Developer, world: World) -> None:
    """Another body, or the same one sent elsewhere: neither is done."""
    api.post("/customers", NEW, Idempotency_Key="k1")
    reused = (409, "idempotency_key_reused", "Idempotency-Key")
    assert reused == api.refused("POST", "/customers", {**NEW, "name": "B"}, Idempotency_Key="k1")
    assert reused == api.refused("POST", "/products", {"name": "A"}, Idempotency_Key="k1")
    assert (1, 0) == (_count(world, "customer"), _count(world, "product"))


def test_two_merchants_may_use_the_same_key(api: Developer, web: TestClient, world: World) -> None:
    """A key is one merchant's; what another one did under it is never told."""
    other = Developer(web, world.shop("Skog AS"))
    made = [one.post("/customers", NEW, Idempotency_Key="k1")["id"] for one in (api, other)]
    assert made[0] != made[1]


def test_what_was_refused_may_be_sent_right_under_the_same_key(api: Developer) -> None:
    """An error leaves no trace, so that the key can be used again once the cause is mended."""
    api.customer(external_id="taken")
    body = {**NEW, "external_id": "taken"}
    refused = (422, "invalid_input", "external_id")
    assert [refused, refused] == [api.refused("POST", "/customers", body, Idempotency_Key="k2") for _ in range(2)]
    assert api.post("/customers", {**NEW, "external_id": "free"}, Idempotency_Key="k2")


def test_key_and_effect_are_one(api: Developer, world: World) -> None:
    """If the answer can't be written down, what it tells of hasn't happened."""
    before = world.dump()
    with _broken(world, "CREATE TRIGGER broken BEFORE UPDATE ON api_request BEGIN SELECT RAISE(ABORT, 'no'); END"):
        assert 500 == api.call("POST", "/customers", NEW, Idempotency_Key="k1").status_code
    assert before["customer"] == world.dump()["customer"]
    assert [] == world.dump()["api_request"]
    assert api.post("/customers", NEW, Idempotency_Key="k1")


@contextmanager
def _broken(world: World, trigger: str) -> Iterator[None]:
    """Let the database refuse something for a while."""
    postgres = (
        "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$",
        "CREATE TRIGGER broken BEFORE UPDATE ON api_request FOR EACH ROW EXECUTE FUNCTION broken()",
    )
    is_sqlite = world.services.store.dialect == "sqlite"
    with world.services.store.transaction() as conn:
        for statement in (trigger,) if is_sqlite else postgres:
            conn.exec_driver_sql(statement)
    yield
    with world.services.store.transaction() as conn:
        conn.exec_driver_sql("DROP TRIGGER broken" if is_sqlite else "DROP TRIGGER broken ON api_request")


def _declined(api: Developer) -> tuple[str, str]:
    """A declined invoice of somebody who holds another card: the path to pay it, and that card."""
    sold = api.sold(FUNDS)
    api.shop.world.work()
    (invoice,) = api.get(f"/invoices?subscription_id={sold['id']}")["data"]
    return f"/invoices/{invoice['id']}/pay", api.card(sold["customer_id"], "approve")["id"]


def test_a_payment_sent_again_charges_once(api: Developer, world: World) -> None:
    """The gateway saw one charge of that card, however often the request came; a refusal is repeated, too."""
    path, card = _declined(api)
    body = {"payment_method_id": card}
    answers = [api.call("POST", path, body, Idempotency_Key="pay") for _ in range(3)]
    assert {200} == {one.status_code for one in answers}
    assert 1 == len({one.text for one in answers})
    assert 2 == len(world.seen())
    refused = [api.call("POST", path, body, Idempotency_Key="pay-again") for _ in range(2)]
    assert [(409, "already_paid")] * 2 == [(one.status_code, one.json()["code"]) for one in refused]
    assert refused[0].text == refused[1].text


def test_a_payment_that_was_cut_off_is_never_sent_again(api: Developer, world: World) -> None:
    """Where nobody wrote the answer down, the same key charges nothing and says where to look."""
    path, card = _declined(api)
    body = {"payment_method_id": card}
    api.post(path, body, Idempotency_Key="pay")
    _forget_answer(world)
    seen = len(world.seen())
    assert (409, "request_under_way", "Idempotency-Key") == api.refused("POST", path, body, Idempotency_Key="pay")
    assert seen == len(world.seen())


def _forget_answer(world: World) -> None:
    with world.services.store.transaction() as conn:
        conn.exec_driver_sql(
            "UPDATE api_request SET status = 'started', http_status = NULL, answer = NULL WHERE idempotency_key = 'pay'"
        )


def test_giving_up_asks_the_gateway_first_where_a_charge_is_open(api: Developer, world: World) -> None:
    """What somebody else began is settled outside of any transaction, and the refusal is repeated under its key."""
    sold = api.sold("timeout after")
    world.work()
    (invoice,) = api.get(f"/invoices?subscription_id={sold['id']}")["data"]
    assert ["unknown"] == [one["status"] for one in api.get(f"/attempts?invoice_id={invoice['id']}")["data"]]
    path = f"/invoices/{invoice['id']}/write_off"
    refused = [api.call("POST", path, {}, Idempotency_Key="give-up") for _ in range(2)]
    assert [(409, "already_paid")] * 2 == [(one.status_code, one.json()["code"]) for one in refused]
    assert refused[0].text == refused[1].text
    assert "paid" == api.get(f"/invoices/{invoice['id']}")["status"]
    assert [] == world.broken()


def test_answers_are_forgotten_in_time(api: Developer, world: World, shop: Shop) -> None:
    """After two days a key is new again, and the table doesn't grow for ever."""
    first = api.post("/customers", NEW, Idempotency_Key="k1")
    world.clock.advance_to(world.clock.now() + KEPT_FOR + timedelta(seconds=1))
    second = api.post("/customers", NEW, Idempotency_Key="k1")
    assert first["id"] != second["id"]
    with world.services.store.reading() as conn:
        assert world.clock.now() == api_requests.find(conn, shop.id, "k1").created_at


@pytest.mark.parametrize("key", ["", "x" * 256, "two words"])
def test_a_key_is_a_short_word(api: Developer, key: str) -> None:
    """What can't be a key is refused."""
    assert 422 == api.call("POST", "/customers", NEW, Idempotency_Key=key).status_code


# ---------------------------------------------------------------------------------------------------------------------
# Versions


@pytest.mark.parametrize("thing", ["customer", "product", "payment_method", "merchant", "policy"])
def test_nobody_overwrites_what_they_have_not_read(api: Developer, thing: str) -> None:
    """A change with the version that was read goes through once; with an older one it is refused."""
    path, fields = _changeable(api, thing)
    read = api.call("GET", path)
    tag = read.headers["etag"]
    assert 200 == api.call("PATCH", path, fields, If_Match=tag).status_code
    after = api.call("GET", path)
    assert tag != after.headers["etag"]
    assert (412, "version_mismatch", "If-Match") == api.refused("PATCH", path, fields, If_Match=tag)
    assert after.text == api.call("GET", path).text
    assert 200 == api.call("PATCH", path, fields, If_Match="*").status_code


def _changeable(api: Developer, thing: str) -> tuple[str, dict[str, object]]:
    match thing:
        case "customer":
            return f"/customers/{api.customer()['id']}", {"name": "B"}
        case "product":
            return f"/products/{api.post('/products', {'name': 'A'})['id']}", {"name": "B"}
        case "payment_method":
            return f"/payment_methods/{api.card(api.customer()['id'])['id']}", {"holder_name": "Kari"}
        case "merchant":
            return "/merchant", {"name": "B"}
        case _:
            return "/merchant/policy", {"window_days": 20}


# ---------------------------------------------------------------------------------------------------------------------
# Pages, and what is beside


def test_pages_hold_everything_once_while_things_are_added(api: Developer) -> None:
    """Whoever pages through sees each thing once, newest first, and nothing that came since."""
    made = [api.post("/products", {"name": f"P{n}"})["id"] for n in range(5)]
    seen: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"/products?limit=2{cursor}")
        seen += [one["id"] for one in page["data"]]
        api.post("/products", {"name": "later"})
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert made[::-1] == seen


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "cursor=%00", "cursor=zz", "status=lost"])
def test_a_page_that_can_not_be_is_refused(api: Developer, query: str) -> None:
    """Limits, cursors and filters are checked like bodies."""
    assert 422 == api.call("GET", f"/invoices?{query}").status_code


def test_related_things_come_whole_when_asked_for(api: Developer) -> None:
    """Beside each id there is room for the thing itself; what can't be expanded is refused."""
    sold = api.sold("approve")
    path = f"/subscriptions/{sold['id']}"
    plain = api.get(path)
    assert (None, None) == (plain["customer"], plain["payment_method"])
    whole = api.get(f"{path}?expand=customer&expand=payment_method")
    assert sold["customer_id"] == whole["customer"]["id"]
    assert sold["payment_method_id"] == whole["payment_method"]["id"]
    (listed,) = api.get("/subscriptions?expand=customer")["data"]
    assert whole["customer"] == listed["customer"]
    assert 422 == api.call("GET", f"{path}?expand=cats").status_code


def test_what_can_not_be_used_says_what_can(front_api: Developer) -> None:
    """Every method that an address has, whichever route it belongs to."""
    answer = front_api.call("OPTIONS", "/customers")
    assert (405, "GET, POST") == (answer.status_code, answer.headers["allow"])


# ---------------------------------------------------------------------------------------------------------------------
# Limits


def test_a_bucket_fills_again() -> None:
    """So many at once, then as many as the time that went by brings; another key has its own."""
    now_s = [0.0]
    limiter = Limiter(lambda: now_s[0], 2)
    burst = [limiter.take("a").wait_s for _ in range(2 * BURST_S)]
    assert [0] * 8 == burst
    assert 1 == limiter.take("a").wait_s
    assert 0 == limiter.take("b").wait_s
    now_s[0] += 0.5
    assert [0, 1] == [limiter.take("a").wait_s for _ in range(2)]


def test_whoever_asks_too_often_is_told_when_to_come_back(world: World, shop: Shop) -> None:
    """Every answer says how many are left; the one too many is 429, with the seconds to wait."""
    app = make_app(world.services, WebSettings(base_url=BASE_URL, requests_per_s=1))
    with TestClient(app, base_url=BASE_URL) as client:
        developer = Developer(client, shop)
        answers = [developer.call("GET", "/merchant") for _ in range(BURST_S + 1)]
    assert ['"key";r=3;t=0', '"key";r=0;t=1'] == [answers[0].headers["ratelimit"], answers[-1].headers["ratelimit"]]
    assert {'"key";q=4;w=4'} == {one.headers["ratelimit-policy"] for one in answers}
    assert (429, "rate_limited", "1") == (
        answers[-1].status_code,
        answers[-1].json()["code"],
        answers[-1].headers["retry-after"],
    )


# ---------------------------------------------------------------------------------------------------------------------
# Bad input, each in its own words (behaviour §10)

PRICE: dict[str, Any] = {
    "product_id": "prod_00000000000000000000000000",
    "unit_amount": {"minor": 100, "currency": "NOK"},
    "interval": {"unit": "month", "count": 1},
}
WRONG: list[tuple[str, dict[str, Any], str, str]] = [
    ("/customers", NAMELESS, "missing_field", "name"),
    ("/customers", {**NEW, "nmae": "A"}, "unknown_field", "nmae"),
    ("/customers", {**NEW, "name": " "}, "invalid_input", "name"),
    ("/customers", {**NEW, "name": "A\nB"}, "invalid_input", "name"),
    ("/customers", {**NEW, "name": 7}, "invalid_input", "name"),
    ("/customers", {**NEW, "timezone": "Mars/Base"}, "unknown_zone", "timezone"),
    ("/customers", {**NEW, "locale": "fr"}, "unknown_locale", "locale"),
    ("/customers", {**NEW, "country": "Norway"}, "invalid_input", "country"),
    ("/customers", {**NEW, "kind": "cat"}, "invalid_input", "kind"),
    ("/customers", {**NEW, "people": [{"name": "K", "email": "k", "locale": "nb"}]}, "invalid_input", "people.0.email"),
    ("/prices", {**PRICE, "unit_amount": {"minor": 0, "currency": "NOK"}}, "invalid_input", "unit_amount.minor"),
    ("/prices", {**PRICE, "unit_amount": {"minor": -1, "currency": "NOK"}}, "invalid_input", "unit_amount.minor"),
    ("/prices", {**PRICE, "unit_amount": {"minor": 2.5, "currency": "NOK"}}, "invalid_input", "unit_amount.minor"),
    ("/prices", {**PRICE, "unit_amount": {"minor": "1", "currency": "NOK"}}, "invalid_input", "unit_amount.minor"),
    ("/prices", {**PRICE, "unit_amount": {"minor": 1, "currency": "KR"}}, "unknown_currency", "unit_amount.currency"),
    ("/prices", {**PRICE, "interval": {"unit": "month", "count": 0}}, "invalid_input", "interval.count"),
    ("/prices", {**PRICE, "product_id": "cus_1"}, "invalid_id", "product_id"),
    ("/recoveries/rec_00000000000000000000000000/move", {"to": "2026-03-05T10:00:00"}, "naive_time", "to"),
    ("/recoveries/rec_00000000000000000000000000/move", {"to": "tomorrow"}, "invalid_date", "to"),
    ("/recoveries/rec_00000000000000000000000000/move", {"to": "9999-12-31T23:59:59-10:00"}, "invalid_date", "to"),
]


@pytest.mark.parametrize(("path", "body", "code", "field"), WRONG, ids=lambda value: str(value)[-40:])
def test_what_can_not_be_is_refused_by_its_name(
    front_api: Developer, path: str, body: dict[str, Any], code: str, field: str
) -> None:
    """Each has its own code, names the field, and says what to send instead."""
    answer = front_api.call("POST", path, body)
    assert (422, code, field) == (answer.status_code, answer.json()["code"], answer.json()["field"])
    assert answer.json()["detail"].endswith(".")


def test_a_customers_method_pays_nobody_elses_subscription(api: Developer) -> None:
    """A method of another customer of the same merchant is refused by its own code."""
    sold, stranger = api.sold("approve"), api.card(api.customer()["id"])
    body = {"payment_method_id": stranger["id"]}
    assert 404 == api.call("POST", f"/subscriptions/{sold['id']}/tie", body).status_code
    new = {"customer_id": sold["customer_id"], "price_id": sold["price"]["id"], "payment_method_id": stranger["id"]}
    assert (409, "not_your_method", "method_id") == api.refused("POST", "/subscriptions", new)
