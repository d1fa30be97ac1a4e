"""A merchant's color on web pages: a surface that is seen and what is read on it, in light and in dark."""

from __future__ import annotations

from dataclasses import dataclass

from purring.domain.color import READABLE, VISIBLE, standing_out, text_on

LIGHT_CARD = "#f6f6f8"
DARK_CARD = "#202027"
"""Of the surfaces that pages have, those nearest to the colors on them: what stands out here does so everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageColors:
    """`brand`: of buttons and marks, with `on_brand` written on it. `link`: of links, on the page itself."""

    brand: str
    on_brand: str
    link: str


def page_colors(color: str, card: str) -> PageColors:
    """The colors nearest to a merchant's that can be seen and read on cards of some lightness."""
    brand = standing_out(color, card, VISIBLE)
    return PageColors(brand=brand, on_brand=text_on(brand), link=standing_out(color, card, READABLE))
