"""Events from gateways: stored as they came, once each, then worked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, select

from purring.domain.ids import MerchantId
from purring.store import bulk
from purring.store.leases import Claim
from purring.store.schema import InboundStatus, inbound_event

TRIES_MAX = 12
_FIRST_PAUSE = timedelta(minutes=1)
_PROBLEM_CHARS_MAX = 500
_COLUMNS = (
    "id",
    "gateway",
    "event_id",
    "body",
    "headers",
    "received_at",
    "status",
    "next_step_at",
    "tries",
    "problem",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One event as it came. `id` is the gateway's name and its event's id."""

    id: str
    gateway: str
    event_id: str
    body: bytes
    headers: Mapping[str, str]
    received_at: datetime
    status: InboundStatus
    tries: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """An event as it comes in, under the gateway's id for it."""

    event_id: str
    body: bytes
    headers: Mapping[str, str]


def store(
    conn: Connection,
    gateway: str,
    event_id: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    received_at: datetime,
) -> bool:
    """Store an event for work; False if it was there already."""
    return bool(store_many(conn, gateway, [Received(event_id=event_id, body=body, headers=headers)], received_at))


def store_many(conn: Connection, gateway: str, some: Iterable[Received], received_at: datetime) -> int:
    """Store events for work, and return how many weren't there already."""
    rows = [
        (
            f"{gateway}:{one.event_id}",
            gateway,
            one.event_id,
            one.body,
            dict(one.headers),
            received_at,
            InboundStatus.STORED,
            received_at,
            0,
            "",
        )
        for one in some
    ]
    return bulk.insert_missing(conn, inbound_event, _COLUMNS, sorted(rows, key=itemgetter(0)))


def load(conn: Connection, ids: Iterable[str]) -> list[Inbound]:
    """Load events by their ids, in the order they came."""
    own = inbound_event.c
    rows = conn.execute(select(inbound_event).where(own.id.in_(sorted(set(ids)))).order_by(own.received_at, own.id))
    return [_inbound(row) for row in rows]


def mark_worked(conn: Connection, claims: Sequence[tuple[Claim, MerchantId | None]], owner: str, now: datetime) -> None:
    """Remember that events have acted, and whose they were; as far as the owner still holds them."""
    rows = [(one.id, owner, one.fence, merchant_id, InboundStatus.WORKED, None, now) for one, merchant_id in claims]
    columns = ("id", "lease_owner", "fence", "merchant_id", "status", "next_step_at", "worked_at")
    bulk.update_held(conn, inbound_event, columns, rows)


def mark_failed(conn: Connection, problems: Sequence[tuple[Claim, str]], owner: str, now: datetime) -> None:
    """Remember why events couldn't act yet; each is tried again, ever later, TRIES_MAX times in all."""
    known = {event.id: event for event in load(conn, (one.id for one, _ in problems))}
    rows = []
    for one, problem in problems:
        tries = known[one.id].tries + 1
        over = tries >= TRIES_MAX
        status = InboundStatus.FAILED if over else InboundStatus.STORED
        again_at = None if over else now + _FIRST_PAUSE * 2 ** (tries - 1)
        rows.append((one.id, owner, one.fence, status, again_at, tries, problem[:_PROBLEM_CHARS_MAX]))
    columns = ("id", "lease_owner", "fence", "status", "next_step_at", "tries", "problem")
    bulk.update_held(conn, inbound_event, columns, rows)


def _inbound(row: Any) -> Inbound:  # noqa: ANN401 - a row
    return Inbound(
        id=row.id,
        gateway=row.gateway,
        event_id=row.event_id,
        body=row.body,
        headers=row.headers,
        received_at=row.received_at,
        status=row.status,
        tries=row.tries,
        problem=row.problem,
    )
