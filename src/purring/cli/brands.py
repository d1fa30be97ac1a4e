"""A merchant's brand as `purring merchant brand` takes and shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from purring.domain.brand import Brand
from purring.domain.color import READABLE, WHITE, parse_color, standing_out, text_on
from purring.domain.errors import InvalidInput
from purring.notices.logo import BYTES_MAX, read_logo
from purring.notices.message import is_address
from purring.notices.stored_context import one_line


def brand_changes(
    *, color: str | None, logo: Path | None, no_logo: bool, reply_to: str | None, footer: Sequence[str] | None
) -> dict[str, Any]:
    """The fields of a brand that were given, checked.

    Raises InvalidInput that names the option.
    """
    changes: dict[str, Any] = {}
    if color is not None:
        changes["color"] = parse_color(color)
    if no_logo and logo is not None:
        raise InvalidInput("Give either --logo or --no-logo.", field="--logo")
    if no_logo:
        changes["logo"] = None
    if logo is not None:
        changes["logo"] = read_logo(_bytes(logo))
    if reply_to is not None:
        if reply_to and not (is_address(reply_to) and reply_to.isascii()):
            raise InvalidInput("An address looks like name@example.com.", field="--reply-to")
        changes["reply_to"] = reply_to
    if footer is not None:
        changes["footer"] = tuple(line for given in footer if (line := one_line(given)))
    return changes


def brand_lines(brand: Brand) -> Iterator[str]:
    """A brand as a person reads it, and what becomes of a color that can't be read as it is."""
    logo = brand.logo
    yield f"  color: {brand.color}, with {'white' if text_on(brand.color) == WHITE else 'black'} text on buttons"
    link = standing_out(brand.color, WHITE, READABLE)
    if link != brand.color:
        yield f"  links: {link}, since text in {brand.color} can't be read on white"
    yield f"  logo: {logo.width} × {logo.height} pixels, {len(logo.data)} bytes" if logo else "  logo: none"
    yield f"  answers go to: {brand.reply_to or 'the support address'}"
    for line in brand.footer:
        yield f"  footer: {line}"


def _bytes(file: Path) -> bytes:
    """The file, or as much of it as shows that it is too large."""
    try:
        with file.open("rb") as opened:
            return opened.read(BYTES_MAX + 1)
    except OSError as error:
        raise InvalidInput(f"{file} can't be read: {error.strerror}.", field="--logo") from None
