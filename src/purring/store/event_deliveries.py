"""What endpoints are still to be told: one row for each event and endpoint, written together with the event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, and_, case, delete, func, select, tuple_, update

from purring.domain.endpoint import Endpoint, EventDeliveryStatus, is_told
from purring.domain.event import EventKind
from purring.domain.ids import EndpointId, EventDeliveryId, EventId, IdMaker, MerchantId, no_later_than_made
from purring.store import bulk, endpoints
from purring.store.leases import Claim
from purring.store.schema import (
    attempt,
    endpoint,
    event,
    event_delivery,
    event_try,
    invoice,
    notice,
    payment_method,
    recovery,
    subscription,
)

_COLUMNS = ("merchant_id", "id", "endpoint_id", "event_id", "object_id", "status", "owed_at", "next_step_at")
_NEW = (*_COLUMNS, "tries", "problem")
_CLAIMED = "claimed"
_TRY = ("merchant_id", "id", "delivery_id", "at", "answer", "took_ms", "problem")
_OBJECTS = {
    "invoice": invoice,
    "subscription": subscription,
    "attempt": attempt,
    "recovery": recovery,
    "payment_method": payment_method,
    "notice": notice,
    "endpoint": endpoint,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDelivery:
    """An event on its way to an endpoint."""

    id: EventDeliveryId
    merchant_id: MerchantId
    endpoint_id: EndpointId
    event_id: EventId
    object_id: str
    kind: EventKind
    at: datetime
    facts: Mapping[str, Any]
    status: EventDeliveryStatus
    tries: int
    next_step_at: datetime | None
    ended_at: datetime | None
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One try of a delivery. `answer`: the status, if there was one."""

    at: datetime
    answer: int | None
    took_ms: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of a claimed delivery by a try, and when it is tried again; None: it has ended."""

    claim: Claim
    endpoint: bulk.Key
    one: Try
    status: EventDeliveryStatus
    tries: int
    again_at: datetime | None


Events = Sequence[tuple[str, str, EventKind, str, datetime]]
"""Events as `merchant_id, id, kind, object_id, at`."""


def owe(conn: Connection, told: Events, ids: IdMaker) -> None:
    """Owe events to every enabled endpoint of their merchant that wants them.

    What happens by a test clock may lie in the future: it is owed from when it was made, as its id tells.
    """
    listening = endpoints.enabled(conn, {one[0] for one in told})
    if listening:
        bulk.insert(conn, event_delivery, _NEW, _rows(told, listening, ids))


def _rows(told: Events, listening: Mapping[str, Sequence[Endpoint]], ids: IdMaker) -> list[bulk.Row]:
    owed = EventDeliveryStatus.OWED
    return [
        (merchant_id, ids.new("edl_"), one.id, event_id, object_id, owed, from_at, from_at, 0, "")
        for merchant_id, event_id, kind, object_id, at in told
        for from_at in (no_later_than_made(at, event_id),)
        for one in listening.get(merchant_id, ())
        if is_told(one, kind, object_id)
    ]


def owe_to(conn: Connection, to: Endpoint, told: Events, ids: IdMaker, now: datetime) -> int:
    """Owe events to one endpoint that were never owed to it; return how many those are."""
    rows = [(*row[:6], now, now, *row[8:]) for row in _rows(told, {to.merchant_id: [to]}, ids)]
    return bulk.insert_missing(conn, event_delivery, _NEW, rows)


def owe_again(conn: Connection, to: Endpoint, now: datetime, *, event_ids: Sequence[str] | None = None) -> int:
    """Owe deliveries that have ended again: of some events, or every dead one; return how many."""
    own = event_delivery.c
    ended = (own.merchant_id == to.merchant_id, own.endpoint_id == to.id)
    which = own.status == EventDeliveryStatus.DEAD if event_ids is None else own.event_id.in_(event_ids)
    changed = conn.execute(
        update(event_delivery)
        .where(*ended, own.status != EventDeliveryStatus.OWED, which)
        .values(status=EventDeliveryStatus.OWED, owed_at=now, next_step_at=now, ended_at=None, tries=0, problem="")
    )
    return changed.rowcount


def end_all(conn: Connection, key: bulk.Key, problem: str, now: datetime) -> int:
    """Let everything that an endpoint is owed be dead; return how many deliveries that are."""
    own = event_delivery.c
    changed = conn.execute(
        update(event_delivery)
        .where(own.merchant_id == key[0], own.endpoint_id == key[1], own.next_step_at.is_not(None))
        .values(status=EventDeliveryStatus.DEAD, next_step_at=None, ended_at=now, problem=problem)
    )
    return changed.rowcount


def ended_before(conn: Connection, status: EventDeliveryStatus, until: datetime, limit: int) -> list[bulk.Key]:
    """Find deliveries that ended so before an instant, the oldest first."""
    own = event_delivery.c
    old = select(own.merchant_id, own.id).where(own.status == status, own.ended_at < until)
    return [(row.merchant_id, row.id) for row in conn.execute(old.order_by(own.ended_at).limit(limit))]


def forget(conn: Connection, keys: Sequence[bulk.Key]) -> int:
    """Delete ended deliveries with their tries; return how many there were. One that is owed again stays."""
    own, its = event_delivery.c, event_try.c
    ended = tuple_(own.merchant_id, own.id).in_(keys) & (own.next_step_at.is_(None))
    conn.execute(delete(event_try).where(tuple_(its.merchant_id, its.delivery_id).in_(keys)))
    return conn.execute(delete(event_delivery).where(ended)).rowcount


def load(conn: Connection, claims: Iterable[Claim]) -> dict[bulk.Key, EventDelivery]:
    """Load claimed deliveries with their events."""
    keys = bulk.key_params(conn.dialect.name, [(claim.merchant_id, claim.id) for claim in claims])
    return {(row.merchant_id, row.id): _delivery(row) for row in conn.execute(_loading(conn.dialect.name), keys)}


def behind(conn: Connection, claims: Iterable[Claim]) -> dict[bulk.Key, datetime]:
    """Find claimed deliveries that come after others about the same object which aren't claimed; until when at least.

    Those are held by somebody else, or wait for their next try.
    """
    dialect, keys = conn.dialect.name, [(claim.merchant_id, claim.id) for claim in claims]
    parameters = bulk.key_params(dialect, keys) | bulk.key_params(dialect, keys, _CLAIMED)
    return {(row.merchant_id, row.id): row.until for row in conn.execute(_behind(dialect), parameters)}


def states(conn: Connection, about: Iterable[tuple[MerchantId, EventKind, str]]) -> dict[bulk.Key, Any]:
    """Load the rows of the objects that events are about, under `merchant_id, object_id`."""
    keys: dict[str, set[bulk.Key]] = {}
    for merchant_id, kind, object_id in about:
        keys.setdefault(kind.value.partition(".")[0], set()).add((merchant_id, object_id))
    return {
        (row.merchant_id, row.id): row
        for noun, some in sorted(keys.items())
        if noun in _OBJECTS
        for row in bulk.matching(conn, _OBJECTS[noun], some)
    }


def record(conn: Connection, tried: Sequence[Tried], owner: str, ids: IdMaker) -> None:
    """Write down what became of deliveries that `owner` still holds, and log every try."""
    columns = (*bulk.HELD, "status", "tries", "next_step_at", "ended_at", "problem")
    rows = [
        (
            *_held(one.claim, owner),
            one.status,
            one.tries,
            one.again_at,
            None if one.again_at else one.one.at,
            one.one.problem,
        )
        for one in tried
    ]
    bulk.update_held(conn, event_delivery, columns, rows, while_owed=True)
    log = [
        (
            one.claim.merchant_id,
            ids.new("etr_"),
            one.claim.id,
            one.one.at,
            one.one.answer,
            one.one.took_ms,
            one.one.problem,
        )
        for one in tried
    ]
    bulk.insert(conn, event_try, _TRY, log)


def put_off(conn: Connection, until: Sequence[tuple[Claim, datetime]], owner: str) -> None:
    """Let go of deliveries that nobody tried, until later; that costs them no try."""
    rows = [(*_held(claim, owner), at) for claim, at in until]
    bulk.update_held(conn, event_delivery, (*bulk.HELD, "next_step_at"), rows, while_owed=True)


def of_endpoint(
    conn: Connection,
    key: bulk.Key,
    *,
    status: EventDeliveryStatus | None = None,
    before: EventId | None = None,
    limit: int,
) -> list[EventDelivery]:
    """List an endpoint's deliveries, those of the newest events first, from before an event on."""
    own = event_delivery.c
    found = _with_event().where(own.merchant_id == key[0], own.endpoint_id == key[1])
    if status is not None:
        found = found.where(own.status == status)
    if before is not None:
        found = found.where(own.event_id < before)
    return [_delivery(row) for row in conn.execute(found.order_by(own.event_id.desc()).limit(limit))]


