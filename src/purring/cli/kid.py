"""`purring kid`: payment references as the merchant's Norwegian bank reads them."""

from __future__ import annotations

from typing import Annotated

import typer

from purring.cli.output import say
from purring.cli.runtime import MerchantOption, services
from purring.domain.norway.kid import check_kid, make_kid
from purring.operations.kid import agreement_of
from purring.operations.lookup import merchant_named

app = typer.Typer(help="KID numbers, under the merchant's agreement with its bank.", no_args_is_help=True)


@app.command("make")
def make(
    payload: Annotated[str, typer.Argument(help="The digits that name customer and invoice.")],
    merchant: MerchantOption = None,
) -> None:
    """Fill digits up to the agreed length and add the check digit."""
    with services() as opened:
        agreement = agreement_of(merchant_named(opened, merchant))
    say(make_kid(payload, agreement.scheme, agreement.length))


@app.command("check")
def check(
    kid: Annotated[str, typer.Argument(metavar="KID", help="As it came with a payment.")],
    merchant: MerchantOption = None,
) -> None:
    """Say whether a KID is right: its form, its length, its check digit."""
    with services() as opened:
        agreement = agreement_of(merchant_named(opened, merchant))
    say(f"{check_kid(kid, agreement.scheme, agreement.length)} is right ({agreement.scheme}).")
