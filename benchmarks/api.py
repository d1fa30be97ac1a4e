"""How long the API takes at 50 requests a second, with a million invoices in the database.

The whole application is served by one process, as `purring serve` does it, on a PostgreSQL whose tables hold the
invoices, attempts, recoveries, notices and events of customers as our own code left them. Requests come at fixed
instants whether the ones before are answered or not (an open loop); seven in ten read: things, their lists, and lists
of what is rare. The others write, each about customers of its own. Server time is what passes between the moment that
the application is handed a request and the end of its answer; a bare `select 1` is asked for in the same run, in the
same process. The charging of `POST /invoices/{id}/pay` is a gateway's time and is left out.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from threading import Event, local
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.shared import crowd, machine
from benchmarks.shared.databases import Databases, databases
from benchmarks.shared.results import Figure, figure, tell
from benchmarks.shared.worker import ShiftedClock, services
from purring.clock import draw_bytes
from purring.operations.api_keys import create_key

INVOICES = 1_000_000
PER_CUSTOMER = 4
PER_S = 50
SECONDS = 180
WARM_UP_S = 10
READS_OF_TEN = 7
FLOOR_EVERY = 5
"""Each so many requests of the API one `select 1` is asked for too."""
PROMISED_MS = {"reads": 20, "writes": 40}
LEFT_OUT = frozenset({"delivery", "journal_entry", "journal_posting"})
SERVER = Path(__file__).resolve().parent / "shared" / "timed_server.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owing:
    """The ids of a customer that owes an invoice, and of what is its own."""

    customer_id: str
    subscription_id: str
    method_id: str
    invoice_id: str
    number: str
    recovery_id: str
    price_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request: which kind it is, and what is sent. `route` has no ids, so that like can be put beside like."""

    kind: str
    route: str
    method: str
    path: str
    body: Any = None


READS = (
    "/customers/{customer_id}",
    "/invoices/{invoice_id}",
    "/invoices/{invoice_id}?expand=customer&expand=subscription",
    "/invoices/{invoice_id}/schedule",
    "/subscriptions/{subscription_id}?expand=customer",
    "/payment_methods/{method_id}",
    "/recoveries/{recovery_id}?expand=invoice",
    "/invoices?customer_id={customer_id}",
    "/invoices?subscription_id={subscription_id}",
    "/invoices?number={number}",
    "/invoices?status=open&expand=customer",
    "/invoices?status=uncollectible",
    "/invoices?external_id=not-there",
    "/subscriptions?customer_id={customer_id}",
    "/subscriptions?status=canceled",
    "/payment_methods?customer_id={customer_id}",
    "/attempts?invoice_id={invoice_id}",
    "/attempts?payment_method_id={method_id}",
    "/attempts?status=unknown",
    "/recoveries?invoice_id={invoice_id}",
    "/recoveries?status=exhausted",
    "/events?object_id={invoice_id}",
    "/events?kind=invoice.paid&limit=100",
    "/events?kind=invoice.voided",
    "/notices?kind=upcoming_charge",
    "/customers?limit=100",
    "/customers?external_id=not-there",
)
MONEY = {"minor": 24_900, "currency": "NOK"}
WRITES: tuple[tuple[str, str, Any], ...] = (
    ("PATCH", "/customers/{customer_id}", {"country": "SE"}),
    ("POST", "/recoveries/{recovery_id}/pause", {}),
    ("POST", "/recoveries/{recovery_id}/skip", {}),
    ("POST", "/invoices/{invoice_id}/record_payment", {"amount": MONEY, "reference": "bank"}),
    ("POST", "/invoices/{invoice_id}/declare_transfer", {}),
    ("POST", "/invoices/{invoice_id}/write_off", {}),
    ("POST", "/subscriptions/{subscription_id}/change_quantity", {"quantity": 2}),
    ("POST", "/subscriptions/{subscription_id}/cancel", {"when": "now"}),
    ("POST", "/customers", {"name": "New", "timezone": "Europe/Oslo", "locale": "nb"}),
    (
        "POST",
        "/payment_methods",
        {"customer_id": "{customer_id}", "kind": "card", "gateway": "sandbox", "scheme": "visa", "last4": "4242"},
    ),
    ("POST", "/subscriptions", {"customer_id": "{customer_id}", "price_id": "{price_id}"}),
    ("POST", "/invoices", {"customer_id": "{customer_id}", "amount": MONEY, "description": "Elsewhere"}),
)


