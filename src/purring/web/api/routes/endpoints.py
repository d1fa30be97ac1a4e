"""Endpoints: where your application is told of events, and what became of each."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from purring.domain.endpoint import URL_CHARS_MAX, Endpoint, EventDeliveryStatus
from purring.domain.ids import EndpointId, EventId
from purring.operations import endpoints
from purring.operations.api_keys import Scope
from purring.operations.endpoints import ENDPOINTS_MAX, OVERLAP, OVERLAP_MAX, Opened
from purring.operations.services import Services
from purring.web.api.answers import (
    LIMIT,
    Cursor,
    IdempotencyKey,
    IfMatch,
    Limit,
    PageOut,
    done,
    opened_cursor,
    page_out,
    require_version,
    shown,
)
from purring.web.api.caller import Call, may
from purring.web.api.endpoint_shapes import EndpointOut, EventDeliveryOut, OpenedOut, endpoint_out, event_delivery_out
from purring.web.api.records import EventOut, event_out
from purring.web.api.types import WHOLE, DeletedOut, EndpointKey, EventKey, In, Instant, Nothing, Out, Text

router = APIRouter(tags=["Endpoints"])
Reads = Annotated[Call, may(Scope.EVENTS_READ)]
Writes = Annotated[Call, may(Scope.EVENTS_WRITE)]
_HOUR = timedelta(hours=1)
KINDS_MAX = 100
Url = Annotated[str, Field(min_length=1, max_length=URL_CHARS_MAX, examples=["https://shop.example/purring"])]
Kinds = Annotated[
    list[Annotated[str, Field(max_length=60)]],
    Field(max_length=KINDS_MAX, description="Kinds of events, or `invoice.*` for all of a noun; none: all of them."),
]
OverlapHours = Annotated[int, Field(ge=0, le=OVERLAP_MAX // _HOUR), WHOLE]


class EndpointIn(In):
    """An https address that events are sent to from now on."""

    url: Url
    events: Annotated[Kinds, Field(default_factory=list)]
    description: Text = ""


class EndpointChange(In):
    """The fields to change; all others stay."""

    url: Url | None = None
    events: Kinds | None = None
    description: Text | None = None


class Rotation(In):
    """How long the old secret signs too, so that you can change over in your own time."""

    overlap_hours: OverlapHours = OVERLAP // _HOUR


class ReplayedEvent(In):
    """The event to be sent, be it again."""

    event_id: EventKey


class ReplayedSince(In):
    """From when on everything is sent that the endpoint wants, whether or not it had it."""

    since: Instant


class OwedOut(Out):
    """How many deliveries are owed that weren't before."""

    owed: int


@router.get("/endpoints", response_model=PageOut[EndpointOut])
def list_endpoints(call: Reads) -> Response:
    """List endpoints, oldest first, on one page."""
    found = endpoints.endpoints_of(call.services, call.merchant_id)
    assert len(found) <= ENDPOINTS_MAX, "no merchant has more"
    return shown(PageOut[EndpointOut](data=[endpoint_out(one, counts) for one, counts in found], next_cursor=None))


@router.post("/endpoints", response_model=OpenedOut, status_code=201)
def add_endpoint(call: Writes, body: EndpointIn, idempotency_key: IdempotencyKey = None) -> Response:
    """Send events to an address from now on, signed with a secret that is shown this once."""

    def act(services: Services) -> OpenedOut:
        made = endpoints.add_endpoint(
            services, call.merchant_id, body.url, wanted=body.events, description=body.description
        )
        return _opened(services, call, made)

    return done(call, idempotency_key, act, 201, is_secret=True)


@router.get("/endpoints/{endpoint_id}", response_model=EndpointOut)
def get_endpoint(call: Reads, endpoint_id: EndpointKey) -> Response:
    """Read an endpoint."""
    made = _endpoint(call.services, call, endpoint_id)
    return shown(made, made.version)


@router.patch("/endpoints/{endpoint_id}", response_model=EndpointOut)
def change_endpoint(call: Writes, endpoint_id: EndpointKey, body: EndpointChange, if_match: IfMatch = None) -> Response:
    """Send events elsewhere, or others of them. What is owed already goes to the new address."""

    def check(before: Endpoint) -> None:
        require_version(if_match, before.version)

    def act(services: Services) -> EndpointOut:
        endpoints.change_endpoint(
            services,
            call.merchant_id,
            EndpointId(endpoint_id),
            check,
            url=body.url,
            wanted=body.events,
            description=body.description,
        )
        return _endpoint(services, call, endpoint_id)

    return done(call, None, act)


@router.delete("/endpoints/{endpoint_id}", response_model=DeletedOut)
def delete_endpoint(call: Writes, endpoint_id: EndpointKey) -> Response:
    """Send nothing there ever again; its secrets are forgotten at once."""

    def act(services: Services) -> DeletedOut:
        endpoints.delete_endpoint(services, call.merchant_id, EndpointId(endpoint_id))
        return DeletedOut(id=endpoint_id)

    return done(call, None, act)


