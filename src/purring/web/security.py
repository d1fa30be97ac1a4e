"""What every answer tells browsers, and which requests of theirs are refused.

Source: OWASP Secure Headers Project and Fetch Metadata Request Headers, W3C Working Draft (both read 2026-11-27).
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from purring.domain.errors import CrossSite
from purring.web.problems import problem

# Nothing of ours connects, since no script may run; what measures pages asks for /robots.txt through the page's policy.
CSP = (
    "default-src 'none'; connect-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": CSP,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
HSTS = "max-age=63072000; includeSubDomains"

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})


class SecurityHeaders:
    """Puts the headers on every answer; those that it brings itself stay. Nothing is cached unless it says so."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        """Wrap an application."""
        self._app = app
        self._headers = {**HEADERS, **({"Strict-Transport-Security": HSTS} if is_https else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in {**self._headers, "Cache-Control": "no-store"}.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_guarded)


class SameSiteOnly:
    """Refuses requests that could change something and that another site's page sent; programs send no such headers."""

    def __init__(self, app: ASGIApp, own_origin: str) -> None:
        """Wrap an application."""
        self._app = app
        self._own_origin = own_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and self._is_foreign(scope["method"], Headers(scope=scope)):
            error = CrossSite("Another site's page sent this; send it from our own page, or from a program.")
            await problem(Request(scope), error)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _is_foreign(self, method: str, headers: Headers) -> bool:
        """Whether a browser says so.

        Our own pages send `Origin: null`, since they tell no referrer. Where that comes without a word about the site,
        nobody knows whose page it was. Source: Fetch Standard, "append a request Origin header" (read 2026-11-28).
        """
        if method in _SAFE_METHODS:
            return False
        sites, origins = headers.getlist("sec-fetch-site"), headers.getlist("origin")
        ours = {self._own_origin, "null"} if sites else {self._own_origin}
        return any(site not in _OWN_SITES for site in sites) or any(origin not in ours for origin in origins)
