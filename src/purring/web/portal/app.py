"""The pages' application."""

from __future__ import annotations

from importlib.resources import files

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from purring.domain.errors import NotFound, PurringError
from purring.i18n.locales import negotiate
from purring.operations.services import Services
from purring.web.bodies import ReadBodies
from purring.web.portal import (
    billing_pages,
    brand_files,
    help_pages,
    invoice_pages,
    link_pages,
    message_pages,
    method_pages,
    paying_pages,
    people_pages,
    sign_in_pages,
)
from purring.web.portal.render import page
from purring.web.portal.visit import Front
from purring.web.problems import HANDLERS, on_purring_error, on_unexpected
from purring.web.request_id import request_id_of
from purring.web.settings import FieldMode, WebSettings

STATIC_MAX_AGE_S = 3_600
STATIC = {
    "/static/portal.css": "text/css",
    "/static/field.js": "text/javascript",
    "/favicon.svg": "image/svg+xml",
    "/robots.txt": "text/plain",
}
"""How all pages look, the one script there is, which shows the gateway's field in a frame, and what browsers and search
engines ask for by themselves."""
_PAGES = (
    brand_files,
    link_pages,
    sign_in_pages,
    billing_pages,
    invoice_pages,
    method_pages,
    paying_pages,
    people_pages,
    message_pages,
    help_pages,
)


def make_portal(services: Services, settings: WebSettings) -> Starlette:
    """The application that people see."""
    is_framed = settings.field_mode is FieldMode.FRAME
    front = Front(services=services, is_https=settings.is_https, is_framed=is_framed)
    return Starlette(
        routes=[
            *(_static(path, media_type) for path, media_type in STATIC.items()),
            *(route for pages in _PAGES for route in pages.routes(front)),
        ],
        middleware=[Middleware(ReadBodies)],
        exception_handlers={
            **HANDLERS,
            PurringError: _in_trouble,
            Exception: _in_trouble,
            NotFound: _not_found,
            404: _not_found,
        },
    )


async def _in_trouble(request: Request, error: Exception) -> Response:
    """What went wrong on our side or at a gateway, as a page for people; the log has the rest under its number."""
    answer = await (on_purring_error if isinstance(error, PurringError) else on_unexpected)(request, error)
    locale, number = negotiate(request.headers.get("accept-language")), request_id_of(request.scope)
    shown = page("trouble.html", locale, status=answer.status_code, number=number)
    if "retry-after" in answer.headers:
        shown.headers["Retry-After"] = answer.headers["retry-after"]
    return shown


def _static(path: str, media_type: str) -> Route:
    """A file that is the same for everybody."""
    content = (files("purring.web.portal") / "static" / path.rpartition("/")[2]).read_bytes()
    headers = {"Cache-Control": f"public, max-age={STATIC_MAX_AGE_S}"}

    async def answer(_request: Request) -> Response:
        return Response(content, media_type=media_type, headers=headers)

    return Route(path, answer)


async def _not_found(request: Request, _error: Exception) -> Response:
    """The same page whatever was wrong with an address: made up, altered, another's, revoked, or over."""
    return page("not_found.html", negotiate(request.headers.get("accept-language")), status=404)
