"""The one page that runs a script: the gateway's field in a frame, and nothing else.

Whatever is entered there stays on the gateway's origin; the script goes on with the token that the frame tells.
"""

from __future__ import annotations

from starlette.responses import Response

from purring.operations.tokens import Field
from purring.web.portal.payment_page import policy_for


def framed(page: Response, field: Field) -> Response:
    """The page with a policy of its own, in place of the one that all others have."""
    page.headers["Content-Security-Policy"] = policy_for(field.origin)
    return page
