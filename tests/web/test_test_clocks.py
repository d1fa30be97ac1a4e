"""Test clocks over the API: made, advanced, read, deleted, each as all other things are."""

from __future__ import annotations

from datetime import datetime, timedelta

from starlette.testclient import TestClient

from purring.engine.test_clocks import ClockWalker
from purring.operations.merchants import create_merchant
from tests.web.client import Developer
from tests.world import FUNDS, NOON, Shop, World


def test_a_clock_is_advanced_over_the_api(world: World, api: Developer) -> None:
    """202 at once; a worker walks it, and everything of its customer has happened when it stands there."""
    made = api.call("POST", "/test_clocks", {"name": "a bad month"}, Idempotency_Key="clock")
    again = api.call("POST", "/test_clocks", {"name": "a bad month"}, Idempotency_Key="clock")
    assert (201, made.json(), "true") == (made.status_code, again.json(), again.headers["Idempotency-Replayed"])
    clock, path = made.json(), f"/test_clocks/{made.json()['id']}"
    assert ("ready", f"{NOON:%Y-%m-%dT%H:%M:%SZ}", None) == (clock["status"], clock["now_at"], clock["target_at"])
    customer = api.customer(test_clock_id=clock["id"])
    card = api.card(customer["id"], FUNDS)
    body = {"customer_id": customer["id"], "price_id": api.price()["id"], "payment_method_id": card["id"]}
    subscription = api.post("/subscriptions", body)
    target = f"{NOON + timedelta(days=30):%Y-%m-%dT%H:%M:%SZ}"
    version = api.call("GET", path).headers["ETag"]
    sent = api.call("POST", f"{path}/advance", {"to": target}, If_Match=version)
    assert (202, "advancing", target) == (sent.status_code, sent.json()["status"], sent.json()["target_at"])
    assert (412, "version_mismatch", "If-Match") == api.refused("DELETE", path, If_Match=version)
    assert (409, "clock_under_way", "") == api.refused("POST", f"{path}/advance", {"to": target})
    ClockWalker(world.services).run_until_idle()
    there = api.get(path)
    assert ("ready", target, None) == (there["status"], there["now_at"], there["target_at"])
    assert "suspended" == api.get(f"/subscriptions/{subscription['id']}")["status"]
    (told,) = api.get("/events?kind=test_clock.advanced")["data"]
    assert (clock["id"], NOON + timedelta(days=30)) == (
        told["object_id"],
        datetime.fromisoformat(told["data"]["now_at"]),
    )
    assert [clock["id"]] == [one["id"] for one in api.get("/test_clocks?status=ready")["data"]]


def test_a_clock_goes_forwards_and_is_deleted_once(web: TestClient, world: World, api: Developer) -> None:
    """Not back, not beyond two years; deleted, nobody is put on it any more. Live merchants have none."""
    path = f"/test_clocks/{api.post('/test_clocks', {'now_at': '2026-12-01T09:00:00Z'})['id']}"
    for to in ("2026-12-01T09:00:00Z", "2026-11-01T09:00:00Z", "2029-12-01T09:00:00Z"):
        assert (422, "invalid_date", "to") == api.refused("POST", f"{path}/advance", {"to": to})
    assert (422, "invalid_date", "now_at") == api.refused("POST", "/test_clocks", {"now_at": "2126-12-01T09:00:00Z"})
    gone = api.call("DELETE", path)
    assert (200, "deleted", gone.json()) == (gone.status_code, gone.json()["status"], api.call("DELETE", path).json())
    assert (409, "clock_deleted", "") == api.refused("POST", f"{path}/advance", {"to": "2026-12-02T09:00:00Z"})
    late = {"name": "A", "timezone": "UTC", "locale": "nb", "test_clock_id": gone.json()["id"]}
    assert (409, "clock_deleted", "test_clock_id") == api.refused("POST", "/customers", late)
    live = create_merchant(world.services, name="Real AS", timezone="UTC", is_live=True)
    assert (409, "live_mode", "") == Developer(web, Shop(world=world, merchant=live)).refused(
        "POST", "/test_clocks", {}
    )
