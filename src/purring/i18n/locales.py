"""Which languages there are, and which of them a reader gets.

A language here is a key of LOCALES: a lower-case language subtag. English is the language the texts are written in.
"""

from __future__ import annotations

from collections.abc import Mapping

from purring.domain.errors import UnknownLocale

DEFAULT = "en"
LOCALES: Mapping[str, str] = {"en": "English", "nb": "Norsk bokmål"}
"""Every language, under the name its readers know it by. A new one is a line here and a catalogue file."""

# Browsers say `no` and `nn`, which Babel maps to nothing. Who reads Nynorsk reads Bokmål rather than English.
_ALIASES = {"no": "nb", "nn": "nb"}
# An honest Accept-Language names a handful of languages.
_RANGES_MAX = 32


def locales() -> tuple[str, ...]:
    """Every language, the default one first."""
    return tuple(LOCALES)


def negotiate(header_or_tag: str | None) -> str:
    """The best language for an Accept-Language header or one language tag; English if none of them is ours.

    Source: RFC 9110 §12.5.4 and RFC 4647 §3.4 (June 2022 and September 2006).
    """
    wanted = _ranges(header_or_tag or "")
    refused = {_ours(tag) for tag, quality in wanted if quality <= 0}
    for tag, quality in sorted(wanted, key=lambda item: -item[1]):
        locale = _first_not(refused) if tag == "*" else _ours(tag)
        if quality > 0 and locale is not None and locale not in refused:
            return locale
    return DEFAULT


def check_locale(tag: str) -> str:
    """The language that a tag such as `nb-NO` asks for.

    Raises UnknownLocale.
    """
    locale = _ours(tag)
    if locale is None:
        raise UnknownLocale(f"{tag[:60]!r} is not a language we have; use one of {', '.join(LOCALES)}.", field="locale")
    return locale


def _ranges(header: str) -> list[tuple[str, float]]:
    """The tags of a header with their qualities, in the order written."""
    return [_range(part) for part in header.split(",", _RANGES_MAX)[:_RANGES_MAX]]


def _range(part: str) -> tuple[str, float]:
    tag, _, parameter = part.partition(";")
    name, _, value = parameter.partition("=")
    if name.strip() != "q":
        return tag.strip(), 1.0
    try:
        quality = float(value)
    except ValueError:
        return tag.strip(), 0.0
    return tag.strip(), quality if 0 <= quality <= 1 else 0.0


def _ours(tag: str) -> str | None:
    language = tag.strip().lower().replace("_", "-").partition("-")[0]
    language = _ALIASES.get(language, language)
    return language if language in LOCALES else None


def _first_not(refused: set[str | None]) -> str | None:
    return next((locale for locale in LOCALES if locale not in refused), None)
