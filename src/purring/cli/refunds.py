"""`purring refund`: money that goes back through the gateway that charged it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from purring.cli.output import say
from purring.cli.runtime import MerchantOption, services
from purring.domain.ids import RefundId
from purring.domain.money import parse_money
from purring.domain.refund import Refund, RefundStatus
from purring.operations import refunds
from purring.operations.lookup import invoice_named, merchant_named

app = typer.Typer(help="Money that goes back.", no_args_is_help=True)

RefundArgument = Annotated[str, typer.Argument(metavar="REFUND", help="The refund's id.")]


class Settled(StrEnum):
    """What a person can find out about a refund."""

    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    FAILED = "failed"


@app.command("make")
def make(
    invoice: Annotated[str, typer.Argument(help="The invoice's id, number or your own id of it.")],
    *,
    amount: Annotated[str | None, typer.Option(help="How much, such as '99.00 NOK'; all that is left without.")] = None,
    merchant: MerchantOption = None,
) -> None:
    """Give money of an invoice back, through the gateway that charged it."""
    with services() as opened:
        seller = merchant_named(opened, merchant)
        with opened.store.reading() as conn:
            invoice_id = invoice_named(conn, seller.id, invoice)
        made = refunds.refund(opened, seller.id, invoice_id, parse_money(amount) if amount else None)
    _say(made)


@app.command("again")
def again(refund: RefundArgument, merchant: MerchantOption = None) -> None:
    """Ask the gateway again about a refund of which nobody knows what came."""
    with services() as opened:
        _say(refunds.ask_again(opened, merchant_named(opened, merchant).id, RefundId(refund)))


@app.command("settle")
def settle(
    refund: RefundArgument,
    *,
    to: Annotated[Settled, typer.Option("--as", help="What became of it, as the gateway's own pages say.")],
    note: Annotated[str, typer.Option(help="How you know.")],
    merchant: MerchantOption = None,
) -> None:
    """Write down what became of a refund whose key is too old to be sent again."""
    with services() as opened:
        seller = merchant_named(opened, merchant)
        _say(refunds.settle_refund(opened, seller.id, RefundId(refund), RefundStatus(to.value), note))


def _say(refund: Refund) -> None:
    why = f": {refund.detail}" if refund.detail else ""
    say(f"{refund.id}, {refund.amount}: {refund.status.value}{why}")
