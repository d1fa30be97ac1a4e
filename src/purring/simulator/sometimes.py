"""Rare situations by name: a run of many histories in which one never came up proves less than it seems."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from purring.simulator.checks import all_facts
from purring.store import events

if TYPE_CHECKING:
    from purring.simulator.world import World

POINTS: Mapping[str, str] = {}


def look_back(world: World) -> None:
    """Count what the rows tell of."""
    with world.inner_store.reading() as conn:
        for buyer in world.buyers:
            for event in events.of_customer(conn, buyer.merchant_id, buyer.customer_id):
                world.trace.saw(event.kind.value)
                world.trace.say(f"{event.at:%m-%d %H:%M:%S} {event.kind.value} {event.object_id} {sorted(event.data)}")


def invoice_days(world: World) -> float:
    """How many days invoices were open, added up."""
    now = world.clock.now()
    spans = ((one.invoice.closed_at or now) - one.invoice.issued_at for one in all_facts(world))
    return sum(spans, timedelta()) / timedelta(days=1)
