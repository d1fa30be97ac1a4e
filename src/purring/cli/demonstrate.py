"""Commands that play with time: stories in files, and the demo."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from purring.scenarios.run import main as play_stories


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(scenario)


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
