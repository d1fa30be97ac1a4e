"""A merchant's own texts: keys that stay, values that are checked, and never anything that acts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.errors import InvalidInput, NotFound, UnknownLocale
from purring.domain.notice import NoticeKind
from purring.domain.notice_text import NoticeText
from purring.i18n.locales import locales
from purring.notices.look import SHARED, Look
from purring.notices.samples import rendered, samples
from purring.notices.texts import all_texts, base_text, is_outdated, new_text, problem_of, texts_of
from tests.notices.test_html import by_name

RETRY = "payment_declined.retry"


def look_with(*own: NoticeText) -> Look:
    """A look with some texts."""
    return Look(texts={(one.locale, one.scope, one.key): one.text for one in own})


def test_our_own_texts_would_be_accepted_from_a_merchant() -> None:
    """In every language: what we demand of others holds for us, and whoever starts from ours can save it."""
    for base in all_texts().values():
        for locale in locales():
            own = new_text(base.name, locale, base.read_in(locale))
            assert ("", False) == (problem_of(own), is_outdated(own))


def test_a_key_means_one_text_in_a_kind() -> None:
    """A kind's own text never hides a shared one of another meaning."""
    texts = all_texts()
    for kind in NoticeKind:
        own = {key for scope, key in texts if scope == kind}
        assert [] == [key for key in own if (SHARED, key) in texts and texts[kind, key] != texts[SHARED, key]]
        assert own <= texts_of(kind)


def test_every_sentence_of_a_notice_has_a_key() -> None:
    """With every text replaced by a mark, nothing of ours is left but values."""
    look = look_with(
        *(NoticeText(locale="en", scope=base.scope, key=base.key, text="#", base="") for base in all_texts().values())
    )
    values = {"#", "2026-0042", "Team 50", "NOK", "Visa", "Mastercard", "past", "due", "Nordlys", "Skylagring"}
    for name in ("payment_declined.third", "last_notice.without_retry", "action_needed.no_method"):
        body = rendered(by_name(name), "en", look).body_text
        words = {word for word in body.split() if word.isalpha()}
        assert words <= {*values, "Team", "ending", "in", "Monday", "Tuesday", "Sunday", "November", "February"}


def test_a_text_is_said_where_ours_was() -> None:
    """In its language and its kind, with the values written as the language writes them, in text and HTML."""
    look = look_with(new_text(RETRY, "nb", "Nytt forsøk kommer {next_attempt_on} & <snart>."))
    sample = by_name("payment_declined.retry_later")
    notice = rendered(sample, "nb", look)
    assert "Nytt forsøk kommer tirsdag 10. november 2026 & <snart>." in notice.body_text
    assert "Nytt forsøk kommer tirsdag 10.\u00a0november 2026 &amp; &lt;snart&gt;." in notice.body_html
    assert rendered(sample, "en") == rendered(sample, "en", look)


def test_a_kind_may_say_a_shared_text_in_its_own_way() -> None:
    """The kind's comes before the one for all, which comes before ours."""
    look = look_with(
        new_text("shared.goodbye", "en", "Bye from {merchant_name}"), new_text("receipt.goodbye", "en", "Enjoy!")
    )
    endings = [rendered(by_name(name), "en", look).body_text for name in ("receipt.charged", "access_ended.suspended")]
    assert ["Enjoy!" in endings[0], "Bye from Nordlys Skylagring" in endings[1]] == [True, True]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (RETRY, "Soon.", r"must say \{next_attempt_on\}"),
        (RETRY, "On {next_attempt_on} and {data_deleted_on}.", r"knows no \{data_deleted_on\}, only \{amount\}"),
        (RETRY, "On {next_attempt_on}{", "stand only around the name of a value"),
        (RETRY, "On {{ next_attempt_on }} {next_attempt_on}", "stand only around the name of a value"),
        (RETRY, "{next_attempt_on.__class__} {next_attempt_on}", "stand only around the name of a value"),
        (RETRY, "On {next_attempt_on}\nBcc: everybody", "one line"),
        (RETRY, " ", "one line that says something"),
        (RETRY, "On {next_attempt_on}" + "!" * 400, "has room for 150 characters"),
        ("shared.button_pay", "x" * 61, "has room for 60 characters"),
        ("receipt.subject", "Receipt", r"must say \{merchant_name\}"),
        ("shared.declined", "It was declined.", r"must say \{amount\}"),
    ],
)
def test_what_a_text_lacks_is_said(name: str, text: str, told: str) -> None:
    """Before anything is saved, with the values that may stand there."""
    with pytest.raises(InvalidInput, match=told):
        new_text(name, "en", text)


def test_unknown_names_and_languages_are_refused() -> None:
    """The message says where to look."""
    for name in ("payment_declined.nothing", "nothing.retry", "retry", "receipt.retry"):
        with pytest.raises(NotFound, match="purring notices text list"):
            base_text(name)
    with pytest.raises(UnknownLocale):
        new_text(RETRY, "de", "{next_attempt_on}")


@given(st.text(max_size=60))
def test_no_text_is_ever_run(text: str) -> None:
    """Whatever is accepted stands in the notice as it was written."""
    try:
        own = new_text("shared.never_ask", "en", text)
    except InvalidInput:
        return
    plain = own.text.replace("{merchant_name}", "Nordlys Skylagring").replace("{amount}", "NOK 1,990.00")
    assert plain in rendered(samples()[0], "en", look_with(own)).body_text


def test_an_upgrade_keeps_a_text_and_says_that_ours_changed() -> None:
    """And one that no longer fits is known by its reason."""
    kept = NoticeText(locale="en", scope="payment_declined", key="retry", text="{next_attempt_on}!", base="As it was")
    gone = NoticeText(locale="en", scope="payment_declined", key="of_old", text="Hi", base="Hello")
    assert ("", True) == (problem_of(kept), is_outdated(kept))
    assert "No notice says a text 'payment_declined.of_old'" in problem_of(gone)
