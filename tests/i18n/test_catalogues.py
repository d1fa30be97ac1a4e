"""Every text is translated, whole and with the same placeholders, in every language."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from purring.i18n.catalog import Translator, catalogue_path, catalogue_source, translator
from purring.i18n.locales import DEFAULT, locales
from tools.texts import extracted, updated_catalogue

TRANSLATED = [locale for locale in locales() if locale != DEFAULT]
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%.|\{\w*\}")


def faults(catalogue: Catalog) -> list[str]:
    """What is wrong with a catalogue, one line for each fault."""
    return [fault for message in catalogue if message.id for fault in message_faults(message, catalogue.num_plurals)]


def message_faults(message: Message, plurals: int) -> list[str]:
    """What is wrong with one message."""
    sources, strings = forms(message.id), forms(message.string)
    wanted = plurals if len(sources) > 1 else 1
    if message.fuzzy:
        return [f"unsure: {sources[0]}"]
    if len(strings) != wanted or not all(strings):
        return [f"untranslated: {sources[0]}"]
    allowed = {tuple(sorted(PLACEHOLDER.findall(source))) for source in sources}
    return [
        f"other placeholders: {string}"
        for string in strings
        if tuple(sorted(PLACEHOLDER.findall(string))) not in allowed
    ]


def forms(text: object) -> tuple[str, ...]:
    """The one form of a text, or its plural forms."""
    return tuple(str(form) for form in text) if isinstance(text, list | tuple) else (str(text or ""),)


@pytest.mark.parametrize("locale", TRANSLATED)
def test_the_catalogue_is_complete(locale: str) -> None:
    """No text is missing, unsure, half a plural, or with other placeholders than its source."""
    assert [] == faults(read_po(BytesIO(catalogue_source(locale)), locale=locale))


@pytest.mark.parametrize("locale", TRANSLATED)
def test_the_catalogue_holds_exactly_the_texts_in_use(locale: str) -> None:
    """`python -m tools.texts` would change nothing."""
    assert catalogue_path(locale).read_bytes() == updated_catalogue(locale)


@pytest.mark.parametrize(
    ("source", "string", "fault"),
    [
        ("Pay %(amount)s", "", "untranslated: Pay %(amount)s"),
        ("Pay %(amount)s", "Betal", "other placeholders: Betal"),
        ("Pay %(amount)s", "Betal %(beløp)s", "other placeholders: Betal %(beløp)s"),
        ("Pay {amount}", "Betal", "other placeholders: Betal"),
        ("Pay {amount}", "Betal {beløp}", "other placeholders: Betal {beløp}"),
        ("Pay", "Betal 100 %s", "other placeholders: Betal 100 %s"),
        (("%(n)d day", "%(n)d days"), ("%(n)d dag", ""), "untranslated: %(n)d day"),
        (("%(n)d day", "%(n)d days"), ("%(n)d dag",), "untranslated: %(n)d day"),
        (("%(n)d day", "%(n)d days"), ("%(n)d dag", "dager"), "other placeholders: dager"),
    ],
)
def test_a_faulty_translation_is_noticed(source: str, string: str, fault: str) -> None:
    """The check above would see each way in which a translation goes wrong."""
    catalogue = Catalog(locale="nb", fuzzy=False)
    catalogue.add(source, string)
    assert [fault] == faults(catalogue)


def test_texts_are_found_in_code_and_in_templates() -> None:
    """Extraction sees both places where texts stand."""
    assert {".py", ".txt"} <= {file[file.rindex(".") :] for file, _, _ in extracted()}


def test_english_is_said_as_it_is_written() -> None:
    """The sources are English, so there is nothing to look up."""
    assert translator("en").gettext("Your access has ended") == "Your access has ended"


def test_bokmal_is_looked_up() -> None:
    """A translated text comes back in Bokmål, and an unknown one as it is."""
    nb = translator("nb")
    assert nb.gettext("past due") == "forfalt"
    assert nb.gettext("not in the catalogue") == "not in the catalogue"
    assert nb.pgettext("nowhere", "past due") == "past due"


@pytest.mark.parametrize("locale", locales())
def test_plurals_follow_the_language(locale: str) -> None:
    """One thing is one thing; none and many are many."""
    say = Translator(locale).ngettext
    assert [say("day", "days", n) for n in (0, 1, 2)] == ["days", "day", "days"]
