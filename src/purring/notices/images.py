"""Pictures that travel inside a mail: nothing is fetched when it is opened, so nobody learns that it was."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineImage:
    """A picture attached to a mail, which its HTML names as `cid:<content_id>`."""

    content_id: str
    media_type: str
    file_name: str
    data: bytes = field(repr=False)
