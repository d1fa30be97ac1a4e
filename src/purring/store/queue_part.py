"""What every part of the operators' queue is made with: one kind laid out in the columns that all have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    cast,
    func,
    literal,
    literal_column,
    null,
    select,
)
from sqlalchemy import bindparam as parameter

from purring.domain.event import EventKind
from purring.domain.queue import NOTED, QueueKind
from purring.store.schema import event
from purring.store.types import Instant

NOW = parameter("now", type_=Instant)


def few(column: ColumnElement[Any], *values: str) -> ColumnElement[bool]:
    """Say a partial index's own condition with its values written out: with parameters it wouldn't be recognized."""
    written: list[ColumnElement[Any]] = [literal_column(f"'{value}'") for value in values]
    return column == written[0] if len(written) == 1 else column.in_(written)


NO_TEXT = literal("", Text)
_TEXT: ColumnElement[Any] = cast(null(), Text)
_MINOR: ColumnElement[Any] = cast(null(), BigInteger)
_NEVER: ColumnElement[Any] = cast(null(), Instant)


def part(
    kind: QueueKind, since: ColumnElement[Any], merchant_id: ColumnElement[Any], its_id: ColumnElement[Any], **more: Any
) -> Select[Any]:
    """Lay one kind out in the columns that all have."""
    columns: dict[str, ColumnElement[Any]] = {
        "kind": literal(kind.value, Text),
        "since": since,
        "merchant_id": merchant_id,
        "id": its_id,
        "invoice_id": more.get("invoice_id", _TEXT),
        "customer_id": more.get("customer_id", _TEXT),
        "amount_minor": cast(more.get("amount_minor", _MINOR), BigInteger),
        "currency": cast(more.get("currency", _TEXT), Text),
        "state": cast(more.get("state", NO_TEXT), Text),
        "problem": more.get("problem", NO_TEXT),
        "count": more.get("count", literal(0, Integer)),
        "until": more.get("until", _NEVER),
    }
    found = select(*(column.label(name) for name, column in columns.items()))
    return found.where(~_noted(merchant_id, its_id, since)) if kind in NOTED else found


def _noted(merchant_id: ColumnElement[Any], its_id: ColumnElement[Any], since: ColumnElement[Any]) -> Any:  # noqa: ANN401 - an EXISTS
    """Tell whether somebody has noted down since that it is dealt with."""
    about = (event.c.merchant_id == merchant_id, event.c.object_id == its_id, event.c.kind == EventKind.QUEUE_SETTLED)
    return select(event.c.id).where(*about, event.c.at >= since).exists()


def latest(kind: EventKind, merchant_id: ColumnElement[Any], object_id: ColumnElement[Any]) -> ColumnElement[Any]:
    """When this last happened to it."""
    about = (event.c.merchant_id == merchant_id, event.c.object_id == object_id, event.c.kind == kind)
    return select(func.max(event.c.at)).where(*about).correlate_except(event).scalar_subquery()
