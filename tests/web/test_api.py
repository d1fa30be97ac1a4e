"""From a customer to a paid invoice through the API alone, and every verb on the way."""

from __future__ import annotations

from typing import Any

from tests.web.client import Developer
from tests.world import FUNDS, Shop, World


def _failed(api: Developer, *answers: str) -> dict[str, Any]:
    """Sell something, let its first charge be declined; the invoice, and its recovery's id."""
    sold = api.sold(*(answers or (FUNDS, "approve")))
    api.shop.world.work()
    (invoice,) = api.get(f"/invoices?subscription_id={sold['id']}")["data"]
    (recovery,) = api.get(f"/recoveries?invoice_id={invoice['id']}")["data"]
    return {**invoice, "recovery_id": recovery["id"], "method_id": sold["payment_method_id"]}


def test_a_declined_payment_comes_back_on_its_schedule(api: Developer, world: World) -> None:
    """Customer, card, price, subscription; declined; the schedule says when; paid then; events tell it all."""
    sold = api.sold(FUNDS, "approve")
    world.work()
    (invoice,) = api.get(f"/invoices?subscription_id={sold['id']}&status=open")["data"]
    plan = api.get(f"/invoices/{invoice['id']}/schedule")
    assert ("retrying", "charge") == (plan["standing"], plan["steps"][0]["action"])
    assert "past_due" == api.get(f"/subscriptions/{sold['id']}")["status"]
    world.play(days=2)
    paid = api.get(f"/invoices/{invoice['id']}")
    assert ("paid", {"minor": 24_900, "currency": "NOK"}) == (paid["status"], paid["paid"])
    assert ["succeeded", "declined"] == [one["status"] for one in api.get("/attempts")["data"]]
    told = {one["kind"] for one in api.get(f"/events?object_id={invoice['id']}")["data"]}
    assert {"invoice.issued", "invoice.paid"} <= told
    assert ["payment_received", "payment_declined"] == [one["kind"] for one in api.get("/notices")["data"]]


def test_an_operator_acts_on_a_recovery(api: Developer, world: World) -> None:
    """Pause, resume, skip, move, retry: each shows the recovery or the attempt as it is then."""
    invoice = _failed(api)
    path = f"/recoveries/{invoice['recovery_id']}"
    assert "operator" == api.post(f"{path}/pause", {"until": "2026-03-10T10:00:00Z"})["hold"]
    assert (409, "on_hold", "") == api.refused("POST", f"{path}/retry", {})
    assert "" == api.post(f"{path}/resume")["hold"]
    before = api.get(f"/invoices/{invoice['id']}/schedule")["next_charge_at"]
    api.post(f"{path}/skip")
    assert before < api.get(f"/invoices/{invoice['id']}/schedule")["next_charge_at"]
    assert "2026-03-05T10:00:00Z" == api.post(f"{path}/move", {"to": "2026-03-05T11:00:00+01:00"})["moved_to"]
    world.later(hours=25)
    attempt = api.post(f"{path}/retry")
    assert ("succeeded", "operator") == (attempt["status"], attempt["initiator"])
    assert "recovered" == api.get(path)["status"]


def test_the_customer_pays_or_gives_the_money_another_way(api: Developer) -> None:
    """Pay now with another card; record a transfer; refuse a wrong amount; book a refund."""
    invoice = _failed(api)
    other = api.card(invoice["customer_id"], "approve")
    paid = api.post(f"/invoices/{invoice['id']}/pay", {"payment_method_id": other["id"]})
    assert ("paid", "succeeded") == (paid["invoice"]["status"], paid["attempt"]["status"])
    refunded = api.post(f"/invoices/{invoice['id']}/record_refund", {"amount": {"minor": 100, "currency": "NOK"}})
    assert 100 == refunded["refunded"]["minor"]

    second = _failed(api)
    api.post(f"/invoices/{second['id']}/declare_transfer")
    little = {"amount": {"minor": 1, "currency": "NOK"}, "reference": "bank 1"}
    assert (409, "amount_mismatch", "amount") == api.refused("POST", f"/invoices/{second['id']}/record_payment", little)
    whole = {"amount": second["owed"], "reference": "bank 1"}
    assert "paid" == api.post(f"/invoices/{second['id']}/record_payment", whole)["status"]


