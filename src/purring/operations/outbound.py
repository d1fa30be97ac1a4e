"""What sending events out needs: somebody who sends, and what keeps and makes secrets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from purring.webhooks.post import Poster
from purring.webhooks.vault import Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """Made once by the composition root. `draw_bytes` gives so many random bytes that nobody can guess."""

    poster: Poster
    vault: Vault
    draw_bytes: Callable[[int], bytes]
