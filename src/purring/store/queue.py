"""Everything that waits for a person, found where it stands: one query of indexed parts, and nothing kept twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    Select,
    Subquery,
    Text,
    and_,
    case,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy import bindparam as parameter

from purring.domain.attempt import OPEN_ATTEMPT, AttemptStatus
from purring.domain.decline import DeclineClass
from purring.domain.event import EventKind
from purring.domain.ids import InvoiceId, MerchantId
from purring.domain.invoice import DisputeStatus, InvoiceStatus
from purring.domain.journal import EntryKind
from purring.domain.money import Money
from purring.domain.notice import NoticeStatus
from purring.domain.queue import QueueKind
from purring.domain.recovery import HoldReason, RecoveryStatus
from purring.domain.refund import OPEN_REFUND
from purring.store.leases import Work
from purring.store.queue_endpoints import disabled_endpoints, undelivered_events
from purring.store.queue_part import NO_TEXT, NOW, few, latest, part
from purring.store.schema import (
    DeliveryStatus,
    InboundStatus,
    attempt,
    customer,
    delivery,
    event,
    found_charge,
    inbound_event,
    installation,
    invoice,
    journal_entry,
    notice,
    recovery,
    refund,
    set_aside,
    subscription,
)
from purring.store.types import Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One thing that waits for a person.

    `id` is what the remedy's command takes: an attempt's, an invoice's, an event's, a copy's, a charge's key.
    `merchant_id` is empty while nobody knows whose it is. `state` and `problem` say more, by kind; `count`: so often
    asked, tried or set aside. `until`: when it is looked at again by itself.
    """

    kind: QueueKind
    since: datetime
    merchant_id: MerchantId
    id: str
    invoice_id: InvoiceId | None
    number: str
    customer: str
    amount: Money | None
    state: str
    problem: str
    count: int
    until: datetime | None


Place = tuple[datetime, str]
"""Where a page ended: the `since` and the `id` of its last row."""


def waiting(
    conn: Connection, now: datetime, merchant_id: MerchantId | None = None, *, after: Place | None = None, limit: int
) -> list[Waiting]:
    """List what waits, oldest first: of one merchant, or of all with what is nobody's yet; from a place on."""
    since, last_id = after or (None, "")
    rows = conn.execute(
        _page(one_merchant=merchant_id is not None, further=after is not None),
        {"now": now, "merchant_id": merchant_id, "since": since, "last_id": last_id, "most": limit},
    )
    return [_waiting(row) for row in rows]


def counts(conn: Connection, now: datetime, merchant_id: MerchantId | None = None) -> Mapping[QueueKind, int]:
    """Count what waits, by kind; kinds of which there is nothing are left out."""
    rows = conn.execute(_counts(one_merchant=merchant_id is not None), {"now": now, "merchant_id": merchant_id})
    found = {QueueKind(kind): n for kind, n in rows}
    return {kind: found[kind] for kind in QueueKind if kind in found}


def of_id(conn: Connection, now: datetime, thing_id: str) -> list[Waiting]:
    """List what waits about one thing."""
    own = _all(one_merchant=False)
    return [_waiting(row) for row in conn.execute(_told(own).where(own.c.id == thing_id), {"now": now})]


@lru_cache
def _page(*, one_merchant: bool, further: bool) -> Select[Any]:
    own = _all(one_merchant=one_merchant)
    page = select(own).order_by(own.c.since, own.c.id).limit(parameter("most", type_=Integer))
    if further:
        since, last_id = parameter("since", type_=Instant), parameter("last_id", type_=Text)
        page = page.where(or_(own.c.since > since, and_(own.c.since == since, own.c.id > last_id)))
    cut = page.subquery("page")
    return _told(cut).order_by(cut.c.since, cut.c.id)


@lru_cache
def _counts(*, one_merchant: bool) -> Select[Any]:
    own = _all(one_merchant=one_merchant)
    return select(own.c.kind, func.count()).group_by(own.c.kind)


def _told(own: Subquery) -> Select[Any]:
    """Name the invoice and the customer that rows are about."""
    bill, buyer = invoice.alias("bill"), customer.alias("buyer")
    about = own.outerjoin(bill, and_(bill.c.merchant_id == own.c.merchant_id, bill.c.id == own.c.invoice_id)).outerjoin(
        buyer,
        and_(
            buyer.c.merchant_id == own.c.merchant_id,
            buyer.c.id == func.coalesce(own.c.customer_id, bill.c.customer_id),
        ),
    )
    owed = bill.c.total_minor - bill.c.paid_minor - bill.c.credited_minor
    return select(
        own,
        bill.c.number,
        buyer.c.name.label("customer"),
        func.coalesce(own.c.amount_minor, case((owed > 0, owed), else_=0)).label("minor"),
        func.coalesce(own.c.currency, bill.c.currency).label("of_currency"),
    ).select_from(about)