def requests(owing: Sequence[Owing], today: str) -> Iterator[Asked]:
    """What is asked for, without end, each time about another customer."""
    reads, writes = cycle(READS), cycle(WRITES)
    for number, one in enumerate(cycle(owing), 1):
        ids = {name: getattr(one, name) for name in Owing.__slots__}
        if number % 10 < READS_OF_TEN:
            route = next(reads)
            yield Asked(kind="reads", route=f"GET {route}", method="GET", path=route.format(**ids))
        else:
            method, route, body = next(writes)
            body = {name: _filled(value, ids) for name, value in body.items()}
            body |= _own(route, number, today)
            yield Asked(kind="writes", route=f"{method} {route}", method=method, path=route.format(**ids), body=body)
        if number % FLOOR_EVERY == 0:
            yield Asked(kind="select 1", route="select 1", method="GET", path="/select_1")


def _filled(value: object, ids: dict[str, str]) -> object:
    return value.format(**ids) if isinstance(value, str) else value


def _own(route: str, number: int, today: str) -> dict[str, str]:
    """What no two requests may share."""
    match route:
        case "/payment_methods":
            return {"token": f"tok_measured_{number}", "fingerprint": f"fp_measured_{number}"}
        case "/invoices":
            return {"number": f"M-{number}", "invoice_on": today}
    return {}


class Caller:
    """Sends requests at their instants from several threads, each with a connection of its own."""

    def __init__(self, url: str, key: str) -> None:
        self._address = urlsplit(url).netloc
        self._key = key
        self._mine = local()
        self.refused: list[str] = []

    def send(self, asked: Asked, at_s: float) -> None:
        """Wait for the instant, send, and read the answer to its end."""
        Event().wait(max(at_s - time.perf_counter(), 0))
        headers = {"Authorization": f"Bearer {self._key}", "X-Counted-As": f"{asked.kind} {asked.route}"}
        if asked.body is not None:
            headers |= {"Content-Type": "application/json"}
        if asked.method == "POST":
            headers |= {"Idempotency-Key": draw_bytes(16).hex()}
        path = asked.path if asked.kind == "select 1" else f"/v1{asked.path}"
        connection = self._connection()
        connection.request(asked.method, path, None if asked.body is None else json.dumps(asked.body), headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= http.HTTPStatus.BAD_REQUEST:
            self.refused.append(f"{asked.method} {asked.path}: {answer.status} {text.decode()}")

    def taken_ms(self) -> dict[str, list[float]]:
        """What the server counted since the last time."""
        connection = http.client.HTTPConnection(self._address)
        connection.request("GET", "/taken")
        found: dict[str, list[float]] = json.loads(connection.getresponse().read())
        return found

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._mine, "connection"):
            self._mine.connection = http.client.HTTPConnection(self._address)
        connection: http.client.HTTPConnection = self._mine.connection
        return connection

    def load(self, asked: Iterator[Asked], seconds: float) -> dict[str, list[float]]:
        """Send for so long; gives what the server counted, by kind and route."""
        started = time.perf_counter() + 0.1
        wanted = int(PER_S * seconds)
        sent = 0
        with ThreadPoolExecutor(32) as threads:
            waiting = []
            while sent < wanted:
                one = next(asked)
                waiting.append(threads.submit(self.send, one, started + sent / PER_S))
                sent += one.kind != "select 1"
            for done in waiting:
                done.result()
        return self.taken_ms()


