"""`purring endpoint`: where events are sent."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import typer

from purring.cli.output import say, say_table
from purring.cli.runtime import MerchantOption, services
from purring.cli.words import moment
from purring.domain.calendar import zone
from purring.domain.endpoint import EventDeliveryStatus
from purring.domain.errors import InvalidInput
from purring.domain.ids import EndpointId, EventId
from purring.operations import endpoints
from purring.operations.lookup import merchant_named

app = typer.Typer(help="Where events are sent.", no_args_is_help=True)

IdArgument = Annotated[str, typer.Argument(metavar="ENDPOINT", help="The endpoint's id.")]
SHOWN_ONCE = "This is the only time that it is shown."


@app.command("add")
def add(
    url: Annotated[str, typer.Argument(help="The https address to send to.")],
    *,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="A kind of event, or `invoice.*`; repeat it for more.")
    ] = None,
    description: Annotated[str, typer.Option(help="What it is, for people.")] = "",
    merchant: MerchantOption = None,
) -> None:
    """Send events to an address from now on, signed with a secret that is shown now and never again."""
    with services() as opened:
        seller = merchant_named(opened, merchant)
        made = endpoints.add_endpoint(opened, seller.id, url, wanted=only or [], description=description)
    say(f"Events are sent to {made.endpoint.url} from now on, as {made.endpoint.id}.")
    say(f"The secret that signs them: {made.secret}")
    say(SHOWN_ONCE)


@app.command("list")
def show(merchant: MerchantOption = None) -> None:
    """List endpoints: whether they take events, and how many events wait or are dead."""
    with services() as opened:
        seller = merchant_named(opened, merchant)
        found = endpoints.endpoints_of(opened, seller.id)
    if not found:
        say("No endpoints; `purring endpoint add URL` makes one.")
        return
    tz = zone(seller.timezone)
    head = ("endpoint", "url", "events", "status", "failing since", "owed", "dead")
    rows = [
        (
            one.id,
            one.url,
            ", ".join(one.wanted) or "all",
            f"{one.status.value}{f' ({one.reason.value})' if one.reason else ''}",
            moment(one.failing_since, tz) if one.failing_since else "–",
            str(counts.get(EventDeliveryStatus.OWED, 0)),
            str(counts.get(EventDeliveryStatus.DEAD, 0)),
        )
        for one, counts in found
    ]
    say_table(head, rows)


@app.command("rotate")
def rotate(
    endpoint: IdArgument,
    *,
    overlap_hours: Annotated[int, typer.Option(help="How long the old secret signs too.")] = 24,
    merchant: MerchantOption = None,
) -> None:
    """Make a new secret. For a while events are signed with both, so that the receiver can change over."""
    with services() as opened:
        seller = merchant_named(opened, merchant)
        overlap = timedelta(hours=overlap_hours)
        made = endpoints.rotate_secret(opened, seller.id, EndpointId(endpoint), overlap=overlap)
    say(f"The new secret of {endpoint}: {made.secret}")
    say(SHOWN_ONCE)
    if made.endpoint.old_secret_until:
        say(f"The old one signs too until {moment(made.endpoint.old_secret_until, zone(seller.timezone))}.")


@app.command("reseal")
def reseal() -> None:
    """Seal all secrets with the newest PURRING_SECRET_KEY, so that older keys can be given up."""
    with services() as opened:
        n = endpoints.reseal_secrets(opened)
    say(f"Endpoints whose secrets are sealed anew: {n}.")


@app.command("disable")
def disable(endpoint: IdArgument, merchant: MerchantOption = None) -> None:
    """Send nothing there any more."""
    with services() as opened:
        seller = merchant_named(opened, merchant)
        endpoints.disable_endpoint(opened, seller.id, EndpointId(endpoint))
    say(f"{endpoint} is disabled.")


@app.command("enable")
def enable(endpoint: IdArgument, merchant: MerchantOption = None) -> None:
    """Send events there from now on; `replay` sends what was missed."""
    with services() as opened:
        seller = merchant_named(opened, merchant)
        endpoints.enable_endpoint(opened, seller.id, EndpointId(endpoint))
    say(f"{endpoint} takes events from now on; `purring endpoint replay {endpoint} --dead` sends what it missed.")


@app.command("replay")
def replay(
    endpoint: IdArgument,
    *,
    event: Annotated[str | None, typer.Option(help="The one event to send.")] = None,
    since: Annotated[
        datetime | None, typer.Option(help="Send all events since then, by the merchant's clocks.")
    ] = None,
    dead: Annotated[bool, typer.Option("--dead", help="Send all that couldn't be delivered.")] = False,
    merchant: MerchantOption = None,
) -> None:
    """Send events again, under the ids that they always had."""
    if [event is not None, since is not None, dead].count(True) != 1:
        raise InvalidInput("say one of --event, --since and --dead", field="replay")
    with services() as opened:
        seller = merchant_named(opened, merchant)
        to = EndpointId(endpoint)
        if event is not None:
            endpoints.replay_event(opened, seller.id, to, EventId(event))
            n = 1
        elif since is not None:
            n = endpoints.replay_since(opened, seller.id, to, since.replace(tzinfo=zone(seller.timezone)))
        else:
            n = endpoints.replay_dead(opened, seller.id, to)
    say(f"Events that are sent again: {n}.")


@app.command("log")
def log(
    endpoint: IdArgument,
    *,
    status: Annotated[EventDeliveryStatus | None, typer.Option(help="Only those.")] = None,
    limit: Annotated[int, typer.Option(help=f"How many events, {endpoints.LOG_MAX} at most.")] = 20,
    before: Annotated[str | None, typer.Option(help="Only events before this one.")] = None,
    merchant: MerchantOption = None,
) -> None:
    """Show what was sent, newest first, with every try and what came of it."""
    with services() as opened:
        seller = merchant_named(opened, merchant)
        before_id = None if before is None else EventId(before)
        found = endpoints.log_of(opened, seller.id, EndpointId(endpoint), status=status, before=before_id, limit=limit)
    tz = zone(seller.timezone)
    for entry in found:
        event = entry.delivery
        again = f", again {moment(event.next_step_at, tz)}" if event.tries and event.next_step_at else ""
        say(f"{moment(event.at, tz)}  {event.kind.value}  {event.event_id}  {event.status.value}{again}")
        for one in entry.tries:
            answer = "" if one.answer is None else f" {one.answer}"
            say(f"  {moment(one.at, tz)}{answer} in {one.took_ms} ms{f': {one.problem}' if one.problem else ''}")
    if not found:
        say("Nothing was sent there yet.")
