"""A text of notices that a merchant has put in the place of ours."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeText:
    """One text in one language. `base` is ours as it read when the merchant wrote its own.

    `scope` is the kind of notice that it stands in, or `shared` for what several kinds have in common.
    """

    locale: str
    scope: str
    key: str
    text: str
    base: str
