"""Test clocks: where each stands, who walks it, and what lives by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, FromClause, Select, and_, bindparam, case, null, select, update

from purring.domain.errors import InvalidId, NotFound, StaleWrite
from purring.domain.ids import MerchantId, TestClockId, kind_of
from purring.domain.test_clock import ClockKey, ClockStatus, TestClock
from purring.store import bulk
from purring.store.leases import Claim
from purring.store.schema import (
    DeliveryStatus,
    attempt,
    customer,
    delivery,
    invoice,
    payment_method,
    recovery,
    subscription,
    test_clock,
)
from purring.store.types import Id

Thing = TypeVar("Thing")

SHAPE = bulk.Shape(test_clock, made={"is_live": lambda _clock: False})


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The clock that something lives by, and where it stands."""

    key: ClockKey
    now_at: datetime


def create(conn: Connection, merchant_id: MerchantId, value: TestClock) -> None:
    """Add a clock to a merchant in test mode."""
    SHAPE.insert(conn, [(merchant_id, value)])


def load(conn: Connection, keys: Iterable[bulk.Key]) -> dict[bulk.Key, TestClock]:
    """Load clocks."""
    rows = bulk.matching(conn, test_clock, set(keys))
    return {(row.merchant_id, row.id): TestClock(**SHAPE.plain(row)) for row in rows}


def get(conn: Connection, merchant_id: MerchantId, clock_id: TestClockId) -> TestClock:
    """Find a clock.

    Raises NotFound.
    """
    found = load(conn, [(merchant_id, clock_id)])
    if not found:
        raise NotFound(f"There is no test clock {clock_id}.", field="test_clock_id")
    return found[merchant_id, clock_id]


def lock(conn: Connection, merchant_id: MerchantId, clock_id: TestClockId) -> TestClock:
    """Find a clock and let nobody else move it until the transaction ends.

    Raises NotFound.
    """
    own = test_clock.c
    statement = select(own.id).where(own.merchant_id == merchant_id, own.id == clock_id)
    conn.execute(statement.with_for_update(key_share=True)).all()
    return get(conn, merchant_id, clock_id)


def all_of(conn: Connection, merchant_id: MerchantId) -> list[TestClock]:
    """List a merchant's clocks that aren't deleted, oldest first."""
    own = test_clock.c
    there = (own.merchant_id == merchant_id, own.status != ClockStatus.DELETED)
    return [TestClock(**SHAPE.plain(row)) for row in conn.execute(select(test_clock).where(*there).order_by(own.id))]


def save(conn: Connection, merchant_id: MerchantId, value: TestClock) -> None:
    """Replace a clock that was locked."""
    SHAPE.update(conn, [(merchant_id, value)])


def move(conn: Connection, key: ClockKey, at: datetime) -> None:
    """Set a clock forward; whoever walks it must hold it."""
    conn.execute(_of(key).values(now_at=at, version=test_clock.c.version + 1))


def arrive(conn: Connection, claim: Claim, at: datetime, since: datetime) -> None:
    """End a walk: the clock stands at `at`, and is let go. What woke it after `since`, the real time, stays work.

    Raises StaleWrite.
    """
    own = test_clock.c
    woken = case((own.next_step_at > since, own.next_step_at), else_=null())
    _let_go(conn, claim, now_at=at, status=ClockStatus.READY, target_at=None, next_step_at=woken)


def pause(conn: Connection, claim: Claim, now: datetime) -> None:
    """Let a clock go that isn't there yet; others that have waited longer come first.

    Raises StaleWrite.
    """
    _let_go(conn, claim, next_step_at=now)


def _let_go(conn: Connection, claim: Claim, **values: Any) -> None:
    own = test_clock.c
    statement = _of((claim.merchant_id, TestClockId(claim.id))).where(own.fence == claim.fence)
    if not conn.execute(statement.values(lease_owner=None, lease_until=None, **values)).rowcount:
        raise StaleWrite("Somebody else has taken the test clock over.")