def tries_of(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, list[Try]]:
    """List the tries of deliveries, oldest first."""
    rows = bulk.matching(conn, event_try, set(keys), "delivery_id", order=("id",))
    return bulk.grouped(
        rows, "delivery_id", lambda row: Try(at=row.at, answer=row.answer, took_ms=row.took_ms, problem=row.problem)
    )


def counts(conn: Connection, merchant_id: MerchantId) -> dict[EndpointId, dict[EventDeliveryStatus, int]]:
    """Count what each endpoint of a merchant is owed, and what is dead."""
    own = event_delivery.c
    ended = and_(own.status == EventDeliveryStatus.DEAD)
    found: dict[EndpointId, dict[EventDeliveryStatus, int]] = {}
    for which in (own.next_step_at.is_not(None), ended):
        rows = conn.execute(
            select(own.endpoint_id, own.status, func.count())
            .where(own.merchant_id == merchant_id, which)
            .group_by(own.endpoint_id, own.status)
        )
        for endpoint_id, status, n in rows:
            found.setdefault(endpoint_id, {})[status] = n
    return found


def _held(claim: Claim, owner: str) -> bulk.Row:
    return (claim.merchant_id, claim.id, owner, claim.fence)


def _with_event() -> Select[Any]:
    about = and_(event.c.merchant_id == event_delivery.c.merchant_id, event.c.id == event_delivery.c.event_id)
    return select(event_delivery, event.c.kind, event.c.at, event.c.data).join(event, about)


