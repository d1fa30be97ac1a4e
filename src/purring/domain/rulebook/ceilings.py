"""A merchant's own numbers for the rulebook's limits: smaller ones at will, larger ones for our own ceilings only.

A smaller number is one more limit beside the rulebook's. A larger one takes the place of a ceiling of ours, and only
under an override that says why, who and when. No number touches a network's or a scheme's limit (decision 0012).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Final

from purring.domain.errors import InvalidInput
from purring.domain.rulebook.codes import Grade, Source
from purring.domain.rulebook.limit import Limit
from purring.domain.rulebook.limit_rows import LIMITS
from purring.domain.rulebook.limits import limits_for
from purring.domain.rulebook.schemes import EVERY_CARD
from purring.domain.text import mark

OVERRIDABLE: Final = frozenset(limit.id for limit in LIMITS if limit.is_ours and limit.scheme == EVERY_CARD)
"""Our own ceilings for cards: networks' limits stand beside them. Those for debits stand in for a scheme's."""

MERCHANT_PREFIX: Final = "merchant-"

_STRICTER = mark("The merchant's own, stricter ceiling")
_LOOSER = mark("The merchant's override of our ceiling")
_SOURCE = Source("the merchant's policy", Grade.OWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """The merchant's number for the limit with this id."""

    limit_id: str
    attempts_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Who allowed, when and why, that the merchant's number for a ceiling of ours is larger than ours."""

    limit_id: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Ceilings:
    """A merchant's numbers under one version of its policy."""

    version: int
    ceilings: tuple[Ceiling, ...]
    overrides: tuple[Override, ...]


@lru_cache(maxsize=4096)
def limits_under(scheme: str, on: date, own: Ceilings) -> tuple[Limit, ...]:
    """The limits in force for a network or bank scheme on a day, the merchant's own ones among them."""
    numbers = {one.limit_id: one.attempts_max for one in own.ceilings}
    overridden = {one.limit_id for one in own.overrides} & OVERRIDABLE
    found: list[Limit] = []
    for limit in limits_for(scheme, on):
        number = numbers.get(limit.id, limit.attempts_max)
        if number > limit.attempts_max and limit.id in overridden:
            found.append(_own(limit, number, _LOOSER, own.version))
            continue
        found.append(limit)
        if number < limit.attempts_max:
            found.append(_own(limit, number, _STRICTER, own.version))
    return tuple(found)


def _own(limit: Limit, number: int, text: str, version: int) -> Limit:
    """The merchant's number in the form of the limit that it is for."""
    name = f"{MERCHANT_PREFIX}{limit.id}"
    return replace(limit, id=name, edition=f"v{version}", attempts_max=number, source=_SOURCE, text=text)


def check_ceilings(ceilings: Sequence[Ceiling], overrides: Sequence[Override], on: date) -> None:
    """Refuse numbers that are looser than a limit in force on a day or later, unless they may be and are overridden.

    Raises InvalidInput.
    """
    overridden = {one.limit_id for one in overrides}
    for ceiling in ceilings:
        refusal = _refusal(ceiling, overridden, on)
        if refusal:
            raise InvalidInput(refusal, field="ceilings")
    looser = {one.limit_id for one in ceilings if one.attempts_max > _least(one.limit_id, on)}
    for override in overrides:
        if not override.reason.strip() or not override.by.strip():
            raise InvalidInput(f"the override of {override.limit_id} must say why and by whom", field="overrides")
        if override.limit_id not in looser:
            message = f"the override of {override.limit_id} has no larger number to allow; leave it out"
            raise InvalidInput(message, field="overrides")


def _refusal(ceiling: Ceiling, overridden: set[str], on: date) -> str | None:
    """What is wrong with a number, and what would be right."""
    name = ceiling.limit_id
    known = sorted({limit.id for limit in LIMITS})
    if name not in known:
        return f"there is no limit {name}; use one of {', '.join(known)}"
    least = _least(name, on)
    if ceiling.attempts_max < 1:
        return f"a ceiling of {ceiling.attempts_max} for {name} would forbid every charge; the least is 1"
    if ceiling.attempts_max <= least:
        return None
    if name not in OVERRIDABLE:
        return f"{name} allows {least} and is not ours to loosen; give at most {least}"
    if name not in overridden:
        return f"our ceiling {name} is {least}; a larger number needs an override that says why and by whom"
    return None


def _least(limit_id: str, on: date) -> int:
    """The strictest number of a limit's rows that are in force on a day or come later."""
    rows = [row for row in LIMITS if row.id == limit_id]
    coming = [row.attempts_max for row in rows if row.valid_to is None or on < row.valid_to]
    return min(coming or [row.attempts_max for row in rows])
