"""`purring`: every command, and what goes before all of them."""

from __future__ import annotations

from importlib.metadata import version as installed_version
from typing import Annotated

import typer

from purring.cli import (
    backup,
    bounces,
    clocks,
    codes,
    database,
    demonstrate,
    doctor,
    documents,
    endpoints,
    explaining,
    gateways,
    importing,
    keys,
    kid,
    letters,
    listen,
    merchants,
    notices,
    queue,
    recoveries,
    refunds,
    running,
    show,
    simulate,
)
from purring.cli.guard import GuardedGroup
from purring.cli.output import say

HELP = (
    "Gets declined subscription payments paid: charges again at better times, keeps to the networks' rules, tells the "
    "customer. Settings come from the environment (PURRING_...); with none, everything lies in ./purring.db."
)

app = typer.Typer(
    name="purring",
    cls=GuardedGroup,
    help=HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def before_all(
    *, debug: Annotated[bool, typer.Option("--debug", help="Show where an unexpected error comes from.")] = False
) -> None:
    """Take the options that all commands share; `GuardedGroup` looks at --debug."""
    del debug


@app.command()
def version() -> None:
    """Say which version this is."""
    say(installed_version("purring"))


running.add_to(app)
demonstrate.add_to(app)
simulate.add_to(app)
importing.add_to(app)
app.add_typer(show.app, name="show")
explaining.add_to(app)
app.add_typer(recoveries.app, name="recovery")
app.add_typer(refunds.app, name="refund")
app.add_typer(queue.app, name="queue")
app.add_typer(letters.app, name="letters")
app.add_typer(kid.app, name="kid")
app.add_typer(notices.app, name="notices")
app.add_typer(bounces.app, name="bounces")
app.add_typer(merchants.app, name="merchant")
app.add_typer(gateways.app, name="gateway")
app.add_typer(endpoints.app, name="endpoint")
listen.add_to(app)
app.add_typer(keys.app, name="key")
app.add_typer(clocks.app, name="clock")
app.add_typer(codes.app, name="codes")
app.add_typer(database.app, name="db")
backup.add_to(app)
doctor.add_to(app)
documents.add_to(app)
