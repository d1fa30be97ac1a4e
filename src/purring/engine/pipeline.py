"""One turn of the engine over due invoices: claim and begin, charge, record (architecture: one declined payment)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

from purring.domain.errors import StaleWrite
from purring.domain.ids import InvoiceId
from purring.engine.limiter import Breaker
from purring.operations.admission import Line, Turn, learn, turn_for
from purring.operations.charge import Answered, Sending, ask_gateway, begin, record
from purring.operations.services import Services
from purring.operations.transact import set_aside, together_or_alone, transact
from purring.store import Connection, leases, throttles
from purring.store.facts import Key
from purring.store.leases import Claim, Work

Interrupt = Callable[[str], None]
"""Called at named points of a turn that found work; tests and scenarios kill the worker there by raising."""


Item = TypeVar("Item")

ROWS_MAX = 200
"""Rows per transaction, however many charges are in flight: the facts of so many are in memory at once."""


def uninterrupted(_point: str) -> None:
    """Go on."""


class Pipeline:
    """Charges due invoices in batches; keeps the threads that call gateways, and who waits for room at them."""

    def __init__(self, services: Services, interrupt: Interrupt = uninterrupted) -> None:
        """Call gateways in threads, as many as we and every gateway bear; in the caller's own if that is one."""
        self._services = services
        self._interrupt = interrupt
        self._breaker, self._line = Breaker(), Line()
        borne = (gateway.capabilities.in_flight_max for gateway in services.gateways.values())
        threads = min(services.in_flight_max, *borne) if services.gateways else 1
        self._at_once = threads if threads > 1 else None
        self._threads = ThreadPoolExecutor(threads, "gateway") if threads > 1 else None

    def close(self) -> None:
        """Let calls under way finish."""
        if self._threads:
            self._threads.shutdown()

    def turn(self) -> int:
        """Work one batch. Gives how many invoices were due."""
        services, now = self._services, self._services.clock.now()
        with services.store.transaction() as conn:
            claims = services.claim(conn, Work.INVOICE, now)
            if not claims:
                return 0
            turn = turn_for(conn, services, {claim.merchant_id for claim in claims}, self._line, self._at_once)
        self._interrupt("after_claim")
        sendings = [sending for some in _parts(claims) for sending in self._begin(some, now, turn)]
        self._interrupt("after_begin")
        answers = self._send(sendings)
        self._interrupt("after_charge")
        for some in reversed(list(_parts(answers))):  # what was read last is still remembered
            self._record(some, claims, turn)
        self._learn(answers, turn)
        self._interrupt("after_record")
        return len(claims)

    def _begin(self, claims: Sequence[Claim], now: datetime, turn: Turn) -> list[Sending]:
        """Transaction 1: carry out what needs nobody else, write down what is about to be sent."""
        services = self._services

        def act(some: Sequence[Claim]) -> list[Sending]:
            sendings = transact(services, lambda conn: self._begin_in(conn, some, now, turn))
            turn.taken.update(sending.gateway for sending in sendings)
            return sendings

        return together_or_alone(claims, act, lambda claim, error: set_aside(services, Work.INVOICE, claim, error))

    def _begin_in(self, conn: Connection, claims: Sequence[Claim], now: datetime, turn: Turn) -> list[Sending]:
        """Begin these claims and let go of those that need no gateway, unless somebody has taken one from us.

        Leases come last, because whoever else locks an invoice has locked its customer before.
        """
        services = self._services
        sendings = begin(conn, services, [_key(claim) for claim in claims], now, turn)
        keys = {sending.key for sending in sendings}
        sent = [claim for claim in claims if _key(claim) in keys]
        done = [claim for claim in claims if _key(claim) not in keys]
        held = leases.hold(conn, Work.INVOICE, sent, services.owner)
        held += leases.release(conn, Work.INVOICE, done, services.owner)
        if held != len(claims):
            raise StaleWrite("Somebody else has taken an invoice over; it is theirs to go on with.")
        return sendings

    def _send(self, sendings: Sequence[Sending]) -> list[Answered]:
        """Call the gateways, many at a time, with no transaction open. What can't be sent in time is left out."""
        run = self._threads.map if self._threads else map
        answered = run(lambda sending: ask_gateway(self._services, sending), sendings)
        return [answer for answer in answered if answer is not None]

    def _learn(self, answers: Sequence[Answered], turn: Turn) -> None:
        """Tell all workers of gateways that are down or back; that we don't know one says nothing about it."""
        known = [answer for answer in answers if answer.gateway in self._services.gateways]
        learn(self._services, self._breaker.news(known, turn.probing), turn.probing)

    def _record(self, answers: Sequence[Answered], claims: Sequence[Claim], turn: Turn) -> None:
        """Transaction 2: write the answers down. One that can't be written stays started, and is settled later."""
        services = self._services
        of = {_key(claim): claim for claim in claims}

        def write(conn: Connection, some: Sequence[Answered]) -> None:
            record(conn, services, some, services.clock.now())
            leases.release(conn, Work.INVOICE, [of[answer.key] for answer in some], services.owner)
            throttles.give_back(conn, turn.permits)

        def act(some: Sequence[Answered]) -> list[Answered]:
            transact(services, lambda conn: write(conn, some))
            return list(some)

        together_or_alone(answers, act, lambda answer, error: set_aside(services, Work.INVOICE, of[answer.key], error))


def _parts(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items, so many at a time as one transaction takes."""
    for start in range(0, len(items), ROWS_MAX):
        yield items[start : start + ROWS_MAX]


def _key(claim: Claim) -> Key:
    """The invoice that was claimed."""
    return claim.merchant_id, InvoiceId(claim.id)
