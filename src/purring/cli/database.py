"""`purring db`: the database's schema."""

from __future__ import annotations

from typing import Annotated

import typer

from purring.cli.output import say
from purring.config import load_settings
from purring.store.engine import open_store, upgrade
from purring.store.isolation import role_statements

app = typer.Typer(help="The database's schema.", no_args_is_help=True)


@app.command("upgrade")
def bring_up() -> None:
    """Bring the schema to what this version needs; does nothing where it is already there."""
    url = load_settings().database_url.get_secret_value()
    upgrade(url)
    say(f"The database {open_store(url).url} is up to date.")


@app.command("roles")
def roles(
    worker: Annotated[str, typer.Option(help="The role that Purring signs in with.")] = "purring_worker",
) -> None:
    """Print the statements that let PostgreSQL keep merchants apart; the tables' owner runs them, after each upgrade.

    As in `purring db roles | psql --set ON_ERROR_STOP=1 DATABASE`.
    """
    for statement in role_statements(worker):
        say(f"{statement};")


@app.command("check")
def check() -> None:
    """Check that the database answers and has the schema that this version needs."""
    store = open_store(load_settings().database_url.get_secret_value())
    try:
        store.check()
    finally:
        store.close()
    say(f"The database {store.url} is up to date.")
