"""`purring demo`: set up, play, count, print."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.text import Text

from purring.clock import VirtualClock, elapsed_s
from purring.demo import provider, report
from purring.demo.figures import Figures, figures_of
from purring.demo.incidents import plan_incidents
from purring.demo.play import play
from purring.demo.provider import Provider
from purring.demo.showing import show
from purring.demo.world import STARTS_AT, World, make_world
from purring.domain.errors import InvalidInput
from purring.store.engine import open_store, upgrade

CUSTOMERS_MAX = 100_000
WEEKS_MAX = 26
BROKEN = 1
INTERRUPTED = 130
"""Source: POSIX.1-2024, Shell Command Language, 2.8.2: 128 and the number of the signal."""

OpenProvider = Callable[[Path, Callable[[], datetime]], AbstractContextManager[Provider]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the demo can be asked for. `keep`: where its files go; None: a new directory for temporary files.

    `serve`: let people look at the customers' pages afterwards, until they press Ctrl-C.
    """

    customers: int = 2_000
    weeks: int = 10
    seed: int = 1
    keep: Path | None = None
    serve: bool = False

    def __post_init__(self) -> None:
        """Refuse what can't be played. Raises InvalidInput."""
        for name, most in (("customers", CUSTOMERS_MAX), ("weeks", WEEKS_MAX)):
            if not 1 <= getattr(self, name) <= most:
                raise InvalidInput(f"{name}: {getattr(self, name)} is out of range; use 1 to {most:,}.", field=name)


def main(options: Options, out: TextIO = sys.stdout) -> int:
    """Run the demo and print what came of it. Gives the exit code: 0 if everything held that must.

    Raises InvalidInput, GatewayUnavailable if the sandbox doesn't start, StoreUnavailable.
    """
    console = Console(file=out, highlight=False, soft_wrap=True)
    directory = _directory(options)
    try:
        return _run(options, directory, console, out)
    except KeyboardInterrupt:
        console.print(f"Stopped. What there is so far lies in {directory}.")
        return INTERRUPTED


def _run(options: Options, directory: Path, console: Console, out: TextIO) -> int:
    url = database_url(directory)
    console.print(f"{options.customers:,} made-up customers, {options.weeks} weeks; the files: {directory}")
    started_s = elapsed_s()
    with playing(options, directory, provider.over_http) as world:
        set_up_s = elapsed_s() - started_s
        with _shown(console, options) as on_tick:
            play(world, STARTS_AT + timedelta(weeks=options.weeks), on_tick)
        played_s = elapsed_s() - started_s - set_up_s
        figures = figures_of(world)
        counted_s = elapsed_s() - started_s - set_up_s - played_s
        for section in report.sections(figures):
            console.print(Text(f"\n{section.title}", style="bold"))
            console.print(Text("\n".join(report.lines(section))))
        console.print(Text("\n".join(_times(figures, set_up_s, played_s, counted_s))))
        console.print(Text("\n".join(_hints(figures, url))))
        if options.serve:
            show(world, out)
    return 0 if all(result.holds for result in figures.invariants) else BROKEN


@contextmanager
def playing(options: Options, directory: Path, open_provider: OpenProvider, url: str | None = None) -> Iterator[World]:
    """A world that is ready to play, on a database of its own unless one is named."""
    url = url or database_url(directory)
    upgrade(url)
    clock = VirtualClock(STARTS_AT)
    # A demo may lose its last commits with the machine; that saves a disk flush per commit.
    store = open_store(url, durable=False)
    with closing(store), open_provider(directory, clock.now) as there:
        world = make_world(seed=options.seed, count=options.customers, store=store, clock=clock, provider=there)
        plan_incidents(world)
        with closing(world.worker):
            yield world


def database_url(directory: Path) -> str:
    """The demo's database."""
    return f"sqlite:///{directory / 'purring.db'}"


def _directory(options: Options) -> Path:
    """Where the files go. Raises InvalidInput if there is a demo already."""
    if options.keep is None:
        return Path(tempfile.mkdtemp(prefix="purring-demo-"))
    directory = options.keep.expanduser().absolute()
    for name in ("purring.db", "sandbox.db"):
        if (directory / name).exists():
            raise InvalidInput(f"keep: {directory / name} is there already; remove it or name another directory.")
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(f"keep: {directory} can't be made ({error.strerror}); name another directory.") from error
    return directory


@contextmanager
def _shown(console: Console, options: Options) -> Iterator[Callable[[datetime], None]]:
    """A bar that grows by days on a terminal; elsewhere a line per week."""
    if not console.is_terminal:
        yield _weekly(console, options)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[day]}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Playing", total=options.weeks * 7.0, day="")

        def on_tick(at: datetime) -> None:
            days = (at - STARTS_AT) / timedelta(days=1)
            progress.update(task, completed=days, day=f"{at:%d %b}, week {min(int(days // 7) + 1, options.weeks)}")

        yield on_tick


def _weekly(console: Console, options: Options) -> Callable[[datetime], None]:
    over = 0

    def on_tick(at: datetime) -> None:
        nonlocal over
        weeks = (at - STARTS_AT) // timedelta(weeks=1)
        if weeks > over:
            over = weeks
            console.print(f"week {over} of {options.weeks} is over ({at:%d %b %Y})")

    return on_tick


def _times(figures: Figures, set_up_s: float, played_s: float, counted_s: float) -> Iterator[str]:
    attempts = sum(figures.summary.attempts.values())
    invoices = sum(figures.summary.invoices.values())
    yield "\nWall time"
    yield f"  {set_up_s + played_s + counted_s:.1f} s in all: {set_up_s:.1f} s to set up, {played_s:.1f} s to play,"
    yield f"  {counted_s:.1f} s to count and check; {attempts / played_s:,.0f} attempts and"
    yield f"  {invoices / played_s:,.0f} invoices a second while playing"


def _hints(figures: Figures, url: str) -> Iterator[str]:
    yield "\nLook for yourself"
    yield f"  export PURRING_DATABASE_URL={url}"
    for story, what in figures.examples.items():
        yield f"  purring show {what}  # {story}"
    yield "  (what comes next is told as of today, long after these weeks)"
