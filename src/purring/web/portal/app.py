"""The pages' application."""

from __future__ import annotations

from importlib.resources import files

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from purring.domain.errors import NotFound
from purring.i18n.locales import negotiate
from purring.operations.services import Services
from purring.web.bodies import ReadBodies
from purring.web.portal import (
    billing_pages,
    help_pages,
    invoice_pages,
    link_pages,
    method_pages,
    people_pages,
    sign_in_pages,
)
from purring.web.portal.render import page
from purring.web.portal.visit import Front
from purring.web.problems import HANDLERS

CSS_MAX_AGE_S = 3_600
_PAGES = (link_pages, sign_in_pages, billing_pages, invoice_pages, method_pages, people_pages, help_pages)


def make_portal(services: Services, *, is_https: bool) -> Starlette:
    """The application that people see."""
    front = Front(services=services, is_https=is_https)
    css = (files("purring.web.portal") / "static" / "portal.css").read_bytes()

    def stylesheet(_request: Request) -> Response:
        """How all pages look."""
        return Response(css, media_type="text/css", headers={"Cache-Control": f"public, max-age={CSS_MAX_AGE_S}"})

    return Starlette(
        routes=[
            Route("/static/portal.css", stylesheet),
            *(route for pages in _PAGES for route in pages.routes(front)),
        ],
        middleware=[Middleware(ReadBodies)],
        exception_handlers={**HANDLERS, NotFound: _not_found, 404: _not_found},
    )


async def _not_found(request: Request, _error: Exception) -> Response:
    """The same page whatever was wrong with an address: made up, altered, another's, revoked, or over."""
    return page("not_found.html", negotiate(request.headers.get("accept-language")), status=404)
