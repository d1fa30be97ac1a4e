"""Let Schemathesis call a served API with everything that its document allows and much that it doesn't.

Each of two merchants runs all phases with all checks, on SQLite and on PostgreSQL, where every call runs in its
merchant's role; then what must always hold is checked. `--examples` is per operation and phase.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

if __name__ == "__main__":  # run as a script, this directory is on the path and the one above it is not
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from purring.clock import draw_bytes
from purring.operations.api_keys import create_key
from purring.operations.refunds import refund
from purring.store.engine import open_store, upgrade
from purring.store.isolation import merchant_role_statements
from purring.web.app import make_app
from purring.web.serve import serve
from purring.web.settings import WebSettings
from tests import postgres
from tests.webhooks.endpoints import Receiver, endpoint, listening
from tests.world import FUNDS, Shop, World

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "tools" / "schemathesis.toml"
UNLIMITED_PER_S = 100_000
KINDS = ("sqlite", "postgresql")


def main() -> int:
    """Run both merchants against each database; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=25, help="examples per operation and phase")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=KINDS, action="append", help="only this one; repeat it for more")
    parser.add_argument("options", nargs="*", help="handed on to Schemathesis")
    arguments = parser.parse_args()
    found = [_fuzz(kind, arguments) for kind in arguments.database or KINDS]
    return int(any(found))


def _fuzz(kind: str, arguments: argparse.Namespace) -> bool:
    """Run both merchants against one database; tell whether anything was found."""
    with tempfile.TemporaryDirectory() as name, _database(kind, Path(name)) as url:
        world = World(url, Path(name))
        shops = [stocked(world, "Fjord AS"), stocked(world, "Skog AS")]
        keys = [create_key(world.services, shop.id, draw_bytes, name="fuzz").secret for shop in shops]
        with served(world) as (address, answered):
            codes = [run(address, key, arguments) for key in keys]
        broken = world.broken()
        world.close()
    said = ", ".join(f"{status}: {count}" for status, count in sorted(answered.items()))
    print(f"{kind}: {answered.total()} calls ({said}); invariants broken: {broken}")
    return any(codes) or bool(broken)


@contextmanager
def _database(kind: str, directory: Path) -> Iterator[str]:
    """An empty database; on PostgreSQL merchants' role is set up in it."""
    if kind == "sqlite":
        url = f"sqlite:///{directory}/fuzz.sqlite3"
        upgrade(url)
        yield url
        return
    directory.chmod(0o711)  # so that an unprivileged server can reach its own corner
    with postgres.cluster(directory) as server_url:
        server = postgres.Server(server_url)
        url = server.create("fuzz")
        upgrade(url)
        store = open_store(url, pool_size=1)
        with store.transaction() as conn:
            for statement in merchant_role_statements():
                conn.exec_driver_sql(statement)
        store.close()
        yield url
        server.close()


def stocked(world: World, name: str) -> Shop:
    """A merchant with something of everything."""
    if world.services.outbound is None:
        listening(world, Receiver())
    shop = world.shop(name)
    endpoint(shop)
    paid, *_ = [shop.sold(*answers) for answers in (("approve",), (FUNDS,), ("visa 14",))]
    world.work()
    given_back = refund(world.services, shop.id, shop.invoice(paid).id)
    disputed = shop.sold("approve")
    world.work()
    (attempt,) = shop.facts(disputed).attempts
    world.sandbox.remote.open_chargeback(attempt.id)
    world.take_events_in()
    world.work()
    assert not given_back.is_open
    return shop


@contextmanager
def served(world: World) -> Iterator[tuple[str, Counter[int]]]:
    """The application on a port of its own, until the end of the block, and the statuses of what it answered."""
    address: list[str] = []
    ready = threading.Event()

    def announce(url: str) -> None:
        address.append(url)
        ready.set()

    settings = WebSettings(base_url="http://127.0.0.1", requests_per_s=UNLIMITED_PER_S)
    counted = Counted(make_app(world.services, settings))
    threading.Thread(target=serve, args=(counted, settings, announce), daemon=True).start()
    ready.wait()
    yield address[0], counted.answered


class Counted:
    """Counts an application's answers by their status."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app
        self.answered: Counter[int] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on."""

        async def count(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.answered[message["status"]] += 1
            await send(message)

        await self._app(scope, receive, count)


def run(address: str, key: str, arguments: argparse.Namespace) -> int:
    """One merchant's run."""
    command = [
        str(Path(sys.executable).parent / "st"),
        "--config-file",
        str(CONFIG),
        "run",
        f"{address}/docs/openapi.json",
        "--url",
        f"{address}/v1",
        "--header",
        f"Authorization: Bearer {key}",
        "--checks",
        "all",
        "--max-examples",
        str(arguments.examples),
        "--seed",
        str(arguments.seed),
        "--continue-on-failure",
        *arguments.options,
    ]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
