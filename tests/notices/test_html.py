"""What notices look like: valid, small, readable in light and dark, the same words as the text, nothing fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree.ElementTree import Element

import pytest
from hypothesis import given, settings

from purring.domain.brand import Brand, Logo
from purring.domain.color import READABLE, contrast
from purring.domain.notice import NoticeKind
from purring.i18n.format import plain_spaces
from purring.i18n.locales import locales
from purring.notices.look import Look
from purring.notices.render import render
from purring.notices.samples import Sample, rendered, samples
from purring.notices.stored_context import from_json
from tests.notices.contrast import texts
from tests.notices.test_texts import EVERYTHING
from tools.mail_html import outline, text_of, tree
from tools.texts import FRAME, compiled_frame, golden, html_path

BYTES_MAX = 100_000
COLORS = ("#1f4e8c", "#ffd400", "#ffffff", "#000000", "#777777", "#e4002b")
LOGO = Logo(media_type="image/png", width=400, height=100, data=b"not looked at here")
BRANDED = Look(brand=Brand(color="#ffd400", logo=LOGO, footer=("Nordlys AS", "Org.nr. 912 345 678 MVA")))
ADDRESS = re.compile(r"(?:https?:)?//[^\s\"'<>)]+")
NEEDED = {"http://www.w3.org/1999/xhtml"}
"""Names of namespaces, which nobody fetches."""


def by_name(name: str) -> Sample:
    """One sample."""
    return next(sample for sample in samples() if sample.name == name)


def elements(html: str, tag: str) -> list[Element]:
    """All elements of a kind."""
    return list(tree(html).iter(tag))


def said_in_html(html: str) -> list[str]:
    """What the HTML says below its heading, part by part as the text part has it."""
    said = []
    for element in tree(html).iter():
        words = plain_spaces(text_of(element)) if element.tag in {"p", "a", "tr"} else ""
        if element.tag == "tr":
            cells = [plain_spaces(text_of(cell)) for cell in element if cell.get("class") == "word"]
            words = ": ".join(cells)
        if words and not any(child.tag == "a" for child in element):
            said.append(words)
    return said[1:]


# ---------------------------------------------------------------------------------------------------------------------
# As approved


@pytest.mark.parametrize(("sample", "locale"), list(golden()), ids=lambda value: getattr(value, "name", value))
def test_the_html_says_what_was_approved(sample: Sample, locale: str) -> None:
    """Its outline is the one that a person has read, and it has no parse error."""
    html = rendered(sample, locale).body_html
    assert html_path(sample, locale).read_text(encoding="utf-8") == outline(html)
    assert locale == tree(html).get("lang")
    assert len(html.encode()) < BYTES_MAX


def test_the_compiled_frame_is_up_to_date() -> None:
    """`python -m tools.texts` makes the HTML anew from what says how it looks."""
    assert FRAME.with_suffix(".html").read_text(encoding="utf-8") == compiled_frame()


# ---------------------------------------------------------------------------------------------------------------------
# What holds for every notice


@pytest.mark.parametrize(("sample", "locale"), list(golden()), ids=lambda value: getattr(value, "name", value))
def test_html_and_text_say_the_same(sample: Sample, locale: str) -> None:
    """Sentence for sentence and fact for fact, in the same order: nobody reads less than somebody else."""
    notice = rendered(sample, locale)
    parts = [part.strip() for part in notice.body_text.replace("\n  ", "\n\n").split("\n\n") if part.strip()]
    in_html = said_in_html(notice.body_html)
    in_text = [part.removesuffix(":") if f"\n{part}\n\n  http" in notice.body_text else part for part in parts]
    # The HTML has the bare link below the button's note, the text above it.
    assert sorted(in_text) == sorted(in_html)
    assert [part for part in in_text if not part.startswith("http")] == [
        part for part in in_html if not part.startswith("http")
    ]


@settings(max_examples=60)
@given(*EVERYTHING)
def test_any_notice_is_valid_html(kind: NoticeKind, context: Mapping[str, object], locale: str) -> None:
    """Whatever was stored: no parse error, no foreign element, and the heading is the subject."""
    notice = render(kind, from_json(kind, context), locale, "Kari", BRANDED)
    heading = elements(notice.body_html, "h1")
    assert [notice.subject] == [plain_spaces("".join(one.itertext())).strip() for one in heading]
    assert not elements(notice.body_html, "script")
    assert len(notice.body_html.encode()) < BYTES_MAX


def test_values_are_text_and_never_markup() -> None:
    """A merchant, a product and a person named like markup are shown as they are written."""
    evil = '<img src=x onerror="alert(1)">&amp;</p>'
    sample = by_name("payment_declined.retry_later")
    context = from_json(sample.kind, {**sample.context, "merchant_name": evil, "product": evil})
    html = render(sample.kind, context, "en", evil, BRANDED).body_html
    images = elements(html, "img")
    assert [("cid:logo", evil)] == [(one.get("src"), one.get("alt")) for one in images]
    assert f"Hello {evil}," in [text_of(one) for one in elements(html, "p")]
    assert evil in [text_of(one) for one in elements(html, "td")]


@pytest.mark.parametrize("look", [Look(), BRANDED], ids=["ours", "branded"])
def test_nothing_is_fetched_and_nobody_is_followed(look: Look) -> None:
    """The only addresses are the links a reader chooses to open; pictures travel with the mail."""
    sample = by_name("payment_declined.retry_later")
    notice = rendered(sample, "en", look)
    assert {*NEEDED, sample.context["pay_url"]} == set(ADDRESS.findall(notice.body_html))
    named = {str(one.get("src")).removeprefix("cid:") for one in elements(notice.body_html, "img")}
    assert {one.content_id for one in notice.images} == named
    assert not re.search(r"<(?:form|input|iframe|script|link|video|object)\b", notice.body_html)


def test_there_is_one_button_and_its_link_in_clear() -> None:
    """Who doesn't trust buttons can read where one leads."""
    sample = by_name("last_notice.retry_later")
    links = elements(rendered(sample, "en").body_html, "a")
    url = sample.context["pay_url"]
    assert [("Pay now", url), (url, url)] == [(text_of(one), one.get("href")) for one in links]


