"""Transactions that somebody else may spoil are run again; batches that one row spoils are worked row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

from purring.domain.errors import PurringError, StaleWrite, StoreUnavailable, VersionMismatch
from purring.operations.services import Services
from purring.store import Connection, leases, upkeep
from purring.store.leases import Claim, Work
from purring.telemetry.logs import log

Result = TypeVar("Result")
Item = TypeVar("Item")

TRIES_MAX = 3
"""More would only help against a bug."""

QUARANTINE = timedelta(hours=1)
"""How long a row that can't be worked is set aside, so that it doesn't hold up the others."""


class NotWithinTransaction(Exception):
    """A gateway must be asked, and no transaction may be held open meanwhile. It never leaves our own code."""


def require_no_transaction(services: Services) -> None:
    """Make sure that what comes next, such as asking a gateway, isn't done within somebody's transaction.

    Raises NotWithinTransaction.
    """
    if services.store.is_joined:
        raise NotWithinTransaction


def transact(services: Services, act: Callable[[Connection], Result]) -> Result:
    """Run `act` in a transaction; again, on fresh facts, where somebody else changed what it had read.

    Raises:
        StaleWrite: that happened every time.
        VersionMismatch: `act` found that the caller had read an older version.
    """
    for _ in range(TRIES_MAX - 1):
        try:
            with services.store.transaction() as conn:
                return act(conn)
        except VersionMismatch:
            raise  # what the caller has read stays old, however often we look
        except StaleWrite:
            continue
    with services.store.transaction() as conn:
        return act(conn)


def together_or_alone(
    items: Sequence[Item], act: Callable[[Sequence[Item]], list[Result]], spoiled: Callable[[Item, Exception], None]
) -> list[Result]:
    """Work a batch in one go or, where that fails, one item after the other: a poisoned one holds nobody else up.

    `spoiled` is told of each item that fails alone. Only a database that is away ends everything.
    """
    if not items:
        return []
    try:
        return act(items)
    except StoreUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever one row does to us, the others must go on
        log.warning("batch_failed", size=len(items), error=told(error))
    return [result for item in items for result in _alone(item, act, spoiled)]


def _alone(
    item: Item, act: Callable[[Sequence[Item]], list[Result]], spoiled: Callable[[Item, Exception], None]
) -> list[Result]:
    """Work one item."""
    try:
        return act([item])
    except StoreUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - as above
        spoiled(item, error)
        return []


def set_aside(services: Services, work: Work, claim: Claim, error: Exception) -> None:
    """Leave a row leased for a while because it can't be worked, and let operators know; see `store.upkeep`.

    One that others are changing is left until its lease ends.
    """
    if isinstance(error, StaleWrite):
        log.warning("left_to_others", work=work.value, id=claim.id, error=told(error))
        return
    log.error("set_aside", work=work.value, id=claim.id, error=told(error))
    now = services.clock.now()
    with services.store.transaction() as conn:
        if leases.extend(conn, work, [claim], services.owner, now + QUARANTINE):
            upkeep.remember(conn, work, claim, now, told(error))


def told(error: Exception) -> str:
    """What may be written down of an error: our own words, but of others only the name, since they quote data."""
    is_ours = isinstance(error, PurringError | AssertionError)
    return f"{type(error).__name__}: {error}" if is_ours else type(error).__name__
