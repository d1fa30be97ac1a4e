"""A notice in a reader's own language: its subject and its text body.

The templates lie in templates/<kind>/. In them `_("… %(name)s …")` says a sentence in the reader's language and fills
in the context's own values, written as that language writes them. A blank line parts paragraphs, a line that starts
with two spaces stays a line of its own, and all other lines of a paragraph run on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, pass_context
from jinja2.runtime import Context as Scope

from purring.domain.money import Money
from purring.domain.notice import NoticeKind
from purring.domain.payment_method import MethodKind
from purring.domain.subscription import SubscriptionStatus
from purring.i18n.catalog import Translator, mark, translator
from purring.i18n.format import format_date, format_money
from purring.i18n.locales import negotiate
from purring.notices.contexts import CONTEXTS, Context, MethodLabel
from purring.notices.images import InlineImage
from purring.notices.stored_context import one_line

BRANDS: Mapping[str, str] = {
    "amex": "American Express",
    "bankaxept": "BankAxept",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "discover": "Discover",
    "jcb": "JCB",
    "maestro": "Maestro",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}
"""Card schemes under the names people know; a card of another scheme is just a card."""

_STATUSES: Mapping[SubscriptionStatus, str] = {
    SubscriptionStatus.TRIALING: mark("trial period"),
    SubscriptionStatus.ACTIVE: mark("active"),
    SubscriptionStatus.PAST_DUE: mark("past due"),
    SubscriptionStatus.SUSPENDED: mark("suspended"),
    SubscriptionStatus.CANCELED: mark("canceled"),
}
_NAMES = {shape: tuple(name for name in dir(shape) if not name.startswith("_")) for shape in CONTEXTS.values()}
_LINE_RUNS_ON = re.compile(r"(?<=\S)\n(?=\S)")
_MORE_THAN_ONE_BLANK = re.compile(r"\n(?:[ \t]*\n){2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One notice as a person reads it: one line, paragraphs with ordinary spaces, and the same as HTML.

    `body_html` "" is a notice without any; `images` are those that the HTML shows.
    """

    subject: str
    body_text: str
    body_html: str = ""
    images: tuple[InlineImage, ...] = ()


def render(kind: NoticeKind, context: Context, locale: str, recipient_name: str = "") -> Rendered:
    """The notice in the best language that we have for `locale`, addressed to one person."""
    language = negotiate(locale)
    subject, body = _templates(language, kind)
    values = {name: getattr(context, name) for name in _NAMES[type(context)]}
    values["recipient_name"] = one_line(recipient_name)
    return Rendered(subject=subject.render(values).strip(), body_text=_laid_out(body.render(values)))


def _laid_out(text: str) -> str:
    paragraphs = _MORE_THAN_ONE_BLANK.sub("\n\n", text).strip()
    return _LINE_RUNS_ON.sub(" ", paragraphs) + "\n"


# ---------------------------------------------------------------------------------------------------------------------
# What templates can do


@lru_cache(maxsize=256)
def _templates(locale: str, kind: NoticeKind) -> tuple[Template, Template]:
    environment = _environment(locale)
    return environment.get_template(f"{kind}/subject.txt"), environment.get_template(f"{kind}/body.txt")


@lru_cache(maxsize=32)
def _environment(locale: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("purring.notices"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - text mail has no markup to escape
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    words = translator(locale)
    environment.globals["_"] = _say(words)
    environment.filters["label"] = lambda method: method_label(method, words)
    return environment


def _say(words: Translator) -> Callable[..., str]:
    @pass_context
    def say(scope: Scope, message: str, **more: object) -> str:
        return words.gettext(message) % _Values(scope, words, more)

    return say


class _Values:
    """What placeholders stand for, written when a sentence asks for them."""

    __slots__ = ("more", "scope", "words")

    def __init__(self, scope: Scope, words: Translator, more: Mapping[str, object]) -> None:
        self.scope = scope
        self.words = words
        self.more = more

    def __getitem__(self, name: str) -> str:
        return _written(self.more[name] if name in self.more else self.scope.resolve(name), self.words)


def _written(value: object, words: Translator) -> str:
    match value:
        case SubscriptionStatus():
            return words.gettext(_STATUSES[value])
        case Money():
            return format_money(value, words.locale, plain=True)
        case date():
            return format_date(value, words.locale, weekday=True, plain=True)
        case MethodLabel():
            return _in_a_sentence(value, words)
        case _:
            return str(value)


def _in_a_sentence(method: MethodLabel, words: Translator) -> str:
    """The method as an object: "your Visa ending in 4242"."""
    brand, last4 = BRANDS.get(method.scheme), method.last4
    if method.kind is MethodKind.BANK_ACCOUNT:
        text = mark("your bank account ending in %(last4)s") if last4 else mark("your bank account")
    elif brand:
        text = mark("your %(brand)s ending in %(last4)s") if last4 else mark("your %(brand)s")
    else:
        text = mark("your card ending in %(last4)s") if last4 else mark("your card")
    return words.gettext(text) % {"brand": brand, "last4": last4}


def method_label(method: MethodLabel, words: Translator) -> str:
    """The method on its own line: "Visa ending in 4242"."""
    brand, last4 = BRANDS.get(method.scheme), method.last4
    if method.kind is MethodKind.BANK_ACCOUNT:
        text = mark("bank account ending in %(last4)s") if last4 else mark("bank account")
    elif brand:
        text = mark("%(brand)s ending in %(last4)s") if last4 else brand
    else:
        text = mark("card ending in %(last4)s") if last4 else mark("card")
    return words.gettext(text) % {"brand": brand, "last4": last4}
