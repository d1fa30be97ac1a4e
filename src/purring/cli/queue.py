"""`purring queue`: everything that waits for a person, and what a person says about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from purring.cli.backup import progress_lines
from purring.cli.output import aligned, say
from purring.cli.runtime import MerchantOption, services
from purring.cli.words import moment
from purring.domain.attempt import AttemptStatus
from purring.domain.calendar import zone
from purring.domain.ids import AttemptId
from purring.domain.merchant import Merchant
from purring.i18n.locales import DEFAULT, check_locale, negotiate
from purring.i18n.reader import Reader
from purring.operations.lookup import all_merchants, merchant_named
from purring.operations.queue import LIMIT_MAX, Queue, note_done, queue_of, try_again
from purring.operations.queue_text import KINDS, queue_object, remedies, why
from purring.operations.reconcile import progress
from purring.operations.recoveries import correct_outcome
from purring.store.queue import Waiting

app = typer.Typer(help="Everything that waits for a person.", no_args_is_help=False)

UTC_ZONE = ZoneInfo("UTC")
NoteOption = Annotated[str, typer.Option(help="What was found out or done; it is kept.")]
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="The id that `purring queue` shows.")]


class Outcome(StrEnum):
    """What became of an attempt."""

    SUCCEEDED = "succeeded"
    DECLINED = "declined"


@app.callback(invoke_without_command=True)
def queue(
    context: typer.Context,
    *,
    merchant: MerchantOption = None,
    limit: Annotated[int, typer.Option(help=f"How many rows, {LIMIT_MAX} at most.")] = 50,
    after: Annotated[str | None, typer.Option(help="Go on from the cursor that the page before ended with.")] = None,
    locale: Annotated[str | None, typer.Option(help="The language: `en` or `nb`.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print an object for programs.")] = False,
) -> None:
    """List what waits for a person, oldest first: since when, whose, how much, why, and what helps.

    Of all merchants, unless one is named.
    """
    if context.invoked_subcommand is not None:
        return
    wanted = None if locale is None else check_locale(locale)
    with services() as opened:
        there_are = all_merchants(opened)
        one = merchant_named(opened, merchant) if merchant is not None else None
        check = progress(opened)
        found = queue_of(opened, one.id if one else None, after=after, limit=limit)
    readers = _readers(there_are, wanted)
    several = len(there_are) > 1
    if as_json:
        say(json.dumps(queue_object(found, readers, several_merchants=several), ensure_ascii=False, indent=2))
    else:
        for line in progress_lines(check) if check and check.goes_on else ():
            say(line)
        _say_queue(found, readers, several=several)


@app.command("settle")
def settle(
    attempt: Annotated[str, typer.Argument(metavar="ATTEMPT", help="The attempt's id.")],
    *,
    outcome: Annotated[Outcome, typer.Option("--as", help="What became of it.")],
    note: NoteOption,
    merchant: MerchantOption = None,
) -> None:
    """Settle an attempt of which the gateway can't say what became: look it up there first."""
    with services() as opened:
        seller = merchant_named(opened, merchant)
        correct_outcome(opened, seller.id, AttemptId(attempt), AttemptStatus(outcome.value), note)
    say(f"Attempt {attempt} is {outcome.value}; the worker goes on from there.")


@app.command("done")
def done(thing: IdArgument, *, note: NoteOption) -> None:
    """Note down that something is dealt with: it leaves the queue. A gateway's event is left alone for good."""
    with services() as opened:
        note_done(opened, thing, note)
    say(f"{thing} is dealt with.")


@app.command("again")
def again(thing: IdArgument) -> None:
    """Let a gateway's event, a row that was set aside, or a notice that didn't arrive be tried again at once."""
    with services() as opened:
        try_again(opened, thing)
    say(f"{thing} is tried again at the worker's next turn.")


def _readers(merchants: list[Merchant], wanted: str | None) -> Mapping[str, Reader]:
    """Who reads about each merchant: in the language asked for or its own, by its own clocks."""
    readers = {str(one.id): Reader(wanted or negotiate(one.locale), zone(one.timezone)) for one in merchants}
    only = next(iter(readers.values())).tz if len(readers) == 1 else UTC_ZONE
    language = wanted or (negotiate(merchants[0].locale) if len(merchants) == 1 else DEFAULT)
    return {**readers, "": Reader(language, only)}


def _say_queue(found: Queue, readers: Mapping[str, Reader], *, several: bool) -> None:
    nobody = readers[""]
    if not found.rows:
        say("Nothing waits for a person.")
        return
    counts = ", ".join(f"{nobody.gettext(KINDS[kind])} {n}" for kind, n in found.counts.items())
    say(f"{sum(found.counts.values())} waiting: {counts}", style="bold")
    heads = aligned([_head(row, readers.get(row.merchant_id, nobody)) for row in found.rows])
    for row, head in zip(found.rows, heads, strict=True):
        say()
        say(head, style="bold")
        say(f"  {why(row, readers.get(row.merchant_id, nobody))}")
        for command in remedies(row, several_merchants=several):
            say(f"    {command}")
    if found.cursor is not None:
        say(f"\nMore: purring queue --after {found.cursor}")


def _head(row: Waiting, reader: Reader) -> tuple[str, ...]:
    """One row of the table."""
    kind = reader.gettext(KINDS[row.kind])
    return moment(row.since, reader.tz), kind, row.number or row.id, row.customer, str(row.amount or "")
