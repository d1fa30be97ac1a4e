"""`purring notices`: what was, or will be, told to whom, and how it looks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from purring.cli import notice_texts
from purring.cli.output import say
from purring.cli.runtime import MerchantOption, services
from purring.config import load_settings
from purring.domain.errors import InvalidInput
from purring.domain.ids import NoticeId, check_id
from purring.domain.notice import Channel
from purring.notices.browser import Browser, find_browser
from purring.notices.look import OURS, Look
from purring.notices.preview import write_preview
from purring.operations.looks import look_of
from purring.operations.lookup import merchant_named
from purring.operations.notices import rendered_for, short_for
from purring.operations.story import copies_of_notice
from purring.store.notices import Delivery

app = typer.Typer(help="What was, or will be, told to whom, and how it looks.", no_args_is_help=True)
app.add_typer(notice_texts.app, name="text")

NO_BROWSER = (
    "No pictures were taken, since there is no Chromium: install one (on Debian and Ubuntu: apt-get install chromium), "
    "or name it in PURRING_CHROMIUM."
)


@app.command("show")
def show(
    notice: Annotated[str, typer.Argument(help="The notice's id, as `purring show invoice` names it.")],
    merchant: MerchantOption = None,
) -> None:
    """Print a notice as each person gets it."""
    notice_id = NoticeId(check_id(notice, "ntc_"))
    with services() as opened:
        seller = merchant_named(opened, merchant).id
        copies, look = copies_of_notice(opened, seller, notice_id), look_of(opened, seller)
    say("\n\n".join(_copy(copy, look) for copy in copies))


@app.command("preview")
def preview(
    out_dir: Annotated[Path, typer.Argument(help="The folder to write to; it is made if need be.")],
    *,
    pictures: Annotated[bool, typer.Option(help="Take pictures too, which needs a Chromium.")] = True,
    merchant: Annotated[
        str | None, typer.Option("--merchant", "-m", help="Whose brand and texts; without it, ours, and no database.")
    ] = None,
) -> None:
    """Write every kind of notice in every language, by reason, as HTML, text and pictures, with an index.html.

    The pictures show it in a wide window and on a phone, in light and dark mode, and with images off where there is a
    logo. The notices are made up.
    """
    program = find_browser(load_settings().chromium) if pictures else None
    look, named = OURS, {}
    if merchant is not None:
        with services() as opened:
            seller = merchant_named(opened, merchant)
            look = look_of(opened, seller.id)
        named = {"merchant_name": seller.name, "support_email": seller.support_email}
    try:
        if program is None:
            written = write_preview(out_dir, look, None, named)
        else:
            with Browser(program) as browser:
                written = write_preview(out_dir, look, browser, named)
    except OSError as error:
        raise InvalidInput(f"{out_dir} can't be written: {error.strerror}.", field="OUT_DIR") from None
    say(f"{written} notices: {out_dir / 'index.html'}")
    if pictures and program is None:
        say(NO_BROWSER)


def _copy(copy: Delivery, look: Look) -> str:
    """One person's copy: as it was sent, or as it would read now."""
    if copy.channel is Channel.SMS:
        subject, body = "(text message)", short_for(copy) if copy.body is None else copy.body
    elif copy.subject is None or copy.body is None:
        rendered = rendered_for(copy, look)
        subject, body = rendered.subject, rendered.body_text
    else:
        subject, body = copy.subject, copy.body
    state = f"{copy.status} {copy.sent_at:%Y-%m-%d %H:%M} UTC" if copy.sent_at else str(copy.status)
    problem = f"\nProblem: {copy.problem}" if copy.problem else ""
    address = copy.person.phone if copy.channel is Channel.SMS else copy.person.email
    head = f"To: {copy.person.name} <{address}>\nStatus: {state}{problem}\nSubject: {subject}"
    return f"{head}\n\n{body.rstrip()}"
