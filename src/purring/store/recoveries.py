"""Recoveries, each with the policy it was opened with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, select

from purring.domain.ids import InvoiceId, MerchantId, RecoveryId
from purring.domain.policy import Policy
from purring.domain.recovery import Recovery
from purring.store import bulk, policies
from purring.store.recall import Query, Whole
from purring.store.schema import recovery

SHAPE = bulk.Shape(recovery, {"policy_version": "policy.version"})


def of_invoices(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, Recovery]:
    """Load invoices' recoveries, under the invoices' keys."""
    found = _OF_INVOICES.one_each(conn, keys)
    if not found:
        return {}
    pinned = policies.load(conn, {(key[0], version) for key, (version, _) in found.items()})
    return {key: _WHOLE.of(key, fields, pinned[key[0], version]) for key, (version, fields) in found.items()}


def load(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, Recovery]:
    """Load recoveries by their own keys."""
    rows = bulk.matching(conn, recovery, set(keys))
    found = of_invoices(conn, {(row.merchant_id, row.invoice_id) for row in rows})
    return {(key[0], value.id): value for key, value in found.items()}


def invoice_of(conn: Connection, merchant_id: MerchantId, recovery_id: RecoveryId) -> InvoiceId | None:
    """Tell which invoice a recovery is for."""
    own = recovery.c
    return conn.execute(
        select(own.invoice_id).where(own.merchant_id == merchant_id, own.id == recovery_id)
    ).scalar_one_or_none()


def _fields(row: Any) -> tuple[int, dict[str, Any]]:  # noqa: ANN401 - a row
    return row.policy_version, SHAPE.plain(row)


def _recovery(fields: dict[str, Any], policy: Policy) -> Recovery:
    return Recovery(policy=policy, **fields)


_OF_INVOICES = Query(lambda dialect: bulk.select_matching(dialect, recovery, "invoice_id"), _fields, by="invoice_id")
_WHOLE = Whole(_recovery)
