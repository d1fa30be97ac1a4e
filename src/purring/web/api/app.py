"""The API's application: what all its routes share."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from purring.operations.services import Services
from purring.web.api.caller import BURST_S, RATE, Left, Limiter
from purring.web.api.openapi import VERSION, document
from purring.web.api.routes import ROUTERS
from purring.web.api.validation import on_invalid
from purring.web.bodies import ReadBodies
from purring.web.problems import HANDLERS


def make_api(services: Services, requests_per_s: int) -> FastAPI:
    """The application that `/v1` leads to, for so many requests a second with each key."""
    app = describe_api()
    app.state.services = services
    app.state.limiter = Limiter(time.monotonic, requests_per_s)
    return app


def describe_api() -> FastAPI:
    """The application with nothing behind it: enough for its document."""
    handlers: Mapping[Any, Any] = {**HANDLERS, RequestValidationError: on_invalid}
    app = Api(
        title="Purring",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        middleware=[Middleware(RateHeaders), Middleware(ReadBodies)],
        exception_handlers=dict(handlers),
    )
    for router in ROUTERS:
        app.include_router(router)
    return app


class Api(FastAPI):
    """FastAPI with our own document."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        return document(self)


def _operation_id(route: APIRoute) -> str:
    """What clients call it: the function's own name."""
    return route.name


class RateHeaders:
    """Tells how many requests a key has left.

    Source: draft-ietf-httpapi-ratelimit-headers-10 (September 2025).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_counted(message: Message) -> None:
            left: Left | None = scope.get(RATE)
            if message["type"] == "http.response.start" and left is not None:
                headers = MutableHeaders(scope=message)
                headers["RateLimit-Policy"] = f'"key";q={left.burst};w={BURST_S}'
                headers["RateLimit"] = f'"key";r={left.remaining};t={left.wait_s}'
                if left.wait_s:
                    headers["Retry-After"] = str(left.wait_s)
            await send(message)

        await self._app(scope, receive, send_counted)
