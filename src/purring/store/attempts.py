"""Attempts to collect invoices."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select, text
from sqlalchemy import bindparam as parameter

from purring.domain.attempt import OPEN_ATTEMPT, Attempt, AttemptStatus
from purring.domain.decline import Answer, DeclineClass
from purring.domain.errors import NotFound
from purring.domain.ids import AttemptId, InvoiceId, MerchantId, MethodId
from purring.domain.money import Money
from purring.domain.rulebook.limit import Note, Use, note_from
from purring.domain.rulebook.presentment import Presentment
from purring.domain.stops import WRONG_DATA, Stop
from purring.store import bulk
from purring.store.recall import Query
from purring.store.schema import STOPS, attempt
from purring.store.types import Instant


def _answer_document(noun: Attempt) -> Mapping[str, str | None] | None:
    answer = noun.answer
    if answer is None:
        return None
    return {
        "gateway": answer.gateway,
        "network": answer.network,
        "raw_code": answer.raw_code,
        "advice_code": answer.advice_code,
        "gateway_code": answer.gateway_code,
        "message": answer.message,
    }


def _note_documents(noun: Attempt) -> list[Mapping[str, object]]:
    return [note.plain() for note in noun.notes]


def _presentment_document(noun: Attempt) -> Mapping[str, object] | None:
    return asdict(noun.presentment) if noun.presentment else None


SHAPE = bulk.Shape(
    attempt,
    {"amount_minor": "amount.minor", "currency": "amount.currency"},
    made={"answer": _answer_document, "notes": _note_documents, "presentment": _presentment_document},
    fixed=frozenset(
        {
            "invoice_id",
            "method_id",
            "gateway",
            "fingerprint",
            "amount_minor",
            "currency",
            "number",
            "initiator",
            "started_at",
            "key_expires_at",
            "is_backup",
            "why",
            "notes",
            "presentment",
        }
    ),
)
_IS_OPEN = attempt.c.status.in_(sorted(OPEN_ATTEMPT))
_USED = (*sorted(OPEN_ATTEMPT), AttemptStatus.DECLINED)


def get(conn: Connection, merchant_id: MerchantId, attempt_id: AttemptId) -> Attempt:
    """Find an attempt.

    Raises NotFound.
    """
    rows = bulk.matching(conn, attempt, [(merchant_id, attempt_id)])
    if not rows:
        raise NotFound(f"There is no attempt {attempt_id}.", field="attempt_id")
    return _attempt(rows[0])


def load(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, Attempt]:
    """Load attempts."""
    return {(row.merchant_id, row.id): _attempt(row) for row in bulk.matching(conn, attempt, set(keys))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """To which invoice an attempt belongs, and where it stands."""

    merchant_id: MerchantId
    invoice_id: InvoiceId
    status: AttemptStatus


def find(conn: Connection, attempt_id: AttemptId) -> tuple[MerchantId, InvoiceId] | None:
    """Tell whose attempt it is, and for which invoice, for those who hold nothing but its key: gateways' events."""
    found = find_many(conn, [attempt_id]).get(attempt_id)
    return (found.merchant_id, found.invoice_id) if found else None


def find_many(conn: Connection, attempt_ids: Iterable[AttemptId]) -> dict[AttemptId, Whose]:
    """Tell whose attempts these are; those that aren't there are left out."""
    own = attempt.c
    statement = select(own.id, own.merchant_id, own.invoice_id, own.status).where(own.id.in_(sorted(set(attempt_ids))))
    return {
        row.id: Whose(merchant_id=row.merchant_id, invoice_id=row.invoice_id, status=row.status)
        for row in conn.execute(statement)
    }


def of_invoices(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, list[Attempt]]:
    """List invoices' attempts, oldest first."""
    return _OF_INVOICES.grouped(conn, keys)


def of_invoice(conn: Connection, merchant_id: MerchantId, invoice_id: InvoiceId) -> list[Attempt]:
    """List an invoice's attempts, oldest first."""
    return of_invoices(conn, [(merchant_id, invoice_id)]).get((merchant_id, invoice_id), [])


def open_of(conn: Connection, merchant_id: MerchantId, invoice_id: InvoiceId) -> Attempt | None:
    """Find the attempt of an invoice whose outcome is still to come; there is one at most."""
    own = attempt.c
    row = conn.execute(select(attempt).where(own.merchant_id == merchant_id, own.invoice_id == invoice_id, _IS_OPEN))
    return next(map(_attempt, row), None)


