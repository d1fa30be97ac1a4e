"""Which language a reader gets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.errors import UnknownLocale
from purring.i18n.locales import DEFAULT, check_locale, locales, negotiate


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("no", "nb"),
        ("nn", "nb"),
        ("nb-NO", "nb"),
        ("NB_no", "nb"),
        ("no-NO, en", "nb"),
        ("nn-NO,nn;q=0.9,no;q=0.8,nb;q=0.7,en-US;q=0.6", "nb"),
        ("en-GB,en;q=0.9,nb;q=0.8", "en"),
        ("nb;q=0.5, en;q=0.9", "en"),
        ("de-DE, sv;q=0.9, nb;q=0.1", "nb"),
        ("de", "en"),
        ("", "en"),
        (None, "en"),
        ("*", "en"),
        ("de, *;q=0.5", "en"),
        ("en;q=0, *", "nb"),
        ("nb;q=0, nb-NO", "en"),
        ("nb;q=high, en;q=0.1", "en"),
        ("nb;q=nan", "en"),
        ("nb;level=1", "nb"),
        (";;;,,=", "en"),
    ],
)
def test_the_best_language_we_have_is_chosen(header: str | None, locale: str) -> None:
    """Norwegian browsers get Bokmål under every name it goes by; everybody else English unless they say otherwise."""
    assert locale == negotiate(header)


@given(st.text(max_size=200))
def test_any_header_has_an_answer(header: str) -> None:
    """Whatever a browser sends, the answer is a language we have."""
    assert negotiate(header) in locales()


def test_a_header_without_end_is_read_only_so_far() -> None:
    """A stranger can't make us sort a million languages."""
    assert negotiate("de," * 1_000_000 + "nb") == DEFAULT


def test_the_default_language_stands_first() -> None:
    """Lists that people choose from begin with the language of the sources."""
    assert (DEFAULT, "nb") == locales()


@pytest.mark.parametrize("tag", ["en", "EN-us", "nb", "no", "nn-NO"])
def test_a_known_tag_is_accepted(tag: str) -> None:
    """A tag at the edge may say more than we need."""
    assert check_locale(tag) in locales()


@pytest.mark.parametrize("tag", ["de", "", "english", "e n"])
def test_an_unknown_tag_is_refused_with_the_choices(tag: str) -> None:
    """The error says which languages there are, and which field is wrong."""
    with pytest.raises(UnknownLocale, match="use one of en, nb") as caught:
        check_locale(tag)
    assert caught.value.field == "locale"
