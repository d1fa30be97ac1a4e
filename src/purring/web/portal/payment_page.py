"""What the page with the gateway's field may load: its scripts, each with the reason it is there, and its policy.

Source: PCI DSS 4.0.1, requirement 6.4.3 (all scripts of the page inventoried, authorized, justified, and kept whole).
"""

from __future__ import annotations

from dataclasses import dataclass

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; frame-src {origin}; base-uri 'none'; "
    "object-src 'none'; frame-ancestors 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class PageScript:
    """A script that the page loads. `sha256`: of the file as it is served, in hexadecimal digits."""

    path: str
    sha256: str
    reason: str


SCRIPTS = (
    PageScript(
        path="/static/field.js",
        sha256="03104d4531e891950ed64e844ae4c8a70c10f00aea97125d4057afdcdc5f86b9",
        reason="Makes the frame with the gateway's field, and leads on with the token that the frame tells.",
    ),
)
"""All there are. Whoever changes one changes its hash here, and so says that the change was meant."""


def policy_for(field_origin: str) -> str:
    """The page's Content-Security-Policy: a frame of the gateway's origin, our script, our icon, and no form."""
    return _POLICY.format(origin=field_origin)
