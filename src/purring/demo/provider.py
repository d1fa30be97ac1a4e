"""The sandbox gateway as the demo has it: a process of its own over real HTTP, or the same code in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from purring.demo.issuer import APPROVE, Script
from purring.domain.errors import GatewayUnavailable
from purring.gateways.base import Gateway
from purring.gateways.sandbox import oracle
from purring.gateways.sandbox.background import serve_in_background
from purring.gateways.sandbox.gateway import SandboxGateway
from purring.gateways.sandbox.local import LocalSandbox, connect
from purring.gateways.sandbox.remote import SandboxDelivery, SandboxRemote

SCRIPTS_AT_ONCE = 25
PAGE_MAX = 500


@dataclass(slots=True, kw_only=True)
class Provider:
    """Gateway, switches and ledger of one sandbox. `has_own_clock`: its time must be set, as ours moves on."""

    gateway: Gateway
    remote: SandboxRemote
    ledger_path: Path
    has_own_clock: bool
    seen: int = 0

    def set_clock(self, now: datetime) -> None:
        """Let the sandbox's time be ours."""
        if self.has_own_clock:
            self.remote.set_clock(now)

    def next_due_at(self) -> datetime | None:
        """When something next happens there by itself."""
        return oracle.next_due_at(self.ledger_path)

    def write(self, scripts: dict[str, Script]) -> None:
        """Tell the sandbox what its methods will answer."""
        needed = [(token, script) for token, script in scripts.items() if script.is_needed]
        for first in range(0, len(needed), SCRIPTS_AT_ONCE):
            some = needed[first : first + SCRIPTS_AT_ONCE]
            self.remote.script_many({token: (script.answers, script.afterwards) for token, script in some})

    def heal(self, token: str) -> None:
        """Let a method approve from now on."""
        self.remote.script_many({token: ((APPROVE,), "")})

    def new_deliveries(self) -> list[SandboxDelivery]:
        """Events sent since the last look."""
        found: list[SandboxDelivery] = []
        try:
            while page := self.remote.deliveries(self.seen):
                found += page
                self.seen = page[-1].position
                if len(page) < PAGE_MAX:
                    break
        except GatewayUnavailable:
            return found  # an outage takes the events with it; they come when it is over
        return found


@contextmanager
def over_http(directory: Path, now: Callable[[], datetime]) -> Iterator[Provider]:
    """A server process of its own, with a ledger in this directory.

    Raises GatewayUnavailable: it didn't start.
    """
    ledger_path = directory / "sandbox.db"
    with serve_in_background(ledger_path, virtual_clock=True) as server, connect(server.url) as client:
        remote = SandboxRemote(client)
        remote.set_clock(now())
        gateway = SandboxGateway(client)
        yield Provider(gateway=gateway, remote=remote, ledger_path=ledger_path, has_own_clock=True)


@contextmanager
def in_process(directory: Path, now: Callable[[], datetime]) -> Iterator[Provider]:
    """The same sandbox without a server, on our own clock; for tests."""
    with LocalSandbox(directory / "sandbox.db", now) as sandbox:
        yield Provider(
            gateway=sandbox.gateway, remote=sandbox.remote, ledger_path=sandbox.ledger_path, has_own_clock=False
        )
