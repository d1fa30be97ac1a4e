"""What a merchant has made its own about notices: the brand, and single texts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from purring.domain.brand import Brand
from purring.domain.notice import NoticeKind

SHARED = "shared"
"""Where the texts belong that several kinds of notice have in common."""

PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
"""How a merchant writes the place of a value."""

TextKey = tuple[str, str, str]
"""A language, a kind of notice or SHARED, and the text's own key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One merchant's brand and texts; by default ours."""

    brand: Brand = field(default_factory=Brand)
    texts: Mapping[TextKey, str] = field(default_factory=dict)

    def text(self, locale: str, kind: NoticeKind, key: str) -> str | None:
        """The merchant's own text in a place, if it has one: for this kind before the one for all."""
        own = self.texts.get((locale, kind.value, key))
        return self.texts.get((locale, SHARED, key)) if own is None else own


OURS = Look()
"""What a merchant has that changed nothing."""
