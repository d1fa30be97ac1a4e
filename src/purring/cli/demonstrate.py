"""Commands that play with time: stories in files, and the demo."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from purring.demo import Options
from purring.demo import main as run_demo
from purring.scenarios.run import main as play_stories

DEMO = Options()


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(demo)
    app.command()(scenario)


def demo(
    *,
    customers: Annotated[int, typer.Option(help="How many customers there are.")] = DEMO.customers,
    weeks: Annotated[int, typer.Option(help="How many weeks are played.")] = DEMO.weeks,
    seed: Annotated[int, typer.Option(help="The same seed gives the same story.")] = DEMO.seed,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where the files go, instead of a new temporary directory.")
    ] = None,
    serve: Annotated[
        bool | None,
        typer.Option("--serve/--no-serve", help="Serve the customers' pages afterwards; if not said: on a terminal."),
    ] = None,
) -> None:
    """Play a merchant's payments on a virtual clock against the sandbox gateway, and print what came of them.

    Then it serves the customers' pages, and prints a link for each interesting state, until Ctrl-C. Exits with 1 if
    anything broke that must hold. The database stays, for `purring show` to look at.
    """
    serves = sys.stdout.isatty() if serve is None else serve
    raise typer.Exit(run_demo(Options(customers=customers, weeks=weeks, seed=seed, keep=keep, serve=serves)))


def scenario(
    files: Annotated[list[Path], typer.Argument(help="Stories in YAML.")],
    *,
    trace: Annotated[bool, typer.Option("--trace", help="Print everything that happens, with its reasons.")] = False,
    database_url: Annotated[
        str | None, typer.Option(help="An empty database to play on, instead of one that is thrown away.")
    ] = None,
) -> None:
    """Play stories on a virtual clock and compare what comes out with what they say.

    Exits with 1 if something came out differently, with 2 if a file is no story.
    """
    raise typer.Exit(play_stories(files, trace=trace, database_url=database_url, out=sys.stdout))
