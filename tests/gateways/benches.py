"""The sandbox as a bench for the contract: within this process, and as a server over real HTTP."""

from __future__ import annotations

import itertools
import json
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from purring.domain.decline import DeclineReason
from purring.domain.money import Money
from purring.gateways.base import ChargeRequest, Gateway
from purring.gateways.http import HttpClient
from purring.gateways.sandbox.background import RunningSandbox
from purring.gateways.sandbox.gateway import SandboxGateway
from purring.gateways.sandbox.local import connect
from purring.gateways.sandbox.oracle import movements
from purring.gateways.sandbox.reasons import networks
from purring.gateways.sandbox.remote import SandboxRemote
from purring.gateways.sandbox.script import parse_answer
from tests.gateways.contract import PRICE, Behavior, Posted

SCRIPTS = {
    Behavior.APPROVES: ("approve",),
    Behavior.DECLINES_FOR_FUNDS: ("visa 51",),
    Behavior.APPROVES_TEN: ("approve 10.00 USD",),
    Behavior.TIMES_OUT_BEFORE: ("timeout before",),
    Behavior.TIMES_OUT_AFTER: ("timeout after",),
    Behavior.DECLINES_UNHEARD: ("timeout then mastercard 05 advice 24",),
    Behavior.IS_UNAVAILABLE: ("unavailable", "approve"),
    Behavior.IS_RATE_LIMITED: ("rate limited 20 seconds", "approve"),
    Behavior.SETTLES_IN_3_DAYS: ("pending 3 days",),
    Behavior.FAILS_IN_3_DAYS: ("pending 3 days then sepa AM04",),
    Behavior.ASKS_CUSTOMER: ("action required",),
}

START = datetime(2027, 3, 1, 9, tzinfo=UTC)


@dataclass(slots=True)
class TestTime:
    """A time that tests set."""

    now: datetime = START
    __test__ = False

    def set(self, at: datetime) -> None:
        """Jump."""
        self.now = at

    def pass_by(self, by: timedelta) -> None:
        """Move on."""
        self.now += by


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The session's server, its file, and a client."""

    running: RunningSandbox
    ledger_path: Path
    client: HttpClient
    time: TestTime


def charge(key: str, token: str = "tok_visa", amount: Money = PRICE) -> ChargeRequest:  # noqa: S107 -- a test name
    """A charge for an invoice of its own."""
    return ChargeRequest(
        key=key, token=token, amount=amount, merchant_id="mer_1", invoice_id=f"inv_{key}", description="Plan"
    )


_numbers = itertools.count(1)


class SandboxBench:
    """A bench on any sandbox that `client` reaches and whose time `move` sets."""

    def __init__(self, client: HttpClient, ledger_path: Path, now: datetime, move: Callable[[datetime], None]) -> None:
        self.gateway: Gateway = SandboxGateway(client)
        self.remote = SandboxRemote(client)
        self.ledger_path = ledger_path
        self._now = now
        self._move = move
        self._nowhere = connect(f"http://127.0.0.1:{unused_port()}")
        self.unreachable: Gateway = SandboxGateway(self._nowhere)

    def close(self) -> None:
        """Close what the bench opened itself."""
        self._nowhere.close()

    def token(self, behavior: Behavior) -> str:
        """A new card with a script."""
        made = self.remote.make_token(f"visa-{next(_numbers)}")
        self.remote.script(made.token, [parse_answer(text) for text in SCRIPTS[behavior]])
        return made.token

    def declining(self) -> Sequence[tuple[str, DeclineReason]]:
        """A token for every reason on every network."""
        pairs = [(network, reason) for network in networks() for reason in DeclineReason]
        made = [(self.remote.make_token(f"{network}-{next(_numbers)}"), reason) for network, reason in pairs]
        for token, reason in made:
            self.remote.script(token.token, [parse_answer(f"decline {reason}")])
        return [(token.token, reason) for token, reason in made]

    def new_key(self) -> str:
        """A key that no test used."""
        return f"att_{next(_numbers):026d}"

    def now(self) -> datetime:
        """The bench's time."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move on."""
        self._now += by
        self._move(self._now)

    def confirm(self, key: str, *, succeed: bool) -> None:
        """Press a button at the bank."""
        self.remote.confirm(key, succeed=succeed)

    def moved(self, key: str) -> list[Money]:
        """The captures in the ledger file."""
        return [move.amount for move in movements(self.ledger_path) if move.key == key and move.kind == "captured"]

    def posted(self, key: str) -> list[Posted]:
        """All events about a key, page by page."""
        found: list[Posted] = []
        after = 0
        while page := self.remote.deliveries(after):
            found += [Posted(headers=item.headers, body=item.body) for item in page if _key(item.body) == key]
            after = page[-1].position
        return found


def _key(body: bytes) -> object:
    return json.loads(body)["key"]


def unused_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