def test_what_can_not_be_had_is_given_up(api: Developer) -> None:
    """Write off, correct an outcome, revoke links."""
    invoice = _failed(api)
    assert {"revoked": 1} == api.post(f"/invoices/{invoice['id']}/revoke_links")
    (attempt,) = api.get(f"/attempts?invoice_id={invoice['id']}")["data"]
    corrected = api.post(f"/attempts/{attempt['id']}/correct", {"to": "succeeded", "note": "seen at the bank"})
    assert "succeeded" == corrected["status"]
    assert "uncollectible" == api.post(f"/invoices/{_failed(api)['id']}/write_off")["status"]


def test_a_method_is_edited_tied_backed_up_replaced_and_removed(api: Developer) -> None:
    """Each verb touches what it says; one that is in use stays, and the problem lists by what."""
    sold = api.sold("approve")
    first, second = sold["payment_method_id"], api.card(sold["customer_id"])["id"]
    edited = api.call("PATCH", f"/payment_methods/{first}", {"exp_month": 12, "exp_year": 2030}).json()
    assert (12, 2030) == (edited["exp_month"], edited["exp_year"])
    assert second == api.post(f"/subscriptions/{sold['id']}/backup", {"payment_method_id": second})["backup_method_id"]
    assert api.post(f"/subscriptions/{sold['id']}/backup", {"payment_method_id": None})["backup_method_id"] is None
    answer = api.call("DELETE", f"/payment_methods/{first}")
    assert (409, "method_in_use", [sold["id"]]) == (
        answer.status_code,
        answer.json()["code"],
        answer.json()["details"],
    )
    assert second == api.post(f"/subscriptions/{sold['id']}/tie", {"payment_method_id": second})["payment_method_id"]
    api.post(f"/payment_methods/{second}/replace", {"with_id": first, "remove": True})
    assert first == api.get(f"/subscriptions/{sold['id']}")["payment_method_id"]
    assert "removed" == api.get(f"/payment_methods/{second}")["status"]
    spare = api.card(sold["customer_id"])["id"]
    assert "removed" == api.call("DELETE", f"/payment_methods/{spare}").json()["status"]


def test_a_subscription_changes_and_ends(api: Developer) -> None:
    """Another quantity from the next period on; the last period; the end at once."""
    sold = api.sold("approve")
    path = f"/subscriptions/{sold['id']}"
    assert 3 == api.post(f"{path}/change_quantity", {"quantity": 3})["pending_quantity"]
    assert api.post(f"{path}/cancel", {"when": "period_end"})["cancel_at_period_end"]
    assert "canceled" == api.post(f"{path}/cancel", {"when": "now"})["status"]
    assert (409, "already_canceled", "") == api.refused("POST", f"{path}/cancel", {"when": "now"})


def test_another_billers_invoice_is_recovered_too(api: Developer, world: World) -> None:
    """Handed in as declined, it has a recovery and a schedule at once, and is known by its own number and id."""
    customer = api.customer()
    card = api.card(customer["id"], "approve")
    body = {
        "customer_id": customer["id"],
        "number": "A-1",
        "external_id": "bill_1",
        "amount": {"minor": 5_000, "currency": "NOK"},
        "invoice_on": "2026-03-01",
        "description": "Hosting",
        "payment_method_id": card["id"],
    }
    made = api.post("/invoices", body)
    assert ("open", "handed_over") == (made["status"], made["source"])
    assert [made["id"]] == [one["id"] for one in api.get("/invoices?number=A-1&external_id=bill_1")["data"]]
    assert (422, "invalid_input", "external_id") == api.refused("POST", "/invoices", body)
    assert "retrying" == api.get(f"/invoices/{made['id']}/schedule")["standing"]
    world.play(days=7)
    assert "paid" == api.get(f"/invoices/{made['id']}")["status"]


