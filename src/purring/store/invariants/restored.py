"""Restores: what a database has forgotten is asked for before anything is charged on it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, or_, select

from purring.store.invariants.query import Violations
from purring.store.schema import attempt, installation


def none_before_reconciled(_dialect: str) -> Iterator[Violations]:
    """Find attempts that were started after the database was restored and before the gateways had been asked."""
    own, its = attempt.c, installation.c
    not_yet = or_(its.reconciled_at.is_(None), own.started_at < its.reconciled_at)
    yield select(own.id).join(installation, and_(own.started_at > its.restored_at, not_yet))
