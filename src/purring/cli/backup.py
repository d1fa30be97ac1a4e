"""`purring backup`, `purring restore` and `purring reconcile`: keep a copy, put it back, check it at the gateways."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from purring.cli.output import say
from purring.cli.runtime import MerchantOption, services
from purring.cli.words import moment
from purring.clock import SystemClock
from purring.config import load_settings
from purring.domain.calendar import zone
from purring.operations.lookup import merchant_named
from purring.operations.reconcile import Progress, accept, clear, progress, start
from purring.operations.story import invoice_story
from purring.store.backup import Copy, back_up, put_back

reconciling = typer.Typer(help="The check of a restored database at the gateways.", no_args_is_help=False)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backup)
    app.command()(restore)
    app.add_typer(reconciling, name="reconcile")


def backup(file: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")]) -> None:
    """Copy the SQLite database to a file while everything runs, check the copy, and let only you read it."""
    made = back_up(load_settings().database_url.get_secret_value(), file)
    say(f"Backed up to {made.path}: {_told(made)}.")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `purring backup` made.")],
    *,
    force: Annotated[bool, typer.Option("--force", help="Put a database that is there aside.")] = False,
) -> None:
    """Put a backup of an SQLite database in its place; every worker must be stopped.

    The next worker charges nothing before it has asked the gateways what was charged since the backup.
    """
    url = load_settings().database_url.get_secret_value()
    made = put_back(url, file, SystemClock().now(), force=force)
    if made.aside is not None:
        say(f"The database that was there is now {made.aside}.")
    say(f"Restored {made.path}: {_told(made)}.")
    say("Start `purring work`: it checks every open invoice at the gateways first; `purring reconcile` shows how far.")


def _told(made: Copy) -> str:
    counts = ", ".join(f"{table} {n}" for table, n in made.rows.items())
    return f"{made.size_bytes:,} bytes; rows: {counts}"


@reconciling.callback(invoke_without_command=True)
def reconcile(context: typer.Context) -> None:
    """Show how far the check is, and what is left for a person."""
    if context.invoked_subcommand is None:
        with services() as opened:
            found = progress(opened)
        for line in progress_lines(found):
            say(line)


def progress_lines(found: Progress | None) -> list[str]:
    """The state of the check in sentences."""
    if found is None:
        return ["The database was never restored from a backup."]
    since = f"{moment(found.restored.restored_at, zone('UTC'))} UTC"
    lines = [f"Restored on {since}: {found.restored.why}."]
    if found.goes_on:
        listed = [name for name, where in found.restored.cursors.items() if where.get("done")]
        lines.append(f"Nothing is charged yet. Gateways listed: {', '.join(listed) or 'none'}.")
    else:
        lines.append("The check is over; charging goes on.")
    lines.append(f"Invoices still to be checked: {found.unchecked}. Charges found and not settled: {found.unsettled}.")
    return lines


@reconciling.command("start")
def begin(why: Annotated[str, typer.Option(help="Where the database comes from.")] = "put back by hand") -> None:
    """Say that the database was put back by other means, such as PostgreSQL's: the next worker checks everything."""
    with services() as opened:
        start(opened, why)
        found = progress(opened)
    for line in progress_lines(found):
        say(line)


@reconciling.command("clear")
def clear_invoice(
    invoice: Annotated[
        str | None, typer.Argument(metavar="INVOICE", help="Its id, its number, or your own id.")
    ] = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that wait.")] = False,
    merchant: MerchantOption = None,
) -> None:
    """Say that an invoice wasn't charged since the backup, having looked at the gateway: it may be charged again."""
    if (invoice is None) is not everything:
        raise typer.BadParameter("name one invoice, or say --all")
    with services() as opened:
        keys = None
        if invoice is not None:
            seller = merchant_named(opened, merchant).id
            keys = [(seller, invoice_story(opened, seller, invoice).facts.invoice.id)]
        cleared = clear(opened, keys)
    say(f"Invoices that may be charged again: {cleared}.")


@reconciling.command("accept")
def accept_charge(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The charge's key, as `purring queue` shows it.")],
    *,
    note: Annotated[str, typer.Option(help="What was done about it; it is kept.")],
) -> None:
    """Say that a charge at the gateway without an invoice here is dealt with: given back, or booked elsewhere."""
    with services() as opened:
        accept(opened, key, note)
    say(f"Charge {key} is dealt with.")
