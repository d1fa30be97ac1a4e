"""Test clocks: made, advanced, deleted; and everything else done to their customers at the time where they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from purring.domain.errors import InvalidInput, RefusalCode, Refused
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import MerchantId, TestClockId
from purring.domain.test_clock import NAME_CHARS_MAX, ClockStatus, TestClock, advanced, check_start, deleted
from purring.operations.services import Services
from purring.store import Connection, events, merchants, test_clocks

Given = ParamSpec("Given")
Result = TypeVar("Result")
Of = TypeVar("Of", bound=str)
Check = Callable[[TestClock], None]
"""Sees a clock before it is changed, and may refuse."""


def anyhow(_clock: TestClock) -> None:
    """Let it be changed."""


@dataclass(frozen=True, slots=True)
class StandingClock:
    """A clock that stands where a test clock stood when it was looked at."""

    at: datetime

    def now(self) -> datetime:
        """That time."""
        return self.at


def create_clock(
    services: Services, merchant_id: MerchantId, *, name: str = "", now_at: datetime | None = None
) -> TestClock:
    """Make a clock that stands at a time; at the present, unless told otherwise.

    Raises:
        NotFound: no such merchant.
        Refused: the merchant is in live mode.
        InvalidDate, NaiveTime: no such time, or too far away.
        InvalidInput: the name is too long.
    """
    if len(name) > NAME_CHARS_MAX:
        raise InvalidInput(f"A clock's name has at most {NAME_CHARS_MAX} characters.", field="name")
    now = services.clock.now()
    made = TestClock(
        id=TestClockId(services.ids.new("clk_")),
        name=name,
        status=ClockStatus.READY,
        now_at=check_start(now_at or now, now),
        created_at=now,
    )
    with services.store.transaction() as conn:
        if merchants.get(conn, merchant_id).is_live:
            raise Refused(RefusalCode.LIVE_MODE)
        test_clocks.create(conn, merchant_id, made)
    return made


def clocks_of(services: Services, merchant_id: MerchantId) -> list[TestClock]:
    """A merchant's clocks that aren't deleted, oldest first."""
    with services.store.reading() as conn:
        return test_clocks.all_of(conn, merchant_id)


def clock_of(services: Services, merchant_id: MerchantId, clock_id: TestClockId) -> TestClock:
    """One clock. Raises NotFound."""
    with services.store.reading() as conn:
        return test_clocks.get(conn, merchant_id, clock_id)


def advance_clock(
    services: Services, merchant_id: MerchantId, clock_id: TestClockId, to: datetime, check: Check = anyhow
) -> TestClock:
    """Send a clock on its way; a worker walks it there, and does all that falls due in between.

    Raises as `advanced`, and NotFound.
    """
    with services.store.transaction() as conn:
        before = test_clocks.lock(conn, merchant_id, clock_id)
        check(before)
        test_clocks.save(conn, merchant_id, advanced(before, to, services.clock.now()))
        return test_clocks.get(conn, merchant_id, clock_id)


def delete_clock(
    services: Services, merchant_id: MerchantId, clock_id: TestClockId, check: Check = anyhow
) -> TestClock:
    """Stop a clock for good: what its customers owe can still be read, and nobody works it any more.

    Raises NotFound.
    """
    with services.store.transaction() as conn:
        before = test_clocks.lock(conn, merchant_id, clock_id)
        check(before)
        if before.status is not ClockStatus.DELETED:
            test_clocks.save(conn, merchant_id, deleted(before))
            test_clocks.withdraw(conn, (merchant_id, clock_id))
            say(conn, services, merchant_id, before, EventKind.TEST_CLOCK_DELETED)
        return test_clocks.get(conn, merchant_id, clock_id)


def say(conn: Connection, services: Services, merchant_id: MerchantId, clock: TestClock, kind: EventKind) -> None:
    """Tell what happened to a clock, and where it stands."""
    data = {"now_at": clock.now_at.isoformat()}
    said = EventDraft(kind=kind, object_id=clock.id, at=services.clock.now(), data=data)
    events.append(conn, [(merchant_id, said)], services.ids)


def require_standing(conn: Connection, merchant_id: MerchantId, clock_id: TestClockId | None) -> None:
    """Refuse a clock that customers can't be put on.

    Raises NotFound, Refused.
    """
    if clock_id is not None and test_clocks.get(conn, merchant_id, clock_id).status is ClockStatus.DELETED:
        raise Refused(RefusalCode.CLOCK_DELETED, field="test_clock_id")


# ---------------------------------------------------------------------------------------------------------------------
# What is done to a clock's customers


def in_its_time(services: Services, merchant_id: MerchantId, of_id: str) -> Services:
    """The services with the clock that something lives by, which its id names; most live by the real one."""
    if services.is_timed:
        return services
    with services.store.reading() as conn:
        found = test_clocks.standing_of(conn, merchant_id, of_id)
    if found is None:
        return replace(services, is_timed=True)
    return replace(services, clock=StandingClock(found.now_at), test_clock=found.key, is_timed=True)


def now_for(conn: Connection, services: Services, merchant_id: MerchantId, of_id: str) -> datetime:
    """What time it is for something, where its id is only known within a transaction."""
    found = None if services.is_timed else test_clocks.standing_of(conn, merchant_id, of_id)
    return found.now_at if found else services.clock.now()


def timed(
    act: Callable[Concatenate[Services, MerchantId, Of, Given], Result],
) -> Callable[Concatenate[Services, MerchantId, Of, Given], Result]:
    """Let an operation look at the thing that its third argument names as of that thing's own time."""

    @wraps(act)
    def looking(
        services: Services, merchant_id: MerchantId, of_id: Of, /, *args: Given.args, **kwargs: Given.kwargs
    ) -> Result:
        return act(in_its_time(services, merchant_id, of_id), merchant_id, of_id, *args, **kwargs)

    return looking


def changes_timed(
    act: Callable[Concatenate[Services, MerchantId, Of, Given], Result],
) -> Callable[Concatenate[Services, MerchantId, Of, Given], Result]:
    """Likewise where it changes something, so that more may be due at the present of a test clock."""

    @wraps(act)
    def changing(
        services: Services, merchant_id: MerchantId, of_id: Of, /, *args: Given.args, **kwargs: Given.kwargs
    ) -> Result:
        own = in_its_time(services, merchant_id, of_id)
        done = act(own, merchant_id, of_id, *args, **kwargs)
        wake(services, own)
        return done

    return changing


def wake(services: Services, own: Services) -> None:
    """Let a worker look at what something new has made due by a test clock; `services` have the real one.

    It comes after the change: what it wakes takes the clock first and customers then.
    """
    if own.test_clock is None or services.is_timed:
        return
    with services.store.transaction() as conn:
        test_clocks.wake(conn, own.test_clock, services.clock.now())
