"""The help article's pairs agree, whoever translated them; a missing one falls back to the source, marked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from purring.i18n.locales import DEFAULT, LOCALES
from purring.web.portal import help as articles
from purring.web.portal.help import Kind, article, problems, segments

FIGURES = {"window_days": "28", "merchant_name": "Fjord & Fjell", "support_email": "help@fjord.example"}


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != DEFAULT])
def test_every_segment_is_translated_with_its_links_bold_runs_and_figures(locale: str) -> None:
    """Nothing is missing, and nothing differs but the words."""
    assert [] == list(problems(locale))


@pytest.mark.parametrize("locale", LOCALES)
def test_figures_are_escaped_and_nothing_is_left_open(locale: str) -> None:
    """A segment whose figures aren't known isn't shown, so no brace is left."""
    shown = article(locale, FIGURES)
    text = " ".join(str(one.html) for one in shown)
    assert Kind.TITLE is shown[0].kind
    assert "Fjord &amp; Fjell" in text
    assert "{" not in text
    assert not {"yours", "retries-yours"} & {one.id for one in shown}


@pytest.fixture
def edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Copies of the files that a translator may spoil."""
    for file in (Path(articles.__file__).parent / "help_texts").iterdir():
        (tmp_path / "help_texts").mkdir(exist_ok=True)
        (tmp_path / "help_texts" / file.name).write_text(file.read_text("utf-8"), "utf-8")
    monkeypatch.setattr(articles, "files", lambda _package: tmp_path)
    for cached in (articles.segments, articles._translations):  # noqa: SLF001 - the files are others now
        cached.cache_clear()
    yield tmp_path / "help_texts" / "payment_declined.nb.yaml"
    for cached in (articles.segments, articles._translations):  # noqa: SLF001 - as above
        cached.cache_clear()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("](/billing/methods)", "](/billing)", "update-expiry: links"),
        ("**Ingen penger er flyttet**", "Ingen penger er flyttet", "what: links"),
        ("{window_days}", "{days}", "retries-none: links"),
        ("title:", "titel:", "title: there is no translation"),
        ("title:", "titel:", "titel: the source has no such segment"),
    ],
)
def test_a_pair_that_does_not_agree_is_found(edited: Path, old: str, new: str, said: str) -> None:
    """A link, a bold run or a figure that went missing; a segment without its pair."""
    edited.write_text(edited.read_text("utf-8").replace(old, new, 1), "utf-8")
    assert any(problem.startswith(said) for problem in problems("nb"))


def test_a_missing_pair_falls_back_to_the_source(edited: Path) -> None:
    """It says which language it is in; a machine's translation says that it is one."""
    text = edited.read_text("utf-8").replace("title: {by: person", "title: {by: machine").replace("what:", "wat:", 1)
    edited.write_text(text, "utf-8")
    shown = {one.id: one for one in article("nb", FIGURES)}
    assert ("en", None) == (shown["what"].language, shown["what"].source)
    assert ("nb", True) == (shown["title"].language, shown["title"].by_machine)
    assert len(segments("nb")) == len(segments("en"))
