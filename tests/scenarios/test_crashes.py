"""A worker's death at any point of a story does no harm; `make crashes` plays every point of every story."""

from __future__ import annotations

from pathlib import Path

import pytest

from purring.scenarios.parse import read_story
from tests.conftest import MakeDatabase
from tools.crashes import calm, deaths, die

FILES = sorted((Path(__file__).resolve().parents[2] / "scenarios").glob("*.yaml"))[::5]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_death_and_a_pair_of_deaths_do_no_harm(path: Path, new_database: MakeDatabase) -> None:
    """Every invariant holds, and each invoice ends with the same money as without a death."""
    story = read_story(path)
    expected, count = calm(story, new_database())
    *single, pair = deaths(count, 1, path.stem)
    for at in (single[7 * len(path.stem) % count], pair):
        death = die(path, story, expected, at, new_database())
        assert death.at
        assert () == death.wrong, str(death)
