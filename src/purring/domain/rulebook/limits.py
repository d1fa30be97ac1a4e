"""How often a card or an account may be charged, and the earliest instant that every limit allows.

Windows roll and are exact: an attempt counts until its window has passed to the instant, whatever the clocks on a wall
do. A limit may delay a charge or forbid it, never bring it forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final, assert_never

from purring.domain.rulebook.limit import Limit, Note, Permit, Scope, Use
from purring.domain.rulebook.limit_rows import LIMITS
from purring.domain.rulebook.schemes import EVERY_CARD
from purring.domain.rulebook.tables import BANK_SCHEMES

__all__ = ["NEVER", "Limit", "Note", "Permit", "Scope", "Use", "limits_for", "permit", "usage"]

NEVER: Final = datetime.max.replace(tzinfo=UTC)
"""`Permit.at` when no instant is allowed: later than any other, and not to be calculated with."""

_AT_NO_TIME: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Charge:
    """What decides which uses count."""

    amount_minor: int
    currency: str
    invoice_id: str


@lru_cache(maxsize=4096)
def limits_for(scheme: str, on: date) -> tuple[Limit, ...]:
    """The limits in force for a network or bank scheme on a day; every network that isn't a bank scheme is a card's."""
    schemes = {scheme} if scheme in BANK_SCHEMES else {scheme, EVERY_CARD}
    return tuple(limit for limit in LIMITS if limit.scheme in schemes and limit.is_valid_on(on))


def permit(
    limits: Sequence[Limit],
    uses: Sequence[Use],
    *,
    amount_minor: int,
    currency: str,
    invoice_id: str,
    automatic: bool,
    at: datetime,
) -> Permit:
    """When a card may be charged, from `at` on; `uses` are those of this card, oldest first.

    `automatic`: nobody but us or an operator asks for it; a customer's own attempt is held by fewer limits.
    """
    if not uses:
        return Permit(at=at)
    newest_at, count = uses[-1].at, len(uses)
    holding = [
        limit
        for limit in limits
        if (limit.counts_from_first or (count >= limit.attempts_max and newest_at + limit.window > at))
        and (automatic or not limit.automatic_only)
    ]
    if not holding:
        return Permit(at=at)
    return _held(holding, uses, _Charge(amount_minor, currency, invoice_id), at)


def _held(limits: list[Limit], uses: Sequence[Use], charge: _Charge, at: datetime) -> Permit:
    """The permit when some limit may hold the charge back."""
    earliest, closes_at = at, NEVER
    for limit in limits:
        if limit.counts_from_first:
            closes_at = min(closes_at, _closes_at(limit, uses, charge))
            continue
        last = _last_that_fills(limit, uses, charge)
        if last is not None:
            earliest = max(earliest, last.at + limit.window)
    if earliest == at <= closes_at:
        return Permit(at=at)
    notes = [_note(limit, uses, charge, earliest if limit.counts_from_first else at) for limit in limits]
    return Permit(
        at=earliest if earliest <= closes_at else NEVER,
        notes=tuple(note for note in notes if note.is_full),
    )


def usage(
    limits: Sequence[Limit], uses: Sequence[Use], *, amount_minor: int, currency: str, invoice_id: str, at: datetime
) -> tuple[Note, ...]:
    """What each limit has used at an instant, in the order of the limits."""
    charge = _Charge(amount_minor, currency, invoice_id)
    return tuple(_note(limit, uses, charge, at) for limit in limits)


def _last_that_fills(limit: Limit, uses: Sequence[Use], charge: _Charge) -> Use | None:
    """The use that must leave the window before the limit has room: the `attempts_max`-th newest that counts."""
    left = limit.attempts_max
    if len(uses) < left:
        return None
    if limit.scope is Scope.CARD:
        return uses[-left]
    for use in reversed(uses):
        if _counts(limit.scope, use, charge):
            left -= 1
            if not left:
                return use
    return None


def _closes_at(limit: Limit, uses: Sequence[Use], charge: _Charge) -> datetime:
    """The last instant that a limit counted from the first attempt allows."""
    counted = [use for use in uses if _counts(limit.scope, use, charge)]
    if not counted:
        return NEVER
    return counted[0].at + limit.window if len(counted) < limit.attempts_max else _AT_NO_TIME


def _counts(scope: Scope, use: Use, charge: _Charge) -> bool:
    """Whether a limit of this scope counts an earlier attempt of the same card against a charge."""
    match scope:
        case Scope.CARD_AMOUNT:
            return use.amount_minor == charge.amount_minor and use.currency == charge.currency
        case Scope.INVOICE:
            return use.invoice_id == charge.invoice_id
        case Scope.CARD:
            return True
        case _:
            assert_never(scope)


def _note(limit: Limit, uses: Sequence[Use], charge: _Charge, at: datetime) -> Note:
    """What a limit has used at an instant."""
    counted = [use for use in uses if _counts(limit.scope, use, charge)]
    opens_at: datetime | None
    if limit.counts_from_first:
        opens_at = at if at <= _closes_at(limit, uses, charge) else None
    else:
        last = _last_that_fills(limit, uses, charge)
        opens_at = max(at, last.at + limit.window) if last else at
        counted = [use for use in counted if use.at + limit.window > at]
    return Note(
        rule_id=limit.id,
        edition=limit.edition,
        used=len(counted),
        allowed=limit.attempts_max,
        unit=limit.scope,
        window_days=limit.window_days,
        counts_from_first=limit.counts_from_first,
        opens_at=opens_at,
        text=limit.wording,
        scheme=limit.scheme,
    )
