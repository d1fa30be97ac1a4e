"""The operators' queue: what waits for a person, and what a person says about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from purring.domain.errors import InvalidInput, MissingField, NotFound
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import MerchantId
from purring.domain.invoice import InvoiceStatus
from purring.domain.notice import DECLINE_NOTICES
from purring.domain.queue import NOTED, QueueKind
from purring.operations.services import Services
from purring.store import Connection, delivery_reports, events, invoices, notices, queue, upkeep
from purring.store.leases import Work
from purring.store.queue import Place, Waiting

LIMIT_MAX = 500
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EVENTS = frozenset({QueueKind.EVENT_WAITING, QueueKind.EVENT_FAILED})
_TRIED_AGAIN = _EVENTS | {QueueKind.SET_ASIDE, QueueKind.NOTICE_UNDELIVERED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One page of what waits, oldest first, with how much waits in all. `cursor`: where the next page begins."""

    rows: tuple[Waiting, ...]
    counts: Mapping[QueueKind, int]
    cursor: str | None


def queue_of(
    services: Services, merchant_id: MerchantId | None = None, *, after: str | None = None, limit: int = 50
) -> Queue:
    """What waits for a person: at one merchant, or at all of them with what is nobody's yet.

    Raises:
        InvalidInput: `after` is no cursor of ours, or the limit is out of range.
    """
    if not 1 <= limit <= LIMIT_MAX:
        raise InvalidInput(f"ask for 1 to {LIMIT_MAX} rows, not {limit}", field="limit")
    place = _place(after) if after else None
    now = services.clock.now()
    with services.store.reading() as conn:
        rows = queue.waiting(conn, now, merchant_id, after=place, limit=limit + 1)
        found = queue.counts(conn, now, merchant_id)
    page = rows[:limit]
    return Queue(rows=tuple(page), counts=found, cursor=_cursor(page[-1]) if len(rows) > limit else None)


def _cursor(row: Waiting) -> str:
    return f"{(row.since - EPOCH) // _MICROSECOND}.{row.id}"


def _place(cursor: str) -> Place:
    microseconds, _, last_id = cursor.partition(".")
    if not microseconds.isdecimal() or not last_id:
        raise InvalidInput(f"{cursor[:60]!r} is no cursor; take the one that the page before ended with", field="after")
    return EPOCH + int(microseconds) * _MICROSECOND, last_id


def note_done(services: Services, thing_id: str, note: str) -> None:
    """Note down that what waits under this id is dealt with, so that it leaves the queue.

    Raises:
        NotFound: nothing waits under it.
        InvalidInput: it leaves the queue only when it is settled, not by a note.
        MissingField: the note says nothing.
    """
    if not note.strip():
        raise MissingField("say what was done about it; the next operator reads it", field="note")
    now = services.clock.now()
    with services.store.transaction() as conn:
        found = _waiting(conn, now, thing_id)
        noted = [row for row in found if row.kind in NOTED]
        stuck = [row for row in found if row.kind in _EVENTS]
        if not noted and not stuck:
            kinds = ", ".join(row.kind.value for row in found)
            raise InvalidInput(f"{thing_id} ({kinds}) waits until it is settled; `purring queue` says how", field="id")
        for row in stuck:
            upkeep.dismiss_event(conn, row.id, note)
        events.append(conn, ((row.merchant_id, _settled(row, now, note)) for row in noted), services.ids)


def _settled(row: Waiting, now: datetime, note: str) -> EventDraft:
    data = {"kind": row.kind.value, "note": note.strip()}
    return EventDraft(kind=EventKind.QUEUE_SETTLED, object_id=row.id, at=now, data=data)


def try_again(services: Services, thing_id: str) -> None:
    """Let a gateway's event that couldn't act, a row that was set aside, or a copy that didn't arrive be tried at once.

    Raises:
        NotFound: nothing waits under this id.
        InvalidInput: it isn't something that is tried again.
    """
    now = services.clock.now()
    with services.store.transaction() as conn:
        found = _waiting(conn, now, thing_id)
        again = [row for row in found if row.kind in _TRIED_AGAIN]
        if not again:
            raise InvalidInput(
                f"{thing_id} isn't something that is tried again; `purring queue` says what helps", field="id"
            )
        for row in again:
            if row.kind is QueueKind.SET_ASIDE:
                upkeep.free(conn, Work(row.state), (row.merchant_id, row.id))
            elif row.kind is QueueKind.NOTICE_UNDELIVERED:
                _send_again(conn, row, now)
            else:
                upkeep.work_event_again(conn, row.id, now)


def _send_again(conn: Connection, row: Waiting, now: datetime) -> None:
    """Owe a copy again, unless it would tell of a failure after the money came."""
    key = (row.merchant_id, row.id)
    about = notices.deliveries(conn, [key])[key].notice
    if about.kind in DECLINE_NOTICES and about.invoice_id is not None:
        bill = invoices.get(conn, row.merchant_id, about.invoice_id)
        if bill.status is not InvoiceStatus.OPEN:
            raise InvalidInput(
                f"invoice {bill.number} is {bill.status} by now, so nobody is told of the failure any more; note it",
                field="id",
            )
    delivery_reports.owe_again(conn, key, now)


def _waiting(conn: Connection, now: datetime, thing_id: str) -> Sequence[Waiting]:
    found = queue.of_id(conn, now, thing_id)
    if not found:
        raise NotFound(f"nothing waits under {thing_id}; `purring queue` lists what does", field="id")
    return found
