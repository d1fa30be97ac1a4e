"""Colors as `#rrggbb`, and whether text of one can be read on another.

Source: WCAG 2.2, relative luminance and contrast ratio (5 October 2023).
"""

from __future__ import annotations

import re

from purring.domain.errors import InvalidInput

WHITE = "#ffffff"
BLACK = "#000000"
READABLE = 4.5
"""The least contrast of text. Source: WCAG 2.2, 1.4.3 (5 October 2023)."""
VISIBLE = 3.0
"""The least contrast of what must be seen but not read. Source: WCAG 2.2, 1.4.11 (5 October 2023)."""

_COLOR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE)
_STEPS = 50


def parse_color(text: str) -> str:
    """A color as six lower-case digits, from `#1a2b3c` or the short `#abc`.

    Raises InvalidInput.
    """
    if not _COLOR.fullmatch(text):
        raise InvalidInput(f"{text[:30]!r} is not a color; write it like #0b5fff.", field="color")
    digits = text[1:].lower()
    return "#" + (digits if len(digits) == len("rrggbb") else "".join(digit * 2 for digit in digits))


def contrast(one: str, other: str) -> float:
    """How much two colors differ in lightness: from 1, not at all, to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def text_on(background: str) -> str:
    """White if that can be read on a color, else black: one of the two always can."""
    return WHITE if contrast(WHITE, background) >= READABLE else BLACK


def standing_out(color: str, background: str, least: float) -> str:
    """The color nearest to this one whose contrast with a background is large enough, on its way to black or white."""
    goal = WHITE if contrast(WHITE, background) > contrast(BLACK, background) else BLACK
    mixed = (_mixed(color, goal, step / _STEPS) for step in range(_STEPS + 1))
    return next((one for one in mixed if contrast(one, background) >= least), goal)


def _luminance(color: str) -> float:
    red, green, blue = (_linear(level / 255) for level in _levels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(level: float) -> float:
    return level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - the standard's own


def _mixed(color: str, goal: str, share: float) -> str:
    levels = (round(a + (b - a) * share) for a, b in zip(_levels(color), _levels(goal), strict=True))
    return "#" + "".join(f"{level:02x}" for level in levels)


def _levels(color: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(color[1:]))
