"""What the web layer must be told about its surroundings."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit


class FieldMode(StrEnum):
    """How people get to the gateway's own field."""

    REDIRECT = "redirect"
    FRAME = "frame"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Where we are reached, where we listen, and which proxies are believed (addresses or networks, by commas).

    `mail_token`: what whoever posts bounces must show; empty: nobody may.
    `field_mode`: whether the gateway's field is a page of its own, or stands in a frame on one of ours.
    `requests_per_s`: how many requests a second each API key may make of one process.
    """

    base_url: str
    host: str = "127.0.0.1"
    port: int = 0
    trusted_proxies: str = ""
    mail_token: bytes = field(default=b"", repr=False)
    requests_per_s: int = 50
    field_mode: FieldMode = FieldMode.REDIRECT

    @property
    def is_https(self) -> bool:
        """Whether browsers reach us through TLS."""
        return self.base_url.startswith("https://")

    @property
    def origin(self) -> str:
        """Our own origin, as browsers name it."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"
