"""Codes that gateways sent and no table of the rulebook lists, counted so that operators see new ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from purring.domain.decline import Answer
from purring.domain.ids import MerchantId
from purring.store import bulk
from purring.store.schema import unknown_code

CODE_CHARACTERS_MAX = 100
"""Codes are short; whatever else a gateway sends in the place of one is cut."""

_COLUMNS = (
    "merchant_id",
    "gateway",
    "network",
    "raw_code",
    "advice_code",
    "gateway_code",
    "first_seen_at",
    "last_seen_at",
    "count",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownCode:
    """An answer that holds a code of no table; a code that it doesn't hold is empty."""

    gateway: str
    network: str
    raw_code: str
    advice_code: str
    gateway_code: str
    first_seen_at: datetime
    last_seen_at: datetime
    count: int


def count(conn: Connection, answers: Iterable[tuple[MerchantId, Answer]], now: datetime) -> None:
    """Count answers, each for its merchant."""
    met = Counter((merchant_id, *_codes(answer)) for merchant_id, answer in answers)
    rows = [(*key, now, now, times) for key, times in sorted(met.items())]
    bulk.add_up(conn, unknown_code, _COLUMNS, rows)


def _codes(answer: Answer) -> tuple[str, ...]:
    codes = (answer.gateway, answer.network, answer.raw_code, answer.advice_code, answer.gateway_code)
    return tuple((code or "").strip()[:CODE_CHARACTERS_MAX] for code in codes)


def of_merchant(conn: Connection, merchant_id: MerchantId, *, limit: int = 100) -> list[UnknownCode]:
    """List a merchant's unknown codes, those met last first."""
    own = unknown_code.c
    rows = conn.execute(
        select(unknown_code)
        .where(own.merchant_id == merchant_id)
        .order_by(own.last_seen_at.desc(), *unknown_code.primary_key.columns)
        .limit(limit)
    )
    return [UnknownCode(**{name: getattr(row, name) for name in _COLUMNS[1:-1]}, count=row[-1]) for row in rows]
