"""Services that send events, and a receiver that keeps what it gets and answers as the test says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from purring.clock import seeded
from purring.operations.endpoints import Opened, add_endpoint
from purring.operations.outbound import Outbound
from purring.operations.services import Services
from purring.webhooks.post import Posted
from purring.webhooks.vault import Vault
from tests.world import Shop, World

URL = "https://shop.example/purring"
KEY = "a secret key that is long enough for a test"

Answer = Callable[[str, Mapping[str, Any]], Posted]


def taken(_url: str, _message: Mapping[str, Any]) -> Posted:
    """Take everything."""
    return Posted(status=200, problem="", took_ms=1)


def refused(_url: str, _message: Mapping[str, Any]) -> Posted:
    """Take nothing."""
    return Posted(status=500, problem="answered 500", took_ms=1)


@dataclass
class Receiver:
    """Keeps what is sent, as a receiver gets it, and answers as told."""

    answer: Answer = taken
    allows_loopback: bool = False
    got: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        """Take one."""
        self.got.append((url, headers, body))
        return self.answer(url, json.loads(body))

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What was sent, in order."""
        return [json.loads(body) for _, _, body in self.got]

    @property
    def kinds(self) -> list[str]:
        """What happened, in order."""
        return [str(message["type"]) for message in self.messages]


def outbound(receiver: Receiver) -> Outbound:
    """Send to a receiver, with secrets that come out the same each time."""
    return Outbound(poster=receiver, vault=Vault([KEY]), draw_bytes=seeded(1).randbytes)


def listening(world: World, receiver: Receiver) -> Services:
    """Let a world's services send to a receiver."""
    world.services = replace(world.services, outbound=outbound(receiver))
    return world.services


def endpoint(shop: Shop, *wanted: str, url: str = URL) -> Opened:
    """Add an endpoint."""
    return add_endpoint(shop.world.services, shop.merchant.id, url, wanted=wanted)
