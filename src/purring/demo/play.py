"""Let the weeks pass: from one instant at which something happens to the next, with the worker doing what is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from purring.demo.reactions import react
from purring.demo.world import World
from purring.operations import inbound

OnTick = Callable[[datetime], None]


def play(world: World, until: datetime, on_tick: OnTick) -> None:
    """Play up to an instant. `on_tick` hears every instant at which something happened."""
    _work(world)
    while (at := _next_at(world)) is not None and at <= until:
        _move_to(world, at)
        on_tick(at)
    _move_to(world, until)
    on_tick(until)


def _next_at(world: World) -> datetime | None:
    """When our worker, the sandbox or somebody else next does something."""
    found = (world.worker.next_due_at(), world.provider.next_due_at(), world.timeline.next_at())
    return min((at for at in found if at is not None), default=None)


def _move_to(world: World, at: datetime) -> None:
    """Set both clocks, let people act, then work."""
    if at > world.clock.now():
        world.clock.advance_to(at)
        world.provider.set_clock(at)
    world.timeline.do_due(world.clock.now())
    _work(world)


def _work(world: World) -> None:
    """Take in what the gateway sent, work until nothing is due, and let customers read their mail."""
    services = world.services
    came = world.provider.new_deliveries()
    if came:
        inbound.receive_many(services, world.provider.gateway.name, [(one.headers, one.body) for one in came])
    world.worker.run_until_idle()
    react(world)