def _waiting(row: Any) -> Waiting:  # noqa: ANN401 - a row
    return Waiting(
        kind=QueueKind(row.kind),
        since=row.since,
        merchant_id=MerchantId(row.merchant_id or ""),
        id=row.id,
        invoice_id=row.invoice_id,
        number=row.number or "",
        customer=row.customer or "",
        amount=Money(int(row.minor), row.of_currency) if row.of_currency else None,
        state=row.state,
        problem=row.problem,
        count=row.count,
        until=row.until,
    )


# ---------------------------------------------------------------------------------------------------------------------
# The parts


def _all(*, one_merchant: bool) -> Subquery:
    """Put the parts together; each is cut to the merchant by itself, so that its index serves."""
    parts = [part for make in _PARTS for part in make()]
    if one_merchant:
        parts = [
            part.where(part.selected_columns.merchant_id == parameter("merchant_id", type_=Text)) for part in parts
        ]
    return union_all(*parts).subquery("queue")


def _attempts() -> Iterator[Select[Any]]:
    """Open attempts whose questions have run out, and those that can't be sent again although nobody knows them."""
    own, handed_on = attempt.c, event.alias("handed_on")
    shown = {"invoice_id": own.invoice_id, "amount_minor": own.amount_minor, "currency": own.currency}
    shown |= {"state": own.status, "problem": own.detail, "count": own.asked_count}
    about = and_(
        handed_on.c.merchant_id == own.merchant_id,
        handed_on.c.object_id == own.id,
        handed_on.c.kind == EventKind.ATTEMPT_NEEDS_OPERATOR,
    )
    is_open = few(own.status, *(status for status in AttemptStatus if status in OPEN_ATTEMPT))
    since = select(func.max(handed_on.c.at)).where(about).correlate(attempt).scalar_subquery()
    handed = select(handed_on.c.id).where(about).correlate(attempt).exists()
    yield part(QueueKind.OUTCOME_UNKNOWN, since, own.merchant_id, own.id, **shown).where(is_open, handed)
    lost = own.status.in_((AttemptStatus.STARTED, AttemptStatus.UNKNOWN))
    expired = part(QueueKind.KEY_EXPIRED, own.key_expires_at, own.merchant_id, own.id, **shown)
    yield expired.where(is_open, lost, own.key_expires_at <= NOW, ~handed)


def _declines() -> Iterator[Select[Any]]:
    """Declines of an unknown meaning that were the last word on an open recovery."""
    own, later = attempt.c, attempt.alias("later")
    anything_since = select(later.c.id).where(
        later.c.merchant_id == own.merchant_id,
        later.c.invoice_id == own.invoice_id,
        later.c.number > own.number,
        later.c.status != AttemptStatus.FAILED,
    )
    its_recovery = and_(recovery.c.merchant_id == own.merchant_id, recovery.c.invoice_id == own.invoice_id)
    corrected = case((own.answer.is_(None), literal("corrected", Text)), else_=NO_TEXT)
    yield (
        part(
            QueueKind.DECLINE_UNREAD, own.ended_at, own.merchant_id, own.id, invoice_id=own.invoice_id, state=corrected
        )
        .select_from(attempt.join(recovery, its_recovery))
        .where(few(own.status, AttemptStatus.DECLINED), few(own.decline_class, DeclineClass.UNKNOWN))
        .where(recovery.c.status == RecoveryStatus.OPEN, ~anything_since.correlate(attempt).exists())
    )


_HELD = {
    HoldReason.PARTIAL_PAYMENT: QueueKind.PARTIAL_PAYMENT,
    HoldReason.BANK_TRANSFER: QueueKind.TRANSFER_DECLARED,
    HoldReason.OPERATOR: QueueKind.PAUSED,
}


def _held() -> Iterator[Select[Any]]:
    """Recoveries that are paused: until somebody resumes them, or until a transfer that was declared is matched."""
    own = recovery.c
    paused_at = latest(EventKind.RECOVERY_PAUSED, own.merchant_id, own.id)
    for hold, kind in _HELD.items():
        runs_on = own.held_until > NOW if hold is HoldReason.BANK_TRANSFER else false()
        without_end = or_(own.held_until.is_(None), runs_on)
        yield part(
            kind, paused_at, own.merchant_id, own.invoice_id, invoice_id=own.invoice_id, until=own.held_until
        ).where(few(own.status, RecoveryStatus.OPEN), own.hold != literal_column("''"), own.hold == hold, without_end)


def _disputes() -> Iterator[Select[Any]]:
    """Disputes that the bank hasn't decided, and invoices that stayed open after one was lost."""
    own, listed = invoice.c, few(invoice.c.dispute, DisputeStatus.OPEN, DisputeStatus.LOST)
    opened_at = latest(EventKind.INVOICE_CHARGED_BACK, own.merchant_id, own.id)
    yield part(QueueKind.DISPUTED, opened_at, own.merchant_id, own.id, invoice_id=own.id).where(
        listed, own.dispute == DisputeStatus.OPEN
    )
    lost_at = latest(EventKind.INVOICE_DISPUTE_LOST, own.merchant_id, own.id)
    yield part(QueueKind.DISPUTE_LOST, lost_at, own.merchant_id, own.id, invoice_id=own.id).where(
        listed, own.dispute == DisputeStatus.LOST, own.status == InvoiceStatus.OPEN
    )


