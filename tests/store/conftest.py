"""What every test of the store starts from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from purring.store.engine import Store, open_store
from tests.store.world import World


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An open store without rows, on each kind of database."""
    opened = open_store(database_url, durable=False)
    yield opened
    opened.close()


@pytest.fixture
def world(store: Store) -> World:
    """A merchant in a store of its own."""
    return World(store)
