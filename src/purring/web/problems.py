"""Errors as RFC 9457 problems. Which status an error has stands in one table, `domain.errors.HTTP_STATUS`.

Source: RFC 9457, Problem Details for HTTP APIs (July 2023).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match

from purring.domain.errors import (
    IllegalTransition,
    InvalidInput,
    MethodNotAllowed,
    NotFound,
    PurringError,
    StoreUnavailable,
    TooLarge,
    http_status,
)
from purring.operations.transact import told
from purring.telemetry.logs import log
from purring.web.request_id import request_id_of

MEDIA_TYPE = "application/problem+json"
TYPE = "/docs/problems#"
SERVER_ERRORS = 500
RETRY_AFTER_S = 5

Handler = Callable[[Request, Any], Coroutine[Any, Any, Response]]


def problem(
    request: Request, error: PurringError, *, status: int | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """The answer to a request that met an error: what, where and the remedy, and nothing of our insides."""
    status = status or http_status(error)
    body: dict[str, object] = {
        "type": f"{TYPE}{error.code}",
        "title": error.code.replace("_", " ").capitalize(),
        "status": status,
        "detail": error.message if not _is_inside(error) else _INSIDE,
        "code": error.code,
        "request_id": request_id_of(request.scope),
    }
    if error.field and not _is_inside(error):
        body["field"] = error.field
    if error.details and not _is_inside(error):
        body["details"] = list(error.details)
    return Response(json.dumps(body, ensure_ascii=False), status, _headers(error, headers), MEDIA_TYPE)


_INSIDE = "Something is wrong on our side; try again later, and tell us the request id if it stays so."


def _is_inside(error: PurringError) -> bool:
    """Whether its message names what only operators should know: a database, a setting."""
    return http_status(error) >= SERVER_ERRORS and not isinstance(error, IllegalTransition)


def _headers(error: PurringError, more: Mapping[str, str] | None) -> dict[str, str]:
    headers = {"Cache-Control": "no-store", **(more or {})}
    if isinstance(error, StoreUnavailable):
        headers.setdefault("Retry-After", str(RETRY_AFTER_S))
    return headers


async def on_purring_error(request: Request, error: Exception) -> Response:
    """Answer what an operation raised."""
    assert isinstance(error, PurringError)
    if http_status(error) >= SERVER_ERRORS:
        log.error("request_failed", request_id=request_id_of(request.scope), error=told(error))
    return problem(request, error)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Answer what the framework raised: no such path, no such method, a body that is too long or can't be read."""
    assert isinstance(error, HTTPException)
    match error.status_code:
        case 404:
            said: PurringError = NotFound("There is nothing at this address; see /docs for what there is.")
        case 405:
            allowed = ", ".join(sorted(_methods(request))) or (error.headers or {}).get("Allow", "")
            said = MethodNotAllowed(f"{request.method} can't be used here; use {allowed}.")
            return problem(request, said, headers={"Allow": allowed})
        case 413:
            said = TooLarge("The body is too long; send less at once.")
        case _:
            said = InvalidInput("The request can't be read; send what the documentation at /docs describes.")
    return problem(request, said, status=error.status_code, headers=error.headers)


def _methods(request: Request) -> set[str]:
    """What can be used at an address: the framework names the methods of the first route there alone."""
    found: set[str] = set()
    for route in _flat(request.app.routes):
        match, _ = route.matches(request.scope)
        if match is not Match.NONE:
            found |= set(getattr(route, "methods", None) or ())
    return found


def _flat(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """The routes themselves, where FastAPI keeps those of a router together."""
    for route in routes:
        router = getattr(route, "original_router", None)
        if router is None:
            yield route
        else:
            yield from _flat(router.routes)


async def on_unexpected(request: Request, error: Exception) -> Response:
    """Answer a bug: only its request id is told, by which the log can be searched."""
    log.error("request_crashed", request_id=request_id_of(request.scope), error=told(error))
    return problem(request, PurringError(_INSIDE))


HANDLERS: Mapping[int | type[Exception], Handler] = {
    PurringError: on_purring_error,
    HTTPException: on_http_exception,
    Exception: on_unexpected,
}
"""For every application that answers programs."""
