"""How endpoints and the log of what was sent there look from outside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from purring.domain.endpoint import DisabledReason, Endpoint, EndpointStatus, EventDeliveryStatus
from purring.domain.event import EventKind
from purring.operations.endpoints import Logged
from purring.web.api.types import Out


class EndpointOut(Out):
    """Where events are sent. `events`: those it is told of; none named means all. `owed` and `dead`: how many wait."""

    id: str
    url: str
    description: str
    events: list[str]
    status: EndpointStatus
    reason: DisabledReason
    created_at: datetime
    disabled_at: datetime | None
    failing_since: datetime | None
    owed: int
    dead: int
    version: int


class OpenedOut(Out):
    """An endpoint with the secret that its events are signed with, which is shown this once."""

    endpoint: EndpointOut
    secret: str
    old_secret_until: datetime | None


class TryOut(Out):
    """One try. `answer`: the status that came back, if any did."""

    at: datetime
    answer: int | None
    took_ms: int
    problem: str


class EventDeliveryOut(Out):
    """One event on its way to an endpoint, with every try so far, oldest first. A dead one can be replayed."""

    id: str
    endpoint_id: str
    event_id: str
    kind: EventKind
    object_id: str
    at: datetime
    status: EventDeliveryStatus
    next_try_at: datetime | None
    ended_at: datetime | None
    problem: str
    tries: list[TryOut]


def endpoint_out(value: Endpoint, counts: Mapping[EventDeliveryStatus, int]) -> EndpointOut:
    """An endpoint as it goes out."""
    return EndpointOut(
        id=value.id,
        url=value.url,
        description=value.description,
        events=list(value.wanted),
        status=value.status,
        reason=value.reason,
        created_at=value.created_at,
        disabled_at=value.disabled_at,
        failing_since=value.failing_since,
        owed=counts.get(EventDeliveryStatus.OWED, 0),
        dead=counts.get(EventDeliveryStatus.DEAD, 0),
        version=value.version,
    )


def event_delivery_out(value: Logged) -> EventDeliveryOut:
    """A delivery as it goes out."""
    delivery = value.delivery
    return EventDeliveryOut(
        id=delivery.id,
        endpoint_id=delivery.endpoint_id,
        event_id=delivery.event_id,
        kind=delivery.kind,
        object_id=delivery.object_id,
        at=delivery.at,
        status=delivery.status,
        next_try_at=delivery.next_step_at,
        ended_at=delivery.ended_at,
        problem=delivery.problem,
        tries=[TryOut(at=one.at, answer=one.answer, took_ms=one.took_ms, problem=one.problem) for one in value.tries],
    )