def _surplus() -> Iterator[Select[Any]]:
    """Money that no invoice needed: paid twice, or found after the invoice was settled otherwise."""
    own = journal_entry.c
    rest = func.sum(case((own.kind == EntryKind.OVERPAID, own.amount_minor), else_=-own.amount_minor))
    by_invoice = (
        select(
            own.merchant_id,
            own.invoice_id,
            func.max(own.currency).label("currency"),
            func.max(own.at, type_=Instant).label("at"),
            rest.label("rest"),
        )
        .where(few(own.kind, EntryKind.OVERPAID, EntryKind.OVERPAYMENT_REVERSED))
        .group_by(own.merchant_id, own.invoice_id)
        .having(rest > 0)
        .subquery("surplus")
    )
    its = by_invoice.c
    shown = {"invoice_id": its.invoice_id, "amount_minor": its.rest, "currency": its.currency}
    yield part(QueueKind.SURPLUS, its.at, its.merchant_id, its.invoice_id, **shown)


def _refunds() -> Iterator[Select[Any]]:
    """Refunds of which nobody knows what came, and whose key can't be sent again."""
    own = refund.c
    shown = {"invoice_id": own.invoice_id, "amount_minor": own.amount_minor, "currency": own.currency}
    waits = part(QueueKind.REFUND_UNKNOWN, own.key_expires_at, own.merchant_id, own.id, **shown, problem=own.detail)
    yield waits.where(few(own.status, *sorted(OPEN_REFUND)), own.key_expires_at <= NOW)


def _inbound() -> Iterator[Select[Any]]:
    """Gateways' events that couldn't act: tried again by themselves for a while, then no more."""
    own = inbound_event.c
    stuck = (few(own.status, InboundStatus.STORED, InboundStatus.FAILED), own.problem != literal_column("''"))
    kinds = {InboundStatus.STORED: QueueKind.EVENT_WAITING, InboundStatus.FAILED: QueueKind.EVENT_FAILED}
    for status, kind in kinds.items():
        shown = {"problem": own.problem, "count": own.tries, "until": own.next_step_at, "state": own.gateway}
        yield part(kind, own.received_at, own.merchant_id, own.id, **shown).where(*stuck, own.status == status)


def _poisoned() -> Iterator[Select[Any]]:
    """Rows that were set aside because they can't be worked, for as long as nobody has claimed them again."""
    own = set_aside.c
    for work, table in ((Work.INVOICE, invoice), (Work.SUBSCRIPTION, subscription)):
        still = and_(table.c.merchant_id == own.merchant_id, table.c.id == own.id, table.c.fence == own.fence)
        shown = {"state": own.work, "problem": own.problem, "count": own.times, "until": table.c.lease_until}
        shown |= {"customer_id": table.c.customer_id}
        if work is Work.INVOICE:
            shown |= {"invoice_id": own.id}
        found = part(QueueKind.SET_ASIDE, own.since, own.merchant_id, own.id, **shown)
        yield found.select_from(set_aside.join(table, still)).where(own.work == work.value)


def _letters() -> Iterator[Select[Any]]:
    """Copies of notices that reached nobody and won't be sent again."""
    own, its = delivery.c, notice.c
    about = and_(its.merchant_id == own.merchant_id, its.id == own.notice_id)
    shown = {"invoice_id": its.invoice_id, "customer_id": its.customer_id, "state": its.kind, "problem": own.problem}
    yield (
        part(QueueKind.NOTICE_UNDELIVERED, its.owed_at, own.merchant_id, own.id, **shown, count=own.tries)
        .select_from(delivery.join(notice, about))
        .where(few(own.status, DeliveryStatus.FAILED, DeliveryStatus.BOUNCED), its.status != NoticeStatus.WITHDRAWN)
    )


def _restored() -> Iterator[Select[Any]]:
    """What a restore left open once the gateways were asked: invoices they can't tell about, charges without one."""
    own, its, charge = invoice.c, installation.c, found_charge.c
    yield (
        part(QueueKind.UNCHECKED, its.restored_at, own.merchant_id, own.id, invoice_id=own.id)
        .select_from(invoice.join(installation, its.reconciled_at.is_not(None)))
        .where(text("invoice.unchecked"))
    )
    shown = {"invoice_id": charge.invoice_id, "amount_minor": charge.amount_minor, "currency": charge.currency}
    yield (
        part(QueueKind.FOUND_CHARGE, charge.found_at, charge.merchant_id, charge.key, **shown, problem=charge.problem)
        .select_from(found_charge.join(installation, its.reconciled_at.is_not(None)))
        .where(charge.settled_at.is_(None))
    )


_PARTS = (
    _attempts,
    _declines,
    _held,
    _disputes,
    _surplus,
    _refunds,
    _inbound,
    _poisoned,
    _letters,
    _restored,
    undelivered_events,
    disabled_endpoints,
)
