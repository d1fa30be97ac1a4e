"""Test clocks: a time of its own for some customers of a merchant in test mode."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import StringConstraints
from starlette.responses import Response

from purring.domain.ids import TestClockId
from purring.domain.test_clock import NAME_CHARS_MAX, ClockStatus, TestClock
from purring.operations import test_clocks
from purring.operations.api_keys import Scope
from purring.operations.listing import one_of
from purring.operations.services import Services
from purring.store.listing import Listed
from purring.web.api.answers import (
    LIMIT,
    Asked,
    Cursor,
    IdempotencyKey,
    IfMatch,
    Limit,
    PageOut,
    done,
    page,
    require_version,
    shown,
)
from purring.web.api.caller import Call, may
from purring.web.api.types import ONE_LINE, In, Instant, Out, TestClockKey

router = APIRouter(tags=["Test clocks"])
Reads = Annotated[Call, may(Scope.CUSTOMERS_READ)]
Writes = Annotated[Call, may(Scope.CUSTOMERS_WRITE)]
ClockName = Annotated[str, StringConstraints(max_length=NAME_CHARS_MAX, pattern=ONE_LINE)]


class TestClockIn(In):
    """A clock; it stands at the present unless `now_at` says otherwise. Customers are put on it when they are made."""

    name: ClockName = ""
    now_at: Instant | None = None


class Advance(In):
    """The later time that the clock is to be advanced to, at most two years ahead of where it stands."""

    to: Instant


class TestClockOut(Out):
    """Where a clock stands. While it is `advancing`, `now_at` moves towards `target_at`; `ready`: it is there."""

    id: str
    name: str
    status: ClockStatus
    now_at: datetime
    target_at: datetime | None
    created_at: datetime
    version: int


def clock_out(value: TestClock) -> TestClockOut:
    """A clock as it goes out."""
    return TestClockOut(
        id=value.id,
        name=value.name,
        status=value.status,
        now_at=value.now_at,
        target_at=value.target_at,
        created_at=value.created_at,
        version=value.version,
    )


@router.get("/test_clocks", response_model=PageOut[TestClockOut])
def list_test_clocks(
    call: Reads, status: ClockStatus | None = None, limit: Limit = LIMIT, cursor: Cursor = None
) -> Response:
    """List test clocks, deleted ones too, newest first."""
    asked = Asked(what=Listed.TEST_CLOCK, limit=limit, cursor=cursor, where={"status": status})
    return page(call, asked, lambda nouns: [clock_out(one) for one in nouns])


@router.post("/test_clocks", response_model=TestClockOut, status_code=201)
def create_test_clock(call: Writes, body: TestClockIn, idempotency_key: IdempotencyKey = None) -> Response:
    """Make a test clock; merchants in live mode have none."""

    def act(services: Services) -> TestClockOut:
        made = test_clocks.create_clock(services, call.merchant_id, name=body.name, now_at=body.now_at)
        return clock_out(made)

    return done(call, idempotency_key, act, 201)


@router.get("/test_clocks/{test_clock_id}", response_model=TestClockOut)
def get_test_clock(call: Reads, test_clock_id: TestClockKey) -> Response:
    """Read where a test clock stands."""
    value = one_of(call.services, Listed.TEST_CLOCK, call.merchant_id, test_clock_id)
    return shown(clock_out(value), value.version)


@router.post("/test_clocks/{test_clock_id}/advance", response_model=TestClockOut, status_code=202)
def advance_test_clock(
    call: Writes,
    test_clock_id: TestClockKey,
    body: Advance,
    idempotency_key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response:
    """Advance a test clock. All that falls due for its customers is done on the way, by a worker, in order."""

    def act(services: Services) -> TestClockOut:
        of = (call.merchant_id, TestClockId(test_clock_id))
        return clock_out(test_clocks.advance_clock(services, *of, body.to, _at(if_match)))

    return done(call, idempotency_key, act, 202)


@router.delete("/test_clocks/{test_clock_id}", response_model=TestClockOut)
def delete_test_clock(call: Writes, test_clock_id: TestClockKey, if_match: IfMatch = None) -> Response:
    """Stop a test clock for good. Its customers can still be read; nothing of theirs is worked any more."""

    def act(services: Services) -> TestClockOut:
        of = (call.merchant_id, TestClockId(test_clock_id))
        return clock_out(test_clocks.delete_clock(services, *of, _at(if_match)))

    return done(call, None, act)


def _at(if_match: str | None) -> test_clocks.Check:
    """What refuses a clock that isn't at the version that the caller read."""
    return lambda clock: require_version(if_match, clock.version)
