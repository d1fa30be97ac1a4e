"""One turn of the engine over due invoices: claim and begin, charge, record (architecture: one declined payment)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from purring.domain.errors import PurringError
from purring.domain.ids import InvoiceId
from purring.engine.limiter import Breaker
from purring.operations.charge import Answered, Sending, ask_gateway, begin, record
from purring.operations.services import LEASE, Services
from purring.store import leases
from purring.store.facts import Key
from purring.store.leases import Claim, Work
from purring.telemetry.logs import log

Interrupt = Callable[[str], None]
"""Called at named points of a turn; tests and scenarios kill the worker there by raising."""

QUARANTINE = timedelta(hours=1)
"""How long an invoice that can't be worked is set aside, so that it doesn't hold up the others."""


def uninterrupted(_point: str) -> None:
    """Go on."""


class Pipeline:
    """Charges due invoices in batches; keeps the threads that call gateways and what it learned about gateways."""

    def __init__(self, services: Services, interrupt: Interrupt = uninterrupted) -> None:
        """Call gateways in `services.in_flight_max` threads, or in the caller's if that is 1."""
        self._services = services
        self._interrupt = interrupt
        self._breaker = Breaker()
        self._threads = ThreadPoolExecutor(services.in_flight_max, "gateway") if services.in_flight_max > 1 else None

    def close(self) -> None:
        """Let calls under way finish."""
        if self._threads:
            self._threads.shutdown()

    def turn(self) -> int:
        """Work one batch. Gives how many invoices were due."""
        claims, sendings = self._begin()
        self._interrupt("after_begin")
        answers = self._send(sendings)
        self._interrupt("after_charge")
        self._record(answers, {_key(claim): claim for claim in claims})
        self._interrupt("after_record")
        return len(claims)

    def _begin(self) -> tuple[list[Claim], list[Sending]]:
        """Transaction 1: claim, carry out what needs nobody else, write down what is about to be sent."""
        services = self._services
        now = services.clock.now()
        with services.store.transaction() as conn:
            claims = leases.claim(conn, Work.INVOICE, services.owner, now, limit=services.batch_max, lease=LEASE)
        try:
            return claims, self._begin_some(claims, now)
        except (PurringError, AssertionError) as error:
            log.warning("batch_failed", stage="begin", size=len(claims), error=repr(error))
            return claims, [sending for claim in claims for sending in self._begin_alone(claim, now)]

    def _begin_some(self, claims: Sequence[Claim], now: datetime) -> list[Sending]:
        """Begin these claims in one transaction; those that need no gateway are released in it."""
        services = self._services
        with services.store.transaction() as conn:
            keys = [_key(claim) for claim in claims]
            sendings = begin(conn, services, keys, now, self._breaker.paused(now))
            sending = {one.key for one in sendings}
            done = [claim for claim in claims if _key(claim) not in sending]
            leases.release(conn, Work.INVOICE, done, services.owner)
        return sendings

    def _begin_alone(self, claim: Claim, now: datetime) -> list[Sending]:
        """Begin one claim; if even that fails, leave it leased for an hour and say so."""
        services = self._services
        try:
            return self._begin_some([claim], now)
        except (PurringError, AssertionError) as error:
            log.error("invoice_set_aside", invoice_id=claim.id, error=repr(error))
            with services.store.transaction() as conn:
                leases.extend(conn, Work.INVOICE, [claim], services.owner, now + QUARANTINE)
            return []

    def _send(self, sendings: Sequence[Sending]) -> list[Answered]:
        """Call the gateways, many at a time, with no transaction open."""
        services = self._services
        if self._threads is None:
            answers = [ask_gateway(services, sending) for sending in sendings]
        else:
            answers = list(self._threads.map(lambda sending: ask_gateway(services, sending), sendings))
        named = zip((sending.gateway for sending in sendings), (answer.outcome for answer in answers), strict=True)
        self._breaker.note(named, services.clock.now())
        return answers

    def _record(self, answers: Sequence[Answered], claims: Mapping[Key, Claim]) -> None:
        """Transaction 2: write the answers down, all together or, where that fails, one by one."""
        try:
            self._record_some(answers, claims)
        except (PurringError, AssertionError) as error:
            log.warning("batch_failed", stage="record", size=len(answers), error=repr(error))
            for answer in answers:
                self._record_alone(answer, claims)

    def _record_some(self, answers: Sequence[Answered], claims: Mapping[Key, Claim]) -> None:
        """Record and release in one transaction."""
        if not answers:
            return
        services = self._services
        with services.store.transaction() as conn:
            record(conn, services, answers, services.clock.now())
            leases.release(conn, Work.INVOICE, [claims[answer.key] for answer in answers], services.owner)

    def _record_alone(self, answer: Answered, claims: Mapping[Key, Claim]) -> None:
        """Record one answer; one that can't be written stays started, and is asked about when its lease is over."""
        try:
            self._record_some([answer], claims)
        except (PurringError, AssertionError) as error:
            log.error("answer_not_recorded", attempt_id=answer.attempt_id, error=repr(error))


def _key(claim: Claim) -> Key:
    """The invoice that was claimed."""
    return claim.merchant_id, InvoiceId(claim.id)
