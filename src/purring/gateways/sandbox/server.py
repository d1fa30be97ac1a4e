"""The sandbox as a server of its own: the API over HTTP, with time-outs and cut connections that are real."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from purring.gateways.sandbox.api import BODY_BYTES_MAX, SandboxApi
from purring.gateways.sandbox.calls import Fault

ANNOUNCEMENT = "The sandbox gateway listens on "
BACKLOG = 1_024
DRAIN_S = 2
KEEPALIVE_S = 75
PUSH_BATCH = 50
PUSH_PAUSE_S = 1.0
PUSH_TIMEOUT_S = 10.0

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """Where the server listens. `stall_s`: how long a time-out keeps silent before it cuts the connection."""

    host: str = "127.0.0.1"
    port: int = 0
    stall_s: float = 0.0


def serve(api: SandboxApi, settings: ServerSettings, announce: Callable[[str], None]) -> None:
    """Serve until told to stop, or until standard input ends, as it does when the parent process is gone.

    `announce` gets the address once connections are taken. Raises OSError if the port isn't free.
    """
    listener = socket.create_server((settings.host, settings.port), backlog=BACKLOG)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer waits 40 ms for an ACK
    config = uvicorn.Config(
        build_app(api, settings.stall_s),
        log_level="critical",
        access_log=False,
        timeout_keep_alive=KEEPALIVE_S,
        timeout_graceful_shutdown=DRAIN_S,
    )
    server = uvicorn.Server(config)
    threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
    announce(f"http://{settings.host}:{listener.getsockname()[1]}")
    server.run(sockets=[listener])


def _stop_at_end_of_input(server: uvicorn.Server) -> None:
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 1):
            pass
    server.should_exit = True


def build_app(api: SandboxApi, stall_s: float) -> Starlette:
    """The ASGI application; it also posts the events if the settings name a push URL."""
    wake = asyncio.Event()

    async def answer(request: Request) -> Response:
        body = await _read_bounded(request)
        target = f"{request.scope['raw_path'].decode('ascii')}?{request.scope['query_string'].decode('ascii')}"
        answered = api.handle(request.method, target, request.headers, body)
        wake.set()
        if answered.fault is not Fault.NONE:
            return _Cut(stall_s if answered.fault is Fault.TIMEOUT else 0.0)
        return Response(answered.content, answered.status, answered.headers, answered.media_type)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        url = api.controls.settings.push_url
        pushing = None if url is None else asyncio.create_task(_push_forever(api, url, wake))
        yield
        if pushing is not None:
            pushing.cancel()

    return Starlette(routes=[Route("/{path:path}", answer, methods=_METHODS)], lifespan=lifespan)


async def _read_bounded(request: Request) -> bytes:
    """The body, or just enough of it for the API to see that it is too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            break
    return bytes(body)


class _Cut(Response):
    """Keeps silent for a while, then cuts the connection in the middle of an answer."""

    def __init__(self, silence_s: float) -> None:
        super().__init__()
        self._silence_s = silence_s

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_hang_up(receive), self._silence_s)
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})
        # Returning before the promised length was sent makes the server close the connection.


async def _hang_up(receive: Receive) -> None:
    """Wait until the client has given up."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _push_forever(api: SandboxApi, url: str, wake: asyncio.Event) -> None:
    """Post what is due after every request, and now and then for what falls due by itself."""
    async with httpx2.AsyncClient(timeout=PUSH_TIMEOUT_S, trust_env=False) as client:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), PUSH_PAUSE_S)
            wake.clear()
            for push in api.due_pushes(PUSH_BATCH):
                taken = await _post(client, url, push.headers, push.body)
                api.record_push(push, taken=taken)


async def _post(client: httpx2.AsyncClient, url: str, headers: Mapping[str, str], body: bytes) -> bool:
    try:
        response = await client.post(url, content=body, headers=headers)
    except httpx2.HTTPError:
        return False
    return response.is_success
