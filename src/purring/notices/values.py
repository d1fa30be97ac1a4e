"""How the values of a notice are written in a reader's language, with no-break spaces where a line must not end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from jinja2.runtime import Context as Scope

from purring.domain.money import Money
from purring.domain.payment_method import MethodKind
from purring.domain.subscription import SubscriptionStatus
from purring.i18n.catalog import Translator, mark
from purring.i18n.format import format_date, format_money
from purring.notices.contexts import MethodLabel

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


class Values:
    """What placeholders stand for, written when a sentence asks for them."""

    __slots__ = ("more", "scope", "words")

    def __init__(self, scope: Scope, words: Translator, more: Mapping[str, object]) -> None:
        self.scope = scope
        self.words = words
        self.more = more

    def __getitem__(self, name: str) -> str:
        return written(self.more[name] if name in self.more else self.scope.resolve(name), self.words)


def written(value: object, words: Translator) -> str:
    """One value as it stands in a sentence."""
    match value:
        case SubscriptionStatus():
            return words.gettext(_STATUSES[value])
        case Money():
            return format_money(value, words.locale)
        case date():
            return format_date(value, words.locale, weekday=True)
        case MethodLabel():
            return _in_a_sentence(value, words)
        case _:
            return str(value)


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
