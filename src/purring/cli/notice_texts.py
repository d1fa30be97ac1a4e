"""`purring notices text`: single texts of notices that a merchant puts in the place of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

from purring.cli.output import say, say_table
from purring.cli.runtime import MerchantOption, services
from purring.domain.notice_text import NoticeText
from purring.i18n.locales import LOCALES, check_locale
from purring.notices.look import Look
from purring.notices.samples import rendered, samples
from purring.notices.texts import BaseText, all_texts, base_text, is_outdated, new_text, problem_of
from purring.operations.looks import look_of, own_texts, reset_text, set_text, with_text
from purring.operations.lookup import merchant_named

app = typer.Typer(help="Single texts of notices, in a merchant's own words.", no_args_is_help=True)

NameArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="The text's name, such as payment_declined.retry or shared.goodbye.")
]
LocaleOption = Annotated[str, typer.Option(help="The language: en or nb.")]


@app.command("list")
def list_all(
    *,
    locale: Annotated[str | None, typer.Option(help="The language: en or nb. Without it, both.")] = None,
    own: Annotated[bool, typer.Option("--own", help="Only those that are the merchant's own.")] = False,
    merchant: MerchantOption = None,
) -> None:
    """List every text: its name, whether it is ours or the merchant's own, and how it reads.

    A text of its own stays when a new version of Purring changes ours; the list says so, and `show` shows both.
    """
    languages = tuple(LOCALES) if locale is None else (check_locale(locale),)
    with services() as opened:
        theirs = {_place(one): one for one in own_texts(opened, merchant_named(opened, merchant).id)}
    ours = [(language, *place) for place in all_texts() for language in languages]
    places = [place for place in theirs if place[0] in languages]
    if not own:
        places = sorted({*ours, *places}, key=lambda place: (place[1:], place[0]))
    say_table(("text", "locale", "whose", "reads"), [_row(place, theirs.get(place)) for place in places])


@app.command("show")
def show(name: NameArgument, *, locale: LocaleOption = "en", merchant: MerchantOption = None) -> None:
    """Show a text: ours, the merchant's own, and which values it may and must name."""
    base, language = base_text(name), check_locale(locale)
    with services() as opened:
        theirs = own_texts(opened, merchant_named(opened, merchant).id)
    own = next((one for one in theirs if _place(one) == (language, base.scope, base.key)), None)
    say("\n".join(_shown(base, language, own)))


@app.command("set")
def set_one(
    name: NameArgument,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The text; {amount} and its like stand for values.")],
    *,
    locale: LocaleOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show how a notice would read.")] = False,
    merchant: MerchantOption = None,
) -> None:
    """Put a text in the place of ours and show a notice that says it; refused if a value is unknown or missing."""
    own = new_text(name, locale, text)
    with services() as opened:
        seller = merchant_named(opened, merchant).id
        look = with_text(look_of(opened, seller), own)
        if not dry_run:
            set_text(opened, seller, name, locale, text)
    say(_example(own, look))
    if dry_run:
        say("Nothing was saved.")


@app.command("reset")
def reset(name: NameArgument, *, locale: LocaleOption, merchant: MerchantOption = None) -> None:
    """Say our own text again."""
    with services() as opened:
        reset_text(opened, merchant_named(opened, merchant).id, name, locale)
    say(f"{name} is ours again in {check_locale(locale)}.")


@app.command("check")
def check(merchant: MerchantOption = None) -> None:
    """Check the merchant's own texts against this version: exit code 1 if one no longer fits, so that ours is said."""
    with services() as opened:
        theirs = own_texts(opened, merchant_named(opened, merchant).id)
    wrong = [(one, problem) for one in theirs if (problem := problem_of(one))]
    for one, problem in wrong:
        say(f"{one.scope}.{one.key} ({one.locale}): {problem}")
    for one in theirs:
        if not problem_of(one) and is_outdated(one):
            say(f"{one.scope}.{one.key} ({one.locale}): ours has changed since; yours is still said.")
    say(f"Texts of your own: {len(theirs)}; no longer fitting: {len(wrong)}.")
    if wrong:
        raise typer.Exit(1)


def _place(own: NoticeText) -> tuple[str, str, str]:
    return own.locale, own.scope, own.key


def _row(place: tuple[str, str, str], own: NoticeText | None) -> tuple[str, ...]:
    locale, scope, key = place
    name = f"{scope}.{key}"
    if own is None:
        return name, locale, "ours", base_text(name).read_in(locale)
    if problem_of(own):
        return name, locale, "yours, but not used", own.text
    return name, locale, "yours, ours has changed" if is_outdated(own) else "yours", own.text


def _shown(base: BaseText, locale: str, own: NoticeText | None) -> Iterator[str]:
    yield f"Ours:  {base.read_in(locale)}"
    if own is not None:
        yield f"Yours: {own.text}"
        if problem := problem_of(own):
            yield f"It isn't used: {problem}"
        elif is_outdated(own):
            yield f"Ours has changed since; it was: {own.base}"
    yield f"Must name: {_listed(base.required)}"
    yield f"May name:  {_listed(base.allowed - base.required)}"


def _listed(names: frozenset[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names)) or "nothing"


def _example(own: NoticeText, look: Look) -> str:
    """The first made-up notice that reads differently with the text."""
    plain = Look(brand=look.brand, texts={place: text for place, text in look.texts.items() if place != _place(own)})
    for sample in samples():
        notice = rendered(sample, own.locale, look)
        if notice != rendered(sample, own.locale, plain):
            return f"Subject: {notice.subject}\n\n{notice.body_text}"
    return "None of the made-up notices says this text."
