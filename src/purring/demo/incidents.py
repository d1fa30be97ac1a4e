"""What goes wrong at the gateway during the weeks: an outage, events late, twice and never, chargebacks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from purring.demo.world import STARTS_AT, World
from purring.gateways.sandbox.settings import OutageKind
from purring.store import cases

OUTAGE_FROM, OUTAGE_LASTS = timedelta(days=24, hours=15), timedelta(hours=5)
"""Over the night's renewals in Oslo, the busiest hour."""
LATE_FROM, TWICE_FROM, LOST_FROM = timedelta(days=16), timedelta(days=31), timedelta(days=44)
LASTS = timedelta(days=2)
LATE_BY = timedelta(hours=9)
CHARGEBACKS_AT = (timedelta(days=38), timedelta(days=47))
DECIDED_AFTER = timedelta(days=12)
"""All assumptions: days since the start."""


def plan_incidents(world: World) -> None:
    """Put everything on the timeline."""
    remote = world.provider.remote
    put = world.timeline.put
    outage_at = STARTS_AT + OUTAGE_FROM
    put(outage_at, lambda: remote.outage(OutageKind.NOT_PROCESSED, until=outage_at + OUTAGE_LASTS))
    _for_a_while(world, LATE_FROM, lambda: remote.plan_events(delay_s=int(LATE_BY.total_seconds())))
    _for_a_while(world, TWICE_FROM, lambda: remote.plan_events(copies=2))
    _for_a_while(world, LOST_FROM, lambda: remote.plan_events(copies=0))
    for number, after in enumerate(CHARGEBACKS_AT):
        at = STARTS_AT + after
        put(at, partial(_charge_back, world, at, won=number == 0))


def _for_a_while(world: World, after: timedelta, begin: Callable[[], None]) -> None:
    """Let events come otherwise, then as usual again."""
    world.timeline.put(STARTS_AT + after, begin)
    world.timeline.put(STARTS_AT + after + LASTS, world.provider.remote.plan_events)


def _charge_back(world: World, at: datetime, *, won: bool) -> None:
    """A customer's bank takes the money of a recent card payment back; later the dispute is decided."""
    since = at - timedelta(days=9)
    with world.services.store.reading() as conn:
        paid = cases.card_payments(conn, world.merchant.id, since, limit=1)
    for attempt_id in paid:
        world.provider.remote.open_chargeback(attempt_id)
        world.timeline.put(at + DECIDED_AFTER, partial(world.provider.remote.end_chargeback, attempt_id, won=won))
