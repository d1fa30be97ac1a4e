"""Policy: how often, how soon, until when; every limit is counted anew by brute force."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from sqlalchemy import ColumnElement, FromClause, and_, func, or_, select

from purring.domain.attempt import OPEN_ATTEMPT, AttemptStatus, Initiator
from purring.domain.event import EventKind
from purring.domain.payment_method import MethodKind
from purring.domain.recovery import HoldReason
from purring.domain.rulebook.ceilings import OVERRIDABLE
from purring.domain.rulebook.limit import Limit, Scope
from purring.domain.rulebook.limit_rows import LIMITS
from purring.domain.rulebook.schemes import EVERY_CARD
from purring.store.invariants.query import Violations, happened, later, same
from purring.store.schema import attempt, event, invoice, payment_method, recovery

DAY = timedelta(hours=24)

_AUTOMATIC = attempt.c.initiator == Initiator.AUTOMATIC
_SENT = attempt.c.status != AttemptStatus.FAILED
_SAME = {
    Scope.CARD: (("fingerprint", "fingerprint"),),
    Scope.CARD_AMOUNT: (
        ("fingerprint", "fingerprint"),
        ("amount_minor", "amount_minor"),
        ("currency", "currency"),
    ),
    Scope.INVOICE: (("fingerprint", "fingerprint"), ("invoice_id", "invoice_id")),
}


def within_limits(dialect: str) -> Iterator[Violations]:
    """Find attempts before which a limit was used up already."""
    for limit in LIMITS:
        yield _beyond(limit, dialect)


def _beyond(limit: Limit, dialect: str) -> Violations:
    """Find attempts that came when a limit was full; what was declined or open then counts, what was approved doesn't.

    One that was corrected doesn't count either: nobody can tell here what it was at the time.
    """
    used = attempt.alias("used")
    counted = used.c.status.in_((*sorted(OPEN_ATTEMPT), AttemptStatus.DECLINED))
    before = and_(used.c.started_at <= attempt.c.started_at, used.c.id < attempt.c.id)
    uses = (
        select(func.count())
        .where(same(used, attempt, *_SAME[limit.scope]), counted, before, _in_window(limit, dialect, used))
        .where(~happened(used, EventKind.ATTEMPT_CORRECTED))
        .correlate(attempt)
        .scalar_subquery()
    )
    found = select(attempt.c.id).where(_SENT, _on_method(_holds_for(limit)), uses >= limit.attempts_max)
    if limit.id in OVERRIDABLE:
        found = found.where(~_overridden())
    return found.where(_AUTOMATIC) if limit.automatic_only else found


def _on_method(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Tell of an attempt whether its method is such; a join would let SQLite look for the attempts of each method."""
    its = same(payment_method, attempt, ("id", "method_id"))
    return select(payment_method.c.id).where(its, condition).correlate(attempt).exists()


def _overridden() -> ColumnElement[bool]:
    """Tell whether the merchant has ever allowed itself more than one of our own ceilings."""
    return (
        select(event.c.id)
        .where(event.c.merchant_id == attempt.c.merchant_id, event.c.object_id == attempt.c.merchant_id)
        .where(event.c.kind == EventKind.POLICY_LIMIT_OVERRIDDEN)
        .correlate(attempt)
        .exists()
    )


def _in_window(limit: Limit, dialect: str, used: FromClause) -> ColumnElement[bool]:
    """Count back from the attempt; or, where one window runs from the first attempt on, everything while it lasts."""
    if not limit.counts_from_first:
        return attempt.c.started_at < later(used.c.started_at, limit.window, dialect)
    first = attempt.alias("first")
    first_at = (
        select(func.min(first.c.started_at))
        .where(same(first, attempt, *_SAME[limit.scope]), first.c.status != AttemptStatus.FAILED)
        .correlate(attempt)
        .scalar_subquery()
    )
    return attempt.c.started_at < later(first_at, limit.window, dialect)


def _holds_for(limit: Limit) -> ColumnElement[bool]:
    """Tell which attempts a limit is about, by method and by day."""
    method = payment_method.c
    about = method.kind == MethodKind.CARD if limit.scheme == EVERY_CARD else method.scheme == limit.scheme
    valid = attempt.c.started_at >= datetime.combine(limit.valid_from, time.min, UTC)
    if limit.valid_to is None:
        return and_(about, valid)
    return and_(about, valid, attempt.c.started_at < datetime.combine(limit.valid_to, time.min, UTC))


def within_window(_dialect: str) -> Iterator[Violations]:
    """Find automatic attempts before the invoice was issued, after its window closed, or while it was held."""
    automatic = select(attempt.c.id).where(_AUTOMATIC)
    of_invoice = automatic.join(invoice, same(attempt, invoice, ("invoice_id", "id")))
    yield of_invoice.where(attempt.c.started_at < invoice.c.issued_at)
    of_recovery = automatic.join(recovery, same(attempt, recovery, ("invoice_id", "invoice_id")))
    yield of_recovery.where(attempt.c.started_at > recovery.c.window_ends_at)
    paused_at = (
        select(func.max(event.c.at))
        .where(same(event, recovery, ("object_id", "id")), event.c.kind == EventKind.RECOVERY_PAUSED)
        .correlate(recovery)
        .scalar_subquery()
    )
    held = or_(recovery.c.held_until.is_(None), attempt.c.started_at < recovery.c.held_until)
    yield of_recovery.where(recovery.c.hold != HoldReason.NONE, attempt.c.started_at > paused_at, held)


def a_day_apart(dialect: str) -> Iterator[Violations]:
    """Find automatic attempts on an invoice and a card within a day of one that was declined."""
    earlier = attempt.alias("earlier")
    declined = (
        select(earlier.c.id)
        .where(same(earlier, attempt, ("invoice_id", "invoice_id"), ("fingerprint", "fingerprint")))
        .where(earlier.c.status == AttemptStatus.DECLINED, earlier.c.id < attempt.c.id)
        .where(attempt.c.started_at < later(earlier.c.started_at, DAY, dialect))
        .where(~happened(earlier, EventKind.ATTEMPT_CORRECTED))
        .correlate(attempt)
    )
    on_card = _on_method(payment_method.c.kind == MethodKind.CARD)
    yield select(attempt.c.id).where(_AUTOMATIC, _SENT, on_card, declined.exists(), ~_overridden())
