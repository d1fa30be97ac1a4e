"""Each kind of event has one typed shape, which holds what receivers need and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from purring.domain.endpoint import EVERY_KIND, PRIVATE
from purring.domain.event import EventKind
from purring.store import event_deliveries, events
from purring.webhooks.facts import FACTS
from purring.webhooks.openapi import add_webhooks
from purring.webhooks.payloads import MESSAGES, body_of, schemas
from tests.webhooks.endpoints import Receiver, endpoint, listening
from tests.world import FUNDS, NOON, Shop, World

SECRETS = (
    "token",
    "fingerprint",
    "holder_name",
    "billing_address",
    "phone",
    "email",
    "name",
    "note",
    "by",
    "secret",
    "url",
)


def test_no_kind_is_forgotten() -> None:
    """Every event has a shape, or is private."""
    assert set(EventKind) - PRIVATE == set(FACTS) == set(MESSAGES) == set(EVERY_KIND)


def test_no_shape_has_a_field_for_what_must_not_be_told() -> None:
    """Tokens, people, addresses, notes and secrets."""
    _, definitions = schemas()
    fields = {name for definition in definitions.values() for name in definition.get("properties", {})}
    assert set() == fields & set(SECRETS)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_the_schema_says_the_kind_and_refers_to_what_is_there(kind: EventKind) -> None:
    """As OpenAPI needs it."""
    by_kind, definitions = schemas()
    name = by_kind[kind]["$ref"].rpartition("/")[2]
    assert kind.value == definitions[name]["properties"]["type"]["const"]
    assert {"id", "type", "timestamp", "merchant_id", "data"} == set(definitions[name]["required"])
    referred = {part.partition('"')[0] for part in json.dumps(definitions).split("#/components/schemas/")[1:]}
    assert referred <= set(definitions)


def test_everything_that_happens_can_be_told(world: World, shop: Shop) -> None:
    """Declines, a hold, a change of method, a dispute and a letter: each event fits its shape and is small."""
    receiver = Receiver()
    listening(world, receiver)
    endpoint(shop)
    subscription = shop.sold(FUNDS, "approve 100.00 NOK")
    shop.sold("pending 3 days then approve")
    shop.sold("timeout after")
    shop.hand_over(shop.customer())
    shop.sold("visa 41")
    world.play(days=40)
    with world.services.store.reading() as conn:
        made = events.after(conn, shop.id, "", limit=10_000)
        rows = event_deliveries.states(conn, [(shop.id, one.kind, one.object_id) for one in made])
    assert {one.id for one in made if one.kind not in PRIVATE} == {message["id"] for message in receiver.messages}
    assert 12 < len({one.kind for one in made})
    for one in made:
        body = body_of(
            one.kind,
            event_id=one.id,
            at=one.at,
            merchant_id=shop.id,
            facts=one.data,
            state=rows.get((shop.id, one.object_id)),
        )
        assert len(body) < 2_000
        assert str(subscription.method_id)[:3] == "pm_"


def test_what_does_not_fit_is_not_sent() -> None:
    """An object that isn't there, and facts of another kind."""
    facts: dict[str, Any] = {"amount": "249.00 NOK", "cause": "retry"}
    for kind, given in ((EventKind.INVOICE_PAID, facts), (EventKind.POLICY_CHANGED, facts)):
        with pytest.raises(ValidationError):
            body_of(kind, event_id="evt_1", at=NOON, merchant_id="mer_1", facts=given, state=None)


def test_the_openapi_document_gets_every_kind() -> None:
    """Each with a schema that is among the document's own."""
    document: dict[str, Any] = {"openapi": "3.1.0", "components": {"schemas": {"Problem": {}}}}
    add_webhooks(document)
    assert {kind.value for kind in EVERY_KIND} == set(document["webhooks"])
    schemas_there = set(document["components"]["schemas"])
    assert "Problem" in schemas_there
    for item in document["webhooks"].values():
        reference = item["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        assert reference.removeprefix("#/components/schemas/") in schemas_there
