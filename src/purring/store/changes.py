"""Writes what decisions want, for many of them by a few statements, as long as nobody changed what they had read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Select, Update, and_, case, or_, select, tuple_, update
from sqlalchemy import bindparam as parameter
from sqlalchemy.exc import IntegrityError

from purring.domain.attempt import Attempt
from purring.domain.changes import Changes, Noun
from purring.domain.errors import StaleWrite
from purring.domain.ids import IdMaker, MerchantId
from purring.domain.invoice import Invoice
from purring.domain.notice import Notice
from purring.domain.payment_method import PaymentMethod
from purring.domain.recovery import Recovery
from purring.domain.subscription import Subscription, SubscriptionStatus
from purring.store import (
    attempts,
    bulk,
    events,
    invoices,
    journal,
    methods,
    notices,
    recoveries,
    subscriptions,
    unknown_codes,
)
from purring.store.recall import Query
from purring.store.schema import invoice, payment_method, subscription
from purring.store.types import Instant

Batch = Sequence[tuple[MerchantId, Changes]]

# What another transaction may have written first: one open attempt, one recovery per invoice, one invoice per period.
_RACES = (
    ("uq_attempt_open", "attempt.merchant_id, attempt.invoice_id"),
    ("uq_recovery_invoice_id", "recovery.merchant_id, recovery.invoice_id"),
    ("uq_invoice_period", "invoice.merchant_id, invoice.subscription_id, invoice.period_start_on"),
)


FREED_MAX = 5
"""So many look when there is room for one: the first may need more than there is. Were it all of them, a thousand
invoices on one card, each charged in its turn, would be looked at half a million times."""


def save_many(conn: Connection, batch: Batch, ids: IdMaker, now: datetime) -> None:
    """Write decisions that were made on facts loaded in this transaction or before; all of them or none.

    Raises StaleWrite: something was not as read; the transaction must not be committed.
    """
    try:
        _save_nouns(conn, batch, ids)
    except IntegrityError as error:
        if any(sign in str(error.orig) for race in _RACES for sign in race):
            raise StaleWrite("Another transaction began the same thing first; read again.") from error
        raise
    events.append(conn, ((merchant_id, one) for merchant_id, changes in batch for one in changes.events), ids)
    journal.book(conn, ((merchant_id, one) for merchant_id, changes in batch for one in changes.entries), ids)
    unknown_codes.count(conn, ((merchant_id, one) for merchant_id, changes in batch for one in changes.unlisted), now)
    woken: set[bulk.Key] = {(merchant_id, card) for merchant_id, changes in batch for card in changes.woken}
    freed: set[bulk.Key] = {(merchant_id, card) for merchant_id, changes in batch for card in changes.freed}
    _wake(conn, woken, freed - woken, now)
    _wake_canceled(conn, batch, now)


def _wake_canceled(conn: Connection, batch: Batch, now: datetime) -> None:
    """Let the open invoices of a subscription that ended look again: a paused recovery has no other time to close."""
    for merchant_id, changes in batch:
        for noun in changes.changed:
            if isinstance(noun, Subscription) and noun.status is SubscriptionStatus.CANCELED:
                subscriptions.wake(conn, merchant_id, noun.id, now)


def _save_nouns(conn: Connection, batch: Batch, ids: IdMaker) -> None:
    """Write table by table: what others point at comes first, and an attempt ends before the next one begins."""
    created = _by_type((merchant_id, noun) for merchant_id, changes in batch for noun in changes.created)
    changed = _by_type((merchant_id, noun) for merchant_id, changes in batch for noun in changes.changed)
    for kind, change, create in _WRITERS:
        change(conn, changed.get(kind, []))
        create(conn, created.get(kind, []))
    notices.change(conn, changed.get(Notice, []))
    notices.insert(conn, created.get(Notice, []), ids)


def _by_type(nouns: Iterable[tuple[MerchantId, Noun]]) -> dict[type[Noun], list[tuple[MerchantId, Any]]]:
    found: dict[type[Noun], list[tuple[MerchantId, Any]]] = {}
    for merchant_id, noun in nouns:
        found.setdefault(type(noun), []).append((merchant_id, noun))
    return found


Write = Callable[[Connection, Sequence[tuple[MerchantId, Any]]], None]
_WRITERS: tuple[tuple[type[Noun], Write, Write], ...] = (
    (PaymentMethod, methods.SHAPE.update, methods.insert),
    (Subscription, subscriptions.SHAPE.update, subscriptions.SHAPE.insert),
    (Invoice, invoices.SHAPE.update, invoices.insert),
    (Attempt, attempts.SHAPE.update, attempts.SHAPE.insert),
    (Recovery, recoveries.SHAPE.update, recoveries.SHAPE.insert),
)


def _wake(conn: Connection, woken: set[bulk.Key], freed: set[bulk.Key], now: datetime) -> None:
    """Let invoices that wait for cards look again: those whose method, tied or own, stands for it; `freed`: the first.

    Few cards have any, so they are looked for first, by card: however many invoices wait, none of the others is read.
    """
    waiting = _WAITING.one_each(conn, sorted(woken | freed)) if woken or freed else {}
    asleep: dict[bulk.Key, list[tuple[datetime, bulk.Key]]] = defaultdict(list)
    for key, (fingerprint, next_step_at) in waiting.items():
        if next_step_at and next_step_at > now:
            asleep[key[0], fingerprint].append((next_step_at, key))
    keys = [key for card, some in asleep.items() for _, key in sorted(some)[: None if card in woken else FREED_MAX]]
    if keys:
        conn.execute(_woken(conn.dialect.name), bulk.key_params(conn.dialect.name, sorted(keys)) | {"now": now})


def _waiting(dialect: str) -> Select[Any]:
    own, method, tied = invoice.c, payment_method.c, subscription.c
    paid_by = (
        bulk.joined(dialect, payment_method, "fingerprint")
        .outerjoin(subscription, and_(tied.merchant_id == method.merchant_id, tied.method_id == method.id))
        .join(
            invoice,
            and_(
                own.merchant_id == method.merchant_id,
                own.customer_id == method.customer_id,
                or_(
                    own.subscription_id == tied.id,
                    and_(own.subscription_id.is_(None), own.method_id == method.id),
                ),
            ),
        )
    )
    found = select(own.merchant_id, own.id, own.next_step_at, method.fingerprint)
    return found.select_from(paid_by).where(bulk.looked_at_last(own.status) == "open")


_WAITING = Query(_waiting, attrgetter("fingerprint", "next_step_at"), by="id")


@lru_cache
def _woken(dialect: str) -> Update:
    own, now, keys = invoice.c, parameter("now", type_=Instant), bulk.wanted(dialect)
    return (
        update(invoice)
        .where(bulk.looked_at_last(own.status) == "open")
        .where(tuple_(own.merchant_id, own.id).in_(select(keys.c.merchant_id, keys.c.id)))
        .values(next_step_at=case((own.next_step_at > now, now), else_=own.next_step_at))
    )
