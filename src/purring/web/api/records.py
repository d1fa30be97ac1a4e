"""How notices and events look from outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from purring.domain.event import EventKind
from purring.domain.notice import Notice, NoticeKind, NoticeStatus
from purring.store.events import Event
from purring.web.api.types import Out


class NoticeOut(Out):
    """One notice to the people at a customer. `number` counts decline notices of one invoice."""

    id: str
    kind: NoticeKind
    customer_id: str
    invoice_id: str | None
    subscription_id: str | None
    attempt_id: str | None
    status: NoticeStatus
    number: int
    owed_at: datetime
    due_at: datetime
    sent_at: datetime | None


def notice_out(value: Notice) -> NoticeOut:
    """A notice as it goes out."""
    return NoticeOut(
        id=value.id,
        kind=value.kind,
        customer_id=value.customer_id,
        invoice_id=value.invoice_id,
        subscription_id=value.subscription_id,
        attempt_id=value.attempt_id,
        status=value.status,
        number=value.number,
        owed_at=value.owed_at,
        due_at=value.due_at,
        sent_at=value.sent_at,
    )


class EventOut(Out):
    """One thing that happened."""

    id: str
    kind: EventKind
    object_id: str
    at: datetime
    data: dict[str, Any]


def event_out(value: Event) -> EventOut:
    """An event as it goes out."""
    return EventOut(id=value.id, kind=value.kind, object_id=value.object_id, at=value.at, data=value.data)
