"""`purring merchant`: who sells."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from purring.cli.brands import brand_changes, brand_lines
from purring.cli.output import say, say_table
from purring.cli.runtime import MerchantOption, services
from purring.domain.errors import InvalidInput
from purring.domain.merchant import Merchant
from purring.domain.rulebook.ceilings import Ceiling
from purring.operations.looks import change_brand
from purring.operations.lookup import all_merchants, merchant_named
from purring.operations.merchants import change_policy_by, create_merchant, override_ceiling, set_ceiling
from purring.operations.policy_document import document

app = typer.Typer(help="Who sells.", no_args_is_help=True)


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="The name that customers know.")],
    timezone: Annotated[str, typer.Option(help="An IANA name: it decides which day an invoice is of.")] = "UTC",
    locale: Annotated[str, typer.Option(help="The language of customers that have none: en or nb.")] = "en",
    support_email: Annotated[str, typer.Option(help="Where customers' answers go.")] = "",
    live: Annotated[bool, typer.Option("--live", help="Its charges move money; without it, it is for trying.")] = False,  # noqa: FBT002 - a flag
) -> None:
    """Add a merchant with the default policy."""
    with services() as opened:
        merchant = create_merchant(
            opened, name=name, timezone=timezone, locale=locale, support_email=support_email, is_live=live
        )
    say(f"{merchant.id}  {merchant.name}")


@app.command("list")
def list_all() -> None:
    """List the merchants with their policies."""
    with services() as opened:
        found = all_merchants(opened)
    say_table(
        ("id", "name", "time zone", "locale", "policy", "window"),
        [
            (
                one.id,
                one.name,
                one.timezone,
                one.locale,
                f"{one.policy.retry} v{one.policy.version}",
                f"{one.policy.window_days} days",
            )
            for one in found
        ],
    )


LimitArgument = Annotated[
    str, typer.Argument(metavar="LIMIT", help="A limit of the rulebook, such as card-amount-30d.")
]


@app.command("ceiling")
def ceiling(
    limit: LimitArgument,
    attempts: Annotated[int | None, typer.Argument(help="At most so many; without it, the rulebook's number.")] = None,
    merchant: MerchantOption = None,
) -> None:
    """Be stricter than the rulebook; this holds for open recoveries at once."""
    with services() as opened:
        _say_ceilings(set_ceiling(opened, merchant_named(opened, merchant).id, limit, attempts))


@app.command("override")
def override(
    limit: LimitArgument,
    attempts: Annotated[int, typer.Argument(help="At most so many.")],
    reason: Annotated[str, typer.Option(help="Why; it stands in the audit.")],
    by: Annotated[str, typer.Option(help="Who allows it.")],
    merchant: MerchantOption = None,
) -> None:
    """Allow more than one of our own default ceilings; networks' and schemes' limits can't be overridden."""
    allowed = Ceiling(limit_id=limit, attempts_max=attempts)
    with services() as opened:
        seller = merchant_named(opened, merchant)
        _say_ceilings(override_ceiling(opened, seller.id, allowed, reason=reason, by=by))


@app.command("policy")
def policy(
    file: Annotated[Path | None, typer.Argument(help="A JSON object of the fields to change; all others stay.")] = None,
    merchant: MerchantOption = None,
) -> None:
    """Show the policy as a JSON document, or change the fields that FILE names.

    Recoveries that are open keep the version that they began with, but for ceilings, `dunning`, `kid`
    and most of `notices`.
    """
    new = None if file is None else _json(file)
    with services() as opened:
        seller = merchant_named(opened, merchant)
        if file is not None:
            seller = change_policy_by(opened, seller.id, new)
    say(json.dumps(document(seller.policy), ensure_ascii=False, indent=2))


@app.command("brand")
def brand(
    *,
    color: Annotated[str | None, typer.Option(help="The color of buttons, like #0b5fff.")] = None,
    logo: Annotated[Path | None, typer.Option(help="A PNG or JPEG of at most 50 kB; every mail carries it.")] = None,
    no_logo: Annotated[bool, typer.Option("--no-logo", help="Show the name instead.")] = False,
    reply_to: Annotated[str | None, typer.Option(help='Where answers go; "": to the support address.')] = None,
    footer: Annotated[
        list[str] | None, typer.Option(help='A line below every notice; once for each line, "" for none.')
    ] = None,
    merchant: MerchantOption = None,
) -> None:
    """Show how the merchant's notices look, or change it: `purring notices preview -m NAME` shows the result."""
    changes = brand_changes(color=color, logo=logo, no_logo=no_logo, reply_to=reply_to, footer=footer)
    with services() as opened:
        seller = merchant_named(opened, merchant)
        new = change_brand(opened, seller.id, lambda before: replace(before, **changes))
    say(seller.name)
    say("\n".join(brand_lines(new)))


def _json(file: Path) -> object:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"{file} can't be read: {error.strerror}.", field="FILE") from None
    except ValueError as error:
        raise InvalidInput(f"{file} is no JSON document: {error}.", field="FILE") from None


def _say_ceilings(merchant: Merchant) -> None:
    """The merchant's own numbers, and what allows those that are larger than ours."""
    policy = merchant.policy
    say(f"{merchant.name}: policy v{policy.version}")
    for one in policy.ceilings:
        said = [f"{own.reason} ({own.by})" for own in policy.overrides if own.limit_id == one.limit_id]
        say(f"  {one.limit_id}: at most {one.attempts_max}{''.join(f', override: {text}' for text in said)}")
