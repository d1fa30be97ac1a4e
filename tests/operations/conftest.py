"""A world for each test, on both kinds of databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import Shop, World


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """An empty world."""
    world = World(database_url, tmp_path)
    yield world
    world.close()


@pytest.fixture
def shop(world: World) -> Shop:
    """A merchant in it."""
    return world.shop()
