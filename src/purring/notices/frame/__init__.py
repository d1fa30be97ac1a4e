"""The HTML around a notice: `frame.mjml` says how it looks, `frame.html` is what mail programs need for that.

`python -m tools.texts` compiles the one into the other; a test fails while they differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from purring.domain.brand import Brand
from purring.domain.color import READABLE, VISIBLE, WHITE, standing_out, text_on
from purring.domain.notice import NoticeKind
from purring.notices.blocks import Aside, Block, preheader
from purring.notices.images import InlineImage

DARK_SHEET = "#1b1e22"
"""What text stands on in dark mode, as `frame.mjml` says too."""

URGENT = "#c62828"
FIRM = "#b26a00"
_LOGO_WIDTH_MAX = 200
_LOGO_HEIGHT_MAX = 48
_FILE_NAMES = {"image/png": "logo.png", "image/jpeg": "logo.jpg"}
_URGENT_KINDS = frozenset({NoticeKind.LAST_NOTICE, NoticeKind.CANCELLATION_WARNING})
_FIRM_KINDS = frozenset({NoticeKind.ACTION_NEEDED, NoticeKind.ACCESS_ENDED})


def edge_of(kind: NoticeKind, brand: Brand, *, is_firm: bool) -> str:
    """The color of the upper edge: the merchant's own, until something must be done."""
    if kind in _URGENT_KINDS:
        return URGENT
    return FIRM if is_firm or kind in _FIRM_KINDS else brand.color


def framed(
    subject: str, blocks: Sequence[Block], *, locale: str, merchant_name: str, brand: Brand, edge: str
) -> tuple[str, tuple[InlineImage, ...]]:
    """A notice as HTML, and the pictures that it shows."""
    logo = logo_of(brand)
    html = _template().render(
        lang=locale,
        subject=subject,
        preheader=preheader(blocks),
        merchant_name=merchant_name,
        blocks=[block for block in blocks if not isinstance(block, Aside)],
        closing=[*(block.text for block in blocks if isinstance(block, Aside)), *brand.footer],
        logo=brand.logo and (*_shown_size(brand.logo.width, brand.logo.height), logo[0].content_id),
        edge=edge,
        **_colors(brand.color),
    )
    return html, logo


def logo_of(brand: Brand) -> tuple[InlineImage, ...]:
    """The logo as it travels with a mail, if there is one."""
    if brand.logo is None:
        return ()
    kind = brand.logo.media_type
    return (InlineImage(content_id="logo", media_type=kind, file_name=_FILE_NAMES[kind], data=brand.logo.data),)


@lru_cache(maxsize=1024)
def _colors(color: str) -> dict[str, str]:
    """The brand's color where it is a surface, and the nearest that can be read where it is a link."""
    dark = standing_out(color, DARK_SHEET, VISIBLE)
    return {
        "accent": color,
        "on_accent": text_on(color),
        "accent_dark": dark,
        "on_accent_dark": text_on(dark),
        "link": standing_out(color, WHITE, READABLE),
        "link_dark": standing_out(color, DARK_SHEET, READABLE),
    }


def _shown_size(width: int, height: int) -> tuple[int, int]:
    """A logo's size in a mail: half its pixels, as sharp screens want it, and no larger than there is room for."""
    scale = min(0.5, _LOGO_WIDTH_MAX / width, _LOGO_HEIGHT_MAX / height)
    return max(1, round(width * scale)), max(1, round(height * scale))


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("purring.notices", "frame"),
        undefined=StrictUndefined,
        autoescape=True,
        auto_reload=False,
    )
    return environment.get_template("frame.html")
