"""A notice in a reader's own language: its subject, its text and the same as HTML.

The templates lie in templates/<kind>/. In them `say("key", "… %(name)s …")` says a sentence in the reader's language,
or in the merchant's own words if it has set the text of that key, and fills in the context's values. A blank line parts
paragraphs and the lines of one run on; `blocks.py` lists the marks for everything that is no paragraph.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, nodes, pass_context
from jinja2.runtime import Context as Scope

from purring.domain.notice import NoticeKind
from purring.i18n.catalog import Translator, translator
from purring.i18n.format import plain_spaces
from purring.i18n.locales import DEFAULT, negotiate
from purring.notices import blocks
from purring.notices.contexts import CONTEXTS, Context, Declined
from purring.notices.frame import edge_of, framed
from purring.notices.images import InlineImage
from purring.notices.look import OURS, PLACEHOLDER, Look
from purring.notices.stored_context import one_line
from purring.notices.values import Values, method_label, written

_NAMES = {shape: tuple(name for name in dir(shape) if not name.startswith("_")) for shape in CONTEXTS.values()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """One notice as a person reads it: one line, paragraphs with ordinary spaces, and the same as HTML.

    `images` are those that the HTML shows.
    """

    subject: str
    body_text: str
    body_html: str
    images: tuple[InlineImage, ...] = ()


def render(kind: NoticeKind, context: Context, locale: str, recipient_name: str = "", look: Look = OURS) -> Rendered:
    """The notice in the best language that we have for `locale`, addressed to one person, in a merchant's look."""
    language = negotiate(locale)
    subject, body = _templates(language, kind)
    values = {name: getattr(context, name) for name in _NAMES[type(context)]}
    values |= {"recipient_name": one_line(recipient_name), "look": look, "kind": kind}
    title, parts = subject.render(values).strip(), blocks.blocks_of(body.render(values))
    html, images = framed(
        title,
        parts,
        locale=language,
        merchant_name=context.merchant_name,
        brand=look.brand,
        edge=edge_of(kind, look.brand, is_firm=isinstance(context, Declined) and context.is_firm),
    )
    return Rendered(
        subject=plain_spaces(title),
        body_text=blocks.as_text(parts, look.brand.footer),
        body_html=html,
        images=images,
    )


def template_source(name: str) -> nodes.Template:
    """What a template consists of."""
    environment = _environment(DEFAULT)
    assert environment.loader
    source, _, _ = environment.loader.get_source(environment, name)
    return environment.parse(source)


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
        autoescape=False,  # noqa: S701 - what comes out is text; the frame escapes it
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    words = translator(locale)
    environment.globals |= {
        "say": _say(words),
        "fact": blocks.fact,
        "button": blocks.button,
        "aside": blocks.aside,
        "in_short": blocks.in_short,
    }
    environment.filters["label"] = lambda method: method_label(method, words)
    environment.filters["shown"] = lambda value: written(value, words)
    return environment


def _say(words: Translator) -> Callable[..., str]:
    @pass_context
    def say(scope: Scope, key: str, message: str, **more: object) -> str:
        values = Values(scope, words, more)
        look: Look = scope["look"]
        own = look.text(words.locale, scope["kind"], key) if look.texts else None
        if own is None:
            return words.gettext(message) % values
        return PLACEHOLDER.sub(lambda place: values[place[1]], own)

    return say
