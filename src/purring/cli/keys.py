"""`purring key`: API keys. Each is shown once, when it is made."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from purring.cli.output import say, say_table
from purring.cli.runtime import MerchantOption, services
from purring.clock import draw_bytes
from purring.domain.ids import ApiKeyId
from purring.operations.api_keys import SCOPES, NewKey, create_key, keys_of, revoke_key, rotate_key
from purring.operations.lookup import merchant_named

app = typer.Typer(help="API keys: each is shown once, when it is made.", no_args_is_help=True)

KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The key's id, from `purring key list`.")]
HOURS_MAX = 24 * 30


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help=f"What it may do; give it more than once for several. One of: {', '.join(SCOPES)}."),
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="End it after so many days.")] = None,
    merchant: MerchantOption = None,
) -> None:
    """Make a key and show it: the only time, since just a hash of it is kept."""
    lifetime = timedelta(days=days) if days else None
    with services() as opened:
        seller = merchant_named(opened, merchant)
        made = create_key(opened, seller.id, draw_bytes, name=name, scopes=scope or ["all"], expires_in=lifetime)
    _say_new(made)


@app.command("list")
def list_all(merchant: MerchantOption = None) -> None:
    """List keys by their first characters: what they may do, when they were used last, when they end."""
    with services() as opened:
        found = keys_of(opened, merchant_named(opened, merchant).id)
        now = opened.clock.now()
    say_table(
        ("id", "name", "key", "scopes", "made", "last used", "ends", "state"),
        [
            (
                one.id,
                one.name,
                f"{one.shown}...",
                " ".join(one.scopes),
                _shown(one.created_at),
                _shown(one.last_used_at),
                _shown(one.revoked_at or one.expires_at),
                "valid" if one.is_valid(now) else "ended",
            )
            for one in found
        ],
    )


@app.command("rotate")
def rotate(
    key: KeyArgument,
    hours: Annotated[
        int, typer.Option(min=0, max=HOURS_MAX, help="How long the old key works beside the new one.")
    ] = 24,
    merchant: MerchantOption = None,
) -> None:
    """Make a key like another one and show it; the old one ends after the overlap."""
    with services() as opened:
        seller = merchant_named(opened, merchant)
        made = rotate_key(opened, seller.id, ApiKeyId(key), draw_bytes, overlap=timedelta(hours=hours))
    _say_new(made)


@app.command("revoke")
def revoke(key: KeyArgument, merchant: MerchantOption = None) -> None:
    """Let a key open nothing from now on."""
    with services() as opened:
        revoked = revoke_key(opened, merchant_named(opened, merchant).id, ApiKeyId(key))
    say(f"{revoked.name}: {revoked.shown}... opens nothing any more.")


def _shown(at: datetime | None) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else ""


def _say_new(made: NewKey) -> None:
    say(made.secret)
    say(f"{made.key.id}  {made.key.name}: keep the line above, it isn't shown again.", stream=sys.stderr)
