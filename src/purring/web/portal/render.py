"""Fills the pages' templates: sentences in the reader's language, everything that comes from outside escaped."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from purring.domain.payment_method import PaymentMethod
from purring.i18n.catalog import Translator, translator
from purring.notices.contexts import MethodLabel
from purring.notices.values import method_label


def page(template: str, locale: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """One page in a language that we have, with a merchant's `brand` where it is known whose page it is."""
    written = _environment(locale).get_template(template).render({"locale": locale, "brand": None, **values})
    return HTMLResponse(written, status)


@lru_cache(maxsize=32)
def _environment(locale: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("purring.web.portal"),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["_"] = _say(translator(locale))
    return environment


def _say(words: Translator) -> Callable[..., Markup]:
    """A sentence with its figures; what fills them in is escaped, what we wrote isn't."""

    def say(message: str, **figures: str) -> Markup:
        return Markup(words.gettext(message)) % figures  # noqa: S704 - our own sentence; `%` escapes the figures

    return say


def labeled(method: PaymentMethod, locale: str) -> str:
    """The method as people know it: "Visa ending in 4242"."""
    label = MethodLabel(kind=method.kind, scheme=method.scheme, last4=method.last4)
    return method_label(label, translator(locale))
