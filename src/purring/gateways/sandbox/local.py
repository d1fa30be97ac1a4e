"""A whole sandbox within this process: for scenarios, the simulator and tests, on whatever clock they have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Self

import httpx2

from purring.gateways.http import HttpClient, HttpSettings
from purring.gateways.sandbox.api import SandboxApi
from purring.gateways.sandbox.codes import says_not_processed
from purring.gateways.sandbox.gateway import SandboxGateway
from purring.gateways.sandbox.ledger import Ledger
from purring.gateways.sandbox.remote import SandboxRemote
from purring.gateways.sandbox.settings import SandboxSettings
from purring.gateways.sandbox.transport import InProcessTransport

TEST_KEY = "sk_test_local"


class LocalSandbox:
    """The provider's side (`api`, `ledger_path`), our side (`gateway`) and the switches (`remote`) in one hand.

    `now` is asked at every request; the same ledger may be opened again later.
    """

    def __init__(self, ledger_path: Path, now: Callable[[], datetime], settings: SandboxSettings | None = None) -> None:
        self.ledger_path = ledger_path
        self._ledger = Ledger(ledger_path)
        self.api = SandboxApi(self._ledger, now, settings)
        self.transport = InProcessTransport(self.api)
        self._client = connect("http://sandbox.invalid", transport=self.transport)
        self.gateway = SandboxGateway(self._client, event_secret=self.api.controls.settings.event_secret)
        self.remote = SandboxRemote(self._client)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the client and the file."""
        self._client.close()
        self._ledger.close()


def connect(
    base_url: str, *, transport: httpx2.BaseTransport | None = None, read_timeout_s: float = 30.0
) -> HttpClient:
    """A client for a sandbox, with a test key."""
    settings = HttpSettings(base_url=base_url, api_key=TEST_KEY, read_timeout_s=read_timeout_s)
    return HttpClient(settings, says_not_processed=says_not_processed, transport=transport)
