"""The help article "Payment declined" in paired segments: source and translation of each say the same.

Segments lie in `help_texts/`, one file a language, for translators to edit. Where one is missing the source stands in
its place, marked with its language. Figures are the reader's own: a segment whose figures aren't known isn't shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml
from markdown_it import MarkdownIt
from markupsafe import Markup

from purring.i18n.locales import DEFAULT

ARTICLE = "payment_declined"
_FIGURE = re.compile(r"\{(\w+)\}")
_LINK = re.compile(r'href="([^"]*)"')


class Kind(StrEnum):
    """How a segment is laid out."""

    TITLE = "title"
    HEADING = "heading"
    TEXT = "text"
    STEP = "step"
    NOTE = "note"


class TranslatedBy(StrEnum):
    """Who translated a segment."""

    PERSON = "person"
    MACHINE = "machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One language's words of a segment, as HTML with `{figures}` still in it."""

    language: str
    html: str
    by: TranslatedBy | None = None

    @property
    def figures(self) -> frozenset[str]:
        """The names of the figures that it needs."""
        return frozenset(_FIGURE.findall(self.html))


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment in the source language and, unless that is the reader's or it is missing, in the reader's."""

    id: str
    kind: Kind
    unless: frozenset[str]
    source: Text
    translation: Text | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A segment with its figures filled in. `source`: the source's words beside a translation, with their language."""

    id: str
    kind: Kind
    language: str
    html: Markup
    source: Markup | None
    by_machine: bool


def article(locale: str, figures: Mapping[str, str], source_figures: Mapping[str, str] | None = None) -> list[Shown]:
    """The segments that can be told with these figures, in the reader's language where there is a translation.

    `source_figures`: the same ones as the source's language writes them.
    """
    return [
        _shown(segment, figures, source_figures or figures)
        for segment in segments(locale)
        if segment.source.figures <= figures.keys() and not segment.unless & figures.keys()
    ]


def _shown(segment: Segment, figures: Mapping[str, str], source_figures: Mapping[str, str]) -> Shown:
    text = segment.translation or segment.source
    return Shown(
        id=segment.id,
        kind=segment.kind,
        language=text.language,
        html=_filled(text, figures if segment.translation else source_figures),
        source=_filled(segment.source, source_figures) if segment.translation else None,
        by_machine=text.by is TranslatedBy.MACHINE,
    )


def _filled(text: Text, figures: Mapping[str, str]) -> Markup:
    return Markup(text.html).format(**figures)  # noqa: S704 - our own words; `format` escapes the figures


@lru_cache(maxsize=32)
def segments(locale: str) -> tuple[Segment, ...]:
    """Every segment, in the article's order."""
    translations = {} if locale == DEFAULT else _translations(locale)
    return tuple(
        Segment(
            id=one["id"],
            kind=Kind(one["kind"]),
            unless=frozenset(one.get("unless", ())),
            source=Text(language=DEFAULT, html=_html(one["text"])),
            translation=_translation(locale, translations.get(one["id"])),
        )
        for one in _read(DEFAULT)
    )


def _translation(locale: str, one: Mapping[str, str] | None) -> Text | None:
    return Text(language=locale, html=_html(one["text"]), by=TranslatedBy(one["by"])) if one else None


def problems(locale: str) -> Iterator[str]:
    """What doesn't agree between the pairs of a language: links, bold runs, figures; and translations of nothing."""
    for segment in segments(locale):
        if segment.translation is None:
            yield f"{segment.id}: there is no translation"
            continue
        if _marks(segment.source) != _marks(segment.translation):
            yield f"{segment.id}: links, bold runs or figures differ from the source's"
    for name in sorted(set(_translations(locale)) - {segment.id for segment in segments(locale)}):
        yield f"{name}: the source has no such segment"


def _marks(text: Text) -> Counter[str]:
    links = (f"link to {target}" for target in _LINK.findall(text.html))
    return Counter([*links, *("bold" for _ in re.findall("<strong>", text.html)), *_FIGURE.findall(text.html)])


def _html(text: str) -> str:
    return str(_MARKDOWN.renderInline(text.strip()))


class _Markdown(MarkdownIt):
    """Reads bold runs and links, and nothing else; a link's target may hold a figure."""

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - the library's name
        """Leave a target as it is."""
        return url


_MARKDOWN = _Markdown("zero").enable(["emphasis", "link"])


@lru_cache(maxsize=32)
def _translations(locale: str) -> dict[str, dict[str, str]]:
    return dict(_read(locale))


def _read(locale: str) -> Any:  # noqa: ANN401 - a document
    return yaml.safe_load((files(__package__) / "help_texts" / f"{ARTICLE}.{locale}.yaml").read_text("utf-8"))