@contextmanager
def serving(url: str, instant: str) -> Iterator[str]:
    """The application in a process of its own, until the end of the block; gives its address."""
    command = [sys.executable, str(SERVER), url, instant]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def filled(made: Databases, invoices: int) -> tuple[str, crowd.Originals]:
    """A database with so many invoices."""
    url = made.migrated()
    started = time.perf_counter()
    originals = crowd.live(url, recovered=PER_CUSTOMER - 1)
    with crowd.connect(url) as conn, crowd.loading(conn):
        crowd.load(url, originals.due, range(1, invoices // PER_CUSTOMER), left_out=LEFT_OUT)
    with crowd.connect(url) as conn:
        tables = conn.execute("SELECT relname, n_live_tup FROM pg_stat_user_tables WHERE n_live_tup > 1000").fetchall()
        size = conn.execute("SELECT pg_size_pretty(pg_database_size(current_database()))").fetchone()
    print(f"filled in {time.perf_counter() - started:.0f} s, {size[0] if size else '?'}")
    print(", ".join(f"{name} {rows:,}" for name, rows in sorted(tables)))
    return url, originals


_OWING = """
SELECT invoice.customer_id, invoice.subscription_id, subscription.method_id, invoice.id, invoice.number, recovery.id,
       subscription.price_id
FROM invoice JOIN recovery ON recovery.invoice_id = invoice.id
JOIN subscription ON subscription.id = invoice.subscription_id
WHERE invoice.status = 'open' AND recovery.status = 'open' AND mod(hashtext(invoice.id), %s) = 0
ORDER BY md5(invoice.id)
"""


def some_owing(url: str, wanted: int, customers: int) -> list[Owing]:
    """So many customers that owe something, from all over the tables."""
    with crowd.connect(url) as conn:
        rows = conn.execute(_OWING, [max(1, customers // (2 * wanted))]).fetchall()
    return [Owing(**dict(zip(Owing.__slots__, row, strict=True))) for row in rows]


def measured(made: Databases, invoices: int, seconds: float) -> dict[str, list[float]]:
    """Fill, serve, warm up, load."""
    url, originals = filled(made, invoices)
    key = _key(url, originals)
    wanted = int(PER_S * (seconds + WARM_UP_S)) + 1
    owing = some_owing(url, wanted, invoices // PER_CUSTOMER)
    print(f"{len(owing):,} customers to ask about, {wanted:,} requests")
    asked = requests(owing, originals.due_at.date().isoformat())
    with serving(url, originals.due_at.isoformat()) as address:
        caller = Caller(address, key)
        caller.load(asked, WARM_UP_S)
        caller.refused.clear()
        found = caller.load(asked, seconds)
    assert not caller.refused, f"{len(caller.refused)} refused, the first of them {caller.refused[0]}"
    return found


def _key(url: str, originals: crowd.Originals) -> str:
    opened = services(url, ShiftedClock(originals.due_at), declined_percent=100)
    secret = create_key(opened, originals.merchant_id, draw_bytes, name="measured", scopes=["all"]).secret
    opened.store.close()
    return secret


def percentile(taken_ms: Sequence[float], share: float) -> float:
    """The least that so large a share didn't pass."""
    ordered = sorted(taken_ms)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def figures(taken: dict[str, list[float]], invoices: int) -> list[Figure]:
    """Each kind beside what we promise, and beside `select 1`."""
    by_kind: dict[str, list[float]] = {}
    for name, taken_ms in taken.items():
        kind = next(one for one in ("reads", "writes", "select 1") if name.startswith(one))
        by_kind.setdefault(kind, []).extend(taken_ms)
    floor = by_kind["select 1"]
    found = []
    for kind, promised_ms in PROMISED_MS.items():
        told = f"server time of API {kind}, {{}}, {invoices:,} invoices"
        p99 = percentile(by_kind[kind], 0.99)
        found += [
            figure(told.format("p99"), p99, "ms", against="what we promise", against_value=promised_ms),
            figure(
                told.format("p99 beside the floor"),
                p99,
                "ms",
                against="select 1, p99",
                against_value=percentile(floor, 0.99),
            ),
            figure(
                told.format("p50"),
                statistics.median(by_kind[kind]),
                "ms",
                against="select 1, p50",
                against_value=statistics.median(floor),
            ),
        ]
    return found


def show(taken: dict[str, list[float]]) -> None:
    """Every route, the slowest first."""
    print(f"\n{'p50 ms':>8}{'p99 ms':>9}{'most':>8}{'count':>7}")
    for name in sorted(taken, key=lambda one: -percentile(taken[one], 0.99)):
        row = taken[name]
        print(f"{statistics.median(row):>8.1f}{percentile(row, 0.99):>9.1f}{max(row):>8.1f}{len(row):>7}  {name}")
    print()


def main() -> None:
    """Measure, print, write the results down."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--invoices", type=int, default=INVOICES, help="invoices in the tables")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long requests keep coming")
    parser.add_argument("--quick", action="store_true", help="40,000 invoices, 20 seconds; writes nothing down")
    parser.add_argument("--directory", type=Path, help="a directory on the disk to measure on (default: /tmp's)")
    given = parser.parse_args()
    invoices, seconds = (40_000, 20.0) if given.quick else (given.invoices, given.seconds)
    print(machine.described())
    with databases("postgresql", given.directory, crowd.SETTINGS) as made:
        taken = measured(made, invoices, seconds)
    show(taken)
    tell(figures(taken, invoices), keep=not given.quick)
    print(machine.described())


if __name__ == "__main__":
    main()
