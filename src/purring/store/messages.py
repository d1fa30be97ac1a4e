"""What went out to one person, as it was said then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, select

from purring.domain.errors import NotFound
from purring.domain.ids import CustomerId, DeliveryId, InvoiceId, MerchantId, PersonId
from purring.store.schema import delivery, notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One person's copy of a notice. `subject`: empty on a text message. `invoice_id`: what it was about, if one."""

    id: DeliveryId
    sent_at: datetime
    subject: str
    body: str
    locale: str
    invoice_id: InvoiceId | None


def page_of_person(
    conn: Connection,
    merchant_id: MerchantId,
    customer_id: CustomerId,
    person_id: PersonId,
    *,
    before: DeliveryId | None,
    limit: int,
) -> list[Told]:
    """A page of what went out to somebody, newest first."""
    wanted = _of_person(merchant_id, customer_id, person_id).order_by(delivery.c.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(delivery.c.id < before)
    return [_told(row) for row in conn.execute(wanted)]


def get(
    conn: Connection, merchant_id: MerchantId, customer_id: CustomerId, person_id: PersonId, told_id: DeliveryId
) -> Told:
    """One of them.

    Raises NotFound.
    """
    wanted = _of_person(merchant_id, customer_id, person_id).where(delivery.c.id == told_id)
    row = conn.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(f"There is no message {told_id} to this person.", field="id")
    return _told(row)


def _of_person(merchant_id: MerchantId, customer_id: CustomerId, person_id: PersonId) -> Select[Any]:
    """By way of the customer's notices, which are few, and have an index."""
    own, its = delivery.c, notice.c
    return (
        select(own.id, own.sent_at, own.subject, own.body, own.locale, its.invoice_id)
        .select_from(notice)
        .join(delivery, and_(own.merchant_id == its.merchant_id, own.notice_id == its.id))
        .where(its.merchant_id == merchant_id, its.customer_id == customer_id)
        .where(own.merchant_id == merchant_id, own.person_id == person_id, own.sent_at.is_not(None))
    )


def _told(row: Any) -> Told:  # noqa: ANN401 - a row
    return Told(
        id=row.id,
        sent_at=row.sent_at,
        subject=row.subject or "",
        body=row.body or "",
        locale=row.locale or "",
        invoice_id=row.invoice_id,
    )