def open_ones(conn: Connection, merchant_id: MerchantId, *, limit: int = 100) -> list[Attempt]:
    """List a merchant's attempts whose outcome is still to come, oldest first."""
    own = attempt.c
    statement = select(attempt).where(own.merchant_id == merchant_id, _IS_OPEN)
    return [_attempt(row) for row in conn.execute(statement.order_by(own.started_at, own.id).limit(limit))]


def uses(conn: Connection, cards: Iterable[bulk.Key], since: datetime) -> dict[bulk.Key, list[Use]]:
    """List declined and open attempts on cards and accounts since an instant, under merchant and fingerprint."""
    return _USES.grouped(conn, set(cards), since=since)


def _uses(dialect: str) -> Select[Any]:
    own = attempt.c
    return (
        select(own.merchant_id, own.fingerprint, own.started_at, own.amount_minor, own.currency, own.invoice_id)
        .select_from(bulk.joined(dialect, attempt, "fingerprint"))
        .where(own.started_at >= parameter("since", type_=Instant), or_(*(own.status == one for one in _USED)))
        .order_by(own.started_at, own.id)
    )


def _use(row: Any) -> Use:  # noqa: ANN401 - a row
    return Use(at=row.started_at, amount_minor=row.amount_minor, currency=row.currency, invoice_id=row.invoice_id)


def stops(conn: Connection, cards: Iterable[bulk.Key], now: datetime) -> dict[bulk.Key, list[Stop]]:
    """List the declines that stand in the way of every charge of these cards and accounts, oldest first.

    Wrong data no longer do once a later answer has shown them to be good. Whether they were changed isn't looked at.
    """
    return _STOPS.grouped(conn, set(cards), now=now)


def _stops(dialect: str) -> Select[Any]:
    own, since = attempt.c, attempt.alias("since")
    shown_good = (
        select(since.c.id)
        .where(
            since.c.merchant_id == own.merchant_id,
            since.c.fingerprint == own.fingerprint,
            since.c.started_at > own.started_at,
            or_(
                since.c.status == AttemptStatus.SUCCEEDED,
                and_(since.c.status == AttemptStatus.DECLINED, since.c.decline_class == DeclineClass.RETRY_LATER),
            ),
        )
        .correlate(attempt)
    )
    return (
        select(attempt)
        .select_from(bulk.joined(dialect, attempt, "fingerprint"))
        .where(
            text(STOPS),
            or_(
                own.hard_stop,
                own.retry_not_before > parameter("now", type_=Instant),
                and_(
                    or_(
                        own.decline_class == DeclineClass.UPDATE_METHOD,
                        *(own.reason == one for one in sorted(WRONG_DATA)),
                    ),
                    ~shown_good.exists(),
                ),
            ),
        )
        .order_by(own.started_at, own.id)
    )


def _stop(row: Any) -> Stop:  # noqa: ANN401 - a row
    return Stop(
        attempt_id=row.id,
        invoice_id=row.invoice_id,
        at=row.started_at,
        reason=row.reason,
        decline_class=row.decline_class,
        hard_stop=row.hard_stop,
        delayed_to=row.retry_not_before,
        rules=row.rules,
    )


@lru_cache(maxsize=4096)
def _notes(text: str) -> tuple[Note, ...]:
    """Read notes once: the attempts of a batch share an instant, and most of them what they saw."""
    return tuple(map(note_from, json.loads(text)))


def _attempt(row: Any) -> Attempt:  # noqa: ANN401 - a row
    answer = Answer(**row.answer) if row.answer else None
    return Attempt(
        amount=Money(row.amount_minor, row.currency),
        answer=answer,
        notes=_notes(row.notes),
        presentment=Presentment(**row.presentment) if row.presentment else None,
        **SHAPE.plain(row),
    )


_OF_INVOICES = Query(
    lambda dialect: bulk.select_matching(dialect, attempt, "invoice_id", ("started_at", "id")),
    _attempt,
    by="invoice_id",
)
_USES = Query(_uses, _use, by="fingerprint")
_STOPS = Query(_stops, _stop, by="fingerprint")


def open_on_method(conn: Connection, merchant_id: MerchantId, method_id: MethodId) -> list[AttemptId]:
    """List the attempts whose money may still be in flight on a method."""
    own = attempt.c
    statement = select(own.id).where(
        own.merchant_id == merchant_id, own.method_id == method_id, own.status.in_(sorted(OPEN_ATTEMPT))
    )
    return list(conn.execute(statement).scalars())
