"""The texts of notices as a merchant may change them: single sentences under keys that stay, never a template.

Which sentence stands in a notice follows from the schedule and stays ours, so no merchant can promise a retry that
isn't planned. `texts_of` reads the keys from the templates themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain

from jinja2 import nodes

from purring.domain.errors import InvalidInput, NotFound
from purring.domain.notice import DECLINE_NOTICES, NoticeKind
from purring.domain.notice_text import NoticeText
from purring.i18n.catalog import translator
from purring.i18n.format import plain_spaces
from purring.i18n.locales import check_locale
from purring.notices.look import PLACEHOLDER, SHARED
from purring.notices.reasons import every_text
from purring.notices.render import template_source
from purring.notices.stored_context import one_line

ALWAYS = frozenset({"merchant_name", "amount"})
"""Values that every notice has, so that any text may name them."""
OPTIONAL = frozenset({"merchant_name", "product", "recipient_name", "number", "support_email"})
"""Values that a text may leave out; a day, an amount or a payment method that ours names must stand in theirs too."""

_OURS = re.compile(r"%\(([a-z0-9_]+)\)s")
_BRACE = re.compile(r"[{}]")
_ROOMS = ((30, 60), (80, 150))  # up to so many characters of ours: at most so many of theirs
_ROOM_MAX = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseText:
    """One of our texts: where it stands, and the English source."""

    scope: str
    key: str
    message: str

    @property
    def name(self) -> str:
        """How a merchant names it."""
        return f"{self.scope}.{self.key}"

    @property
    def required(self) -> frozenset[str]:
        """Values that the text exists to tell; a subject tells who writes."""
        named = frozenset(_OURS.findall(self.message)) - OPTIONAL
        return named | {"merchant_name"} if self.key.startswith("subject") else named

    @property
    def allowed(self) -> frozenset[str]:
        """Values that stand ready wherever the text is said."""
        return frozenset(_OURS.findall(self.message)) | ALWAYS

    def read_in(self, locale: str) -> str:
        """The text in a language, with places written as a merchant writes them."""
        return plain_spaces(_OURS.sub(r"{\1}", translator(locale).gettext(self.message)))


@lru_cache(maxsize=1)
def all_texts() -> Mapping[tuple[str, str], BaseText]:
    """Every text by its scope and key: those of each kind, then those that several kinds share."""
    found: dict[tuple[str, str], BaseText] = {}
    for kind in NoticeKind:
        for scope, key, message in chain(_said_in(f"{kind}/subject.txt"), _said_in(f"{kind}/body.txt")):
            found.setdefault((scope, key), BaseText(scope=scope, key=key, message=message))
    for key, message in every_text():
        found.setdefault((SHARED, key), BaseText(scope=SHARED, key=key, message=message))
    return found


def texts_of(kind: NoticeKind) -> frozenset[str]:
    """The keys of the texts that one kind of notice can say, its own and shared ones."""
    said = chain(_said_in(f"{kind}/subject.txt"), _said_in(f"{kind}/body.txt"))
    keys = frozenset(key for _, key, _ in said)
    return keys | {key for key, _ in every_text()} if kind in DECLINE_NOTICES else keys


def base_text(name: str) -> BaseText:
    """Our text under a name such as `payment_declined.retry` or `shared.goodbye`.

    A shared text goes by the name of each kind that says it, too: `last_notice.goodbye`. Raises NotFound.
    """
    scope, _, key = name.partition(".")
    texts = all_texts()
    if (scope, key) in texts:
        return texts[scope, key]
    if (SHARED, key) in texts and scope in set(NoticeKind) and key in texts_of(NoticeKind(scope)):
        return replace(texts[SHARED, key], scope=scope)
    raise NotFound(f"No notice says a text {name[:80]!r}; `purring notices text list` names all.", field="NAME")


def new_text(name: str, locale: str, text: str) -> NoticeText:
    """A merchant's text, checked.

    Raises NotFound, UnknownLocale, and InvalidInput that says what the text lacks or must not have.
    """
    base, language = base_text(name), check_locale(locale)
    _check(base, text)
    return NoticeText(locale=language, scope=base.scope, key=base.key, text=text, base=base.read_in(language))


def problem_of(own: NoticeText) -> str:
    """Why a stored text can't be used any more, or ""."""
    try:
        _check(base_text(f"{own.scope}.{own.key}"), own.text)
    except (InvalidInput, NotFound) as error:
        return error.message
    return ""


def is_outdated(own: NoticeText) -> bool:
    """Whether our text has changed since the merchant wrote its own."""
    return own.base != base_text(f"{own.scope}.{own.key}").read_in(own.locale)


@lru_cache(maxsize=4096)
def _check(base: BaseText, text: str) -> None:
    room = next((theirs for ours, theirs in _ROOMS if len(base.message) <= ours), _ROOM_MAX)
    if len(text) > room:
        raise InvalidInput(f"{base.name} has room for {room} characters, and this has {len(text)}.", field="TEXT")
    if not text or text != one_line(text, room):
        raise InvalidInput("A text is one line that says something, without control characters.", field="TEXT")
    named = frozenset(PLACEHOLDER.findall(text))
    listed = ", ".join(f"{{{name}}}" for name in sorted(base.allowed))
    if _BRACE.search(PLACEHOLDER.sub("", text)):
        raise InvalidInput(f"{{ and }} stand only around the name of a value; here: {listed}.", field="TEXT")
    if unknown := sorted(named - base.allowed):
        raise InvalidInput(f"{base.name} knows no {{{unknown[0]}}}, only {listed}.", field="TEXT")
    if missing := sorted(base.required - named):
        raise InvalidInput(f"{base.name} must say {{{missing[0]}}}: readers rely on it.", field="TEXT")


@lru_cache(maxsize=128)
def _said_in(name: str) -> tuple[tuple[str, str, str], ...]:
    """Scope, key and message of every text that a template says, in its order."""
    return tuple(_said(name, template_source(name)))


def _said(name: str, parsed: nodes.Template) -> Iterator[tuple[str, str, str]]:
    folder = name.partition("/")[0]
    for node in parsed.find_all((nodes.Call, nodes.Include)):
        match node:
            case nodes.Include(template=nodes.Const(value=str(included))):
                yield from _said_in(included)
            case nodes.Call(node=nodes.Name(name="say"), args=[nodes.Const(value=key), nodes.Const(value=message), *_]):
                yield folder, key, message
            case _:
                pass
