"""Keep what is derived from the texts up to date: the translators' catalogues, the mails' frame and the golden notices.

Run it as `python -m tools.texts` after changing a text, and `make docs` for the reference page. Translations stay as
they are; new texts come in empty, texts that nobody uses any more go away. Then read the difference: no text ships
unread.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import mrml
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from purring.i18n.catalog import catalogue_path, catalogue_source
from purring.i18n.locales import DEFAULT, LOCALES
from purring.notices.samples import Sample, rendered, samples, texted, written
from tools.mail_html import outline

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "purring"
FRAME = SOURCE / "notices" / "frame" / "frame.mjml"
GOLDEN = ROOT / "tests" / "notices" / "golden"

_TEMPLATES = ([("notices/templates/**.*", "jinja2.ext:babel_extract")], {"say": (2,)})
_PAGES = ([("web/**/templates/**.*", "jinja2.ext:babel_extract")], {"_": None})
_KEYWORDS = {
    "mark": None,
    "mark_plural": (1, 2),
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
_CODE = ([("**.py", "python")], _KEYWORDS)
# Fixed, so that a catalogue changes only where its texts do.
_SINCE = datetime(2026, 11, 23, tzinfo=UTC)


def main() -> None:
    """Write everything anew."""
    for locale in LOCALES:
        if locale != DEFAULT:
            catalogue_path(locale).write_bytes(updated_catalogue(locale))
    FRAME.with_suffix(".html").write_text(compiled_frame(), encoding="utf-8")
    GOLDEN.mkdir(exist_ok=True)
    for old in GOLDEN.iterdir():
        old.unlink()
    for sample, locale in golden():
        golden_path(sample, locale).write_text(written(sample, locale), encoding="utf-8")
        html_path(sample, locale).write_text(outline(rendered(sample, locale).body_html), encoding="utf-8")
    for locale in LOCALES:
        short_path(locale).write_text(shorts(locale), encoding="utf-8")


def compiled_frame() -> str:
    """The frame as mail programs need it: without what would be fetched from elsewhere."""
    made = mrml.to_html(FRAME.read_text(encoding="utf-8"), render_options=mrml.RenderOptions(fonts={}))
    assert not made.warnings, [str(warning) for warning in made.warnings]
    # An attribute that no HTML has, beside the style that does what it means.
    return made.content.replace(' vertical-align="middle"', "") + "\n"


def golden() -> Iterator[tuple[Sample, str]]:
    """Every sample in every language."""
    return ((sample, locale) for sample in samples() for locale in LOCALES)


def golden_path(sample: Sample, locale: str) -> Path:
    """Where a sample is kept as a person has read and approved it."""
    return GOLDEN / f"{sample.name}.{locale}.txt"


def html_path(sample: Sample, locale: str) -> Path:
    """Where the outline of a sample's HTML is kept."""
    return golden_path(sample, locale).with_suffix(".html")


def short_path(locale: str) -> Path:
    """Where the text messages are kept, as a person has read and approved them."""
    return GOLDEN / f"sms.{locale}.txt"


def shorts(locale: str) -> str:
    """Every sample as a text message."""
    return "".join(f"{sample.name}\n    {texted(sample, locale)}\n\n" for sample in samples())


def updated_catalogue(locale: str) -> bytes:
    """The catalogue of a language with exactly the texts that the sources hold today."""
    old = read_po(BytesIO(catalogue_source(locale)), locale=locale)
    new = Catalog(locale=locale, project="Purring", creation_date=_SINCE, revision_date=_SINCE, fuzzy=False)
    new.header_comment = f"# {LOCALES[locale]}: what people read. The sources are English; see CONTRIBUTING.md."
    for file, text, context in extracted():
        known = old.get(text, context)
        new.add(text, known.string if known else None, [(file, 0)], context=context)
    written_out = BytesIO()
    write_po(written_out, new, width=0, include_lineno=False, sort_by_file=True)
    return written_out.getvalue()


def extracted() -> Iterator[tuple[str, str | tuple[str, ...], str | None]]:
    """Every text in the sources that is to be translated: its file, the text, its context."""
    found = [
        one
        for methods, keywords in (_CODE, _TEMPLATES, _PAGES)
        for one in extract_from_dir(SOURCE, methods, keywords=keywords)
    ]
    return ((file, text, context) for file, _, text, _, context in sorted(found, key=lambda item: item[:2]))


if __name__ == "__main__":
    main()
