"""How a sandbox is set: what it states about itself, and the switches that its operator can throw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

DEFAULT_EVENT_SECRET = "whsec_test_sandbox"  # noqa: S105 -- published: it protects nothing but play money


class OutageKind(StrEnum):
    """How everything under /v1 fails while an outage lasts."""

    NOT_PROCESSED = "not_processed"
    ERROR = "error"
    TIMEOUT = "timeout"
    CUT = "cut"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxSettings:
    """What the sandbox states in /v1/capabilities, and the secret that signs its events.

    `field_origins`: pages of these origins get tokens from its field; without any, those of this machine do.
    """

    key_lifetime: timedelta = timedelta(hours=24)
    action_lifetime: timedelta = timedelta(hours=24)
    in_flight_max: int = 64
    lists_charges: bool = True
    event_secret: str = field(default=DEFAULT_EVENT_SECRET, repr=False)
    push_url: str | None = None
    field_origins: frozenset[str] = frozenset()

    def leads_back_to(self, url: str) -> bool:
        """Whether people may be sent there: an origin that the sandbox was started for, or of this machine."""
        parts = urlsplit(url)
        origin, allowed = f"{parts.scheme}://{parts.netloc}", self.field_origins
        is_here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "localhost"}
        return origin in allowed or (not allowed and is_here)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A failure of the whole sandbox. `until` None: until it is switched off."""

    kind: OutageKind
    until: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Controls:
    """The switches, as they stand now. They live as long as the server, not in the ledger.

    `set_now` moves a virtual clock; None where the time is somebody else's.
    """

    settings: SandboxSettings
    set_now: Callable[[datetime], None] | None = None
    outage: Outage | None = None
    throttled_left: int = 0
    retry_after_s: int = 30
    events_held: bool = False
    event_delay: timedelta = timedelta(0)
    event_copies: int = 1
