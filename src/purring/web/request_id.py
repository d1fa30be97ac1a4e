"""A request's own name: in its answer, in its problem, and on every line that is logged meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

HEADER = "X-Request-Id"
_KEY = "purring.request_id"


class RequestIds:
    """Names each request. What the client calls it isn't taken over, since it could be anything."""

    def __init__(self, app: ASGIApp, new_id: Callable[[], str]) -> None:
        """Wrap an application."""
        self._app = app
        self._new_id = new_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope[_KEY] = self._new_id()

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_named)


def request_id_of(scope: Scope) -> str:
    """What the request is called."""
    return str(scope.get(_KEY, ""))
