"""A notice as a text message: two parts at most, with the merchant's name first, the amount, what is next, and a link.

A text that GSM 7-bit can write has 160 septets, or 153 in each of several parts; any other has 70 UTF-16 units, or 67.
Source: 3GPP TS 23.038 §6.2.1 and TS 23.040 §9.2.3.24.1.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date

from purring.domain.money import Money
from purring.i18n.catalog import Translator, mark, translator
from purring.i18n.format import format_date, format_money
from purring.i18n.locales import negotiate
from purring.notices.contexts import (
    AccessEnded,
    ActionNeeded,
    CancellationWarning,
    CardExpiresSoon,
    Context,
    Declined,
    LastNotice,
    MethodChanged,
    PaymentDeclined,
    PaymentReceived,
    Receipt,
    SubscriptionCanceled,
    UpcomingCharge,
)

PARTS_MAX = 2
NAME_CHARS_MIN = 12
"""So much of a merchant's name stays before a shorter text is taken instead."""

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENSION = frozenset("\f^{}\\[~]|€")
_GSM = _BASIC | _EXTENSION
_ALIKE = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "…": "..."})


def sms_text(context: Context, locale: str) -> str:
    """The notice in the best language that we have for `locale`.

    A name that is too long is cut, and where that isn't enough the sentence gives way; the amount and the link never.
    """
    words = translator(negotiate(locale))
    name = _in_gsm(context.merchant_name)
    full, brief = _full(context, words), _brief(context, words)
    for text in (*_cut(full, name, NAME_CHARS_MIN), *_cut(brief, name, 1)):
        if parts(text) <= PARTS_MAX:
            return text
    return brief(name[:1])


def parts(text: str) -> int:
    """How many parts a text takes on its way."""
    if _GSM.issuperset(text):
        whole, each, widths = 160, 153, [2 if char in _EXTENSION else 1 for char in text]
    else:
        whole, each, widths = 70, 67, [2 if ord(char) > 0xFFFF else 1 for char in text]  # noqa: PLR2004 - a pair
    if sum(widths) <= whole:
        return 1
    count, used = 1, 0
    for width in widths:  # none is parted
        if used + width > each:
            count, used = count + 1, 0
        used += width
    return count


def _cut(text_of: Callable[[str], str], name: str, least: int) -> Iterator[str]:
    """The text with the whole name, then with ever less of it."""
    yield text_of(name)
    for length in range(len(name) - 1, least - 1, -1):
        yield text_of(f"{name[:length].rstrip()}...")


def _in_gsm(name: str) -> str:
    """The name in letters that cost little where they look alike; else as it is."""
    folded = "".join(char if char in _GSM else _without_marks(char) for char in name.translate(_ALIKE))
    return folded if _GSM.issuperset(folded) else name


def _without_marks(char: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFKD", char) if not unicodedata.combining(one))


# ---------------------------------------------------------------------------------------------------------------------
# What is said


def _full(context: Context, words: Translator) -> Callable[[str], str]:
    sentence, day = _sentence(context)
    pieces = [words.gettext(sentence)]
    if _leads_on(context):
        pieces.append(words.gettext(mark("Pay, or see what you can do: %(url)s")))
    return _with_name(" ".join(pieces), context, words, day)


def _brief(context: Context, words: Translator) -> Callable[[str], str]:
    """The least that may be said."""
    match context:
        case LastNotice():
            said = mark("%(merchant)s: Last notice, %(amount)s unpaid.")
        case _ if context.is_owed and context.names_amount:
            said = mark("%(merchant)s: %(amount)s unpaid.")
        case _ if context.names_amount:
            said = mark("%(merchant)s: %(amount)s.")
        case _:
            said = mark("%(merchant)s: News of your subscription.")
    link = " %(url)s" if _leads_on(context) else ""
    return _with_name(words.gettext(said) + link, context, words, None)


def _leads_on(context: Context) -> bool:
    """Whether there is something to pay, and where."""
    return bool(context.pay_url) and context.is_owed and not isinstance(context, SubscriptionCanceled)


def _with_name(text: str, context: Context, words: Translator, day: date | None) -> Callable[[str], str]:
    values = {
        "amount": _amount(context, words),
        "count": str(len(context.items)),
        "day": format_date(day, words.locale, weekday=True, plain=True) if day else "",
        "url": context.pay_url,
    }
    return lambda name: text % {**values, "merchant": name}


def _amount(context: Context, words: Translator) -> str:
    """What it is about, all payments together; currencies aren't added up."""
    sums: Counter[str] = Counter()
    for amount in [one.amount for one in context.items] or [context.amount]:
        sums[amount.currency] += amount.minor
    return " + ".join(format_money(Money(minor, code), words.locale, plain=True) for code, minor in sums.items())


def _sentence(context: Context) -> tuple[str, date | None]:
    """What is said, and the day that stands in it."""
    match context:
        case Declined():
            return _declined(context)
        case AccessEnded():
            said = mark(
                "%(merchant)s: Your access has ended because the payment of %(amount)s is missing. "
                "It comes back once you pay."
            )
            return said, None
        case CancellationWarning(data_deleted_on=None):
            said = mark(
                "%(merchant)s: The payment of %(amount)s is missing. Unless it is paid soon, your subscription will be "
                "canceled and your data deleted."
            )
            return said, None
        case CancellationWarning(data_deleted_on=day):
            said = mark(
                "%(merchant)s: The payment of %(amount)s is missing. Your subscription will be canceled and your data "
                "deleted on %(day)s."
            )
            return said, day
        case _:
            return _calm(context)


def _declined(context: Declined) -> tuple[str, date | None]:
    match context:
        case LastNotice(access_ends_on=None):
            return mark("%(merchant)s: Last notice. %(amount)s is still unpaid."), None
        case LastNotice(access_ends_on=day):
            return mark("%(merchant)s: Last notice. %(amount)s is unpaid, and your access ends on %(day)s."), day
        case _ if context.items:
            return mark("%(merchant)s: %(count)s payments didn't go through, %(amount)s in all."), None
        case ActionNeeded():
            return mark(
                "%(merchant)s: The payment of %(amount)s can't go through before you have done something."
            ), None
        case PaymentDeclined(next_attempt_on=date() as day):
            return mark("%(merchant)s: The payment of %(amount)s didn't go through. We will try again on %(day)s."), day
        case _:
            return mark("%(merchant)s: The payment of %(amount)s didn't go through. We won't try again."), None


def _calm(context: Context) -> tuple[str, date | None]:
    """What asks for no payment now."""
    match context:
        case SubscriptionCanceled(is_owed=True):
            return mark("%(merchant)s: Your subscription has ended because %(amount)s wasn't paid."), None
        case SubscriptionCanceled():
            return mark("%(merchant)s: Your subscription has ended."), None
        case PaymentReceived() | Receipt():
            return mark("%(merchant)s: Thank you. We have received %(amount)s."), None
        case MethodChanged():
            return mark("%(merchant)s: Another card or account pays for your subscription from now on."), None
        case CardExpiresSoon(expires_on=date() as day):
            return mark("%(merchant)s: Your card expires on %(day)s. Please choose another before then."), day
        case CardExpiresSoon():
            return mark("%(merchant)s: Your card expires soon. Please choose another before then."), None
        case UpcomingCharge(charge_on=date() as day):
            return mark("%(merchant)s: %(amount)s will be charged on %(day)s."), day
        case _:
            return mark("%(merchant)s: %(amount)s will be charged soon."), None
