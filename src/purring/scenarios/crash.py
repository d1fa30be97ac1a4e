"""Kills a story's worker at chosen points: between the stages of a turn, and around each commit, call and mail.

A story plays the same up to its first crash, so a point's place in the order is its name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from purring.domain.attempt import Outcome
from purring.gateways.base import Capabilities, ChargeRequest, Gateway, InboundEvent, RefundOutcome, RefundRequest
from purring.notices.message import Message
from purring.notices.send import Outcome as Sent
from purring.notices.send import Sender
from purring.store import Connection
from purring.store.engine import Store


class WorkerKilled(BaseException):
    """The worker is gone, whatever it was doing; no handler of the production code may catch this."""


class Crashes:
    """Counts the points at which the worker may die, and kills it at some of them.

    `at`: their places in the order in which the story comes to them, from 0. `points`: the names of all it came to.
    """

    def __init__(self, at: Collection[int] = ()) -> None:
        """Kill nobody before the worker works."""
        self.points: list[str] = []
        self._at = frozenset(at)
        self._is_working = False

    @contextmanager
    def working(self) -> Iterator[None]:
        """While this lasts it is the worker who acts, and not a person."""
        self._is_working = True
        try:
            yield
        finally:
            self._is_working = False

    def point(self, name: str) -> None:
        """A point at which the worker may die."""
        if not self._is_working:
            return
        self.points.append(name)
        if len(self.points) - 1 in self._at:
            raise WorkerKilled(name)


class MortalStore(Store):
    """Hands everything on to the real store; the worker may die on either side of a commit."""

    def __init__(self, inner: Store, crashes: Crashes) -> None:
        """Stand before a store."""
        self._inner, self._crashes = inner, crashes
        self.url, self.dialect = inner.url, inner.dialect

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Run a transaction that writes."""
        with self._inner.transaction() as conn:
            before = _changes(conn)
            yield conn
            if has_written := _changes(conn) != before:
                self._crashes.point("before a commit")
        if has_written:
            self._crashes.point("after a commit")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """See one moment of the database."""
        with self._inner.reading() as conn:
            yield conn


def _changes(conn: Connection) -> object:
    """What differs once a transaction has written something."""
    if conn.dialect.name == "sqlite":
        return conn.exec_driver_sql("SELECT total_changes()").scalar_one()
    return conn.exec_driver_sql("SELECT pg_current_xact_id_if_assigned()::text").scalar_one()


class MortalGateway:
    """Hands everything on to the real gateway; the worker may die before a call and before its answer is read."""

    def __init__(self, inner: Gateway, crashes: Crashes) -> None:
        """Stand before a gateway."""
        self._inner, self._crashes = inner, crashes
        self.name = inner.name

    @property
    def capabilities(self) -> Capabilities:
        """What the gateway states about itself."""
        return self._inner.capabilities

    def charge(self, request: ChargeRequest) -> Outcome:
        """Ask for the money."""
        with self._around("charge"):
            return self._inner.charge(request)

    def find(self, key: str) -> Outcome:
        """Say what became of `key`."""
        with self._around("find"):
            return self._inner.find(key)

    def cancel(self, key: str) -> Outcome:
        """Give up a charge that waits for the customer."""
        with self._around("cancel"):
            return self._inner.cancel(key)

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give money back."""
        return self._inner.refund(request)

    def read_event(self, headers: Mapping[str, str], body: bytes, now: datetime) -> InboundEvent:
        """Verify and read one event."""
        return self._inner.read_event(headers, body, now)

    def close(self) -> None:
        """Let the connections go."""
        self._inner.close()

    @contextmanager
    def _around(self, verb: str) -> Iterator[None]:
        self._crashes.point(f"before a {verb}")
        yield
        self._crashes.point(f"after a {verb}")


class MortalSender:
    """Hands mails on; the worker may die before it has written down that one went out."""

    def __init__(self, inner: Sender, crashes: Crashes) -> None:
        """Stand before a sender."""
        self._inner, self._crashes = inner, crashes
        self.in_flight_max = inner.in_flight_max

    def send(self, message: Message) -> Sent:
        """Send one mail."""
        sent = self._inner.send(message)
        self._crashes.point("after a mail")
        return sent

    def close(self) -> None:
        """Let the connections go."""
        self._inner.close()
