"""A test clock: a time of its own for some customers of a merchant in test mode. It stands until it is advanced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from purring.domain.calendar import require_instant
from purring.domain.errors import InvalidDate, RefusalCode, Refused
from purring.domain.ids import MerchantId, TestClockId
from purring.domain.noun import replace

ADVANCE_MAX = timedelta(days=2 * 366)
"""How far one advance reaches: two of the longest billing periods."""

REACH = timedelta(days=20 * 366)
"""How far from the present a clock may stand: a slip of the pen in a year is refused, every story fits in."""

NAME_CHARS_MAX = 100


class ClockStatus(StrEnum):
    """What a test clock does. `DELETED`: it stands still for good, and nothing of its customers is worked any more."""

    READY = "ready"
    ADVANCING = "advancing"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True, kw_only=True)
class TestClock:
    """One test clock. `target_at`: how far it is being advanced. `next_step_at`: since when there is work for it.

    `next_step_at` is of the real time: a clock that stands has work too, when something falls due at its present.
    """

    id: TestClockId
    name: str
    status: ClockStatus
    now_at: datetime
    target_at: datetime | None = None
    next_step_at: datetime | None = None
    created_at: datetime
    version: int = 1


ClockKey = tuple[MerchantId, TestClockId]
"""A test clock, with its merchant."""


def check_start(at: datetime, now: datetime) -> datetime:
    """Give the instant back if a new clock may stand there.

    Raises NaiveTime, InvalidDate.
    """
    at = require_instant(at, "now_at")
    if abs(at - now) > REACH:
        raise InvalidDate("A test clock stands within 20 years of today; write its year again.", field="now_at")
    return at


def advanced(clock: TestClock, to: datetime, now: datetime) -> TestClock:
    """Send a clock on its way to a later time; `now` is the real one.

    Raises:
        NaiveTime: the time has no zone.
        InvalidDate: it is not later than the clock's present, or too far away.
        Refused: the clock is under way already, or deleted.
    """
    if clock.status is ClockStatus.DELETED:
        raise Refused(RefusalCode.CLOCK_DELETED)
    if clock.status is ClockStatus.ADVANCING:
        raise Refused(RefusalCode.CLOCK_UNDER_WAY)
    to = require_instant(to, "to")
    if to <= clock.now_at:
        message = f"The clock stands at {clock.now_at.isoformat()} and only goes forwards; name a later time."
        raise InvalidDate(message, field="to")
    if to - clock.now_at > ADVANCE_MAX:
        message = f"One advance reaches {ADVANCE_MAX.days} days at most; go there in several."
        raise InvalidDate(message, field="to")
    return replace(clock, status=ClockStatus.ADVANCING, target_at=to, next_step_at=now)


def own_card(fingerprint: str, clock_id: TestClockId | None) -> str:
    """Name a card as a test clock's customers have it: for networks' limits it is another one than outside."""
    return fingerprint if clock_id is None else f"{clock_id}:{fingerprint}"


def deleted(clock: TestClock) -> TestClock:
    """Stop a clock for good; once is enough."""
    return replace(clock, status=ClockStatus.DELETED, target_at=None, next_step_at=None)
