"""`purring letters`: reminders and demands about overdue Norwegian invoices, which the merchant itself sends."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Annotated

import typer

from purring.cli.output import say
from purring.cli.runtime import MerchantOption, services
from purring.domain.calendar import zone
from purring.domain.errors import InvalidInput
from purring.domain.ids import MerchantId
from purring.domain.norway.law import LetterKind
from purring.domain.norway.letters import Entry
from purring.i18n.locales import check_locale, negotiate
from purring.i18n.reader import Reader
from purring.imports import readers
from purring.operations.letters import NewLetter, record_compensation, record_letter, record_objection, ruling
from purring.operations.letters_text import entry_line, ruling_lines, ruling_object
from purring.operations.lookup import merchant_named
from purring.operations.services import Services

app = typer.Typer(
    help="What the law allows about an overdue Norwegian invoice, and a book of what you sent: Purring sends none.",
    no_args_is_help=True,
)

InvoiceArgument = Annotated[str, typer.Argument(metavar="INVOICE", help="Its id, number, or your own id of it.")]
OnOption = Annotated[str | None, typer.Option("--on", help="The day, such as 2026-11-30; without it, today.")]
DueOption = Annotated[
    str | None, typer.Option("--due-on", help="The last day to pay, where the invoice named a later one than its date.")
]
LocaleOption = Annotated[str | None, typer.Option(help="The language: `en` or `nb`. Without it, the merchant's own.")]


@app.command("allowed")
def allowed(
    name: InvoiceArgument,
    *,
    on: OnOption = None,
    due_on: DueOption = None,
    locale: LocaleOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print an object for programs.")] = False,
    merchant: MerchantOption = None,
) -> None:
    """Say for a day which letters may be sent and what may be claimed, how much, by which rules, and if not, when."""
    wanted = None if locale is None else check_locale(locale)
    day, due = _day(on, "--on"), _day(due_on, "--due-on")
    with services() as opened:
        seller = merchant_named(opened, merchant)
        found = ruling(opened, seller.id, name, on=day, due_on=due)
    language = wanted or negotiate(seller.locale)
    if as_json:
        say(json.dumps(ruling_object(found, language), ensure_ascii=False, indent=2))
    else:
        say("\n".join(ruling_lines(found, language)))


@app.command("record")
def record(
    name: InvoiceArgument,
    kind: Annotated[LetterKind, typer.Argument(help="What you sent.")],
    *,
    sent_on: Annotated[str, typer.Option("--sent-on", help="When you sent it, such as 2026-11-30.")],
    deadline_on: Annotated[str | None, typer.Option("--deadline-on", help="The last day to pay that it names.")] = None,
    with_fee: Annotated[bool, typer.Option("--with-fee", help="It claims the fee of that day.")] = False,
    due_on: DueOption = None,
    locale: LocaleOption = None,
    merchant: MerchantOption = None,
) -> None:
    """Write down a letter that you sent; refused where the law doesn't allow it or its fee."""
    sent, deadline, due = _day(sent_on, "--sent-on"), _day(deadline_on, "--deadline-on"), _day(due_on, "--due-on")
    assert sent, "it was given"
    new = NewLetter(kind=kind, sent_on=sent, deadline_on=deadline, with_fee=with_fee)
    _do(merchant, locale, lambda opened, seller: record_letter(opened, seller, name, new, due_on=due))


@app.command("compensation")
def compensation(
    name: InvoiceArgument,
    *,
    on: OnOption = None,
    due_on: DueOption = None,
    locale: LocaleOption = None,
    merchant: MerchantOption = None,
) -> None:
    """Write down that you claimed the compensation between businesses; fees claimed before are taken off."""
    day, due = _day(on, "--on"), _day(due_on, "--due-on")
    _do(merchant, locale, lambda opened, seller: record_compensation(opened, seller, name, on=day, due_on=due))


@app.command("objection")
def objection(
    name: InvoiceArgument,
    *,
    on: OnOption = None,
    settled: Annotated[bool, typer.Option("--settled", help="It is settled: letters may go on.")] = False,
    locale: LocaleOption = None,
    merchant: MerchantOption = None,
) -> None:
    """Write down that the customer objects with reason: until it is settled, nothing is claimed and no letter sent.

    Retries of the card go on: stop them with `purring recovery pause`.
    """
    day = _day(on, "--on")
    _do(merchant, locale, lambda opened, seller: record_objection(opened, seller, name, on=day, settled=settled))


def _do(merchant: str | None, locale: str | None, act: Callable[[Services, MerchantId], Entry]) -> None:
    """Write an entry down and print it."""
    wanted = None if locale is None else check_locale(locale)
    with services() as opened:
        seller = merchant_named(opened, merchant)
        entry = act(opened, seller.id)
    say(entry_line(entry, Reader(wanted or negotiate(seller.locale), zone(seller.timezone))))


def _day(text: str | None, option: str) -> date | None:
    try:
        return None if text is None else readers.day(text)
    except InvalidInput as error:
        raise type(error)(error.message, field=option) from None
