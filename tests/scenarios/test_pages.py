"""Every example in the documents is a whole story, and it comes out as it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from purring.scenarios.actions import Action
from purring.scenarios.pages import scenarios
from purring.scenarios.parse import parse_story
from purring.scenarios.part import keys_of
from purring.scenarios.run import run_story

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = ("reference/scenarios.md", "how-to/write-a-scenario.md")
EXAMPLE = re.compile(r"^```yaml\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
EXAMPLES = [(page, text) for page in PAGES for text in EXAMPLE.findall((DOCS / page).read_text())]


@pytest.mark.parametrize(("page", "text"), EXAMPLES, ids=[page for page, _ in EXAMPLES])
def test_an_example_comes_out_as_it_says(page: str, text: str) -> None:
    """What a reader copies runs."""
    assert () == run_story(parse_story(text, page)).differences


def test_both_pages_have_examples() -> None:
    """There are examples to run in each."""
    assert set(PAGES) == {page for page, _ in EXAMPLES}


def test_the_reference_lists_every_action() -> None:
    """Every action has its row."""
    page = "\n".join(scenarios())
    assert [] == [key for key in keys_of(Action) if f"`{key}`" not in page]
