"""Gateways' limits and pauses, which all workers share, and the permits of the calls that are being made."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, case, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from purring.domain.throttle import EVERYBODY, Throttle
from purring.store.schema import permit, throttle
from purring.store.types import Instant

_MICROSECOND = timedelta(microseconds=1)
_NOW = bindparam("now", type_=Instant)


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Room for some calls to a gateway that a worker makes under `id`; it is worth nothing from `until` on."""

    merchant_id: str
    gateway: str
    id: str
    calls: int
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InFlight:
    """Calls under way, by merchant and gateway. `has_lapsed`: some permits were left behind."""

    calls: Mapping[tuple[str, str], int] = field(default_factory=dict)
    has_lapsed: bool = False


def load(conn: Connection, merchants: Collection[str]) -> list[Throttle]:
    """List what holds for these merchants at any gateway, and for everybody."""
    rows = conn.execute(_of_merchants(), {"merchants": sorted({*merchants, EVERYBODY})})
    return [_throttle(row) for row in rows]


def all_of(conn: Connection) -> list[Throttle]:
    """List every gateway's limits and pause."""
    return [_throttle(row) for row in conn.execute(select(throttle).order_by(throttle.c.gateway, _OWN.whose))]


def lock(conn: Connection, gateways: Collection[str], merchants: Collection[str]) -> list[Throttle]:
    """Load what holds at these gateways, and let nobody else begin charges there until the transaction ends.

    Take the customers' locks first: everybody else does.
    """
    which = {"merchants": sorted({*merchants, EVERYBODY}), "gateways": sorted(gateways)}
    return [_throttle(row) for row in conn.execute(_locking(), which)]


def save(conn: Connection, value: Throttle) -> None:
    """Write a throttle down, be it there or not."""
    make = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    new = make(throttle).values(**_row(value))
    rest = {name: new.excluded[name] for name in _row(value) if name not in _KEY}
    conn.execute(new.on_conflict_do_update(index_elements=[_OWN.whose, _OWN.gateway], set_=rest))


def save_used(conn: Connection, values: Sequence[Throttle]) -> None:
    """Write down how far locked limits are used, and who is trying a gateway."""
    if values:
        rows = [
            {"of": one.merchant_id, "at": one.gateway, "full": one.full_at, "probing": one.probing_until}
            for one in values
        ]
        conn.execute(_USED, rows)


def add_if_missing(conn: Connection, gateway: str) -> None:
    """Make sure that a gateway has a row that can be locked."""
    make = sqlite.insert if conn.dialect.name == "sqlite" else postgresql.insert
    conn.execute(make(throttle).values(**_row(Throttle(gateway=gateway))).on_conflict_do_nothing())


# ---------------------------------------------------------------------------------------------------------------------
# Permits


def in_flight(conn: Connection, gateways: Collection[str], now: datetime) -> InFlight:
    """Count the calls that are being made to these gateways; those of a worker that died count until they lapse."""
    rows = conn.execute(_counting(), {"gateways": sorted(gateways), "now": now}).all()
    return InFlight(
        calls={(row.whose, row.gateway): int(row.calls) for row in rows},
        has_lapsed=any(row.lapsed for row in rows),
    )


def give(conn: Connection, permits: Sequence[Permit]) -> None:
    """Note calls that are about to be made."""
    if permits:
        rows = [
            {
                "whose": one.merchant_id,
                "gateway": one.gateway,
                "id": one.id,
                "calls": one.calls,
                "until": one.until,
            }
            for one in permits
        ]
        conn.execute(insert(permit), rows)


def give_back(conn: Connection, ids: Collection[str]) -> None:
    """Note that the calls under these permits have ended."""
    if ids:
        conn.execute(delete(permit).where(permit.c.id.in_(sorted(ids))))


def sweep(conn: Connection, gateways: Collection[str], now: datetime) -> None:
    """Forget the permits that have lapsed."""
    conn.execute(delete(permit).where(permit.c.gateway.in_(sorted(gateways)), permit.c.until <= now))


# ---------------------------------------------------------------------------------------------------------------------
# Statements and rows

_OWN = throttle.c
_KEY = frozenset({"whose", "gateway"})
_USED = (
    update(throttle)
    .where(_OWN.whose == bindparam("of"), _OWN.gateway == bindparam("at"))
    .values(full_at=bindparam("full", type_=Instant), probing_until=bindparam("probing", type_=Instant))
)


@lru_cache
def _of_merchants() -> Select[Any]:
    return select(throttle).where(_OWN.whose.in_(bindparam("merchants", expanding=True)))


@lru_cache
def _locking() -> Select[Any]:
    at_them = _OWN.gateway.in_(bindparam("gateways", expanding=True))
    return _of_merchants().where(at_them).order_by(_OWN.whose, _OWN.gateway).with_for_update()


@lru_cache
def _counting() -> Select[Any]:
    own = permit.c
    calls = func.sum(case((own.until > _NOW, own.calls), else_=0)).label("calls")
    lapsed = func.sum(case((own.until > _NOW, 0), else_=1)).label("lapsed")
    at_them = own.gateway.in_(bindparam("gateways", expanding=True))
    return select(own.whose, own.gateway, calls, lapsed).where(at_them).group_by(own.whose, own.gateway)


def _throttle(row: Any) -> Throttle:  # noqa: ANN401 - a row
    return Throttle(
        gateway=row.gateway,
        merchant_id=row.whose,
        spacing=None if row.spacing_us is None else row.spacing_us * _MICROSECOND,
        burst=row.burst,
        in_flight_max=row.in_flight_max,
        full_at=row.full_at,
        pauses=row.pauses,
        paused_until=row.paused_until,
        probing_until=row.probing_until,
    )


def _row(value: Throttle) -> dict[str, Any]:
    return {
        "whose": value.merchant_id,
        "gateway": value.gateway,
        "spacing_us": None if value.spacing is None else value.spacing // _MICROSECOND,
        "burst": value.burst,
        "in_flight_max": value.in_flight_max,
        "full_at": value.full_at,
        "pauses": value.pauses,
        "paused_until": value.paused_until,
        "probing_until": value.probing_until,
    }
