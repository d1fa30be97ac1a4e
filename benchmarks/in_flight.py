"""How many charges one process can have in flight, by which model, and what memory each takes.

Models: threads that share a client (as the product has it); asyncio tasks that share an asynchronous client of the same
HTTP library; and threads with a connection of the standard library each, which is the floor. The gateway is a process
of its own that takes its time. Then the whole pipeline, PostgreSQL included: the memory per charge in flight beyond the
first hundred. Each run is a process of its own; memory is its highest resident set.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import httpx2

from benchmarks.shared import crowd, machine
from benchmarks.shared.databases import Databases, databases
from benchmarks.shared.results import Figure, figure, merge
from benchmarks.shared.slow_gateway import slow_gateway
from purring.clock import RandomIds, SystemClock, VirtualClock
from purring.domain.attempt import Approved
from purring.domain.money import Money
from purring.engine.pipeline import Pipeline
from purring.gateways.base import Capabilities, ChargeRequest
from purring.gateways.http import HttpClient, HttpSettings
from purring.gateways.sandbox.codes import says_not_processed
from purring.gateways.sandbox.gateway import SandboxGateway
from purring.notices.send import NullSender
from purring.operations.services import Services
from purring.store.engine import open_store

IN_FLIGHT = (100, 300, 1_000)
LATENCIES_S = (0.3, 2.0)
SECONDS_OF_WORK = 3
RIVALS = {"tasks": "asyncio tasks", "connections": "bare connections"}
FIRST = 100
_AMOUNT = Money(24_900, "NOK")
_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one process found: charges a second, CPU and memory. `most`: what latency alone would allow."""

    model: str
    in_flight: int
    latency_s: float
    per_s: float
    cpu_us: float
    rss_bytes: int
    before_bytes: int

    @property
    def most_per_s(self) -> float:
        """As fast as charges can go when each takes as long as the gateway does."""
        return self.in_flight / self.latency_s


# ---------------------------------------------------------------------------------------------------------------------
# In a process of its own


def settings(url: str, in_flight: int) -> HttpSettings:
    """The product's client settings, wide enough."""
    return HttpSettings(base_url=url, api_key="sk_test_local", in_flight_max=in_flight)


def gateway(url: str, in_flight: int) -> SandboxGateway:
    """The product's adapter of the sandbox."""
    client = HttpClient(settings(url, in_flight), says_not_processed=says_not_processed)
    stated = Capabilities(key_lifetime=timedelta(hours=24), in_flight_max=in_flight)
    return SandboxGateway(client, capabilities=stated)


def request() -> ChargeRequest:
    """One charge."""
    number = next(_numbers)
    return ChargeRequest(
        key=f"att_{number:026d}", token=f"tok_{number}", amount=_AMOUNT, merchant_id="mer_1",
        invoice_id=f"inv_{number:026d}", description=f"P-{number}",
    )  # fmt: skip


def by_threads(url: str, in_flight: int, charges: int) -> None:
    """As the pipeline does it."""
    adapter = gateway(url, in_flight)
    with ThreadPoolExecutor(in_flight) as threads:
        outcomes = list(threads.map(adapter.charge, [request() for _ in range(charges)]))
    adapter.close()
    assert all(isinstance(one, Approved) for one in outcomes), outcomes[0]


def by_tasks(url: str, in_flight: int, charges: int) -> None:
    """The same requests from as many tasks."""
    asyncio.run(_tasks(url, in_flight, [request() for _ in range(charges)]))


async def _tasks(url: str, in_flight: int, requests: list[ChargeRequest]) -> None:
    own = settings(url, in_flight)
    limits = httpx2.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    headers = {"Authorization": f"Bearer {own.api_key}", "Accept": "application/json"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=own.read_timeout_s, limits=limits) as client:

        async def work() -> None:
            while requests:
                asked = requests.pop()
                own_headers = {"Idempotency-Key": asked.key}
                response = await client.post("/v1/charges", json=_body(asked), headers=own_headers)
                assert response.json()["status"] == "approved"

        await asyncio.gather(*(work() for _ in range(in_flight)))


def by_connections(url: str, in_flight: int, charges: int) -> None:
    """The same requests from as many threads, each with a bare connection of its own; its answers are only parsed."""
    address, mine = urlsplit(url), threading.local()

    def charge(asked: ChargeRequest) -> None:
        if not hasattr(mine, "connection"):
            mine.connection = HTTPConnection(address.hostname or "", address.port, timeout=30)
        headers = {"Authorization": "Bearer sk_test_local", "Content-Type": "application/json"}
        mine.connection.request(
            "POST", "/v1/charges", json.dumps(_body(asked)), headers | {"Idempotency-Key": asked.key}
        )
        assert json.loads(mine.connection.getresponse().read())["status"] == "approved"

    with ThreadPoolExecutor(in_flight) as threads:
        list(threads.map(charge, [request() for _ in range(charges)]))


def _body(asked: ChargeRequest) -> dict[str, object]:
    return {
        "token": asked.token, "amount_minor": asked.amount.minor, "currency": asked.amount.currency,
        "merchant_id": asked.merchant_id, "invoice_id": asked.invoice_id,
        "description": asked.description, "off_session": True,
    }  # fmt: skip


MODELS: dict[str, Callable[[str, int, int], None]] = {
    "threads": by_threads,
    "tasks": by_tasks,
    "connections": by_connections,
}


def client_run(model: str, url: str, in_flight: int, charges: int) -> tuple[int, int]:
    """Make charges with one in flight, then with many. Gives how many, and the memory before."""
    MODELS[model](url, 1, 1)
    before = machine.rss_bytes()
    MODELS[model](url, in_flight, charges)
    return charges, before


