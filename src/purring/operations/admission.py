"""Who may go to a gateway now: limits and pauses stand in the database, where they hold for all workers.

They are of the real time: what happens by a test clock is neither held nor counted. A worker reads them once per turn.
Only where there is a limit, or a gateway is to be tried after a pause, are their rows locked while charges are begun;
room is dealt out evenly among the merchants of the batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zlib import crc32

from purring.domain.charge_plan import OUTAGE_SPREAD_S
from purring.domain.decide.begin import Ask, Go, Resend
from purring.domain.facts import Facts
from purring.domain.ids import MerchantId
from purring.domain.throttle import (
    EVERYBODY,
    PROBE_WAIT,
    PROBES_MAX,
    Throttle,
    begun,
    pace,
    paused,
    place_after,
    reopened,
    room,
)
from purring.operations.services import LEASE, Services
from purring.store import Connection, throttles
from purring.store.facts import Key
from purring.store.throttles import InFlight, Permit
from purring.telemetry.logs import log

Place = tuple[str, str]
"""A merchant, or EVERYBODY, and a gateway."""


class Line:
    """What a worker remembers of those who found no room: until when the last of each merchant waits, and who was next.

    Nothing depends on it but how often somebody looks: what may go stands in the database.
    """

    def __init__(self) -> None:
        """Nobody waits."""
        self._last: dict[Place, datetime] = {}
        self._served = EVERYBODY

    def in_turn(self, keys: Sequence[Key]) -> list[Key]:
        """One of each merchant, then another of each, beginning behind the merchant that was let in last."""
        seen: Counter[str] = Counter()
        places = []
        for key in keys:
            seen[key[0]] += 1
            places.append((seen[key[0]], key[0] <= self._served, key[0]))
        return [key for _, key in sorted(zip(places, keys, strict=True), key=lambda pair: pair[0])]

    def let_in(self, merchant_id: str) -> None:
        """Remember who was let in last."""
        self._served = merchant_id

    def waiting(self, gateway: str, now: datetime) -> set[str]:
        """The merchants that have somebody waiting at a gateway."""
        self._last = {place: at for place, at in self._last.items() if at > now}
        return {merchant_id for merchant_id, at in self._last if at == gateway}

    def place(self, place: Place, now: datetime, apart: timedelta) -> datetime:
        """When the next one of a merchant comes back."""
        self._last[place] = place_after(self._last.get(place, now), now, apart)
        return self._last[place]


@dataclass(slots=True, kw_only=True)
class Turn:
    """One turn of a worker: what held when it began, and what it has taken since.

    `at_once`: calls that the worker makes at the same time; where there is a limit it begins no more, so that each
    goes out when it was counted. `permits` are to be given back, `probing` are the gateways that it tries.
    """

    throttles: Sequence[Throttle] = ()
    line: Line = field(default_factory=Line)
    at_once: int | None = None
    taken: Counter[str] = field(default_factory=Counter)
    permits: set[str] = field(default_factory=set)
    probing: set[str] = field(default_factory=set)


def turn_for(conn: Connection, services: Services, merchants: Collection[str], line: Line, at_once: int | None) -> Turn:
    """Begin a turn with what holds now for these merchants."""
    if services.test_clock is not None:
        return Turn()
    return Turn(throttles=throttles.load(conn, set(merchants)), line=line, at_once=at_once)


class Gate:
    """Lets the calls of one transaction in, or says when to come back; without anything to hold, all go at once."""

    def __init__(
        self, turn: Turn, now: datetime, held: Iterable[Throttle] = (), in_flight: InFlight | None = None
    ) -> None:
        """Let in what `held` allows beside what is in flight."""
        self._turn, self._now = turn, now
        self._held: dict[Place, Throttle] = {(one.merchant_id, one.gateway): one for one in held}
        self._in_flight = in_flight or InFlight()
        self._begun: Counter[Place] = Counter()
        self._taken = turn.taken.copy()
        self._probes: Counter[str] = Counter()
        self._merchants: set[str] = set()
        self._waiting: dict[str, int] = {}

    def in_turn(self, keys: Sequence[Key]) -> Sequence[Key]:
        """The order in which room is dealt out."""
        if not self._held:
            return keys
        self._merchants = {key[0] for key in keys}
        return self._turn.line.in_turn(keys)

    def back_at(self, key: Key, move: Go | Resend | Ask) -> datetime | None:
        """When the call comes back that can't go now; None: it goes."""
        if not self._held:
            return None
        gateway, is_new = move.attempt.gateway, isinstance(move, Go)
        back_at = (self._barred(gateway, key) if is_new else None) or self._no_room(gateway, key)
        if back_at is None:
            self.let_in(gateway, key[0], is_new=is_new)
        return back_at

    def _barred(self, gateway: str, key: Key) -> datetime | None:
        """When the gateway is back; each at its own place then, so that the first ones try it for the others."""
        known = self._held.get((EVERYBODY, gateway))
        if known is None or not known.pauses:
            return None
        if known.paused_until and known.is_paused(self._now):
            return known.paused_until + timedelta(seconds=crc32(key[1].encode()) % OUTAGE_SPREAD_S)
        is_tried = known.probing_until is not None and known.probing_until > self._now
        return self._now + PROBE_WAIT if is_tried or self._probes[gateway] >= PROBES_MAX else None

    def _no_room(self, gateway: str, key: Key) -> datetime | None:
        """When it is this one's turn, if some limit has no room for it."""
        for_all, own = self._limits(EVERYBODY, gateway), self._limits(key[0], gateway)
        held = [*for_all, *own]
        if not held:
            return None
        can_send = self._turn.at_once is None or self._taken[gateway] < self._turn.at_once
        if can_send and all(self._has_room(one) for one in held):
            return None
        if gateway not in self._waiting:
            self._waiting[gateway] = len(self._merchants | self._turn.line.waiting(gateway, self._now))
        apart = max(pace(for_all) * self._waiting[gateway], pace(own))
        return self._turn.line.place((key[0], gateway), self._now, apart)

    def let_in(self, gateway: str, merchant_id: str, *, is_new: bool) -> None:
        """Count a call that goes."""
        known = self._held.get((EVERYBODY, gateway))
        if is_new and known and known.pauses:
            self._probes[gateway] += 1
        held = [*self._limits(EVERYBODY, gateway), *self._limits(merchant_id, gateway)]
        self._begun.update((one.merchant_id, gateway) for one in held)
        if held:
            self._taken[gateway] += 1
            self._turn.line.let_in(merchant_id)

    def _limits(self, merchant_id: str, gateway: str) -> list[Throttle]:
        found = self._held.get((merchant_id, gateway))
        return [found] if found and found.limits else []

    def _has_room(self, one: Throttle) -> bool:
        place = (one.merchant_id, one.gateway)
        free = room(one, self._now, self._in_flight.calls.get(place, 0))
        return free is None or self._begun[place] < free

    def shut(self, conn: Connection, permit_id: str) -> None:
        """Write down what was let in. What a worker that dies leaves behind lapses with the leases of its batch."""
        until = self._now + LEASE
        used = {place: self._used(place) for place in {*self._begun, *((EVERYBODY, name) for name in self._probes)}}
        throttles.save_used(conn, [used[place] for place in sorted(used)])
        permits = [
            Permit(merchant_id=place[0], gateway=place[1], id=permit_id, calls=calls, until=until)
            for place, calls in sorted(self._begun.items())
            if used[place].in_flight_max is not None
        ]
        if self._in_flight.has_lapsed:
            throttles.sweep(conn, {gateway for _, gateway in self._held}, self._now)
        throttles.give(conn, permits)
        self._turn.permits |= {one.id for one in permits}
        self._turn.probing |= set(self._probes)

    def _used(self, place: Place) -> Throttle:
        used = begun(self._held[place], self._now, self._begun[place])
        is_probe = place[0] == EVERYBODY and self._probes[place[1]] > 0
        return replace(used, probing_until=self._now + LEASE) if is_probe else used


