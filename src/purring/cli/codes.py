"""`purring codes`: what gateways answer."""

from __future__ import annotations

import typer

from purring.cli.output import say, say_table
from purring.cli.runtime import MerchantOption, services
from purring.cli.words import moment
from purring.domain.calendar import zone
from purring.operations.codes import unknown_codes_of
from purring.operations.lookup import merchant_named

app = typer.Typer(help="What gateways answer.", no_args_is_help=True)


@app.callback()
def codes() -> None:
    """Keep `unknown` a command of its own, so that others can stand beside it."""


@app.command("unknown")
def unknown(merchant: MerchantOption = None) -> None:
    """List codes that no table of the rulebook knows: such a decline stops and waits for you."""
    with services() as opened:
        seller = merchant_named(opened, merchant)
        found = unknown_codes_of(opened, seller.id)
    if not found:
        say("Every code so far stands in the rulebook.")
        return
    tz = zone(seller.timezone)
    say_table(
        ("gateway", "network", "code", "advice", "gateway's code", "times", "first", "last"),
        [
            (
                one.gateway,
                one.network,
                one.raw_code,
                one.advice_code,
                one.gateway_code,
                str(one.count),
                moment(one.first_seen_at, tz),
                moment(one.last_seen_at, tz),
            )
            for one in found
        ],
    )
