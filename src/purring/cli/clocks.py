"""`purring clock`: test clocks, for merchants in test mode."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from purring.cli.output import say, say_table
from purring.cli.runtime import MerchantOption, services
from purring.cli.words import words
from purring.domain.errors import InvalidDate
from purring.domain.ids import TestClockId
from purring.domain.test_clock import ClockStatus, TestClock
from purring.operations.lookup import merchant_named
from purring.operations.test_clocks import advance_clock, clock_of, clocks_of, create_clock, delete_clock

app = typer.Typer(
    help="Test clocks: a time of its own for some customers of a merchant in test mode.", no_args_is_help=True
)

ClockArgument = Annotated[str, typer.Argument(metavar="CLOCK", help="The clock's id, from `purring clock list`.")]
TIME = "A time in UTC such as 2026-12-01T09:00, or a day."


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What it is called.")] = "",
    at: Annotated[str | None, typer.Option("--at", help=f"Where it stands at first. {TIME}")] = None,
    merchant: MerchantOption = None,
) -> None:
    """Make a test clock, at the present unless told otherwise, and say its id."""
    with services() as opened:
        seller = merchant_named(opened, merchant)
        made = create_clock(opened, seller.id, name=name, now_at=_moment(at) if at else None)
    say(made.id)
    _say(made)


@app.command("advance")
def advance(
    clock: ClockArgument,
    to: Annotated[str, typer.Argument(help=f"Where to, at most two years ahead. {TIME}")],
    merchant: MerchantOption = None,
) -> None:
    """Send a clock to a later time; `purring work` does all that falls due for its customers on the way."""
    with services() as opened:
        seller = merchant_named(opened, merchant)
        _say(advance_clock(opened, seller.id, TestClockId(clock), _moment(to)))


@app.command("list")
def list_all(merchant: MerchantOption = None) -> None:
    """List clocks that aren't deleted, and where they stand."""
    with services() as opened:
        found = clocks_of(opened, merchant_named(opened, merchant).id)
    say_table(
        ("id", "name", "state", "stands at", "goes to"),
        [(one.id, one.name, words(one.status), _shown(one.now_at), _shown(one.target_at)) for one in found],
    )


@app.command("show")
def show(clock: ClockArgument, merchant: MerchantOption = None) -> None:
    """Say where a clock stands, and where it goes."""
    with services() as opened:
        _say(clock_of(opened, merchant_named(opened, merchant).id, TestClockId(clock)))


@app.command("delete")
def delete(clock: ClockArgument, merchant: MerchantOption = None) -> None:
    """Stop a clock for good: nothing of its customers is worked any more."""
    with services() as opened:
        _say(delete_clock(opened, merchant_named(opened, merchant).id, TestClockId(clock)))


def _moment(text: str) -> datetime:
    """An instant as people type it, in UTC unless it says otherwise. Raises InvalidDate."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidDate(f"{text[:40]!r} is no time; write one like 2026-12-01T09:00.", field="time") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _shown(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else ""


def _say(clock: TestClock) -> None:
    goes = f", on its way to {_shown(clock.target_at)}" if clock.status is ClockStatus.ADVANCING else ""
    say(f"{clock.name or clock.id}: {words(clock.status)}, stands at {_shown(clock.now_at)}{goes}.")
