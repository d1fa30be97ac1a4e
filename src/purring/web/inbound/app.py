"""`/inbound/<gateway>`: verify an event, store it, answer 200. It is worked later, once, whatever the order."""

from __future__ import annotations

import hmac
import json

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from purring.domain.errors import NotFound
from purring.operations.bounces import receive_mails
from purring.operations.inbound import receive
from purring.operations.services import Services
from purring.web.bodies import read_bounded
from purring.web.problems import HANDLERS

EVENT_BYTES_MAX = 1024 * 1024


def make_inbound(services: Services, mail_token: bytes = b"") -> Starlette:
    """The application that gateways call, and mail servers that post bounces if there is a token for them."""

    async def take(request: Request) -> Response:
        """Take one event; that of a gateway we don't have leads nowhere."""
        gateway = request.path_params["gateway"]
        if gateway not in services.gateways:
            raise NotFound("No gateway of this name is configured here; check the address that it was given.")
        body = await read_bounded(request.receive, EVENT_BYTES_MAX)
        is_new = await run_in_threadpool(receive, services, gateway, dict(request.headers), body)
        return Response(json.dumps({"received": True, "new": is_new}), media_type="application/json")

    async def take_mail(request: Request) -> Response:
        """Take one mail as it is; without the token, mail isn't taken here at all."""
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
        if not mail_token or not hmac.compare_digest(shown, mail_token):
            raise NotFound("No mail is taken in here without its token; see PURRING_BOUNCE_INBOUND_TOKEN.")
        body = await read_bounded(request.receive, EVENT_BYTES_MAX)
        is_new = await run_in_threadpool(receive_mails, services, [body])
        return Response(json.dumps({"received": True, "new": bool(is_new)}), media_type="application/json")

    routes = [Route("/mail", take_mail, methods=["POST"]), Route("/{gateway}", take, methods=["POST"])]
    return Starlette(routes=routes, exception_handlers=dict(HANDLERS))
