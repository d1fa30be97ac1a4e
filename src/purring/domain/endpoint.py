"""A merchant's endpoint: where its events are sent, which of them, and when one is tried again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from purring.domain.errors import InvalidInput
from purring.domain.event import EventKind
from purring.domain.ids import EndpointId, MerchantId

URL_CHARS_MAX = 2_000
DESCRIPTION_CHARS_MAX = 200

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""How long a delivery waits after each try that failed; after the try that follows the last, it is dead.

Source: Standard Webhooks 1.0.0, "Retry schedule" (read 2026-11-27). In all 75 hours and a half.
"""

FAILING_MAX = timedelta(days=3)
"""An endpoint that has taken nothing for so long is disabled when a delivery to it dies."""

PRIVATE = frozenset({EventKind.QUEUE_SETTLED})
"""What operators note down among themselves: no endpoint is told."""

EVERY_KIND = tuple(kind for kind in EventKind if kind not in PRIVATE)


class EndpointStatus(StrEnum):
    """Whether events are sent there. A deleted one is kept only until its log is forgotten."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    DELETED = "deleted"


class DisabledReason(StrEnum):
    """Why an endpoint is disabled: by a person, because it answered 410 Gone, or because it failed for days."""

    NONE = ""
    OPERATOR = "operator"
    GONE = "gone"
    FAILING = "failing"


class EventDeliveryStatus(StrEnum):
    """Whether an endpoint has yet to be sent an event. A dead one isn't tried again unless it is replayed."""

    OWED = "owed"
    DELIVERED = "delivered"
    DEAD = "dead"


KEPT_FOR = {EventDeliveryStatus.DELIVERED: timedelta(days=30), EventDeliveryStatus.DEAD: timedelta(days=90)}
"""How long a delivery that has ended so stays in the log; the events themselves are kept for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint.

    `wanted`: kinds of events, or `invoice.*` for all of a noun; nothing means all. `secret` and `old_secret` are
    sealed; the old one signs too until `old_secret_until`. `failing_since`: no try has succeeded since.
    """

    id: EndpointId
    merchant_id: MerchantId
    url: str
    description: str
    wanted: tuple[str, ...]
    status: EndpointStatus
    reason: DisabledReason
    created_at: datetime
    secret: str
    old_secret: str | None = None
    old_secret_until: datetime | None = None
    disabled_at: datetime | None = None
    failing_since: datetime | None = None
    version: int = 1

    @property
    def is_enabled(self) -> bool:
        """Whether events are sent there."""
        return self.status is EndpointStatus.ENABLED


def wants(wanted: Iterable[str], kind: EventKind) -> bool:
    """Tell whether a filter lets a kind of event through."""
    if kind in PRIVATE:
        return False
    chosen = set(wanted)
    return not chosen or kind.value in chosen or f"{_noun(kind)}.*" in chosen


def is_told(to: Endpoint, kind: EventKind, object_id: str) -> bool:
    """Tell whether an endpoint is told of an event: of its own test always, and of nobody else's."""
    if kind is EventKind.ENDPOINT_TESTED:
        return object_id == to.id
    return wants(to.wanted, kind)


def check_wanted(wanted: Iterable[str]) -> tuple[str, ...]:
    """Give a filter back, sorted, if everything in it is a kind of event or all kinds of a noun.

    Raises InvalidInput.
    """
    known = {kind.value for kind in EVERY_KIND} | {f"{_noun(kind)}.*" for kind in EVERY_KIND}
    chosen = sorted(set(wanted))
    for one in chosen:
        if one not in known:
            nouns = ", ".join(dict.fromkeys(f"{_noun(kind)}.*" for kind in EVERY_KIND))
            message = (
                f"{one[:60]!r} is no kind of event; use one of docs/reference/events.md, or all of a noun: {nouns}."
            )
            raise InvalidInput(message, field="events")
    return tuple(chosen)


def check_url(url: str, *, allows_loopback: bool) -> str:
    """Give an endpoint's address back if it is one that we may send to: https, with a name, without a password.

    `allows_loopback`: plain http too, to this machine; to which addresses names lead is checked when we send.
    Raises InvalidInput.
    """
    problem = _problem_of(url, allows_loopback=allows_loopback)
    if problem:
        raise InvalidInput(
            f"the endpoint's address {problem}; use one such as https://shop.example/purring", field="url"
        )
    return url


def _problem_of(url: str, *, allows_loopback: bool) -> str | None:
    if len(url) > URL_CHARS_MAX:
        return f"has more than {URL_CHARS_MAX} characters"
    if not url.isascii() or not url.isprintable() or " " in url:
        return "has characters that no address has (write a name with others in its xn-- form)"
    try:
        parts = urlsplit(url)
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return "can't be read"
    if parts.scheme != "https" and not (parts.scheme == "http" and allows_loopback and name in _LOOPBACK):
        return "is not https"
    if not name or port == 0:
        return "names no host"
    if "@" in parts.netloc:
        return "holds a user or a password"
    return "has a fragment" if parts.fragment else None


def next_try_at(tries: int, now: datetime) -> datetime | None:
    """Tell when a delivery that has failed so many times is tried again; None: never."""
    assert tries >= 1, "only what failed is tried again"
    return now + PAUSES[tries - 1] if tries <= len(PAUSES) else None


def _noun(kind: EventKind) -> str:
    return kind.value.partition(".")[0]


_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