@lru_cache
def _loading(dialect: str) -> Select[Any]:
    about = and_(event.c.merchant_id == event_delivery.c.merchant_id, event.c.id == event_delivery.c.event_id)
    return select(event_delivery, event.c.kind, event.c.at, event.c.data).select_from(
        bulk.joined(dialect, event_delivery).join(event, about)
    )


@lru_cache
def _behind(dialect: str) -> Select[Any]:
    own, older, claimed = event_delivery, event_delivery.alias("older"), bulk.wanted(dialect, _CLAIMED)
    comes_first = and_(
        older.c.merchant_id == own.c.merchant_id,
        older.c.endpoint_id == own.c.endpoint_id,
        older.c.object_id == own.c.object_id,
        older.c.event_id < own.c.event_id,
        older.c.next_step_at.is_not(None),
    )
    is_claimed = select(claimed.c.id).where(claimed.c.merchant_id == older.c.merchant_id, claimed.c.id == older.c.id)
    free_at = case((older.c.lease_until > older.c.next_step_at, older.c.lease_until), else_=older.c.next_step_at)
    return (
        select(own.c.merchant_id, own.c.id, func.max(free_at).label("until"))
        .select_from(bulk.joined(dialect, own).join(older, comes_first))
        .where(~is_claimed.exists())
        .group_by(own.c.merchant_id, own.c.id)
    )


def _delivery(row: Any) -> EventDelivery:  # noqa: ANN401 - a row
    return EventDelivery(
        id=row.id,
        merchant_id=row.merchant_id,
        endpoint_id=row.endpoint_id,
        event_id=row.event_id,
        object_id=row.object_id,
        kind=row.kind,
        at=row.at,
        facts=row.data,
        status=row.status,
        tries=row.tries,
        next_step_at=row.next_step_at,
        ended_at=row.ended_at,
        problem=row.problem,
    )
