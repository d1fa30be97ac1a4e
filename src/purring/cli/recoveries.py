"""`purring recovery`: what an operator does about one invoice; the worker carries out what follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

import typer

from purring.cli.runtime import MerchantOption, services
from purring.cli.show import say_invoice
from purring.domain.errors import InvalidInput
from purring.domain.ids import InvoiceId, MerchantId
from purring.domain.money import parse_money
from purring.imports import readers
from purring.operations import recoveries
from purring.operations.lookup import merchant_named
from purring.operations.pay import retry_now
from purring.operations.services import Services
from purring.operations.story import invoice_story

app = typer.Typer(help="Pause, resume, retry or end one invoice's recovery.", no_args_is_help=True)

InvoiceArgument = Annotated[
    str, typer.Argument(metavar="ID", help="The invoice's id, its number, your own id of it, or its recovery's id.")
]
Act = Callable[[Services, MerchantId, InvoiceId], object]


def _do(name: str, merchant: str | None, act: Act) -> None:
    """Act on the invoice called so, and show what it has come to."""
    with services() as opened:
        merchant_id = merchant_named(opened, merchant).id
        act(opened, merchant_id, invoice_story(opened, merchant_id, name).facts.invoice.id)
        say_invoice(invoice_story(opened, merchant_id, name))


@app.command("pause")
def pause(
    name: InvoiceArgument,
    until: Annotated[str | None, typer.Option(help="A time with its zone, such as 2026-11-30T10:00:00Z.")] = None,
    merchant: MerchantOption = None,
) -> None:
    """Pause automatic charges, until a time or until somebody resumes them."""
    until_at = None if until is None else _instant(until)
    _do(name, merchant, lambda opened, seller, invoice_id: recoveries.pause(opened, seller, invoice_id, until_at))


@app.command("resume")
def resume(name: InvoiceArgument, merchant: MerchantOption = None) -> None:
    """Lift a pause, whoever set it."""
    _do(name, merchant, recoveries.resume)


@app.command("skip")
def skip(name: InvoiceArgument, merchant: MerchantOption = None) -> None:
    """Leave the next planned charge out."""
    _do(name, merchant, recoveries.skip_next)


@app.command("retry")
def retry(name: InvoiceArgument, merchant: MerchantOption = None) -> None:
    """Charge the tied method at once, as far as the networks' limits leave room."""
    _do(name, merchant, retry_now)


@app.command("paid")
def paid(
    name: InvoiceArgument,
    amount: Annotated[str, typer.Option(help="What came in, such as '249.95 USD'.")],
    reference: Annotated[str, typer.Option(help="How the payment can be found: a bank's or a till's reference.")],
    merchant: MerchantOption = None,
) -> None:
    """Record a payment made elsewhere; nothing more is charged once all is paid."""
    try:
        money = parse_money(amount)
    except InvalidInput as error:
        raise InvalidInput(error.message, field="--amount") from None
    said = readers.text(reference)
    _do(
        name,
        merchant,
        lambda opened, seller, invoice_id: recoveries.record_payment(opened, seller, invoice_id, money, said),
    )


@app.command("write-off")
def write_off(name: InvoiceArgument, merchant: MerchantOption = None) -> None:
    """Give the invoice up: nothing more is charged."""
    _do(name, merchant, recoveries.write_off)


def _instant(text: str) -> datetime:
    try:
        return readers.instant(text)
    except InvalidInput as error:
        raise type(error)(error.message, field="--until") from None
