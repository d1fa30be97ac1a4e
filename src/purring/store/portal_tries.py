"""What people tried at the portal: methods that they added and payments that they made, so that it can be limited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from purring.domain.card_testing import Counted, Scope, TryKind
from purring.domain.ids import CustomerId, MerchantId, PortalTryId
from purring.store.schema import portal_try

_OWN = portal_try.c


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalTry:
    """Somebody tried something. Session and network are kept as hashes."""

    id: PortalTryId
    kind: TryKind
    customer_id: CustomerId
    session_hash: str
    network_hash: str
    tried_at: datetime


def add(conn: Connection, merchant_id: MerchantId, one: PortalTry, *, forget_before: datetime) -> None:
    """Remember a try, and let go of those of its kind that no limit counts any more."""
    conn.execute(
        delete(portal_try).where(_OWN.merchant_id == merchant_id, _OWN.kind == one.kind, _OWN.tried_at < forget_before)
    )
    conn.execute(
        insert(portal_try).values(
            merchant_id=merchant_id,
            id=one.id,
            kind=one.kind,
            customer_id=one.customer_id,
            session_hash=one.session_hash,
            network_hash=one.network_hash,
            tried_at=one.tried_at,
            counts=1,
        )
    )


def count(conn: Connection, merchant_id: MerchantId, one: PortalTry, since: datetime) -> Mapping[Scope, Counted]:
    """Count what was tried since an instant, for each scope of a try, that one included."""
    scopes: dict[Scope, ColumnElement[bool]] = {
        Scope.SESSION: _OWN.session_hash == one.session_hash,
        Scope.CUSTOMER: _OWN.customer_id == one.customer_id,
        Scope.NETWORK: _OWN.network_hash == one.network_hash,
        Scope.MERCHANT: _OWN.merchant_id == merchant_id,
    }
    columns = [
        column
        for scope, what in scopes.items()
        for column in (
            func.coalesce(func.sum(_OWN.counts).filter(what), 0).label(f"{scope}_count"),
            func.min(_OWN.tried_at).filter(what, _OWN.counts > 0).label(f"{scope}_first"),
        )
    ]
    where = (_OWN.merchant_id == merchant_id, _OWN.kind == one.kind, _OWN.tried_at > since)
    row = conn.execute(select(*columns).where(*where)).one()._mapping  # noqa: SLF001 - SQLAlchemy's name for it
    return {scope: Counted(count=int(row[f"{scope}_count"]), first_at=row[f"{scope}_first"]) for scope in scopes}


def declined_since(conn: Connection, since: datetime) -> int:
    """How many payments that people tried since an instant were declined, at all merchants together."""
    counted = select(func.count()).where(_OWN.tried_at > since, _OWN.counts > 1)
    return conn.execute(counted).scalar_one()


def let_count(conn: Connection, merchant_id: MerchantId, try_id: PortalTryId, counts: int) -> None:
    """Let a try count for so much."""
    conn.execute(update(portal_try).where(_OWN.merchant_id == merchant_id, _OWN.id == try_id).values(counts=counts))
