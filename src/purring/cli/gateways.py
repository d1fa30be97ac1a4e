"""`purring gateway`: how many charges gateways bear, and which of them are paused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from purring.cli.output import say, say_table
from purring.cli.runtime import MerchantOption, services
from purring.cli.words import moment
from purring.domain.calendar import zone
from purring.domain.throttle import EVERYBODY, Throttle
from purring.operations.gateways import end_pause, gateway_limits, set_limits
from purring.operations.lookup import merchant_named

app = typer.Typer(help="How many charges gateways bear, and which of them are paused.", no_args_is_help=True)

GatewayArgument = Annotated[str, typer.Argument(metavar="GATEWAY", help="The gateway's name, such as sandbox.")]


@app.command("list")
def list_all() -> None:
    """List the gateways' limits and pauses."""
    with services() as opened:
        found, now = gateway_limits(opened), opened.clock.now()
    if not found:
        say("No gateway is limited or paused.")
        return
    say_table(("gateway", "merchant", "per second", "burst", "at once", "paused"), [_row(one, now) for one in found])


@app.command("limit")
def limit(
    gateway: GatewayArgument,
    per_second: Annotated[
        float | None, typer.Option(help="Charges that may begin each second, in the long run; 0.5 is one in two.")
    ] = None,
    burst: Annotated[
        int | None, typer.Option(help="Charges that may begin at the same moment; a second's worth unless said.")
    ] = None,
    in_flight: Annotated[int | None, typer.Option(help="Charges under way at once.")] = None,
    merchant: MerchantOption = None,
) -> None:
    """Limit charges at a gateway over all workers: those of one merchant, or of all together.

    The numbers take the place of those before; without any there is no limit any more.
    """
    with services() as opened:
        seller = None if merchant is None else merchant_named(opened, merchant).id
        found = set_limits(opened, gateway, seller, per_s=per_second, burst=burst, in_flight_max=in_flight)
    say(f"{gateway}: {limits_of(found)}")


@app.command("resume")
def resume(gateway: GatewayArgument) -> None:
    """End a gateway's pause, because it is back."""
    with services() as opened:
        was_paused = end_pause(opened, gateway)
    say(f"{gateway}: {'the pause is over' if was_paused else 'it was not paused'}.")


def limits_of(one: Throttle) -> str:
    """A gateway's limits in words."""
    parts = []
    if one.per_s is not None:
        parts.append(f"{one.per_s:.4g} charges per second, {one.burst} at the same moment")
    if one.in_flight_max is not None:
        parts.append(f"{one.in_flight_max} at once")
    return ", ".join(parts) or "no limit"


def pause_of(one: Throttle, now: datetime) -> str:
    """A gateway's pause in words; empty if there is none."""
    if not one.pauses or one.paused_until is None:
        return ""
    return f"until {moment(one.paused_until, zone('UTC'))} UTC" if one.is_paused(now) else "is being tried"


def _row(one: Throttle, now: datetime) -> tuple[str, ...]:
    return (
        one.gateway,
        "all" if one.merchant_id == EVERYBODY else one.merchant_id,
        "" if one.per_s is None else f"{one.per_s:.4g}",
        "" if one.per_s is None else str(one.burst),
        "" if one.in_flight_max is None else str(one.in_flight_max),
        pause_of(one, now),
    )