def test_settings_and_policies_change_in_versions(api: Developer, shop: Shop) -> None:
    """What is named changes, the rest stays; each policy version can be read for good."""
    assert "Skog AS" == api.call("PATCH", "/merchant", {"name": "Skog AS"}).json()["name"]
    assert ("Europe/Oslo", 2) == (api.get("/merchant")["timezone"], api.get("/merchant")["version"])
    changed = api.call("PATCH", "/merchant/policy", {"window_days": 21})
    assert (200, 21) == (changed.status_code, changed.json()["policy"]["window_days"])
    versions = [api.get(f"/merchant/policy/{n}")["policy"]["window_days"] for n in (1, 2)]
    assert [shop.merchant.policy.window_days, 21] == versions
    assert (404, "not_found", "version") == api.refused("GET", "/merchant/policy/3")
    assert (422, "unknown_field", "colour") == api.refused("PATCH", "/merchant/policy", {"colour": "red"})


def test_a_product_is_renamed_and_a_customer_changes(api: Developer) -> None:
    """A patch changes what it names; what it doesn't name stays."""
    product = api.post("/products", {"name": "Team"})
    assert "Crew" == api.call("PATCH", f"/products/{product['id']}", {"name": "Crew"}).json()["name"]
    customer = api.customer(external_id="c-1")
    changed = api.call("PATCH", f"/customers/{customer['id']}", {"country": "NO", "kind": "business"}).json()
    assert ("NO", "business", "c-1", "Customer") == (
        changed["country"],
        changed["kind"],
        changed["external_id"],
        changed["name"],
    )
    assert [customer["id"]] == [one["id"] for one in api.get("/customers?external_id=c-1")["data"]]


def test_a_subscription_gets_another_price_and_a_pause(api: Developer, world: World) -> None:
    """Now with the rest of the month settled, later for nothing; less makes a credit; a pause begins no period."""
    sold = api.sold("approve")
    path = f"/subscriptions/{sold['id']}"
    world.work()
    world.play(days=10)
    dearer = api.price(49_900)["id"]
    costs = api.post(f"{path}/preview_change", {"price_id": dearer})["to_pay"]
    changed = api.post(f"{path}/change", {"when": "now", "price_id": dearer})
    assert (costs, 49_900) == (changed["invoice"]["total"], changed["subscription"]["amount"]["minor"])
    world.work()
    assert "paid" == api.get(f"/invoices/{changed['invoice']['id']}")["status"]
    back = api.post(f"{path}/change", {"when": "now", "price_id": sold["price"]["id"], "quantity": 1})
    assert (None, costs) == (back["invoice"], back["subscription"]["credit"])
    later = api.post(f"{path}/change", {"when": "period_end", "price_id": dearer, "quantity": 2})["subscription"]
    assert (dearer, 2, 24_900) == (later["pending_price_id"], later["pending_quantity"], later["amount"]["minor"])
    foreign = api.price(1_000, "EUR")["id"]
    assert (422, "invalid_input", "price_id") == api.refused(
        "POST", f"{path}/change", {"when": "now", "price_id": foreign}
    )

    assert api.post(f"{path}/pause")["paused_at"]
    world.play(days=60)
    assert 2 == len(api.get(f"/invoices?subscription_id={sold['id']}")["data"])
    assert (409, "subscription_paused", "") == api.refused("POST", f"{path}/change", {"when": "now", "quantity": 3})
    assert api.post(f"{path}/resume")["paused_at"] is None
    world.work()
    newest = api.get(f"/invoices?subscription_id={sold['id']}")["data"][0]
    assert (99_800, "paid", 99_800 - costs["minor"]) == (
        newest["total"]["minor"],
        newest["status"],
        newest["paid"]["minor"],
    )
    assert 0 == api.get(path)["credit"]["minor"]
    assert {"subscription.paused", "subscription.resumed", "subscription.changed"} <= {
        one["kind"] for one in api.get(f"/events?object_id={sold['id']}")["data"]
    }
    world.play(days=40)
    card = api.card(sold["customer_id"], FUNDS)
    api.post(f"{path}/tie", {"payment_method_id": card["id"]})
    world.play(days=31)
    assert "past_due" == api.get(path)["status"]
    assert (409, "subscription_owes") == api.refused("POST", f"{path}/change", {"when": "now", "quantity": 3})[:2]
    assert "past_due" == api.post(f"{path}/pause", {"until": "2026-12-01T00:00:00Z"})["status"]
