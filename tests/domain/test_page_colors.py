"""Whatever color a merchant has, its pages can be read."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from purring.domain.color import READABLE, VISIBLE, contrast
from purring.domain.page_colors import DARK_CARD, LIGHT_CARD, page_colors

LIGHT, DARK = ("#ffffff", LIGHT_CARD), ("#16161a", DARK_CARD)


@given(st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}"))
@example("#000000")
@example("#ffffff")
@example("#ffff00")
@example("#777777")
def test_every_color_can_be_seen_and_read(color: str) -> None:
    """Text on buttons and links 4.5:1, buttons and marks 3:1, on the page and on cards, in light and in dark."""
    for surfaces, card in ((LIGHT, LIGHT_CARD), (DARK, DARK_CARD)):
        own = page_colors(color, card)
        assert contrast(own.on_button, own.button) >= READABLE
        for surface in surfaces:
            assert contrast(own.link, surface) >= READABLE
            assert contrast(own.brand, surface) >= VISIBLE


def test_a_color_that_stands_out_stays_as_it_is() -> None:
    """Only what can't be seen is moved, and no further than it must."""
    assert "#1f4e8c" == page_colors("#1f4e8c", LIGHT_CARD).link
    assert ("#ffd400", "#ffd400") == (page_colors("#ffd400", DARK_CARD).link, page_colors("#ffd400", LIGHT_CARD).button)