def gate(conn: Connection, turn: Turn, cases: Mapping[Key, Facts], now: datetime) -> Gate:
    """Open the gate to invoices whose customers are locked; nothing is locked where nothing has to be counted."""
    held = [one for one in turn.throttles if one.holds]
    counted = {one.gateway for one in held if one.limits or one.is_to_be_tried(now)}
    met = counted & {method.gateway for facts in cases.values() for method in facts.methods}
    if not met:
        return Gate(turn, now, held)
    locked = throttles.lock(conn, met, {key[0] for key in cases})
    return Gate(turn, now, [*held, *locked], _in_flight(conn, locked, now))


def _in_flight(conn: Connection, locked: Sequence[Throttle], now: datetime) -> InFlight | None:
    """The calls that are being made, where they are limited."""
    limited = {one.gateway for one in locked if one.in_flight_max is not None}
    return throttles.in_flight(conn, limited, now) if limited else None


def let_a_person_in(
    conn: Connection, services: Services, merchant_id: MerchantId, gateway: str, permit_id: str
) -> set[str]:
    """Count a charge that somebody waits for, be there room for it or not: workers then wait the longer.

    Gives the permits to give back when it has ended.
    """
    is_held = services.test_clock is None
    if not is_held or not any(one.limits and one.gateway == gateway for one in throttles.load(conn, [merchant_id])):
        return set()
    turn = Turn()
    counted = Gate(turn, services.clock.now(), throttles.lock(conn, [gateway], [merchant_id]))
    counted.let_in(gateway, merchant_id, is_new=False)
    counted.shut(conn, permit_id)
    return turn.permits


def learn(services: Services, news: Mapping[str, bool], probing: Collection[str]) -> None:
    """Write down which gateways answer again, and which are to be left alone; most turns have no such news.

    What failed although it was sent before a pause, or beside those who try a gateway, says nothing new.
    """
    if not news or services.test_clock is not None:
        return
    now = services.clock.now()
    with services.store.transaction() as conn:
        for gateway, is_back in sorted(news.items()):
            throttles.add_if_missing(conn, gateway)
            (known,) = throttles.lock(conn, [gateway], ())
            if is_back:
                throttles.save(conn, reopened(known))
                log.warning("gateway_back", gateway=gateway)
            elif not known.is_paused(now) and (gateway in probing or known.pauses == 0):
                throttles.save(conn, paused(known, now))
                log.warning("gateway_paused", gateway=gateway, pauses=known.pauses + 1)
