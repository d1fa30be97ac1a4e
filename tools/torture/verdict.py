"""The end: faults are over, everything comes to rest, and then the gateway's ledger is held against the database."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import psycopg

from purring.clock import elapsed_s
from purring.domain.errors import StoreUnavailable
from purring.domain.ids import CustomerId, MerchantId
from purring.gateways.sandbox.oracle import captured_by_invoice
from purring.i18n.locales import DEFAULT
from purring.operations.explain import explain
from purring.operations.explain_text import explained
from purring.operations.queue import queue_of
from purring.operations.services import Services
from purring.store import installation, invariants, leases
from purring.store.leases import Work
from tools.torture.clock import SharedClock
from tools.torture.server import Server
from tools.torture.tormentor import Tormentor

DAYS_MAX = 45
REST_S_MAX = 120.0
SOON = timedelta(days=60)
"""What falls due later than this is a subscription's next year."""

_OPEN = "SELECT count(*) FROM attempt WHERE status IN ('started', 'pending', 'unknown', 'action_required')"
_UNDER_WAY = """
SELECT (SELECT count(*) FROM attempt WHERE status = 'started')
    + (SELECT count(*) FROM invoice WHERE lease_until > %(now)s)
    + (SELECT count(*) FROM subscription WHERE lease_until > %(now)s)
    + (SELECT count(*) FROM delivery WHERE lease_until > %(now)s)
"""
_ENDS = "SELECT id, customer_id, status FROM invoice ORDER BY id"

CRASHES = frozenset({"batch_failed", "set_aside", "turn_failed", "invoice_missing", "copy_failed", "gateway_broke"})
"""Log lines that tell of something that production code didn't expect."""
EXPECTED = ("StaleWrite",)


def come_to_rest(world: Services, clock: SharedClock, server: Server, tormentor: Tormentor) -> str:
    """Let workers do all that is left, day by day on the shared clock; gives what is wrong if that never ends."""
    for _ in range(DAYS_MAX):
        problem = _rest(world, server, tormentor)
        if problem:
            return problem
        due_at = _next_due_at(world)
        if due_at is None or due_at > clock.now() + SOON:
            return ""
        clock.jump(max(due_at - clock.now(), timedelta(hours=24)))
    return f"work still falls due after {DAYS_MAX} days"


def _rest(world: Services, server: Server, tormentor: Tormentor) -> str:
    """Wait until nothing is due and nothing under way."""
    until_s, pause = elapsed_s() + REST_S_MAX, Event()
    due_at, under_way = _next_due_at(world), 0
    while elapsed_s() < until_s:
        tormentor.refill()
        try:
            due_at = _next_due_at(world)
            with server.connect() as conn:
                under_way = _count(conn.execute(_UNDER_WAY, {"now": world.clock.now()}).fetchone())
        except (StoreUnavailable, psycopg.OperationalError):
            due_at, under_way = world.clock.now(), 1
        if not under_way and (due_at is None or due_at > world.clock.now()):
            return ""
        pause.wait(0.05)
    return f"after {REST_S_MAX:.0f} s without faults something is due or under way: {due_at}, {under_way}"


def _next_due_at(world: Services) -> datetime | None:
    now = world.clock.now()
    with world.store.reading() as conn:
        due = [leases.next_due_at(conn, work, now) for work in Work]
    return min((at for at in due if at is not None), default=None)


def _count(row: tuple[int, ...] | None) -> int:
    return row[0] if row else 0


# ---------------------------------------------------------------------------------------------------------------------
# The verdict


class Verdict:
    """What is wrong at the end, and how much there was to go wrong."""

    def __init__(
        self, world: Services, server: Server, ledger: Path, pays: Mapping[CustomerId, bool], log: Path
    ) -> None:
        """Look at everything."""
        self.ends: Counter[str] = Counter()
        self.lines: Counter[str] = Counter()
        self.attempts = self.captures = 0
        self.suspects: list[str] = []
        self._ledger, self._log = ledger, log
        self.problems = [
            *self._money(world, server, pays),
            *self._keys(),
            *self._rows(world, server),
            *self._logged(),
        ]

    def _money(self, world: Services, server: Server, pays: Mapping[CustomerId, bool]) -> Iterator[str]:
        """Each invoice has ended as its card says, and was captured once if so, at the gateway's own ledger."""
        captured = captured_by_invoice(self._ledger)
        self.captures = sum(map(len, captured.values()))
        with world.store.reading() as conn:
            for result in invariants.check(conn, world.clock.now(), captured):
                if not result.holds:
                    self.suspects += result.examples
                    yield f"invariant {result.number}, {result.name}: {', '.join(result.examples)}"
        with server.connect() as conn:
            rows = conn.execute(_ENDS).fetchall()
        for invoice_id, customer_id, status in rows:
            self.ends[status] += 1
            times, is_paid = len(captured.get(invoice_id, ())), pays[CustomerId(customer_id)]
            if times != is_paid or (status == "paid") != is_paid:
                self.suspects.append(invoice_id)
                wanted = "pays" if is_paid else "doesn't pay"
                yield f"{invoice_id} is {status} and was captured {times} times; its card {wanted}"

    def _keys(self) -> Iterator[str]:
        """One key, one charge."""
        with closing(sqlite3.connect(f"file:{self._ledger}?mode=ro", uri=True)) as ledger:
            rows = ledger.execute("SELECT key, count(*) FROM charges GROUP BY key HAVING count(*) > 1").fetchall()
        for key, times in rows:
            yield f"{key} was charged {times} times"

    def _rows(self, world: Services, server: Server) -> Iterator[str]:
        with server.connect() as conn:
            still_open = _count(conn.execute(_OPEN).fetchone())
            self.attempts = _count(conn.execute("SELECT count(*) FROM attempt").fetchone())
        if still_open:
            yield f"{still_open} attempts are still open"
        waiting = {kind.value: count for kind, count in queue_of(world).counts.items() if count}
        if waiting:
            self.suspects += [row.id for row in queue_of(world).rows]
            yield f"an operator is needed: {waiting}"
        with world.store.reading() as conn:
            if installation.state(conn) is not None:
                yield "a worker took the database for one that was restored from a backup"

    def _logged(self) -> Iterator[str]:
        for line in self._log.read_text(errors="replace").splitlines():
            try:
                said = json.loads(line)
            except ValueError:
                continue
            name, error = str(said.get("event")), str(said.get("error", ""))
            self.lines[name] += 1
            if name in CRASHES and not error.startswith(EXPECTED):
                yield f"{name}: {error}"

    def story(self, world: Services, merchant_id: MerchantId) -> Iterator[str]:
        """What is known of the first invoices that something is wrong with."""
        for invoice_id in list(dict.fromkeys(one for one in self.suspects if one.startswith("inv_")))[:3]:
            yield from explained(explain(world, merchant_id, invoice_id), DEFAULT)
