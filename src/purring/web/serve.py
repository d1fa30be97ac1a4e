"""Serves the application until it is told to stop; what is under way is finished first."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from purring.web.settings import WebSettings

BACKLOG = 1_024
DRAIN_S = 30
KEEPALIVE_S = 15


def serve(app: ASGIApp, settings: WebSettings, announce: Callable[[str], None]) -> None:
    """Serve; SIGTERM and SIGINT end it. `announce` gets the address once connections are taken.

    Raises OSError if the port isn't free.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each answer waits 40 ms for an ACK
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_keep_alive=KEEPALIVE_S,
        timeout_graceful_shutdown=DRAIN_S,
    )
    announce(f"http://{settings.host}:{listener.getsockname()[1]}")
    uvicorn.Server(config).run(sockets=[listener])
