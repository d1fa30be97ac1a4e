"""`purring bounces`: take in what mail servers report about our mails."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from purring.cli.output import say
from purring.cli.runtime import services
from purring.domain.errors import ConfigError, InvalidInput
from purring.notices.mailbox import MAIL_BYTES_MAX, MAILBOX_ERRORS, open_mailbox
from purring.operations.bounces import read_bounces, receive_mails

app = typer.Typer(help="What mail servers report about our mails.", no_args_is_help=True)


@app.command("read")
def read(
    mailbox: Annotated[
        str | None, typer.Option(help="Another mailbox than PURRING_BOUNCE_MAILBOX: maildir:/path or mbox:/path.")
    ] = None,
) -> None:
    """Take in all new mails of the mailbox for bounces, once. A worker does so every minute by itself."""
    with services() as opened:
        box = opened.mailbox if mailbox is None else open_mailbox(mailbox, "")
        if box is None:
            raise ConfigError("There is no mailbox for bounces; set PURRING_BOUNCE_MAILBOX or name one by --mailbox.")
        try:
            count = read_bounces(opened, box)
        except MAILBOX_ERRORS as error:
            raise InvalidInput(f"The mailbox can't be read ({type(error).__name__}).", field="mailbox") from error
    say(f"Taken in: {count}. The worker reads them at its next turn.")


@app.command("take")
def take(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Mails as files; - is the standard input.")],
) -> None:
    """Take in single mails: for a server that pipes each bounce into a program."""
    raws = [_whole(path) for path in files]
    with services() as opened:
        count = receive_mails(opened, raws)
    say(f"New: {count} of {len(raws)}. The worker reads them at its next turn.")


def _whole(path: Path) -> bytes:
    if str(path) == "-":
        return sys.stdin.buffer.read(MAIL_BYTES_MAX)
    try:
        with path.open("rb") as file:
            return file.read(MAIL_BYTES_MAX)
    except OSError as error:
        raise InvalidInput(f"{path} can't be read ({error.strerror}); name another.", field="files") from error
