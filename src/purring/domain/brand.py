"""How a merchant's mails look and whom answers reach: what a merchant may choose, and within which limits."""

from __future__ import annotations

from dataclasses import dataclass, field

from purring.domain.color import parse_color
from purring.domain.errors import InvalidInput

DEFAULT_COLOR = "#1f4e8c"
FOOTER_LINES_MAX = 6
FOOTER_CHARS_MAX = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Logo:
    """A picture and its size in pixels; `media_type` is what its bytes are, not what somebody called them."""

    media_type: str
    width: int
    height: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brand:
    """One merchant's look. `reply_to` "": answers go to the merchant's support address.

    Raises InvalidInput for a color that is none and for a footer that is too long.
    """

    color: str = DEFAULT_COLOR
    logo: Logo | None = None
    reply_to: str = ""
    footer: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no mail could show."""
        if self.color != parse_color(self.color):
            raise InvalidInput(f"{self.color!r} is not written in six lower-case digits.", field="color")
        if len(self.footer) > FOOTER_LINES_MAX or sum(map(len, self.footer)) > FOOTER_CHARS_MAX:
            raise InvalidInput(
                f"A footer has at most {FOOTER_LINES_MAX} lines and {FOOTER_CHARS_MAX} characters.", field="footer"
            )
