"""`purring merchant`: who sells."""

from __future__ import annotations

from typing import Annotated

import typer

from purring.cli.output import say, say_table
from purring.cli.runtime import services
from purring.operations.lookup import all_merchants
from purring.operations.merchants import create_merchant

app = typer.Typer(help="Who sells.", no_args_is_help=True)


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="The name that customers know.")],
    timezone: Annotated[str, typer.Option(help="An IANA name: it decides which day an invoice is of.")] = "UTC",
    locale: Annotated[str, typer.Option(help="The language of customers that have none: en or nb.")] = "en",
    support_email: Annotated[str, typer.Option(help="Where customers' answers go.")] = "",
) -> None:
    """Add a merchant with the default policy."""
    with services() as opened:
        merchant = create_merchant(opened, name=name, timezone=timezone, locale=locale, support_email=support_email)
    say(f"{merchant.id}  {merchant.name}")


@app.command("list")
def list_all() -> None:
    """List the merchants with their policies."""
    with services() as opened:
        found = all_merchants(opened)
    say_table(
        ("id", "name", "time zone", "locale", "policy", "window"),
        [
            (
                one.id,
                one.name,
                one.timezone,
                one.locale,
                f"{one.policy.retry} v{one.policy.version}",
                f"{one.policy.window_days} days",
            )
            for one in found
        ],
    )
