"""`purring listen`: see events as they are made, and have them sent to a program on this machine."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from purring.app import local_poster
from purring.cli.output import say
from purring.cli.runtime import MerchantOption, services, stopped_by_signals
from purring.clock import draw_bytes
from purring.domain.calendar import zone
from purring.domain.endpoint import check_url, check_wanted
from purring.domain.errors import InvalidInput
from purring.operations.listen import Heard, Listener
from purring.operations.lookup import merchant_named
from purring.webhooks.post import Poster
from purring.webhooks.sign import SECRET_BYTES, headers, secret_of

POLL_S = 0.5


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command("listen")(listen)


def listen(
    *,
    forward: Annotated[
        str | None, typer.Option(help="Send them on to this address, on this machine only; http will do.")
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="A kind of event, or `invoice.*`; repeat it for more.")
    ] = None,
    bodies: Annotated[bool, typer.Option("--bodies", help="Print what is sent, one JSON object a line.")] = False,
    merchant: MerchantOption = None,
) -> None:
    """Print events as they are made, until stopped, and send each on once, signed as an endpoint's would be."""
    wanted = check_wanted(only or [])
    secret = secret_of(draw_bytes(SECRET_BYTES))
    if forward is not None:
        _check_here(forward)
        say(f"Events are sent to {forward}, signed with {secret}")
    with services() as opened, stopped_by_signals() as stop:
        seller = merchant_named(opened, merchant)
        listener, tz, poster = Listener(opened, seller.id, wanted), zone(seller.timezone), local_poster()
        say(f"Listening to the events of {seller.name}; Ctrl-C ends it.")
        while not stop.is_set():
            for one in listener.hear():
                came = _forwarded(poster, forward, one, secret, opened.clock.now()) if forward else ""
                say(one.body.decode() if bodies else _line(one, tz, came))
            stop.wait(POLL_S)


def _check_here(url: str) -> None:
    """Refuse an address that isn't on this machine by its name; where the name leads is checked when we send."""
    check_url(url, allows_loopback=True)
    if not url.startswith(("http://localhost", "http://127.0.0.1", "http://[::1]", "https://localhost")):
        raise InvalidInput("forward to this machine, such as http://localhost:3000/purring", field="forward")


def _line(one: Heard, tz: ZoneInfo, came: str) -> str:
    return f"{one.at.astimezone(tz):%H:%M:%S}  {one.kind.value}  {one.object_id}  {one.id}{came}"


def _forwarded(poster: Poster, url: str, one: Heard, secret: str, now: datetime) -> str:
    """Send one on, and say what came of it."""
    sent = {"content-type": "application/json", "user-agent": "Purring", **headers(one.id, now, one.body, [secret])}
    posted = poster.post(url, sent, one.body)
    return f"  → {posted.problem or posted.status}"
