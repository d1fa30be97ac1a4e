"""How long the portal's pages take with a million invoices in the database.

The application is served by one process, as `purring serve` does it, on a PostgreSQL filled as for `api.py`. One
person after another, each with a session and a declined invoice of their own, opens every page that they may look at;
whoever is answered asks for the next one at once. Server time is what passes between the moment that the application
is handed a request and the end of its answer; a bare `select 1` is asked for in the same run, in the same process.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import time
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.api import Owing, percentile, serving, show, some_owing
from benchmarks.shared import crowd, machine
from benchmarks.shared.databases import Databases, databases
from benchmarks.shared.results import Figure, figure, tell
from benchmarks.shared.worker import ShiftedClock, services
from purring.domain.access import OpenedBy
from purring.domain.ids import CustomerId
from purring.operations.sign_in import open_session
from purring.store import customers

INVOICES = 1_000_000
PER_CUSTOMER = 4
UNREAD = frozenset({"delivery", "event", "journal_entry", "journal_posting"})
"""Tables that no page reads."""
LOOKS = 6_000
WARM_UP = 300
PEOPLE = 500
FLOOR_EVERY = 5
PROMISED_MS = 50
COUNTED_AS = "X-Counted-As"
PAGES = (
    "/billing",
    "/billing/invoices",
    "/billing/invoices/{invoice_id}",
    "/billing/invoices/{invoice_id}/pay",
    "/billing/methods",
    "/billing/methods/{method_id}/edit",
    "/billing/methods/{method_id}/tie",
    "/billing/methods/{method_id}/pays",
    "/billing/methods/{method_id}/replace",
    "/billing/subscriptions/{subscription_id}",
    "/billing/subscriptions/{subscription_id}/method",
    "/billing/settle/{method_id}",
    "/billing/help",
    "/billing/help?both=1",
    "/billing/people",
    "/sessions",
)


def signed_in(url: str, originals: crowd.Originals, owing: Sequence[Owing]) -> list[str]:
    """A session for somebody at each of these customers; gives their tokens."""
    opened = services(url, ShiftedClock(originals.due_at), declined_percent=100)
    merchant_id = originals.merchant_id
    with opened.store.reading() as conn:
        found = customers.load(conn, [(merchant_id, CustomerId(one.customer_id)) for one in owing])
    people = [found[merchant_id, CustomerId(one.customer_id)].people[0] for one in owing]
    tokens = [open_session(opened, merchant_id, person, OpenedBy.CODE) for person in people]
    opened.store.close()
    return tokens


def looked(address: str, owing: Sequence[Owing], tokens: Sequence[str], looks: int) -> None:
    """Open one page after the other, each as the next person, and ask for the floor in between."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc)
    people = cycle(zip(owing, tokens, strict=True))
    for number, (page, (one, token)) in enumerate(islice(zip(cycle(PAGES), people), looks), 1):
        path = page.format(**{name: getattr(one, name) for name in Owing.__slots__})
        _get(connection, path, {COUNTED_AS: f"pages {page}", "Cookie": f"purring={token}"})
        if number % FLOOR_EVERY == 0:
            _get(connection, "/select_1", {COUNTED_AS: "select 1"})
    connection.close()


def _get(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]) -> bytes:
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    assert answer.status == http.HTTPStatus.OK, f"{path}: {answer.status}"
    return content


def measured(made: Databases, invoices: int, looks: int) -> dict[str, list[float]]:
    """Fill, sign people in, warm up, look."""
    url = made.migrated()
    originals = crowd.live(url, recovered=PER_CUSTOMER - 1)
    started = time.perf_counter()
    with crowd.connect(url) as conn, crowd.loading(conn):
        crowd.load(url, originals.due, range(1, invoices // PER_CUSTOMER), left_out=UNREAD)
    print(f"filled in {time.perf_counter() - started:.0f} s", flush=True)
    owing = some_owing(url, PEOPLE, invoices // PER_CUSTOMER)[:PEOPLE]
    tokens = signed_in(url, originals, owing)
    print(f"{len(owing):,} people, {looks:,} pages")
    with serving(url, originals.due_at.isoformat()) as address:
        looked(address, owing, tokens, WARM_UP)
        taken(address)
        looked(address, owing, tokens, looks)
        return taken(address)


def taken(address: str) -> dict[str, list[float]]:
    """What the server counted since the last time."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc)
    found: dict[str, list[float]] = json.loads(_get(connection, "/taken", {}))
    connection.close()
    return found


def figures(counted: dict[str, list[float]], invoices: int) -> list[Figure]:
    """The pages beside what we promise, and beside `select 1`."""
    floor = counted["select 1"]
    pages = [one for name, some in counted.items() if name != "select 1" for one in some]
    told = f"server time of the portal's pages, {{}}, {invoices:,} invoices"
    p99, floor_p99 = percentile(pages, 0.99), percentile(floor, 0.99)
    return [
        figure(told.format("p99"), p99, "ms", against="what we promise", against_value=PROMISED_MS),
        figure(told.format("p99 beside the floor"), p99, "ms", against="select 1, p99", against_value=floor_p99),
        figure(
            told.format("p50"),
            statistics.median(pages),
            "ms",
            against="select 1, p50",
            against_value=statistics.median(floor),
        ),
    ]


def main() -> None:
    """Measure, print, write the results down."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--invoices", type=int, default=INVOICES, help="invoices in the tables")
    parser.add_argument("--looks", type=int, default=LOOKS, help="how many pages are opened")
    parser.add_argument("--quick", action="store_true", help="40,000 invoices, 600 pages; writes nothing down")
    given = parser.parse_args()
    invoices, looks = (40_000, 600) if given.quick else (given.invoices, given.looks)
    with databases("postgresql", settings=crowd.SETTINGS) as made:
        counted = measured(made, invoices, looks)
    show(counted)
    tell(figures(counted, invoices), keep=not given.quick)
    print(machine.described())


if __name__ == "__main__":
    main()
