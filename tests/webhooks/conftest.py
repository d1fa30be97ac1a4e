"""A world for each test, on both kinds of databases; what must always hold is checked when the test is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import Shop, World


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """An empty world. Whatever a test does in it breaks no invariant."""
    world = World(database_url, tmp_path)
    yield world
    broken = world.broken()
    world.close()
    assert [] == broken


@pytest.fixture
def shop(world: World) -> Shop:
    """A merchant in it."""
    return world.shop()
