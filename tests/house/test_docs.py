"""The documents are short, their links lead somewhere, and what is generated is up to date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.docs import PAGES

ROOT = Path(__file__).resolve().parents[2]
README_LINES_MAX = 150
DECISION_LINES_MAX = 60
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", flags=re.MULTILINE | re.DOTALL)


def test_the_readme_is_short() -> None:
    """The README has at most 150 lines."""
    assert len((ROOT / "README.md").read_text().splitlines()) <= README_LINES_MAX


def test_the_readme_names_only_commands_that_exist() -> None:
    """Every `make` target in the README and in CONTRIBUTING is in the Makefile."""
    text = (ROOT / "README.md").read_text() + (ROOT / "CONTRIBUTING.md").read_text()
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)`", text)) | set(re.findall(r"^make ([a-z]+)", text, flags=re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_is_short_and_whole(path: Path) -> None:
    """A decision has at most 60 lines and says its status, context, decision and consequences."""
    text = path.read_text()
    assert len(text.splitlines()) <= DECISION_LINES_MAX
    assert ["Context", "Decision", "Consequences"] == re.findall(r"^## (.+)$", text, flags=re.MULTILINE)[:3]
    assert re.search(r"^Status: (accepted|superseded by \[)", text, flags=re.MULTILINE)
    assert text.startswith(f"# {path.stem[:4]} ")


def test_no_two_decisions_share_a_number_and_all_are_listed() -> None:
    """Each decision has a number of its own, and the list of decisions links to each."""
    assert len(DECISIONS) == len({path.stem[:4] for path in DECISIONS})
    listed = set(LINK.findall((ROOT / "docs" / "decisions" / "README.md").read_text()))
    assert {path.name for path in DECISIONS} == {link for link in listed if link[:4].isdigit()}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    """A relative link leads to a file, and its anchor to a heading in it."""
    assert [] == [link for link in _links(path) if not _leads_somewhere(path, link)]


def _links(path: Path) -> Iterator[str]:
    for link in LINK.findall(FENCE.sub("", path.read_text())):
        if not re.match(r"[a-z]+:", link):
            yield link


def _leads_somewhere(path: Path, link: str) -> bool:
    name, _, anchor = link.partition("#")
    target = path if not name else (path.parent / name)
    if not target.exists():
        return False
    return not anchor or anchor in {_anchor(line) for line in target.read_text().splitlines() if line.startswith("#")}


def _anchor(heading: str) -> str:
    words = heading.lstrip("#").strip().lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


@pytest.mark.parametrize("name", PAGES)
def test_generated_pages_are_up_to_date(name: str) -> None:
    """`make docs` would change nothing."""
    assert PAGES[name]() == (ROOT / name).read_text()
