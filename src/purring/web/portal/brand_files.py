"""The files behind a merchant's look: its color as a sheet of its own, since our policy forbids styles in a page.

A color's sheet follows from its name alone, and a logo's address names the moment since which it holds: browsers may
keep both for good.
"""

from __future__ import annotations

from functools import lru_cache

from starlette.responses import Response
from starlette.routing import Route

from purring.domain.color import parse_color
from purring.domain.errors import InvalidInput, NotFound
from purring.domain.ids import MerchantId
from purring.domain.page_colors import DARK_CARD, LIGHT_CARD, page_colors
from purring.operations import looks
from purring.web.portal.visit import Front, Guest

FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}


def routes(front: Front) -> list[Route]:
    """The files of this module."""
    return [
        front.guest("/brand/{color}.css", stylesheet),
        front.guest("/brand/{merchant}/{version}/logo", logo),
    ]


def stylesheet(guest: Guest) -> Response:
    """The colors that a merchant's color becomes."""
    try:
        color = parse_color(f"#{guest.request.path_params['color']}")
    except InvalidInput:
        raise NotFound("There is no such color.", field="color") from None
    return Response(written(color), media_type="text/css", headers=FOR_GOOD)


@lru_cache(maxsize=1024)
def written(color: str) -> str:
    """A color's file: what takes the place of our own colors in `portal.css`."""
    light, dark = (_rule(color, card) for card in (LIGHT_CARD, DARK_CARD))
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{ {dark} }}\n"


def _rule(color: str, card: str) -> str:
    own = page_colors(color, card)
    button = f"--button: {own.button}; --on-button: {own.on_button};"
    return f":root {{ {button} --brand: {own.brand}; --link: {own.link}; }}"


def logo(guest: Guest) -> Response:
    """A merchant's logo as it has been since an instant, under the type that its bytes are."""
    merchant_id, version = guest.request.path_params["merchant"], guest.request.path_params["version"]
    found = looks.logo_of(guest.services, MerchantId(merchant_id), version)
    if found is None:
        raise NotFound("There is no such logo, or not any more.", field="version")
    return Response(found.data, media_type=found.media_type, headers=FOR_GOOD)
