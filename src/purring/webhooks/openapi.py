"""Events as the `webhooks` of an OpenAPI 3.1 document."""

from __future__ import annotations

from typing import Any

from purring.webhooks.payloads import schemas
from purring.webhooks.sign import ID, SIGNATURE, TIMESTAMP

_HEADERS = {
    ID: "The event's id; the same each time it is sent.",
    TIMESTAMP: "Seconds since 1970 when this try was signed; refuse what is older than five minutes.",
    SIGNATURE: "`v1,` and the Base64 of the HMAC-SHA256 of `id.timestamp.body`; two during a rotation, between blanks.",
}


def add_webhooks(document: dict[str, Any]) -> None:
    """Add every kind of event to a document, under `webhooks`, and its shapes to the document's schemas."""
    by_kind, definitions = schemas()
    document.setdefault("components", {}).setdefault("schemas", {}).update(definitions)
    document["webhooks"] = {kind.value: {"post": _operation(kind.value, schema)} for kind, schema in by_kind.items()}


def _operation(kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": kind.replace(".", "_"),
        "summary": kind,
        "security": [],
        "parameters": [
            {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, "description": text}
            for name, text in _HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "2XX": {"description": "Taken."},
            "410": {"description": "No events any more: the endpoint is disabled."},
            "default": {"description": "Not taken: sent again, ten times over three days."},
        },
    }
