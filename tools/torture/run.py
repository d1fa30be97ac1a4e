"""A whole torture, from an empty directory to the verdict, and nothing left of it afterwards."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

from purring.clock import RandomIds, elapsed_s, seeded
from purring.domain.errors import PurringError
from purring.gateways.sandbox.background import serve_in_background
from purring.gateways.sandbox.gateway import SandboxGateway
from purring.gateways.sandbox.local import connect
from purring.gateways.sandbox.remote import SandboxRemote
from purring.gateways.sandbox.settings import DEFAULT_EVENT_SECRET
from purring.notices.send import NullSender
from purring.operations.services import LEASE, Services
from purring.store.engine import open_store, upgrade
from tools.torture.clock import SharedClock
from tools.torture.crew import Crew
from tools.torture.server import NAME, Server, running
from tools.torture.tormentor import (
    BACK,
    CUT,
    FORWARD,
    FULL,
    LAG,
    NIGHT,
    OUT,
    SLOW,
    STOPPED,
    Plan,
    Score,
    Tormentor,
    World,
)
from tools.torture.town import Town, grow_if_possible
from tools.torture.verdict import Verdict, come_to_rest
from tools.torture.wires import Wires

CLOCK_EVERY_S = 0.05
BATCH_MAX = 25
ARRIVALS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How long and how hard. `minutes` count from the first fault to the last; `arrive_s`: between two arrivals."""

    minutes: float
    seed: str
    workers: int = 3
    speed: float = 10.0
    server_every_s: float = 15.0
    stops_max: int | None = None
    arrive_s: float = 0.5
    own_disk: bool = True
    nights: bool = True
    steps_back: bool = True

    def plan(self) -> Plan:
        """How often each kind of fault comes."""
        never_s = 1e9
        return Plan(
            workers=self.workers,
            lease_s=LEASE.total_seconds() / self.speed,
            stops_max=self.stops_max,
            every_s={
                STOPPED: self.server_every_s,
                FULL: self.server_every_s * 4,
                SLOW: self.server_every_s * 3,
                CUT: 2.0,
                FORWARD: 11.0,
                BACK: 17.0 if self.steps_back else never_s,
                NIGHT: 45.0 if self.nights else never_s,
                OUT: 31.0,
                LAG: 7.0,
                "asleep": 0.04,
                "long life": 0.06,
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was done and what is wrong."""

    score: Score
    verdict: Verdict | None
    customers: int
    has_own_disk: bool
    problems: list[str]
    story: list[str]


def torture(options: Options, stop: Event, on_tick: Callable[[Score], None]) -> Report:
    """Build a world, torment it, let it rest, judge it. Raises whatever the world doesn't bear."""
    directory = Path(tempfile.mkdtemp(prefix="purring-torture-"))
    directory.chmod(0o711)
    try:
        with _world(directory, options) as (world, services):
            return _tormented(world, services, options, stop, on_tick)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _tormented(
    world: World, services: Services, options: Options, stop: Event, on_tick: Callable[[Score], None]
) -> Report:
    town = Town(services, world.remote, seeded(f"{options.seed}/town"))
    town.grow(ARRIVALS)
    tormentor = Tormentor(world, options.plan(), seeded(f"{options.seed}/faults"))
    with _growing(town, options.arrive_s):
        tormentor.torment(elapsed_s() + options.minutes * 60, stop, on_tick)
    tormentor.leave()
    problem = come_to_rest(services, world.clock, world.server, tormentor)
    score, wires = tormentor.score, world.wires
    score.faults[CUT] = wires.cuts
    problems = [*score.strange, *([problem] if problem else [])]
    if wires.conflicts:
        problems.append(f"a key was sent with another body {wires.conflicts} times")
    verdict = Verdict(services, world.server, world.ledger, town.expected(), world.ledger.with_name("workers.log"))
    return Report(
        score=score,
        verdict=verdict,
        customers=len(town.cards),
        has_own_disk=world.server.disk is not None,
        problems=[*problems, *verdict.problems],
        story=list(verdict.story(services, town.merchant_id)),
    )


@contextmanager
def _world(directory: Path, options: Options) -> Iterator[tuple[World, Services]]:
    """Database, gateway, wires, clock and crew, and our own services on them, past the wires."""
    ledger = directory / "sandbox.db"
    with ExitStack() as stack:
        clock = SharedClock.make(directory / "clock", options.speed)
        server = stack.enter_context(running(directory, own_disk=options.own_disk))
        upgrade(server.url)
        sandbox = stack.enter_context(serve_in_background(ledger, virtual_clock=True))
        client = connect(sandbox.url, read_timeout_s=10)
        stack.callback(client.close)
        remote = SandboxRemote(client)
        stack.enter_context(_together(clock, remote))
        wires = stack.enter_context(Wires(server.socket, urlsplit(sandbox.url).port or 0))
        crew = Crew(directory / "clock", _settings(wires), directory / "workers.log")
        stack.callback(crew.close)
        services = _services(server, clock, SandboxGateway(client, event_secret=DEFAULT_EVENT_SECRET))
        stack.callback(services.store.close)
        world = World(server=server, wires=wires, clock=clock, remote=remote, crew=crew, ledger=ledger)
        yield world, services


def _settings(wires: Wires) -> dict[str, str]:
    address = f"postgresql://postgres@127.0.0.1:{wires.database_port}/{NAME}?sslmode=disable&gssencmode=disable"
    return {
        "PURRING_DATABASE_URL": address,
        "PURRING_SANDBOX_URL": f"http://127.0.0.1:{wires.gateway_port}",
        "PURRING_SENDER": "null",
        "PURRING_LOG_FORMAT": "json",
        "PURRING_POLL_S": "0.05",
        "PURRING_BATCH_MAX": str(BATCH_MAX),
    }


def _services(server: Server, clock: SharedClock, gateway: SandboxGateway) -> Services:
    return Services(
        store=open_store(server.url),
        gateways={"sandbox": gateway},
        clock=clock,
        ids=RandomIds(clock),
        sender=NullSender(),
        owner="torture",
    )


@contextmanager
def _together(clock: SharedClock, remote: SandboxRemote) -> Iterator[None]:
    """Keep the gateway's clock with the shared one."""

    def set_clock() -> None:
        remote.set_clock(clock.now())

    with _repeating(set_clock, CLOCK_EVERY_S):
        yield


@contextmanager
def _growing(town: Town, every_s: float) -> Iterator[None]:
    """Let customers arrive."""
    with _repeating(lambda: grow_if_possible(town, ARRIVALS), every_s):
        yield


@contextmanager
def _repeating(deed: Callable[[], object], every_s: float) -> Iterator[None]:
    """Do it again and again in a thread until the end of the block; what the world refuses is tried again."""
    end = Event()

    def repeat() -> None:
        while not end.wait(every_s):
            try:
                deed()
            except PurringError:
                continue

    thread = Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()