def pipeline_run(url: str, in_flight: int, database_url: str, now: str) -> tuple[int, int]:
    """Let the pipeline charge a batch of as many as may be in flight, and the same again."""
    services = Services(
        store=open_store(database_url),
        gateways={"sandbox": gateway(url, in_flight)},
        clock=VirtualClock(SystemClock().now().fromisoformat(now)),
        ids=RandomIds(SystemClock()),
        sender=NullSender(),
        owner="worker-1",
        in_flight_max=in_flight,
        batch_max=in_flight,
    )
    before = machine.rss_bytes()
    pipeline = Pipeline(services)
    done = pipeline.turn() + pipeline.turn()
    pipeline.close()
    assert done == 2 * in_flight, f"{done} were due"
    return done, before


def child(arguments: Sequence[str]) -> None:
    """Do one run and print it: MODEL URL IN_FLIGHT LATENCY_S MORE..."""
    model, url, in_flight, latency_s = arguments[0], arguments[1], int(arguments[2]), float(arguments[3])
    files_max = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (files_max, files_max))
    wall, cpu = time.perf_counter(), time.process_time()
    if model in MODELS:
        done, before = client_run(model, url, in_flight, int(arguments[4]))
    else:
        done, before = pipeline_run(url, in_flight, arguments[4], arguments[5])
    found = {
        "model": model, "in_flight": in_flight, "latency_s": latency_s, "per_s": done / (time.perf_counter() - wall),
        "cpu_us": (time.process_time() - cpu) / done * 1e6, "rss_bytes": machine.rss_max_bytes(),
        "before_bytes": before,
    }  # fmt: skip
    print(json.dumps(found))


# ---------------------------------------------------------------------------------------------------------------------
# In the process that measures


def run(model: str, url: str, in_flight: int, latency_s: float, *more: str) -> Run:
    """One run in a process of its own."""
    arguments = [model, url, str(in_flight), str(latency_s), *more]
    done = subprocess.run(
        [sys.executable, __file__, "--child", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return Run(**json.loads(done.stdout))


def compared(latency_s: float, sizes: Sequence[int]) -> list[Figure]:
    """Every model at each size."""
    found = []
    print(f"\nthe gateway answers after {latency_s * 1000:.0f} ms")
    print(f"{'in flight':>11}{'model':>14}{'charges/s':>12}{'at most':>11}{'CPU/charge':>14}{'memory each':>14}")
    with slow_gateway(latency_s) as url:
        for size in sizes:
            charges = str(max(2 * size, min(int(SECONDS_OF_WORK * size / latency_s), 6_000)))
            threads, *others = (run(model, url, size, latency_s, charges) for model in MODELS)
            for one in (threads, *others):
                each = (one.rss_bytes - one.before_bytes) / size / 1000
                print(
                    f"{size:>11,}{one.model:>14}{one.per_s:>12,.0f}{one.most_per_s:>11,.0f}"
                    f"{one.cpu_us:>11,.0f} µs{each:>11,.0f} kB",
                    flush=True,
                )
            name = f"charges a second, {size:,} threads in flight, gateway latency {latency_s * 1000:.0f} ms"
            for one in others:
                told = f"{name}, beside {RIVALS[one.model]}"
                found.append(
                    figure(told, threads.per_s, "charges/s", against=RIVALS[one.model], against_value=one.per_s)
                )
    return found


def remembered(made: Databases, latency_s: float, most: int) -> Figure:
    """The pipeline's memory per charge in flight beyond the first hundred."""
    template = made.migrated()
    originals = crowd.live(template)
    with crowd.connect(template) as conn:
        crowd.copy(conn, originals.due, range(1, 2 * most))
        crowd.settle(conn)
    with slow_gateway(latency_s) as url:
        few, many = (
            run("pipeline", url, size, latency_s, made.copy(template), originals.due_at.isoformat())
            for size in (FIRST, most)
        )
    each = (many.rss_bytes - few.rss_bytes) / (most - FIRST) / 1000
    name = f"memory per charge in flight beyond the first hundred, gateway latency {latency_s * 1000:.0f} ms"
    print(
        f"pipeline, {latency_s * 1000:.0f} ms: {few.rss_bytes / 1e6:.0f} MB with {FIRST} in flight, "
        f"{many.rss_bytes / 1e6:.0f} MB with {most:,}: {each:.1f} kB for each more"
    )
    return figure(name, each, "kB", against="kB allowed", against_value=40)


def main() -> None:
    """Measure, print, write the results down."""
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--in-flight", type=int, nargs="+", default=IN_FLIGHT)
    parser.add_argument("--most", type=int, default=1_000, help="charges in flight whose memory is measured")
    parser.add_argument("--quick", action="store_true", help="few in flight, the short latency; writes nothing down")
    parser.add_argument("--directory", type=Path, help="a directory on the disk to measure on (default: /tmp's)")
    given = parser.parse_args()
    print(machine.described("httpx2"))
    found = []
    for latency_s in LATENCIES_S[:1] if given.quick else LATENCIES_S:
        found += compared(latency_s, IN_FLIGHT[:2] if given.quick else given.in_flight)
    print()
    with databases("postgresql", given.directory) as made:
        for latency_s in LATENCIES_S[:1] if given.quick else LATENCIES_S:
            found.append(remembered(made, latency_s, 300 if given.quick else given.most))
    if not given.quick:
        merge(found)


if __name__ == "__main__":
    main()
