"""Loads everything that decisions about invoices look at, for many invoices by a few statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, and_, select

from purring.domain.attempt import Attempt
from purring.domain.customer import Customer
from purring.domain.facts import Facts, Sibling
from purring.domain.ids import InvoiceId, MerchantId, MethodId
from purring.domain.invoice import DisputeStatus, Invoice
from purring.domain.merchant import Merchant
from purring.domain.notice import Notice
from purring.domain.payment_method import PaymentMethod
from purring.domain.recovery import Recovery
from purring.domain.rulebook.limit import Use
from purring.domain.stops import Stop
from purring.domain.subscription import Subscription
from purring.store import (
    attempts,
    bulk,
    customers,
    invoices,
    merchants,
    methods,
    notices,
    recoveries,
    subscriptions,
)
from purring.store.recall import Query, remembering
from purring.store.schema import card_identity, invoice, payment_method, recovery

Key = tuple[MerchantId, InvoiceId]

USES_SINCE = timedelta(days=180)  # the longest any rule looks back


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """What was found, under merchant and id: of the invoice, its customer, its subscription or a card."""

    merchants: Mapping[MerchantId, Merchant]
    customers: Mapping[bulk.Key, Customer]
    subscriptions: Mapping[bulk.Key, Subscription]
    recoveries: Mapping[bulk.Key, Recovery]
    attempts: Mapping[bulk.Key, list[Attempt]]
    notices: Mapping[bulk.Key, list[Notice]]
    methods: Mapping[bulk.Key, list[PaymentMethod]]
    tied: Mapping[bulk.Key, frozenset[MethodId]]
    uses: Mapping[bulk.Key, list[Use]]
    stops: Mapping[bulk.Key, list[Stop]]
    siblings: Mapping[bulk.Key, list[Sibling]]


def load_many(
    conn: Connection, keys: Sequence[Key], now: datetime, *, lock: bool, again: bool = False
) -> dict[Key, Facts]:
    """Load the facts of invoices; those that aren't there are left out.

    With `lock`, nobody else bills these customers or counts attempts on their cards until the transaction ends.
    `again`: they will be loaded again soon, so rows that stay the same needn't be made into nouns then.
    """
    with remembering() if again else nullcontext():
        return _load_many(conn, keys, now, lock=lock)


def _load_many(conn: Connection, keys: Sequence[Key], now: datetime, *, lock: bool) -> dict[Key, Facts]:
    if lock:
        subscriptions.lock_customers(conn, keys, invoice)
        _lock_cards(conn, keys)
    found = invoices.load(conn, keys)
    if not found:
        return {}
    loaded = _load(conn, found, now)
    return {(MerchantId(key[0]), value.id): _facts(key[0], value, loaded) for key, value in found.items()}


def _load(conn: Connection, found: Mapping[bulk.Key, Invoice], now: datetime) -> _Loaded:
    owners = {(key[0], value.customer_id) for key, value in found.items()}
    tied_to = {(key[0], value.subscription_id) for key, value in found.items() if value.subscription_id is not None}
    held = methods.of_customers(conn, owners)
    cards = {(key[0], method.fingerprint) for key, own in held.items() for method in own}
    return _Loaded(
        merchants=merchants.load(conn, [MerchantId(key[0]) for key in found]),
        customers=customers.load(conn, owners),
        subscriptions=subscriptions.load(conn, tied_to) if tied_to else {},
        recoveries=recoveries.of_invoices(conn, found),
        attempts=attempts.of_invoices(conn, found),
        notices=notices.of_invoices(conn, found),
        methods=held,
        tied=subscriptions.tied_methods(conn, owners),
        uses=attempts.uses(conn, cards, now - USES_SINCE),
        stops=attempts.stops(conn, cards, now),
        siblings=_siblings(conn, tied_to) if tied_to else {},
    )


def _facts(merchant_id: str, value: Invoice, loaded: _Loaded) -> Facts:
    own, owner = (merchant_id, value.id), (merchant_id, value.customer_id)
    subscription = (merchant_id, value.subscription_id or "")
    held = loaded.methods.get(owner, [])
    cards = {one.fingerprint for one in held}
    return Facts(
        merchant=loaded.merchants[MerchantId(merchant_id)],
        customer=loaded.customers[owner],
        subscription=loaded.subscriptions.get(subscription),
        invoice=value,
        recovery=loaded.recoveries.get(own),
        methods=tuple(held),
        attempts=tuple(loaded.attempts.get(own, ())),
        notices=tuple(loaded.notices.get(own, ())),
        tied=loaded.tied.get(owner, frozenset()),
        uses={card: tuple(loaded.uses.get((merchant_id, card), ())) for card in cards},
        stops={card: tuple(found) for card in cards if (found := loaded.stops.get((merchant_id, card)))},
        siblings=tuple(one for one in loaded.siblings.get(subscription, ()) if one.invoice_id != value.id),
    )


def _siblings(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, list[Sibling]]:
    return _SIBLINGS.grouped(conn, keys)


def _sibling(row: Any) -> Sibling:  # noqa: ANN401 - a row
    return Sibling(
        invoice_id=row.id,
        status=row.status,
        recovery_status=row.recovery_status,
        disputed=row.dispute is not DisputeStatus.NONE,
    )


def _open_invoices(dialect: str) -> Select[Any]:
    own, its = invoice.c, recovery.c
    unpaid = bulk.joined(dialect, invoice, "subscription_id").outerjoin(
        recovery, and_(its.merchant_id == own.merchant_id, its.invoice_id == own.id)
    )
    return (
        select(own.merchant_id, own.id, own.subscription_id, own.status, own.dispute)
        .add_columns(its.status.label("recovery_status"))
        .select_from(unpaid)
        .where(bulk.looked_at_last(own.status) == "open")
        .order_by(own.invoice_on, own.id)
    )


_SIBLINGS = Query(_open_invoices, _sibling, by="subscription_id")


def _lock_cards(conn: Connection, keys: Iterable[bulk.Key]) -> None:
    """Lock the identities behind the customers' methods, in order: attempts on a card are counted by one at a time."""
    if conn.dialect.name != "sqlite":
        conn.execute(_cards(conn.dialect.name), bulk.key_params(conn.dialect.name, keys)).all()


@lru_cache
def _cards(dialect: str) -> Select[tuple[str]]:
    card, method, own = card_identity.c, payment_method.c, invoice.c
    held = (
        select(method.merchant_id, method.fingerprint)
        .select_from(
            bulk.joined(dialect, invoice).join(
                payment_method,
                and_(method.merchant_id == own.merchant_id, method.customer_id == own.customer_id),
            )
        )
        .subquery()
    )
    behind = and_(card.merchant_id == held.c.merchant_id, card.fingerprint == held.c.fingerprint)
    return (
        select(card.fingerprint)
        .where(select(held.c.fingerprint).where(behind).exists())
        .order_by(card.merchant_id, card.fingerprint)
        .with_for_update(key_share=True, of=card_identity)
    )