@router.post("/endpoints/{endpoint_id}/rotate_secret", response_model=OpenedOut)
def rotate_secret(
    call: Writes, endpoint_id: EndpointKey, body: Rotation, idempotency_key: IdempotencyKey = None
) -> Response:
    """Make a new secret; for a while both sign."""

    def act(services: Services) -> OpenedOut:
        overlap = timedelta(hours=body.overlap_hours)
        made = endpoints.rotate_secret(services, call.merchant_id, EndpointId(endpoint_id), overlap=overlap)
        return _opened(services, call, made)

    return done(call, idempotency_key, act, is_secret=True)


@router.post("/endpoints/{endpoint_id}/disable", response_model=EndpointOut)
def disable_endpoint(
    call: Writes, endpoint_id: EndpointKey, body: Nothing, idempotency_key: IdempotencyKey = None
) -> Response:
    """Send nothing there for now; what it is owed is dead until it is replayed."""
    del body

    def act(services: Services) -> EndpointOut:
        endpoints.disable_endpoint(services, call.merchant_id, EndpointId(endpoint_id))
        return _endpoint(services, call, endpoint_id)

    return done(call, idempotency_key, act)


@router.post("/endpoints/{endpoint_id}/enable", response_model=EndpointOut)
def enable_endpoint(
    call: Writes, endpoint_id: EndpointKey, body: Nothing, idempotency_key: IdempotencyKey = None
) -> Response:
    """Send events there from now on; what it missed is sent by a replay."""
    del body

    def act(services: Services) -> EndpointOut:
        endpoints.enable_endpoint(services, call.merchant_id, EndpointId(endpoint_id))
        return _endpoint(services, call, endpoint_id)

    return done(call, idempotency_key, act)


@router.post("/endpoints/{endpoint_id}/test", response_model=EventOut)
def send_test_event(
    call: Writes, endpoint_id: EndpointKey, body: Nothing, idempotency_key: IdempotencyKey = None
) -> Response:
    """Send an `endpoint.tested` event to this endpoint alone; its log says what came of it."""
    del body

    def act(services: Services) -> EventOut:
        return event_out(endpoints.try_endpoint(services, call.merchant_id, EndpointId(endpoint_id)))

    return done(call, idempotency_key, act)


# ---------------------------------------------------------------------------------------------------------------------
# The log, and sending again


@router.get("/endpoints/{endpoint_id}/deliveries", response_model=PageOut[EventDeliveryOut])
def list_deliveries(
    call: Reads,
    endpoint_id: EndpointKey,
    status: EventDeliveryStatus | None = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List what was sent or is owed, with every try, newest events first. `status=dead`: what was given up."""
    before = opened_cursor(cursor)
    found = endpoints.log_of(
        call.services,
        call.merchant_id,
        EndpointId(endpoint_id),
        status=status,
        before=EventId(before) if before else None,
        limit=limit + 1,
    )
    data = [event_delivery_out(one) for one in found[:limit]]
    return page_out(data, data[-1].event_id if len(found) > limit else None)


@router.post("/endpoints/{endpoint_id}/replay_event", response_model=OwedOut)
def replay_event(
    call: Writes, endpoint_id: EndpointKey, body: ReplayedEvent, idempotency_key: IdempotencyKey = None
) -> Response:
    """Send one event again, under the id that it always had."""

    def act(services: Services) -> OwedOut:
        endpoints.replay_event(services, call.merchant_id, EndpointId(endpoint_id), EventId(body.event_id))
        return OwedOut(owed=1)

    return done(call, idempotency_key, act)


@router.post("/endpoints/{endpoint_id}/replay_since", response_model=OwedOut)
def replay_since(
    call: Writes, endpoint_id: EndpointKey, body: ReplayedSince, idempotency_key: IdempotencyKey = None
) -> Response:
    """Send all events since an instant that the endpoint wants."""

    def act(services: Services) -> OwedOut:
        owed = endpoints.replay_since(services, call.merchant_id, EndpointId(endpoint_id), body.since)
        return OwedOut(owed=owed)

    return done(call, idempotency_key, act)


@router.post("/endpoints/{endpoint_id}/replay_dead", response_model=OwedOut)
def replay_dead(
    call: Writes, endpoint_id: EndpointKey, body: Nothing, idempotency_key: IdempotencyKey = None
) -> Response:
    """Send everything that was given up again."""
    del body

    def act(services: Services) -> OwedOut:
        return OwedOut(owed=endpoints.replay_dead(services, call.merchant_id, EndpointId(endpoint_id)))

    return done(call, idempotency_key, act)


def _endpoint(services: Services, call: Call, endpoint_id: str) -> EndpointOut:
    return endpoint_out(*endpoints.endpoint_of(services, call.merchant_id, EndpointId(endpoint_id)))


def _opened(services: Services, call: Call, made: Opened) -> OpenedOut:
    shown_now = _endpoint(services, call, made.endpoint.id)
    return OpenedOut(endpoint=shown_now, secret=made.secret, old_secret_until=made.endpoint.old_secret_until)
