"""Every story of `scenarios/` comes out as it says, on both databases; together they tell the whole behaviour."""

from __future__ import annotations

from pathlib import Path

import pytest

from purring.scenarios.parse import read_story
from purring.scenarios.run import run_scenario

FOLDER = Path(__file__).resolve().parents[2] / "scenarios"
FILES = sorted(FOLDER.glob("*.yaml"))
LINES_MAX = 70
STORIES_MIN = 25


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_story_comes_out_as_it_says(path: Path, database_url: str) -> None:
    """Everything that a story lists is so at the time it says."""
    assert () == run_scenario(path, database_url).differences


def test_the_stories_tell_every_section() -> None:
    """There are enough stories, and each section of the behaviour from §1 to §7 is told by some."""
    told = {section.partition(".")[0] for path in FILES for section in read_story(path).scenario.tells}
    assert len(FILES) >= STORIES_MIN
    assert {f"§{number}" for number in range(1, 8)} <= told
    numbered = {section for path in FILES for section in read_story(path).scenario.tells}
    assert {f"§1.{number}" for number in range(1, 7)} <= numbered


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_story_is_short(path: Path) -> None:
    """A story fits on a page, and its title is one line of at most 130 characters."""
    assert path.read_text().count("\n") <= LINES_MAX
    assert len(read_story(path).scenario.title) <= 130
