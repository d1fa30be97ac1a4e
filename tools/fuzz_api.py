"""Let Schemathesis call a served API with everything that its document allows and much that it doesn't.

Each of two merchants runs all phases with all checks on one SQLite database; then what must always hold is checked.
`--examples` is per operation and phase.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

if __name__ == "__main__":  # run as a script, this directory is on the path and the one above it is not
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from purring.clock import draw_bytes
from purring.operations.api_keys import create_key
from purring.store.engine import upgrade
from purring.web.app import make_app
from purring.web.serve import serve
from purring.web.settings import WebSettings
from tests.world import FUNDS, Shop, World

ROOT = Path(__file__).resolve().parent.parent
CONFIG = ROOT / "tools" / "schemathesis.toml"
UNLIMITED_PER_S = 100_000


def main() -> int:
    """Run both merchants against each database; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=100, help="examples per operation and phase")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("options", nargs="*", help="handed on to Schemathesis")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{directory}/fuzz.sqlite3"
        upgrade(url)
        world = World(url, Path(directory))
        shops = [stocked(world, "Fjord AS"), stocked(world, "Skog AS")]
        keys = [create_key(world.services, shop.id, draw_bytes, name="fuzz").secret for shop in shops]
        with served(world) as address:
            codes = [run(address, key, arguments) for key in keys]
        broken = world.broken()
        world.close()
    print("invariants broken:", broken)
    return int(any(codes) or bool(broken))


def stocked(world: World, name: str) -> Shop:
    """A merchant with something of everything."""
    shop = world.shop(name)
    for answers in ((FUNDS,), ("approve",), ("visa 14",)):
        shop.sold(*answers)
    world.work()
    return shop


@contextmanager
def served(world: World) -> Iterator[str]:
    """The application on a port of its own, until the end of the block."""
    address: list[str] = []
    ready = threading.Event()

    def announce(url: str) -> None:
        address.append(url)
        ready.set()

    settings = WebSettings(base_url="http://127.0.0.1", requests_per_s=UNLIMITED_PER_S)
    app = make_app(world.services, settings)
    threading.Thread(target=serve, args=(app, settings, announce), daemon=True).start()
    ready.wait()
    yield address[0]


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
