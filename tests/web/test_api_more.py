"""People, the way into the portal, endpoints and limits: what a developer arranges around the money."""

from __future__ import annotations

from starlette.testclient import TestClient

from purring.store.schema import api_request
from tests.web.client import Developer
from tests.web.conftest import BASE_URL
from tests.world import World


def test_people_come_change_and_sign_in(api: Developer, web: TestClient) -> None:
    """Added with a role, changed with what was read, let in by a link of ours; one billing admin is left."""
    customer = api.customer()
    path = f"/customers/{customer['id']}/people"
    ola = {"name": "Ola", "email": "ola@example.com", "locale": "nb", "role": "payer", "phone": "+4790000000"}
    added = api.post(path, ola, Idempotency_Key="ola")
    assert {**ola, "id": added["id"], "takes_sms": False} == added == api.post(path, ola, Idempotency_Key="ola")
    assert (422, "invalid_input", "email") == api.refused("POST", path, {**ola, "email": "OLA@example.com"})
    tag = api.call("GET", f"{path}/{added['id']}").headers["etag"]
    changed = api.call("PATCH", f"{path}/{added['id']}", {"role": "billing_admin", "takes_sms": True}, If_Match=tag)
    assert ("billing_admin", True) == (changed.json()["role"], changed.json()["takes_sms"])
    assert (412, "version_mismatch", "If-Match") == api.refused(
        "PATCH", f"{path}/{added['id']}", {"name": "O"}, If_Match=tag
    )
    assert ["Kari", "Ola"] == [one["name"] for one in api.get(path)["data"]]
    kari = customer["people"][0]["id"]
    api.call("PATCH", f"{path}/{kari}", {"role": "reader"})
    assert (409, "last_billing_admin", "") == api.refused("PATCH", f"{path}/{added['id']}", {"role": "reader"})

    assert 200 == api.call("DELETE", f"{path}/{kari}").status_code
    assert (409, "last_billing_admin", "") == api.refused("DELETE", f"{path}/{added['id']}")
    opened = api.post("/portal_sessions", {"customer_id": customer["id"], "person_id": added["id"]})
    assert opened["url"].startswith(f"{BASE_URL}/enter/")
    assert 200 == web.get(opened["url"]).status_code


def test_an_endpoint_is_tried_changed_replayed_and_deleted(api: Developer, world: World) -> None:
    """Its secret is shown once, or again under the same key; a test arrives there alone; the log tells every try."""
    body = {"url": "https://shop.example/purring", "events": ["invoice.*"]}
    made = api.post("/endpoints", body, Idempotency_Key="endpoint")
    path = f"/endpoints/{made['endpoint']['id']}"
    other = api.post("/endpoints", {"url": "https://shop.example/other"})["endpoint"]["id"]
    assert made == api.post("/endpoints", body, Idempotency_Key="endpoint")
    assert made["secret"] not in repr(world.dump()[api_request.name])
    assert made["secret"] != api.post(f"{path}/rotate_secret", {"overlap_hours": 1})["secret"]

    sent = api.post(f"{path}/test")
    world.work()
    (delivery,) = api.get(f"{path}/deliveries")["data"]
    assert (sent["id"], "endpoint.tested", "delivered", [200]) == (
        delivery["event_id"],
        delivery["kind"],
        delivery["status"],
        [one["answer"] for one in delivery["tries"]],
    )
    assert [] == api.get(f"/endpoints/{other}/deliveries")["data"]
    assert {"owed": 1} == api.post(f"{path}/replay_event", {"event_id": sent["id"]})

    assert "disabled" == api.post(f"{path}/disable")["status"]
    assert (409, "endpoint_disabled", "") == api.refused("POST", f"{path}/test", {})
    assert 1 == api.get(path)["dead"] == len(api.get(f"{path}/deliveries?status=dead")["data"])
    assert "enabled" == api.post(f"{path}/enable")["status"]
    assert {"owed": 1} == api.post(f"{path}/replay_dead")
    api.sold("approve")
    world.work()
    assert 2 <= api.post(f"{path}/replay_since", {"since": "2026-03-01T00:00:00Z"})["owed"]
    first = api.get(f"{path}/deliveries?limit=1")
    assert first["data"] != api.get(f"{path}/deliveries?limit=1&cursor={first['next_cursor']}")["data"]

    tag = api.call("GET", path).headers["etag"]
    changed = api.call("PATCH", path, {"events": ["recovery.*"], "description": "Shop"}, If_Match=tag)
    assert (["recovery.*"], "Shop", body["url"]) == tuple(
        changed.json()[name] for name in ("events", "description", "url")
    )
    assert (412, "version_mismatch", "If-Match") == api.refused("PATCH", path, {"events": []}, If_Match=tag)
    assert (422, "invalid_input", "url") == api.refused("PATCH", path, {"url": "http://shop.example/"})
    assert 200 == api.call("DELETE", path).status_code
    assert (404, "not_found", "endpoint_id") == api.refused("GET", path)
    assert [other] == [one["id"] for one in api.get("/endpoints")["data"]]


