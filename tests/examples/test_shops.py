"""The example shops, as they lie in `examples`, on a real API: a decline is told, and another card pays."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import httpx2
import playwright
import pytest

from purring.clock import SystemClock, VirtualClock, draw_bytes
from purring.domain.ids import CustomerId
from purring.operations.api_keys import create_key
from purring.operations.endpoints import add_endpoint
from purring.operations.outbound import Outbound
from purring.web.app import make_app
from purring.web.settings import WebSettings
from purring.webhooks.post import HttpPoster
from purring.webhooks.vault import Vault
from tests.serving import free_port, served
from tests.webhooks.endpoints import KEY
from tests.world import FUNDS, Shop, World

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
EXAMPLE_LINES_MAX = 150
NODE = Path(playwright.__file__).parent / "driver" / "node"
"""The Node that comes with Playwright, so that there is one on every machine."""

Environment = Mapping[str, str]
Opens = Callable[[Environment, int, pytest.MonkeyPatch], AbstractContextManager[object]]


@contextmanager
def _fastapi_shop(environment: Environment, port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    spec = spec_from_file_location("fastapi_shop", EXAMPLES / "fastapi-shop" / "shop.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "fastapi_shop", module)
    spec.loader.exec_module(module)
    with served(module.app, port):
        yield


@contextmanager
def _node_shop(environment: Environment, port: int, _monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    program = [NODE, EXAMPLES / "node-shop" / "shop.mjs"]
    here = {**environment, "PORT": str(port)}
    with subprocess.Popen(program, env=here, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"The shop listens on http://127.0.0.1:{port}\n"
        yield
        process.terminate()


@pytest.fixture
def shop(sqlite_template: Path, tmp_path: Path) -> Iterator[Shop]:
    """A merchant whose events reach this machine. The clock stands at the real time, by which receivers judge."""
    url = f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'shop.sqlite3')}"
    world = World(url, tmp_path, clock=VirtualClock(SystemClock().now()))
    poster = HttpPoster(allows_loopback=True)
    outbound = Outbound(poster=poster, vault=Vault([KEY]), draw_bytes=draw_bytes)
    world.services = replace(world.services, outbound=outbound)
    yield world.shop()
    broken = world.broken()
    world.close()
    assert [] == broken


def _card(shop: Shop, *answers: str) -> dict[str, str]:
    token = shop.token(*answers)
    return {"token": token.token, "fingerprint": token.fingerprint, "scheme": token.network, "last4": token.last4}


@pytest.mark.parametrize("opens", [_fastapi_shop, _node_shop])
def test_a_shop_follows_what_happens_to_a_payment(shop: Shop, opens: Opens, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign up twice by accident, be declined, be told, bring another card, and be told that it is paid."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    world, endpoint = shop.world, add_endpoint(shop.services, shop.id, f"{url}/purring")
    form = {"order": "order-1", "name": "Kari Nordmann", "email": "kari@example.com", "card": _card(shop, FUNDS)}
    with served(make_app(shop.services, WebSettings(base_url=url))) as purring_url:
        environment = {
            "PURRING_URL": purring_url,
            "PURRING_KEY": create_key(shop.services, shop.id, draw_bytes, name="shop", scopes=["all"]).secret,
            "PURRING_SECRET": endpoint.secret,
            "PRICE_ID": shop.price().id,
        }
        with opens(environment, port, monkeypatch), httpx2.Client(base_url=url, trust_env=False) as browser:
            first, second = (_posted(browser, "/signup", form) for _ in range(2))
            assert first == second
            path = f"/customers/{first['customer_id']}"
            assert (True, []) == _shown(browser, path)[::2]
            world.work()
            assert (True, "past_due", []) == _shown(browser, path)
            _posted(browser, f"{path}/card", _card(shop, "approve"))
            world.work()
            (invoice,) = shop.invoices(CustomerId(first["customer_id"]))
            assert (True, "active", [invoice.number]) == _shown(browser, path)
            refused = browser.post("/signup", json={**form, "order": "order-2", "name": "\n"})
            assert (422, True) == (refused.status_code, "detail" in refused.json())
            forged = browser.post("/purring", content=b"{}", headers={"webhook-id": "evt_1"})
            assert 400 == forged.status_code
            assert 404 == browser.get("/customers/cus_none").status_code


def _shown(browser: httpx2.Client, path: str) -> tuple[bool, str, list[str]]:
    shown = browser.get(path).json()
    return shown["gets_in"], shown["status"], shown["paid"]


def _posted(browser: httpx2.Client, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
    answer = browser.post(path, json=body)
    assert answer.is_success, answer.text
    return answer.json()


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*/shop.*")), ids=lambda path: path.parent.name)
def test_an_example_is_short(path: Path) -> None:
    """It can be read over a cup of coffee."""
    assert len(path.read_text().splitlines()) < EXAMPLE_LINES_MAX
