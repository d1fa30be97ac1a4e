"""Colors: how they are written, and whether text can be read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.brand import FOOTER_CHARS_MAX, FOOTER_LINES_MAX, Brand
from purring.domain.color import BLACK, READABLE, VISIBLE, WHITE, contrast, parse_color, standing_out, text_on
from purring.domain.errors import InvalidInput

COLORS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(("written", "color"), [("#1A2b3C", "#1a2b3c"), ("#fAb", "#ffaabb")])
def test_a_color_has_six_lower_case_digits(written: str, color: str) -> None:
    """The short form is written out."""
    assert color == parse_color(written)


@pytest.mark.parametrize("text", ["", "red", "#12", "#1234", "#12345g", "123456", "#123456;}"])
def test_what_is_no_color_is_refused(text: str) -> None:
    """Nothing but digits gets into a style."""
    with pytest.raises(InvalidInput, match="write it like #0b5fff"):
        parse_color(text)


def test_black_on_white_is_the_most() -> None:
    """The ratio runs from 1 to 21; the standard's own example of a gray that just suffices is one."""
    assert 21 == round(contrast(BLACK, WHITE), 6)
    assert 1 == contrast("#abcdef", "#abcdef")
    assert 4.54 == round(contrast("#767676", WHITE), 2)


@given(COLORS)
def test_black_or_white_can_be_read_on_anything(color: str) -> None:
    """So a merchant may choose any color for its button."""
    assert contrast(text_on(color), color) >= READABLE


@given(COLORS, st.sampled_from([WHITE, BLACK, "#1b1e22"]), st.sampled_from([VISIBLE, READABLE]))
def test_a_color_is_moved_until_it_stands_out_and_no_further(color: str, background: str, least: float) -> None:
    """A color that stands out already stays as it is."""
    moved = standing_out(color, background, least)
    assert contrast(moved, background) >= least
    assert contrast(color, background) < least or color == moved


def test_a_brand_fits_into_a_mail() -> None:
    """A color in another spelling and a footer like a book are refused."""
    assert Brand().footer == ()
    with pytest.raises(InvalidInput, match="six lower-case digits"):
        Brand(color="#FFF")
    for lines in (("x",) * (FOOTER_LINES_MAX + 1), ("x" * (FOOTER_CHARS_MAX + 1),)):
        with pytest.raises(InvalidInput, match="A footer has at most"):
            Brand(footer=lines)
