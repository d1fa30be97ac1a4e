"""Merchants, each with its newest policy, and the numbers of their invoices."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from purring.domain.errors import NotFound, StaleWrite
from purring.domain.ids import MerchantId
from purring.domain.merchant import Merchant
from purring.domain.policy import Policy
from purring.store import policies
from purring.store.schema import merchant

# Made once: every batch of work begins with it, and making it takes longer than running it.
_BY_ID = select(merchant).where(merchant.c.id.in_(bindparam("ids", expanding=True)))


def create(conn: Connection, value: Merchant, now: datetime) -> None:
    """Add a merchant and the first version of its policy."""
    conn.execute(
        insert(merchant).values(
            id=value.id,
            name=value.name,
            timezone=value.timezone,
            locale=value.locale,
            support_email=value.support_email,
            policy_version=value.policy.version,
            is_live=value.is_live,
            created_at=now,
            version=value.version,
        )
    )
    policies.add(conn, value.id, value.policy, now)


def get(conn: Connection, merchant_id: MerchantId) -> Merchant:
    """Find a merchant.

    Raises NotFound.
    """
    found = load(conn, [merchant_id])
    if merchant_id not in found:
        raise NotFound(f"There is no merchant {merchant_id}.", field="merchant_id")
    return found[merchant_id]


def all_of(conn: Connection) -> list[Merchant]:
    """List all merchants, oldest first."""
    rows = conn.execute(select(merchant).order_by(merchant.c.id)).all()
    return _with_policies(conn, rows)


def load(conn: Connection, ids: Iterable[MerchantId]) -> dict[MerchantId, Merchant]:
    """Load merchants."""
    rows = conn.execute(_BY_ID, {"ids": sorted(set(ids))}).all()
    return {value.id: value for value in _with_policies(conn, rows)}


def set_policy(conn: Connection, value: Merchant, policy: Policy, now: datetime) -> Merchant:
    """Give a merchant a new policy under the next version; recoveries keep the one they were opened with."""
    newest = replace(policy, version=value.policy.version + 1)
    policies.add(conn, value.id, newest, now)
    conn.execute(update(merchant).where(merchant.c.id == value.id).values(policy_version=newest.version))
    return replace(value, policy=newest)


def change(conn: Connection, value: Merchant) -> None:
    """Replace a merchant's own fields, as long as nobody changed them since it was read.

    Raises StaleWrite.
    """
    own = merchant.c
    changed = conn.execute(
        update(merchant)
        .where(own.id == value.id, own.version == value.version)
        .values(
            name=value.name,
            timezone=value.timezone,
            locale=value.locale,
            support_email=value.support_email,
            version=value.version + 1,
        )
    )
    if not changed.rowcount:
        raise StaleWrite(f"The merchant {value.id} changed since it was read; read again.")


def lock(conn: Connection, merchant_id: MerchantId) -> None:
    """Let one transaction at a time do something about a merchant. SQLite has one writer anyway."""
    conn.execute(select(merchant.c.id).where(merchant.c.id == merchant_id).with_for_update(key_share=True)).all()


def next_invoice_numbers(conn: Connection, merchant_id: MerchantId, n: int) -> list[str]:
    """Take the merchant's next n invoice numbers: unbroken, since they come back if the transaction fails."""
    statement = (
        update(merchant)
        .where(merchant.c.id == merchant_id)
        .values(last_invoice_number=merchant.c.last_invoice_number + n)
        .returning(merchant.c.last_invoice_number)
    )
    last = conn.execute(statement).scalar_one()
    return [f"P-{number:06d}" for number in range(last - n + 1, last + 1)]


def _with_policies(conn: Connection, rows: Iterable[Any]) -> list[Merchant]:
    rows = list(rows)
    newest = policies.load(conn, [(row.id, row.policy_version) for row in rows])
    return [
        Merchant(
            id=row.id,
            name=row.name,
            timezone=row.timezone,
            locale=row.locale,
            support_email=row.support_email,
            policy=newest[row.id, row.policy_version],
            is_live=row.is_live,
            version=row.version,
        )
        for row in rows
    ]
