"""The web application on a small world, asked in-process."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from purring.domain.customer import Customer
from purring.web.app import make_app
from purring.web.settings import WebSettings
from tests.web.client import Developer
from tests.web.visitor import KARI, OLA, Visitor, path_of
from tests.webhooks.endpoints import Receiver, listening
from tests.world import Shop, World

BASE_URL = "https://pay.example"


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world whose notices have links. Whatever a test does in it breaks no invariant."""
    world = World(database_url, tmp_path)
    world.services = replace(world.services, base_url=BASE_URL, secret_key=b"a secret of 32 characters at least")
    yield world
    broken = world.broken()
    world.close()
    assert [] == broken


@pytest.fixture
def shop(world: World) -> Shop:
    """A merchant in it."""
    return world.shop()


@pytest.fixture
def web(world: World) -> Iterator[TestClient]:
    """A client of the whole application."""
    yield from client_of(world)


@pytest.fixture(scope="module")
def front(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of an application without a merchant, for what is answered before anybody looks into a database."""
    directory = tmp_path_factory.mktemp("front")
    world = World(f"sqlite:///{shutil.copyfile(sqlite_template, directory / 'front.sqlite3')}", directory)
    yield from client_of(world)
    world.close()


def client_of(world: World) -> Iterator[TestClient]:
    """A client of the whole application on a world."""
    if world.services.outbound is None:
        listening(world, Receiver())
    app = make_app(world.services, WebSettings(base_url=BASE_URL))
    with TestClient(app, base_url=BASE_URL, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def api(web: TestClient, shop: Shop) -> Developer:
    """A developer of the shop's with a key that may do everything."""
    return Developer(web, shop)


@pytest.fixture(scope="module")
def front_api(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Developer]:
    """A developer whose requests don't get as far as changing anything."""
    directory = tmp_path_factory.mktemp("front_api")
    world = World(f"sqlite:///{shutil.copyfile(sqlite_template, directory / 'front.sqlite3')}", directory)
    clients = client_of(world)
    yield Developer(next(clients), world.shop())
    assert [] == list(clients)
    world.close()


@pytest.fixture
def customer(shop: Shop) -> Customer:
    """A customer with a billing admin who reads English, and a reader who reads Bokmål."""
    return shop.customer(KARI, OLA)


@pytest.fixture
def kari(web: TestClient, shop: Shop, customer: Customer) -> Visitor:
    """The billing admin, signed in."""
    visitor = Visitor(web, shop, customer)
    assert "/billing" == path_of(visitor.signs_in())
    return visitor
