"""Endpoints: where merchants want to be told of events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, exists, select, update

from purring.domain.endpoint import DisabledReason, Endpoint, EndpointStatus
from purring.domain.errors import NotFound
from purring.domain.ids import EndpointId, MerchantId
from purring.store import bulk
from purring.store.recall import Query
from purring.store.schema import endpoint, event_delivery

SHAPE = bulk.Shape(endpoint, fixed=frozenset({"created_at"}))


def create(conn: Connection, value: Endpoint) -> None:
    """Add an endpoint."""
    SHAPE.insert(conn, [(value.merchant_id, value)])


def change(conn: Connection, value: Endpoint) -> None:
    """Change an endpoint that is still as it was read.

    Raises StaleWrite.
    """
    SHAPE.update(conn, [(value.merchant_id, value)])


def get(conn: Connection, merchant_id: MerchantId, endpoint_id: EndpointId) -> Endpoint:
    """Load one endpoint.

    Raises NotFound.
    """
    found = load(conn, [(merchant_id, endpoint_id)]).get((merchant_id, endpoint_id))
    if found is None or found.status is EndpointStatus.DELETED:
        raise NotFound(f"no endpoint {endpoint_id}; `purring endpoint list` shows those there are", field="endpoint_id")
    return found


def load(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, Endpoint]:
    """Load endpoints."""
    return {(row.merchant_id, row.id): _endpoint(row) for row in bulk.matching(conn, endpoint, set(keys))}


def all_of(conn: Connection, merchant_id: MerchantId) -> list[Endpoint]:
    """List a merchant's endpoints, oldest first, without those that were deleted."""
    own = endpoint.c
    there = select(endpoint).where(own.merchant_id == merchant_id, own.status != EndpointStatus.DELETED)
    return [_endpoint(row) for row in conn.execute(there.order_by(own.id))]


def everyone(conn: Connection) -> list[Endpoint]:
    """List every merchant's endpoints, without those that were deleted."""
    own = endpoint.c
    there = select(endpoint).where(own.status != EndpointStatus.DELETED)
    return [_endpoint(row) for row in conn.execute(there.order_by(own.merchant_id, own.id))]


def enabled(conn: Connection, merchant_ids: Iterable[str]) -> dict[str, list[Endpoint]]:
    """List the enabled endpoints of merchants."""
    found = _ENABLED.grouped(conn, {(merchant_id, merchant_id) for merchant_id in merchant_ids})
    return {key[0]: values for key, values in found.items()}


def note_failing(conn: Connection, keys: Iterable[bulk.Key], now: datetime) -> None:
    """Remember since when endpoints fail, of those of which that isn't known yet."""
    for merchant_id, endpoint_id in sorted(keys):
        conn.execute(
            update(endpoint)
            .where(endpoint.c.merchant_id == merchant_id, endpoint.c.id == endpoint_id)
            .where(endpoint.c.failing_since.is_(None))
            .values(failing_since=now)
        )


def note_well(conn: Connection, keys: Iterable[bulk.Key]) -> None:
    """Forget that endpoints failed."""
    for merchant_id, endpoint_id in sorted(keys):
        conn.execute(
            update(endpoint)
            .where(endpoint.c.merchant_id == merchant_id, endpoint.c.id == endpoint_id)
            .where(endpoint.c.failing_since.is_not(None))
            .values(failing_since=None)
        )


def disable(conn: Connection, key: bulk.Key, reason: DisabledReason, now: datetime) -> bool:
    """Disable an endpoint unless it is so already; tell whether it wasn't."""
    changed = conn.execute(
        update(endpoint)
        .where(endpoint.c.merchant_id == key[0], endpoint.c.id == key[1])
        .where(endpoint.c.status == EndpointStatus.ENABLED)
        .values(status=EndpointStatus.DISABLED, reason=reason, disabled_at=now, version=endpoint.c.version + 1)
    )
    return changed.rowcount > 0


def forget_deleted(conn: Connection) -> int:
    """Let go of deleted endpoints that nothing in the log points at any more; return how many there were."""
    own, sent = endpoint.c, event_delivery.c
    logged = exists().where(sent.merchant_id == own.merchant_id, sent.endpoint_id == own.id)
    gone = own.status == EndpointStatus.DELETED
    return conn.execute(delete(endpoint).where(gone, ~logged)).rowcount


def _enabled(dialect: str) -> Select[Any]:
    return bulk.select_matching(dialect, endpoint, "merchant_id").where(endpoint.c.status == EndpointStatus.ENABLED)


def _endpoint(row: Any) -> Endpoint:  # noqa: ANN401 - a row
    return Endpoint(merchant_id=row.merchant_id, **SHAPE.plain(row))


_ENABLED = Query(_enabled, _endpoint, by="merchant_id")
