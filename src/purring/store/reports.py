"""Figures over a merchant's recoveries: what came in, why not, after how many attempts and how many days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, Table, and_, case, func, select

from purring.domain.attempt import AttemptStatus
from purring.domain.decline import DeclineReason
from purring.domain.ids import MerchantId
from purring.domain.invoice import InvoiceStatus
from purring.domain.money import Money
from purring.domain.notice import NoticeKind, NoticeStatus
from purring.domain.recovery import Cause, RecoveryStatus
from purring.domain.subscription import SubscriptionStatus
from purring.store.schema import (
    attempt,
    customer,
    delivery,
    invoice,
    notice,
    recovery,
    subscription,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A merchant in figures.

    `first_tries` counts invoices by what became of their first attempt that reached the gateway. `recovered_by_number`
    counts recovered invoices by the number of the attempt that brought the money, 0 where none did.
    `attempts_of_recovered` counts recovered invoices by how many attempts they took, `days_to_recover` by the days from
    the opening of the recovery to the payment. `owed` and `recovered` hold an amount per currency.
    """

    customers: int
    invoices: Mapping[InvoiceStatus, int]
    subscriptions: Mapping[SubscriptionStatus, int]
    recoveries: Mapping[RecoveryStatus, int]
    attempts: Mapping[AttemptStatus, int]
    first_tries: Mapping[AttemptStatus, int]
    declines: Mapping[DeclineReason, int]
    recovered_by_number: Mapping[int, int]
    recovered_by_cause: Mapping[Cause, int]
    attempts_of_recovered: Mapping[int, int]
    days_to_recover: Mapping[int, int]
    owed: Mapping[str, Money]
    recovered: Mapping[str, Money]
    notices: Mapping[NoticeStatus, int]
    sent: Mapping[tuple[NoticeKind, str], int]


def summary(conn: Connection, merchant_id: MerchantId) -> Summary:
    """Add up everything about a merchant."""
    ended = _recovered(conn, merchant_id)
    return Summary(
        customers=sum(_counts(conn, merchant_id, customer, customer.c.merchant_id).values()),
        invoices=_counts(conn, merchant_id, invoice, invoice.c.status),
        subscriptions=_counts(conn, merchant_id, subscription, subscription.c.status),
        recoveries=_counts(conn, merchant_id, recovery, recovery.c.status),
        attempts=_counts(conn, merchant_id, attempt, attempt.c.status),
        first_tries=_counts(conn, merchant_id, attempt, attempt.c.status, attempt.c.number == _first_number()),
        declines=_counts(conn, merchant_id, attempt, attempt.c.reason, attempt.c.status == AttemptStatus.DECLINED),
        recovered_by_number=Counter(row.tries if row.paid_by_attempt else 0 for row in ended),
        recovered_by_cause=_counts(conn, merchant_id, recovery, recovery.c.cause, _IS_RECOVERED),
        attempts_of_recovered=Counter(row.tries for row in ended),
        days_to_recover=Counter((row.closed_at - row.opened_at).days for row in ended),
        owed=_amounts(conn, merchant_id, invoice.c.status == InvoiceStatus.OPEN, paid=False),
        recovered=_amounts(conn, merchant_id, invoice.c.id.in_(_recovered_invoices(merchant_id)), paid=True),
        notices=_counts(conn, merchant_id, notice, notice.c.status),
        sent=_sent(conn, merchant_id),
    )


_IS_RECOVERED = recovery.c.status == RecoveryStatus.RECOVERED
_REACHED_GATEWAY = attempt.c.status != AttemptStatus.FAILED


def _counts(
    conn: Connection, merchant_id: MerchantId, table: Table, column: Column[Any], *where: ColumnElement[bool]
) -> dict[Any, int]:
    """Count rows by the value of a column."""
    statement = select(column, func.count()).where(table.c.merchant_id == merchant_id, *where).group_by(column)
    return {value: n for value, n in conn.execute(statement.order_by(column))}  # noqa: C416 - rows are no pairs to mypy


def _first_number() -> ColumnElement[int]:
    """Give the number of an attempt's invoice's first attempt that reached the gateway."""
    first = attempt.alias("first")
    return (
        select(func.min(first.c.number))
        .where(first.c.merchant_id == attempt.c.merchant_id, first.c.invoice_id == attempt.c.invoice_id)
        .where(first.c.status != AttemptStatus.FAILED)
        .correlate(attempt)
        .scalar_subquery()
    )


def _recovered(conn: Connection, merchant_id: MerchantId) -> Sequence[Any]:
    """Give for each recovered invoice when it was, how many attempts reached the gateway, and whether one was paid."""
    tried = and_(
        attempt.c.merchant_id == recovery.c.merchant_id, attempt.c.invoice_id == recovery.c.invoice_id, _REACHED_GATEWAY
    )
    paid = func.max(case((attempt.c.status == AttemptStatus.SUCCEEDED, 1), else_=0))
    return conn.execute(
        select(
            recovery.c.opened_at,
            recovery.c.closed_at,
            func.count(attempt.c.id).label("tries"),
            paid.label("paid_by_attempt"),
        )
        .select_from(recovery.outerjoin(attempt, tried))
        .where(recovery.c.merchant_id == merchant_id, _IS_RECOVERED)
        .group_by(recovery.c.id, recovery.c.opened_at, recovery.c.closed_at)
    ).all()


def _recovered_invoices(merchant_id: MerchantId) -> Select[tuple[str]]:
    return select(recovery.c.invoice_id).where(recovery.c.merchant_id == merchant_id, _IS_RECOVERED)


def _amounts(conn: Connection, merchant_id: MerchantId, which: ColumnElement[bool], *, paid: bool) -> dict[str, Money]:
    """Add up what is paid on some invoices, or what isn't, per currency."""
    own = invoice.c
    amount = own.paid_minor if paid else own.total_minor - own.paid_minor - own.credited_minor
    statement = (
        select(own.currency, func.sum(amount).label("minor"))
        .where(own.merchant_id == merchant_id, which)
        .group_by(own.currency)
        .order_by(own.currency)
    )
    return {row.currency: Money(int(row.minor), row.currency) for row in conn.execute(statement)}


def _sent(conn: Connection, merchant_id: MerchantId) -> dict[tuple[NoticeKind, str], int]:
    """Count copies that went out, by kind of notice and by language."""
    copies = delivery.join(
        notice, and_(notice.c.merchant_id == delivery.c.merchant_id, notice.c.id == delivery.c.notice_id)
    )
    statement = (
        select(notice.c.kind, delivery.c.locale, func.count().label("n"))
        .select_from(copies)
        .where(delivery.c.merchant_id == merchant_id, delivery.c.sent_at.is_not(None))
        .group_by(notice.c.kind, delivery.c.locale)
        .order_by(notice.c.kind, delivery.c.locale)
    )
    return {(row.kind, row.locale): row.n for row in conn.execute(statement)}
