"""The sandbox's gateway as our processes see it: it fails as told, and notes whoever calls it wrongly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from purring.domain.attempt import Absent, Approved, Outcome, Unavailable, Unknown
from purring.domain.ids import AttemptId
from purring.gateways.base import (
    Capabilities,
    ChargePage,
    ChargeRequest,
    Gateway,
    InboundEvent,
    RefundOutcome,
    RefundRequest,
    lister_of,
)
from purring.simulator.faults import Fault
from purring.store import attempts

if TYPE_CHECKING:
    from purring.simulator.world import World


class AdapterBroke(Exception):
    """An adapter that raises, which no adapter should."""


class WatchedGateway:
    """Wraps the real adapter. `requests`: what was sent under each key, and when it first was.

    `begun_at`: when the attempt of a key was begun, which an older database that is put back has forgotten.
    """

    def __init__(self, world: World, inner: Gateway) -> None:
        self._world, self._inner = world, inner
        self.requests: dict[str, tuple[ChargeRequest, datetime]] = {}
        self.begun_at: dict[str, datetime] = {}

    @property
    def name(self) -> str:
        """The registry's name."""
        return self._inner.name

    @property
    def capabilities(self) -> Capabilities:
        """What the gateway states about itself; where nothing is ever restored, charges needn't be listed."""
        lists = self._inner.capabilities.lists_charges and self._world.plan.has(Fault.RESTORE)
        return replace(self._inner.capabilities, lists_charges=lists)

    def charge(self, request: ChargeRequest) -> Outcome:
        """Ask for the money, with trouble on the way there and back."""
        world = self._world
        self._check_charge(request)
        buyer = world.buyer_of(request.token)
        world.moments.before_send(buyer)
        verb = "charge" if self.requests[request.key][1] == world.clock.now() else "resend"
        outcome = self._through(verb, lambda: self._inner.charge(request))
        world.trace.say(f"charge {request.key} of {request.invoice_id}, {request.amount}: {outcome}")
        if isinstance(outcome, Approved) and outcome.captured < request.amount:
            world.trace.saw("a bank approved a part")
        if buyer:
            world.people.react(buyer, outcome)
        world.moments.after_send(buyer)
        return outcome

    def find(self, key: str) -> Outcome:
        """Say what became of a key, or not."""
        self._check_no_transaction(key)
        if self._world.happens(Fault.FIND_UNKNOWN, 0.5):
            self._world.trace.saw("a gateway didn't know what it had done")
            outcome: Outcome = Unknown(detail="the gateway doesn't know")
        else:
            outcome = self._through("find", lambda: self._inner.find(key))
        if isinstance(outcome, Absent):
            self._world.trace.saw("a gateway had never got a charge")
        self._world.trace.say(f"find {key}: {outcome}")
        return outcome

    def cancel(self, key: str) -> Outcome:
        """Give a charge up."""
        self._check_no_transaction(key)
        outcome = self._through("cancel", lambda: self._inner.cancel(key), may_break=False)
        self._world.trace.say(f"cancel {key}: {outcome}")
        return outcome

    def charges_since(self, at: datetime, cursor: str = "") -> ChargePage | Unknown | Unavailable:
        """List charges, unless the way there is closed."""
        self._check_no_transaction("a list")
        if self._world.happens(Fault.REFUSES_WORK, 0.15, "list"):
            return Unavailable(detail="503")
        if self._world.happens(Fault.TIMEOUT_BEFORE, 0.15, "list"):
            return Unknown(detail="no answer")
        lister = lister_of(self._inner)
        assert lister, "the sandbox lists its charges"
        return lister.charges_since(at, cursor)

    def refund(self, request: RefundRequest) -> RefundOutcome:
        """Give money back."""
        return self._inner.refund(request)

    def read_event(self, headers: Mapping[str, str], body: bytes, now: datetime) -> InboundEvent:
        """Verify and read one event."""
        return self._inner.read_event(headers, body, now)

    def close(self) -> None:
        """Leave the sandbox to the world."""

    def _through(self, verb: str, call: Callable[[], Outcome], *, may_break: bool = True) -> Outcome:
        """Make a call, unless it gets lost, slow or refused on the way."""
        world = self._world
        world.post.may_have_news = True
        if world.happens(Fault.SLOW_GATEWAY, 0.3):
            world.clock.advance(timedelta(seconds=world.dice.between("slow", 5, 28)))
        if verb == "resend" and world.happens(Fault.REFUSES_REPETITION, 0.8):
            world.trace.saw("a repetition was refused")
            return Unavailable(detail="409 a request with this key is under way")
        if world.happens(Fault.REFUSES_WORK, 0.15, verb):
            wait = timedelta(minutes=world.dice.between("retry after", 1, 200))
            return Unavailable(detail="503", retry_after=wait if world.dice.chance("says when", 0.5) else None)
        if world.happens(Fault.TIMEOUT_BEFORE, 0.15, verb):
            return Unknown(detail="no answer")
        if may_break and world.happens(Fault.ADAPTER_BREAKS, 0.1, verb):
            if world.dice.chance("breaks late", 0.5):
                call()
            raise AdapterBroke(verb)
        outcome = call()
        if world.happens(Fault.TIMEOUT_AFTER, 0.25, verb):
            if isinstance(outcome, Approved):
                world.trace.saw("money moved and no answer came")
            return Unknown(detail="no answer in time")
        return outcome

    def _check_charge(self, request: ChargeRequest) -> None:
        """A key is on disk before it is sent, lives, and always carries the same body."""
        world, key, now = self._world, request.key, self._world.clock.now()
        self._check_no_transaction(key)
        with world.inner_store.reading() as conn:
            whose = attempts.find(conn, AttemptId(key))
            if whose is None:
                world.broken("key", f"{key} was sent before it was on disk")
            else:
                self.begun_at.setdefault(key, attempts.get(conn, whose[0], AttemptId(key)).started_at)
        first, first_at = self.requests.setdefault(key, (request, now))
        if first != request:
            world.broken("key", f"{key} was sent with two bodies")
        if now >= first_at + self.capabilities.key_lifetime:
            world.broken("key", f"{key} was sent after its lifetime")
        if now > first_at:
            world.trace.saw("a key was sent again later")
        world.trace.count("attempts" if now == first_at else "resends")

    def _check_no_transaction(self, key: str) -> None:
        if self._world.store.is_writing:
            self._world.broken("transaction", f"one was open while {key} was sent")
