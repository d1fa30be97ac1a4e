"""The OpenAPI document: what FastAPI derives from the routes, with what all of them share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from purring.webhooks.openapi import add_webhooks

VERSION = "2026-11-28"
"""The day of the newest entry in the API's changelog."""

DESCRIPTION = (
    "Bills subscriptions and gets declined payments paid. Amounts are whole minor units with their currency, times are "
    "in UTC, unknown fields are refused. Every POST takes an Idempotency-Key; errors are RFC 9457 problems with a "
    "stable code."
)
_PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "description": "Where the code is described."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and the remedy."},
        "code": {"type": "string", "description": "Stable: see the reference of errors."},
        "field": {"type": "string", "description": "The field to blame, as a path."},
        "details": {"type": "array", "items": {"type": "string"}, "description": "What stands in the way."},
        "request_id": {"type": "string"},
    },
}
_CONTENT: Mapping[str, Any] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_STATUSES: Mapping[str, str] = {
    "400": "It can't be read.",
    "401": "No key, or none that is valid.",
    "403": "The key lacks the scope.",
    "404": "No such thing of this merchant.",
    "409": "Not allowed now.",
    "412": "It was changed since it was read.",
    "413": "Too long.",
    "422": "Something in it can't be so.",
    "429": "Too many requests for now.",
    "502": "The gateway gave no answer that can be used.",
    "503": "Away for a moment.",
    "504": "The gateway didn't answer in time.",
}


def document(app: FastAPI) -> dict[str, Any]:
    """The document, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _made(app)
    return app.openapi_schema


def _made(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=app.version,
        openapi_version="3.1.0",
        description=DESCRIPTION,
        routes=app.routes,
        webhooks=app.webhooks.routes,
        servers=[{"url": "/v1"}],
    )
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = dict(_PROBLEM)
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "pur_test_..."}}
    made["security"] = [{"key": []}]
    components["responses"] = {
        f"Problem{status}": {"description": meaning, "content": _CONTENT} for status, meaning in _STATUSES.items()
    }
    add_webhooks(made)
    for operation in _operations(made):
        for status in _STATUSES:
            operation["responses"][status] = {"$ref": f"#/components/responses/Problem{status}"}
    return made


def _operations(made: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for path in made["paths"].values():
        yield from path.values()