def test_with_images_off_the_merchant_is_named() -> None:
    """Where the picture would be stands the merchant's name, as large as without a logo."""
    image = elements(rendered(samples()[0], "en", BRANDED).body_html, "img")[0]
    assert ("Nordlys Skylagring", "192", "48") == (image.get("alt"), image.get("width"), image.get("height"))
    assert "font-size:16px" in str(image.get("style"))


@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_can_be_read_on_what_is_behind_it(color: str, *, dark: bool) -> None:
    """Whatever color a merchant has chosen."""
    look = Look(brand=Brand(color=color, footer=("Nordlys AS",)))
    for name in ("payment_declined.third", "last_notice.several", "receipt.charged"):
        found = list(texts(rendered(by_name(name), "nb", look).body_html, dark=dark))
        assert len(found) > 10
        assert [] == [one for one in found if contrast(one[1], one[2]) < READABLE]


@pytest.mark.parametrize("locale", locales())
def test_amounts_and_days_stay_on_one_line(locale: str) -> None:
    """An amount keeps its currency and a day its month; text mail has ordinary spaces only."""
    notice = rendered(by_name("payment_declined.retry_later"), locale)
    amount = {"en": "NOK\u00a01,990.00", "nb": "1\u00a0990,00\u00a0kr"}[locale]
    day = {"en": "November\u00a010", "nb": "10.\u00a0november"}[locale]
    assert amount in notice.body_html
    assert day in notice.body_html
    assert "\u00a0" not in notice.subject + notice.body_text


def test_a_list_of_mails_shows_what_happens_next() -> None:
    """Beside the subject stands the paragraph with the next attempt, not a greeting."""
    html = rendered(by_name("payment_declined.retry_later"), "en").body_html
    hidden = next(one for one in tree(html).iter("div") if "display:none" in str(one.get("style")))
    assert text_of(hidden).startswith("We will try again by ourselves on Tuesday,")


def test_the_edge_says_how_urgent_it_is() -> None:
    """The merchant's color at first, another from the third notice on, and one of its own for the last."""
    look = Look(brand=Brand(color="#123456"))
    named = ("payment_declined.retry_later", "payment_declined.third", "last_notice.retry_later")
    edges = [
        re.findall(r"border-top:4px solid (#\w+)", rendered(by_name(name), "en", look).body_html) for name in named
    ]
    assert [["#123456"], ["#b26a00"], ["#c62828"]] == edges
