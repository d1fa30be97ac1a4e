"""Notices and events: what people were told, and what happened."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from purring.domain.event import EventKind
from purring.domain.notice import NoticeKind
from purring.operations.api_keys import Scope
from purring.operations.listing import one_of
from purring.store.listing import Listed
from purring.web.api.answers import LIMIT, Asked, Cursor, Limit, PageOut, page, shown
from purring.web.api.caller import Call, may
from purring.web.api.records import EventOut, NoticeOut, event_out, notice_out
from purring.web.api.types import CustomerKey, EventKey, InvoiceKey, NoticeKey

router = APIRouter(tags=["Notices and events"])
ReadsInvoices = Annotated[Call, may(Scope.INVOICES_READ)]
Reads = Annotated[Call, may(Scope.EVENTS_READ)]
AnyId = Annotated[str | None, Query(max_length=40, pattern="^[a-z]+_[0-9a-z]+$")]


@router.get("/notices", response_model=PageOut[NoticeOut])
def list_notices(
    *,
    call: ReadsInvoices,
    customer_id: CustomerKey | None = None,
    invoice_id: InvoiceKey | None = None,
    kind: NoticeKind | None = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List notices, newest first."""
    where = {"customer_id": customer_id, "invoice_id": invoice_id, "kind": kind}
    asked = Asked(what=Listed.NOTICE, limit=limit, cursor=cursor, where=where)
    return page(call, asked, lambda nouns: [notice_out(one) for one in nouns])


@router.get("/notices/{notice_id}", response_model=NoticeOut)
def get_notice(call: ReadsInvoices, notice_id: NoticeKey) -> Response:
    """Read a notice."""
    return shown(notice_out(one_of(call.services, Listed.NOTICE, call.merchant_id, notice_id)))


@router.get("/events", response_model=PageOut[EventOut])
def list_events(
    call: Reads,
    object_id: AnyId = None,
    kind: EventKind | None = None,
    limit: Limit = LIMIT,
    cursor: Cursor = None,
) -> Response:
    """List events, newest first."""
    asked = Asked(what=Listed.EVENT, limit=limit, cursor=cursor, where={"object_id": object_id, "kind": kind})
    return page(call, asked, lambda nouns: [event_out(one) for one in nouns])


@router.get("/events/{event_id}", response_model=EventOut)
def get_event(call: Reads, event_id: EventKey) -> Response:
    """Read an event."""
    return shown(event_out(one_of(call.services, Listed.EVENT, call.merchant_id, event_id)))
