"""Recoveries, each with the policy it was opened with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from purring.domain.ids import InvoiceId, MerchantId, RecoveryId
from purring.domain.policy import Policy
from purring.domain.recovery import Recovery
from purring.store import bulk, policies
from purring.store.schema import recovery

SHAPE = bulk.Shape(recovery, {"policy_version": "policy.version"})


def of_invoices(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, Recovery]:
    """Load invoices' recoveries, under the invoices' keys."""
    rows = bulk.matching(conn, recovery, keys, "invoice_id")
    pinned = policies.load(conn, {(row.merchant_id, row.policy_version) for row in rows})
    return {
        (row.merchant_id, row.invoice_id): _recovery(row, pinned[row.merchant_id, row.policy_version]) for row in rows
    }


def invoice_of(conn: Connection, merchant_id: MerchantId, recovery_id: RecoveryId) -> InvoiceId | None:
    """Tell which invoice a recovery is for."""
    own = recovery.c
    return conn.execute(
        select(own.invoice_id).where(own.merchant_id == merchant_id, own.id == recovery_id)
    ).scalar_one_or_none()


def _recovery(row: Any, policy: Policy) -> Recovery:  # noqa: ANN401 - a row
    return Recovery(policy=policy, **SHAPE.plain(row))
