"""A merchant's color on web pages: a surface that is seen and what is read on it, in light and in dark."""

from __future__ import annotations

from dataclasses import dataclass

from purring.domain.color import READABLE, VISIBLE, standing_out, text_on

LIGHT_CARD = "#f6f6f8"
DARK_CARD = "#202027"
"""Of the surfaces that pages have, those nearest to the colors on them: what stands out here does so everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageColors:
    """What each is for.

    `button`: the merchant's color itself, with `on_button` written on it. `brand`: buttons' edges and marks, which must
    be seen. `link`: links, which must be read.
    """

    button: str
    on_button: str
    brand: str
    link: str


def page_colors(color: str, card: str) -> PageColors:
    """The colors nearest to a merchant's that can be seen and read on cards of some lightness."""
    return PageColors(
        button=color,
        on_button=text_on(color),
        brand=standing_out(color, card, VISIBLE),
        link=standing_out(color, card, READABLE),
    )
