"""A real Chromium in front of a real server: the portal on one origin, the sandbox's field on another."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from purring.domain.customer import Customer
from purring.gateways.sandbox.gateway import SandboxGateway
from purring.gateways.sandbox.local import connect
from purring.gateways.sandbox.server import build_app
from purring.operations.sign_in import open_for
from purring.store.engine import open_store, upgrade
from purring.web.app import make_app
from purring.web.settings import FieldMode, WebSettings
from tests.serving import free_port, served
from tests.world import Shop, World
from tools.check import find_chromium

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TIMEOUT_MS = 30_000
SITE_FILE = "site.sqlite3"


@dataclass(frozen=True)
class Site:
    """A merchant whose portal is being served at `url`."""

    shop: Shop
    url: str
    gateway_url: str

    def entrance(self, customer: Customer) -> str:
        """A link that signs the customer's first person in."""
        return open_for(self.shop.services, self.shop.id, customer.id, customer.people[0].id)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser. Where there is none, `make test` leaves these tests out and says so; CI installs one."""
    path = find_chromium()
    assert path, "there is no Chromium; tools/browser installs one, or name yours in PURRING_CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Portal and sandbox, each on a port of its own, on a clock that stands still."""
    directory = tmp_path_factory.mktemp("site")
    shutil.copyfile(sqlite_template, directory / SITE_FILE)
    with served_site(directory) as found:
        yield found


@contextmanager
def served_site(directory: Path) -> Iterator[Site]:
    """The same in a directory, whose database is made if it isn't there."""
    database_url = f"sqlite:///{directory / SITE_FILE}"
    if not (directory / SITE_FILE).exists():
        upgrade(database_url)
    world = World(database_url, directory)
    with served(build_app(world.sandbox.api, 0.0)) as sandbox_url, connect(sandbox_url) as client:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        world.services = replace(
            world.services, gateways={"sandbox": SandboxGateway(client)}, base_url=url, secret_key=b"only for this test"
        )
        with served(make_app(world.services, WebSettings(base_url=url)), port):
            yield Site(world.shop(), url, sandbox_url)
    world.close()


@contextmanager
def without_database(site: Site) -> Iterator[Site]:
    """The same shop's pages while the database is away."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    services = replace(site.shop.services, base_url=url, store=open_store("sqlite:////dev/null/none.sqlite3"))
    with served(make_app(services, WebSettings(base_url=url)), port):
        yield replace(site, url=url)


@contextmanager
def with_frames(site: Site) -> Iterator[Site]:
    """The same shop's pages once more, with the gateway's field in a frame."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    services = replace(site.shop.services, base_url=url)
    with served(make_app(services, WebSettings(base_url=url, field_mode=FieldMode.FRAME)), port):
        yield replace(site, url=url)
