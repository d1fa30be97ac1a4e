"""`purring simulate`: histories of whole installations, through every fault, against every check."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.console import Console

from purring.clock import elapsed_s
from purring.simulator import report
from purring.simulator.run import Options, Tally, run

DEFAULT = Options()
POINTS_FROM_SEEDS = 1_000
"""A run of fewer seeds may miss a rare situation."""


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(simulate)


def simulate(
    *,
    seeds: Annotated[int, typer.Option(min=1, help="How many histories are played.")] = DEFAULT.seeds,
    first: Annotated[
        int | None, typer.Option("--from", metavar="SEED", help="The first seed: 1, or with --hours always another.")
    ] = None,
    hours: Annotated[float | None, typer.Option(min=0.001, help="Go on for so long, instead of --seeds.")] = None,
    bugs: Annotated[bool, typer.Option(help="Also plant every bug, and see that it is caught.")] = True,
    postgres: Annotated[
        str | None,
        typer.Option(metavar="URL", help="An empty PostgreSQL database to play on, instead of SQLite. It is emptied."),
    ] = None,
) -> None:
    """Play histories of the production code on a simulated clock, through faults that each seed chooses.

    Prints the scoreboard. Exits with 1 if anything broke that must hold, if a planted bug wasn't caught, or if in a
    run of 1,000 seeds a rare situation never came up.
    """
    options = Options(seeds=seeds, first=first, hours=hours, with_bugs=bugs, postgres=postgres)
    console = Console(file=sys.stdout, highlight=False, soft_wrap=True, markup=False)
    started_s, shown = elapsed_s(), _Progress(console)
    tally = run(options, shown.heard)
    for failed in tally.failures:
        console.print("\n".join(report.failure(failed)), "")
    judges_points = tally.seeds >= POINTS_FROM_SEEDS
    console.print("\n".join(report.scoreboard(tally, all_points=judges_points)))
    console.print(f"{elapsed_s() - started_s:.0f} s")
    missed = [one for one in tally.caught if not one.by]
    unseen = report.missing_points(tally) if judges_points else []
    raise typer.Exit(int(bool(tally.failures or missed or unseen)))


class _Progress:
    """Says now and then how far the run is."""

    EVERY_S = 10.0

    def __init__(self, console: Console) -> None:
        self._console, self._said_s = console, elapsed_s()

    def heard(self, tally: Tally) -> None:
        """Take note of what is done so far."""
        if elapsed_s() - self._said_s >= self.EVERY_S:
            self._said_s = elapsed_s()
            caught = f", {len(tally.caught)} planted bugs tried" if tally.caught else ""
            self._console.print(f"{tally.seeds:,} seeds{caught}, {len(tally.failures)} violations")
