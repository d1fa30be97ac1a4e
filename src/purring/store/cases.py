"""Recoveries one by one, each in figures, and where to find an example of what can become of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, exists, func, select

from purring.domain.attempt import AttemptStatus
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.event import EventKind
from purring.domain.ids import AttemptId, InvoiceId, MerchantId, MethodId, RecoveryId
from purring.domain.invoice import DisputeStatus
from purring.domain.money import Money
from purring.domain.payment_method import MethodKind
from purring.domain.recovery import Cause, RecoveryStatus
from purring.domain.subscription import SubscriptionStatus
from purring.store.schema import attempt, event, inbound_event, invoice, payment_method, recovery, subscription


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One recovery in figures.

    `tries`: attempts that reached the gateway, the first one too. `paid_by`: which of them brought the money, None if
    none did. `first_method_id`, `paid_method_id`: what was charged then.
    """

    id: RecoveryId
    invoice_id: InvoiceId
    status: RecoveryStatus
    cause: Cause
    opened_at: datetime
    closed_at: datetime | None
    total: Money
    owed: Money
    tries: int
    paid_by: int | None
    first_method_id: MethodId | None
    paid_method_id: MethodId | None
    subscription_status: SubscriptionStatus | None
    dispute: DisputeStatus


def of_merchant(conn: Connection, merchant_id: MerchantId) -> list[Case]:
    """List a merchant's recoveries, by invoice number."""
    tries: dict[InvoiceId, list[Any]] = {}
    for row in conn.execute(_tries(merchant_id)):
        tries.setdefault(row.invoice_id, []).append(row)
    return [_case(row, tries.get(row.invoice_id, [])) for row in conn.execute(_recoveries(merchant_id))]


def _recoveries(merchant_id: MerchantId) -> Select[Any]:
    own, its, sold = recovery.c, invoice.c, subscription.c
    return (
        select(
            *(own[name] for name in ("id", "invoice_id", "status", "cause", "opened_at", "closed_at")),
            *(its[name] for name in ("currency", "total_minor", "paid_minor", "credited_minor", "dispute")),
            sold.status.label("subscription_status"),
        )
        .join(invoice, and_(its.merchant_id == own.merchant_id, its.id == own.invoice_id))
        .outerjoin(subscription, and_(sold.merchant_id == its.merchant_id, sold.id == its.subscription_id))
        .where(own.merchant_id == merchant_id)
        .order_by(its.number)
    )


def _tries(merchant_id: MerchantId) -> Select[Any]:
    """The attempts that reached the gateway, on invoices that have a recovery, in their order."""
    own = attempt.c
    return (
        select(own.invoice_id, own.method_id, own.status)
        .join(recovery, and_(recovery.c.merchant_id == own.merchant_id, recovery.c.invoice_id == own.invoice_id))
        .where(own.merchant_id == merchant_id, own.status != AttemptStatus.FAILED)
        .order_by(own.invoice_id, own.number)
    )


def _case(row: Any, tries: Sequence[Any]) -> Case:  # noqa: ANN401 - a row
    owed_minor = max(row.total_minor - row.paid_minor - row.credited_minor, 0)
    paid = [place for place, one in enumerate(tries) if one.status is AttemptStatus.SUCCEEDED]
    return Case(
        id=row.id,
        invoice_id=row.invoice_id,
        status=row.status,
        cause=row.cause,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        total=Money(row.total_minor, row.currency),
        owed=Money(owed_minor, row.currency),
        tries=len(tries),
        paid_by=paid[-1] + 1 if paid else None,
        first_method_id=tries[0].method_id if tries else None,
        paid_method_id=tries[paid[-1]].method_id if paid else None,
        subscription_status=row.subscription_status,
        dispute=row.dispute,
    )


def declines(conn: Connection, merchant_id: MerchantId) -> Mapping[tuple[DeclineReason, DeclineClass], int]:
    """Count declined attempts by reason and class, the most frequent first."""
    own = attempt.c
    statement = (
        select(own.reason, own.decline_class, func.count().label("n"))
        .where(own.merchant_id == merchant_id, own.status == AttemptStatus.DECLINED)
        .group_by(own.reason, own.decline_class)
        .order_by(func.count().desc(), own.reason, own.decline_class)
    )
    return {(row.reason, row.decline_class): row.n for row in conn.execute(statement)}


def passed_through(
    conn: Connection, merchant_id: MerchantId, happened: EventKind, now: AttemptStatus
) -> list[InvoiceId]:
    """List the invoices of attempts to which something happened once and that stand so now, by invoice number."""
    own, its = attempt.c, invoice.c
    once = exists().where(event.c.merchant_id == own.merchant_id, event.c.object_id == own.id, event.c.kind == happened)
    statement = (
        select(own.invoice_id)
        .join(invoice, and_(its.merchant_id == own.merchant_id, its.id == own.invoice_id))
        .where(own.merchant_id == merchant_id, own.status == now, once)
        .order_by(its.number, own.number)
    )
    return [row.invoice_id for row in conn.execute(statement)]


def disputes(conn: Connection, merchant_id: MerchantId) -> Mapping[DisputeStatus, int]:
    """Count invoices whose payment was charged back, by how that stands."""
    own = invoice.c
    statement = (
        select(own.dispute, func.count().label("n"))
        .where(own.merchant_id == merchant_id, own.dispute != DisputeStatus.NONE)
        .group_by(own.dispute)
        .order_by(own.dispute)
    )
    return {row.dispute: row.n for row in conn.execute(statement)}


def card_payments(conn: Connection, merchant_id: MerchantId, since: datetime, limit: int) -> list[AttemptId]:
    """List card charges that were begun since an instant and succeeded, by invoice number."""
    own, its, method = attempt.c, invoice.c, payment_method.c
    statement = (
        select(own.id)
        .join(invoice, and_(its.merchant_id == own.merchant_id, its.id == own.invoice_id))
        .join(payment_method, and_(method.merchant_id == own.merchant_id, method.id == own.method_id))
        .where(own.merchant_id == merchant_id, own.started_at >= since, own.status == AttemptStatus.SUCCEEDED)
        .where(method.kind == MethodKind.CARD)
        .order_by(its.number)
        .limit(limit)
    )
    return [row.id for row in conn.execute(statement)]


def inbound(conn: Connection) -> int:
    """Count the events that gateways have sent."""
    return conn.execute(select(func.count()).select_from(inbound_event)).scalar_one()
