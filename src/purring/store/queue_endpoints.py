"""What waits for a person because an endpoint doesn't take events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Integer, Select, and_, cast, func, select

from purring.domain.endpoint import DisabledReason, EndpointStatus, EventDeliveryStatus
from purring.domain.queue import QueueKind
from purring.store.queue_part import few, part
from purring.store.schema import endpoint, event_delivery
from purring.store.types import Instant


def undelivered_events() -> Iterator[Select[Any]]:
    """Enabled endpoints with deliveries that are dead: one row for each, with how many those are."""
    own, its = event_delivery.c, endpoint.c
    dead = (
        select(
            own.merchant_id,
            own.endpoint_id,
            func.max(own.ended_at, type_=Instant).label("at"),
            cast(func.count(), Integer).label("n"),
        )
        .where(few(own.status, EventDeliveryStatus.DEAD))
        .group_by(own.merchant_id, own.endpoint_id)
        .subquery("dead")
    )
    to = and_(its.merchant_id == dead.c.merchant_id, its.id == dead.c.endpoint_id)
    yield (
        part(QueueKind.EVENTS_UNDELIVERED, dead.c.at, dead.c.merchant_id, its.id, problem=its.url, count=dead.c.n)
        .select_from(dead.join(endpoint, to))
        .where(its.status == EndpointStatus.ENABLED)
    )


def disabled_endpoints() -> Iterator[Select[Any]]:
    """Endpoints that disabled themselves."""
    its = endpoint.c
    yield part(
        QueueKind.ENDPOINT_DISABLED, its.disabled_at, its.merchant_id, its.id, state=its.reason, problem=its.url
    ).where(its.status == EndpointStatus.DISABLED, its.reason.in_((DisabledReason.GONE, DisabledReason.FAILING)))