def test_a_merchant_has_limits_of_its_own(api: Developer) -> None:
    """Stricter at once; looser than our default only with a reason, and never looser than a network's."""
    limit = {"limit_id": "card-amount-30d", "attempts_max": 5}
    ceilings = api.post("/merchant/set_limit", limit)["policy"]["ceilings"]
    assert [5] == [one["attempts_max"] for one in ceilings]
    assert [] == api.post("/merchant/set_limit", {**limit, "attempts_max": None})["policy"]["ceilings"]
    looser = {"limit_id": "visa-card-amount-30d", "attempts_max": 1_000, "reason": "wished", "by": "Kari"}
    status, code, _ = api.refused("POST", "/merchant/override_limit", looser)
    assert (422, "invalid_input") == (status, code)
    assert 422 == api.call("POST", "/merchant/set_limit", {**limit, "limit_id": "none-such"}).status_code


def test_money_goes_back_and_a_dispute_is_followed(api: Developer, world: World) -> None:
    """A refund under a key is made once; a chargeback opens a dispute, which the bank's decision closes."""
    sold = api.sold("approve")
    world.work()
    (invoice,) = api.get(f"/invoices?subscription_id={sold['id']}")["data"]
    body = {"invoice_id": invoice["id"], "amount": {"minor": 4_900, "currency": "NOK"}}
    refund = api.post("/refunds", body, Idempotency_Key="back")
    assert ("succeeded", refund) == (refund["status"], api.post("/refunds", body, Idempotency_Key="back"))
    world.play(hours=1)
    assert 4_900 == api.get(f"/invoices/{invoice['id']}")["refunded"]["minor"]
    assert [refund["id"]] == [one["id"] for one in api.get(f"/refunds?invoice_id={invoice['id']}")["data"]]
    too_much = {**body, "amount": {"minor": 24_900, "currency": "NOK"}}
    assert (409, "nothing_to_refund", "amount") == api.refused("POST", "/refunds", too_much)
    assert refund["id"] == api.post(f"/refunds/{refund['id']}/ask_again")["id"]
    settled = {"to": "failed", "note": "no"}
    assert (409, "refund_settled", "") == api.refused("POST", f"/refunds/{refund['id']}/settle", settled)

    world.sandbox.remote.open_chargeback(refund["attempt_id"])
    world.play(hours=1)
    (dispute,) = api.get("/disputes?status=open")["data"]
    assert (invoice["id"], 20_000, None) == (dispute["invoice_id"], dispute["amount"]["minor"], dispute["closed_at"])
    world.sandbox.remote.end_chargeback(refund["attempt_id"], won=True)
    world.play(hours=1)
    closed = api.get(f"/disputes/{dispute['id']}")
    assert ("won", True) == (closed["status"], closed["closed_at"] is not None)
    assert [] == api.get("/disputes?status=open")["data"]
    assert [closed] == api.get("/disputes?limit=1")["data"]
    assert (404, "not_found", "id") == api.refused("GET", "/disputes/dsp_00000000000000000000000000")