def wake(conn: Connection, key: ClockKey, now: datetime) -> None:
    """Let somebody look at what falls due at a clock's present; `now` is the real time. A deleted one sleeps on."""
    conn.execute(_of(key).where(test_clock.c.status != ClockStatus.DELETED).values(next_step_at=now))


def withdraw(conn: Connection, key: ClockKey) -> None:
    """Take a deleted clock from whoever walks it, and take back the copies of notices that are owed by it."""
    own = test_clock.c
    conn.execute(_of(key).values(lease_owner=None, lease_until=None, fence=own.fence + 1))
    copy = delivery.c
    owed = (copy.merchant_id == key[0], copy.test_clock_id == key[1], copy.status == DeliveryStatus.OWED)
    conn.execute(update(delivery).where(*owed).values(status=DeliveryStatus.WITHDRAWN, next_step_at=None))


def _of(key: ClockKey) -> Any:  # noqa: ANN401 - an update of one clock
    return update(test_clock).where(test_clock.c.merchant_id == key[0], test_clock.c.id == key[1])


# ---------------------------------------------------------------------------------------------------------------------
# What lives by a clock


def standing_of(conn: Connection, merchant_id: MerchantId, of_id: str) -> Standing | None:
    """Tell by which clock something lives, by its id, and where that stands; None: by the real one."""
    try:
        statement = _BY_KIND.get(kind_of(of_id))
    except InvalidId:
        return None
    if statement is None:
        return None
    row = conn.execute(statement(), {"of_merchant": merchant_id, "of_id": of_id}).one_or_none()
    return None if row is None else Standing(key=(merchant_id, row.id), now_at=row.now_at)


def in_their_time(
    conn: Connection, things: Sequence[Thing], invoice_of: Callable[[Thing], bulk.Key], now: datetime
) -> Iterator[tuple[datetime, list[Thing]]]:
    """Part what is about invoices by the time it is for them: `now`, or where their test clocks stand."""
    if not things:
        return
    keys = bulk.key_params(conn.dialect.name, set(map(invoice_of, things)))
    clocks = {(row.merchant_id, row.id): row.now_at for row in conn.execute(_of_invoices(conn.dialect.name), keys)}
    parted: dict[datetime, list[Thing]] = {}
    for thing in things:
        parted.setdefault(clocks.get(invoice_of(thing), now), []).append(thing)
    yield from parted.items()


@cache
def _of_invoices(dialect: str) -> Select[Any]:
    own = invoice.c
    return select(own.merchant_id, own.id, test_clock.c.now_at).select_from(
        bulk.joined(dialect, invoice).join(test_clock, _clock_of(invoice))
    )


def _clock_of(timed: FromClause) -> Any:  # noqa: ANN401 - a condition
    return and_(test_clock.c.merchant_id == timed.c.merchant_id, test_clock.c.id == timed.c.test_clock_id)


def _found(timed: FromClause, of: FromClause | None = None, column: str = "id") -> Select[Any]:
    """Select the clock of a row; or that of the row which `column` of another one points at."""
    own = timed if of is None else of
    whole: FromClause = own
    if of is not None:
        whole = own.join(timed, and_(timed.c.merchant_id == own.c.merchant_id, timed.c.id == own.c[column]))
    which = (own.c.merchant_id == bindparam("of_merchant", type_=Id), own.c.id == bindparam("of_id", type_=Id))
    return (
        select(test_clock.c.id, test_clock.c.now_at).select_from(whole.join(test_clock, _clock_of(timed))).where(*which)
    )


# Made when it is first needed, and once: making one takes longer than running it.
_BY_KIND = {
    "cus_": cache(lambda: _found(customer)),
    "sub_": cache(lambda: _found(subscription)),
    "inv_": cache(lambda: _found(invoice)),
    "pm_": cache(lambda: _found(customer, payment_method, "customer_id")),
    "att_": cache(lambda: _found(invoice, attempt, "invoice_id")),
    "rec_": cache(lambda: _found(invoice, recovery, "invoice_id")),
}
