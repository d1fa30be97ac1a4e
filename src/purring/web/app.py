"""Puts the web together: the API under `/v1`, people's pages, and what gateways tell us under `/inbound`."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.endpoints import HTTPEndpoint
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from purring.operations.services import Services
from purring.web.api.app import make_api
from purring.web.docs.app import make_docs
from purring.web.inbound.app import make_inbound
from purring.web.portal.app import make_portal
from purring.web.problems import HANDLERS
from purring.web.request_id import RequestIds
from purring.web.security import SameSiteOnly, SecurityHeaders
from purring.web.settings import WebSettings


def make_app(services: Services, settings: WebSettings) -> Starlette:
    """The whole application. Handlers are synchronous and run in threads, as the store is (decision 70)."""

    class Health(HTTPEndpoint):
        """Whether we answer and the database does."""

        def get(self, _request: Request) -> Response:
            """Look."""
            services.store.check()
            return JSONResponse({"status": "ok"})

    api = make_api(services, settings.requests_per_s)
    return Starlette(
        routes=[
            Route("/health", Health),
            Mount("/v1", api),
            Mount("/docs", make_docs(api)),
            Route("/docs", lambda _request: RedirectResponse("/docs/")),
            Mount("/inbound", make_inbound(services, settings.mail_token)),
            Mount("/", make_portal(services, settings)),
        ],
        middleware=[
            Middleware(RequestIds, new_id=lambda: services.ids.new("req_")),
            Middleware(SecurityHeaders, is_https=settings.is_https),
            Middleware(SameSiteOnly, own_origin=settings.origin),
        ],
        exception_handlers=dict(HANDLERS),
    )
