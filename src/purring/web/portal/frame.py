"""The one page that runs a script: the gateway's field in a frame, and nothing else.

Whatever is entered there stays on the gateway's origin; the script goes on with the token that the frame tells.
"""

from __future__ import annotations

from starlette.responses import Response

from purring.operations.tokens import Field

_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; frame-src {origin}; base-uri 'none'; "
    "object-src 'none'; frame-ancestors 'none'; form-action 'none'"
)


def framed(page: Response, field: Field) -> Response:
    """The page with a policy of its own: a frame of the gateway's origin, our script, our icon, and no form."""
    page.headers["Content-Security-Policy"] = _CSP.format(origin=field.origin)
    return page
