"""`purring import`: rows from another biller."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from purring.cli.output import say, say_table
from purring.cli.runtime import MerchantOption, services
from purring.domain.errors import EXIT_CODES, InvalidInput
from purring.imports.kinds import Kind
from purring.imports.parse import Problem
from purring.imports.run import Import, Listener, Mode, Outcome
from purring.imports.source import Format, open_source, plural
from purring.operations.lookup import merchant_named


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_file)


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV or JSON Lines; see docs/reference/import.md for the columns.")],
    *,
    kind: Annotated[
        Kind | None, typer.Option(help="What the rows are, where neither a column `kind` nor the file's name says it.")
    ] = None,
    format_: Annotated[
        Format | None, typer.Option("--format", help="How the file is written, where its name's end doesn't say it.")
    ] = None,
    all_or_nothing: Annotated[bool, typer.Option("--all-or-nothing", help="Import nothing if one row is bad.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Import nothing; only say what would happen.")] = False,
    merchant: MerchantOption = None,
) -> None:
    """Import customers, people, methods, subscriptions and open invoices.

    Every bad row is reported with its line, and all others are imported. What is there already is left as it is, so
    importing a file twice does no harm.
    """
    source = open_source(file, format_=format_, kind=kind)
    mode = Mode.DRY if dry_run else Mode.WHOLE if all_or_nothing else Mode.BATCHES
    with services() as opened, _bar() as progress:
        run = Import(opened, merchant_named(opened, merchant), source, _Teller(progress))
        run.run(mode)
    _say_counts(run)
    say(_verdict(run, mode))
    if run.bad:
        raise typer.Exit(EXIT_CODES[InvalidInput])


class _Teller(Listener):
    """Prints problems as they are found, above a bar that moves on terminals."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task = progress.add_task("Importing", total=None)

    def surveyed(self, rows: int) -> None:
        self._progress.update(self._task, total=rows)

    def problem(self, problem: Problem) -> None:
        say(str(problem), stream=sys.stderr)

    def done(self, rows: int) -> None:
        self._progress.advance(self._task, rows)


def _bar() -> Progress:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, disable=not console.is_terminal, transient=True)


def _say_counts(run: Import) -> None:
    kinds = [kind for kind in (*Kind, None) if any(run.counts[kind, outcome] for outcome in Outcome)]
    rows = [
        (plural(kind) if kind else "not readable", *(str(run.counts[kind, outcome]) for outcome in Outcome))
        for kind in kinds
    ]
    if rows:
        say_table(("", *Outcome), rows)


def _verdict(run: Import, mode: Mode) -> str:
    added = sum(run.counts[kind, Outcome.ADDED] for kind in Kind)
    if mode is Mode.DRY:
        return f"A dry run: nothing was imported. {added} rows would be."
    if not run.kept:
        return f"Nothing was imported, because {run.bad} rows are bad."
    if not added:
        return "Nothing new: the database is as it was."
    return f"{added} rows were imported{f', {run.bad} were not' if run.bad else ''}."
