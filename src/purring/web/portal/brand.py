"""The merchant's look on the pages: where its color's sheet is, and its logo."""

from __future__ import annotations

from dataclasses import dataclass

from purring.domain.brand import DEFAULT_COLOR
from purring.domain.merchant import Merchant
from purring.operations.looks import page_look
from purring.operations.services import Services

_WIDTH_MAX, _HEIGHT_MAX = 200, 40


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBrand:
    """Addresses of ours, each "" where there is nothing; width and height are the logo's on the page."""

    name: str
    sheet: str = ""
    logo: str = ""
    width: int = 0
    height: int = 0


def brand_of(services: Services, merchant: Merchant) -> PageBrand:
    """What a merchant's pages look like."""
    look, name = page_look(services, merchant.id), merchant.name
    if look is None:
        return PageBrand(name=name)
    sheet = "" if look.color == DEFAULT_COLOR else f"/brand/{look.color[1:]}.css"
    if look.logo_size is None:
        return PageBrand(name=name, sheet=sheet)
    width, height = look.logo_size
    scale = min(0.5, _WIDTH_MAX / width, _HEIGHT_MAX / height)
    return PageBrand(
        name=name,
        sheet=sheet,
        logo=f"/brand/{merchant.id}/{look.version}/logo",
        width=max(1, round(width * scale)),
        height=max(1, round(height * scale)),
    )
