"""`purring explain`: why each charge was made when it was, how its answer was read, and what is to come."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from purring.cli.output import say
from purring.cli.runtime import MerchantOption, services
from purring.i18n.locales import check_locale, negotiate
from purring.operations.explain import explain as explanation_of
from purring.operations.explain_object import explained_object
from purring.operations.explain_text import explained
from purring.operations.lookup import merchant_named


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(explain)


def explain(
    name: Annotated[
        str, typer.Argument(metavar="ID", help="The recovery's id, or its invoice's id, number, or your own id of it.")
    ],
    *,
    locale: Annotated[
        str | None, typer.Option(help="The language: `en` or `nb`. Without it, the merchant's own.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print an object for programs.")] = False,
    merchant: MerchantOption = None,
) -> None:
    """Explain each charge of an invoice: why it was made, what the limits allowed, how the answer was read.

    Then what comes next, and why. A clause or rule stands in brackets behind its sentence.
    """
    wanted = None if locale is None else check_locale(locale)
    with services() as opened:
        seller = merchant_named(opened, merchant)
        found = explanation_of(opened, seller.id, name)
    language = wanted or negotiate(seller.locale)
    if as_json:
        say(json.dumps(explained_object(found, language), ensure_ascii=False, indent=2))
    else:
        say("\n".join(explained(found, language)))
