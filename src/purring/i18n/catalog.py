"""Translated texts: one gettext catalogue for each language, read from its `.po` file when first asked for.

English is the language of the source texts and needs no file. `.mo` files would be a build step between a translator's
edit and what readers see, so the catalogue is compiled in memory instead, once for each process.
"""

from __future__ import annotations

from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from purring.i18n.locales import DEFAULT, LOCALES


def mark(message: str) -> str:
    """The message itself, marked for extraction where it stands in a table and is translated elsewhere."""
    return message


class Translator:
    """Says a source text in one language. Placeholders are written `%(name)s`."""

    def __init__(self, locale: str) -> None:
        assert locale in LOCALES, locale
        self.locale = locale
        self.translations = _translations(locale)

    def gettext(self, message: str) -> str:
        """The text in this language, placeholders untouched."""
        return self.translations.gettext(message)

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """The form of the text that this language uses for n things."""
        return self.translations.ngettext(singular, plural, n)

    def pgettext(self, context: str, message: str) -> str:
        """The text as it reads in one place, where the same English word has several translations."""
        return self.translations.pgettext(context, message)


@lru_cache(maxsize=32)
def translator(locale: str) -> Translator:
    """The one translator of a language."""
    return Translator(locale)


def catalogue_path(locale: str) -> Path:
    """Where the catalogue of a language other than English lies."""
    # Not importlib.resources, whose import alone takes a third of the time that a catalogue takes to load.
    return Path(__file__).parent / "locale" / locale / "LC_MESSAGES" / "purring.po"


def catalogue_source(locale: str) -> bytes:
    """The `.po` file of a language other than English, as it was written."""
    return catalogue_path(locale).read_bytes()


@lru_cache(maxsize=32)
def _translations(locale: str) -> NullTranslations:
    if locale == DEFAULT:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(catalogue_source(locale)), locale=locale, abort_invalid=True))
    compiled.seek(0)
    return GNUTranslations(compiled)
