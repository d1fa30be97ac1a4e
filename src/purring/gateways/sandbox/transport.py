"""The sandbox within the process: the same client, the same requests, but no socket."""

from __future__ import annotations

from typing import assert_never

import httpx2

from purring.gateways.sandbox.api import SandboxApi
from purring.gateways.sandbox.calls import Fault


class InProcessTransport(httpx2.BaseTransport):
    """Carries requests to a `SandboxApi`; a lost answer raises at once what a socket would raise in the end."""

    def __init__(self, api: SandboxApi) -> None:
        self._api = api

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request, or fail as the network would."""
        target = request.url.raw_path.decode("ascii")
        answered = self._api.handle(request.method, target, request.headers, request.read())
        match answered.fault:
            case Fault.NONE:
                headers = {"Content-Type": answered.media_type, **answered.headers}
                return httpx2.Response(answered.status, headers=headers, content=answered.content)
            case Fault.TIMEOUT:
                raise httpx2.ReadTimeout("the sandbox keeps silent", request=request)
            case Fault.CUT:
                raise httpx2.RemoteProtocolError("the sandbox cut the connection", request=request)
            case _:
                assert_never(answered.fault)
