"""Requests that came under an idempotency key, and what was answered to each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from purring.domain.ids import MerchantId
from purring.store import bulk
from purring.store.schema import RequestStatus, api_request

_COLUMNS = ("merchant_id", "idempotency_key", "request_hash", "status", "created_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it was remembered; without an answer while it is under way, or where it was cut off."""

    request_hash: str
    created_at: datetime
    http_status: int | None
    answer: str | None


def begin(conn: Connection, merchant_id: MerchantId, key: str, request_hash: str, now: datetime) -> bool:
    """Remember that a request begins; False: its key was used before. Waits for whoever is using it right now."""
    row = (merchant_id, key, request_hash, RequestStatus.STARTED, now)
    return bool(bulk.insert_missing(conn, api_request, _COLUMNS, [row]))


def find(conn: Connection, merchant_id: MerchantId, key: str) -> Request:
    """Find the request that came under a key; there is one."""
    own = api_request.c
    row = conn.execute(select(api_request).where(own.merchant_id == merchant_id, own.idempotency_key == key)).one()
    return Request(
        request_hash=row.request_hash, created_at=row.created_at, http_status=row.http_status, answer=row.answer
    )


def answer(conn: Connection, merchant_id: MerchantId, key: str, http_status: int, text: str) -> None:
    """Remember what was answered."""
    own = api_request.c
    conn.execute(
        update(api_request)
        .where(own.merchant_id == merchant_id, own.idempotency_key == key)
        .values(status=RequestStatus.ANSWERED, http_status=http_status, answer=text)
    )


def forget_before(conn: Connection, merchant_id: MerchantId, until: datetime) -> None:
    """Let go of requests that began before an instant."""
    own = api_request.c
    conn.execute(delete(api_request).where(own.merchant_id == merchant_id, own.created_at < until))
