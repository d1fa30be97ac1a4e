"""What the recipes say to type works, and the code that they show is that of an example which a test runs."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import run
from tests.docs.terminals import BLOCK, ROOT

HOW_TO = ROOT / "docs" / "how-to"
SHOP = (ROOT / "examples" / "fastapi-shop" / "shop.py").read_text()


@pytest.mark.parametrize("name", ["move-from-another-biller", "several-brands"])
def test_every_command_of_a_recipe_works(settings: pytest.MonkeyPatch, tmp_path: Path, name: str) -> None:
    """One after the other, from an empty directory on, each ends well."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    commands = [
        line for language, _, text in BLOCK.findall(_page(name)) if language == "sh" for line in text.splitlines()
    ]
    assert commands
    for command in commands:
        words = shlex.split(command)
        if words[0] == "purring":
            said = run(*words[1:])
            assert 0 == said.exit_code, said
        else:
            subprocess.run(["bash", "-c", command], cwd=tmp_path, check=True)


def test_the_code_that_is_shown_is_the_examples() -> None:
    """Each block of Python stands in the shop, letter by letter."""
    blocks = [text for language, _, text in BLOCK.findall(_page("suspend-access-on-events")) if language == "python"]
    assert 3 == len(blocks)
    assert [] == [block for block in blocks if _plain(block) not in _plain(SHOP)]


def _plain(code: str) -> str:
    return re.sub(r"^ +", "", code, flags=re.MULTILINE)


def _page(name: str) -> str:
    return (HOW_TO / f"{name}.md").read_text()
