"""`purring notices`: what was, or will be, told to whom."""

from __future__ import annotations

from typing import Annotated

import typer

from purring.cli.output import say
from purring.cli.runtime import MerchantOption, services
from purring.domain.ids import NoticeId, check_id
from purring.operations.lookup import merchant_named
from purring.operations.notices import rendered_for
from purring.operations.story import copies_of_notice
from purring.store.notices import Delivery

app = typer.Typer(help="What was, or will be, told to whom.", no_args_is_help=True)


@app.command("show")
def show(
    notice: Annotated[str, typer.Argument(help="The notice's id, as `purring show invoice` names it.")],
    merchant: MerchantOption = None,
) -> None:
    """Print a notice as each person gets it."""
    notice_id = NoticeId(check_id(notice, "ntc_"))
    with services() as opened:
        copies = copies_of_notice(opened, merchant_named(opened, merchant).id, notice_id)
    say("\n\n".join(map(_copy, copies)))


def _copy(copy: Delivery) -> str:
    """One person's copy: as it was sent, or as it would read now."""
    if copy.subject is None or copy.body is None:
        rendered = rendered_for(copy)
        subject, body = rendered.subject, rendered.body_text
    else:
        subject, body = copy.subject, copy.body
    state = f"{copy.status} {copy.sent_at:%Y-%m-%d %H:%M} UTC" if copy.sent_at else str(copy.status)
    problem = f"\nProblem: {copy.problem}" if copy.problem else ""
    head = f"To: {copy.person.name} <{copy.person.email}>\nStatus: {state}{problem}\nSubject: {subject}"
    return f"{head}\n\n{body.rstrip()}"
