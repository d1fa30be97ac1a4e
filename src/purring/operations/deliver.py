"""Send owed events: each delivery is claimed, signed, posted with no transaction open, and remembered.

Events about one object go to an endpoint one after the other, in the order in which they were made: while one waits
for its next try, those behind it wait too. Events about different objects don't wait for each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from purring.domain.endpoint import (
    FAILING_MAX,
    DisabledReason,
    Endpoint,
    EventDeliveryStatus,
    next_try_at,
)
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import MerchantId
from purring.notices.endpoint_disabled import endpoint_disabled_mail
from purring.notices.send import Delivered
from purring.operations.links import with_link
from purring.operations.outbound import Outbound
from purring.operations.services import LEASE, Services
from purring.operations.transact import told, transact
from purring.store import Connection, bulk, endpoints, event_deliveries, events, leases, merchants, notices
from purring.store.event_deliveries import EventDelivery, Tried, Try
from purring.store.leases import Claim, Work
from purring.store.notices import Delivery
from purring.telemetry.logs import log
from purring.webhooks.payloads import body_of
from purring.webhooks.post import DEADLINE_S, Posted
from purring.webhooks.sign import headers

DELIVERIES_MAX = 64
"""Deliveries per batch: so many may go out twice if we die in between."""

SEND_WITHIN = LEASE - timedelta(seconds=2 * DEADLINE_S)
"""No try begins later after its claim: the lease must last until its end is written down."""

FAILURES_MAX = 5
"""So many tries in a row that an endpoint didn't take, and it is left alone for a while: nobody waits for it."""
PAUSE = timedelta(minutes=1)
PAUSE_MAX = timedelta(minutes=30)
_LATER = timedelta(seconds=1)
_DOUBLINGS_MAX = 5

GONE = "the endpoint answered 410 Gone and was disabled"
DISABLED = "the endpoint is disabled"


class Pauses:
    """Which endpoints one process leaves alone because they keep failing; the first try after that decides."""

    def __init__(self) -> None:
        """Trust every endpoint."""
        self._failures: Counter[bulk.Key] = Counter()
        self._pauses: Counter[bulk.Key] = Counter()
        self._until: dict[bulk.Key, datetime] = {}

    def note(self, key: bulk.Key, posted: Posted, now: datetime) -> None:
        """Learn from one try."""
        if posted.is_taken:
            for counts in (self._failures, self._pauses, self._until):
                counts.pop(key, None)
            return
        self._failures[key] += 1
        if self._failures[key] >= FAILURES_MAX and not self.until(key, now):
            self._until[key] = now + min(PAUSE * 2 ** self._pauses[key], PAUSE_MAX)
            self._pauses[key] = min(self._pauses[key] + 1, _DOUBLINGS_MAX)
            self._failures[key] = FAILURES_MAX - 1

    def until(self, key: bulk.Key, now: datetime) -> datetime | None:
        """Tell until when an endpoint is left alone."""
        until = self._until.get(key)
        return until if until is not None and now < until else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sending:
    """A claimed delivery with all that sending it takes."""

    claim: Claim
    delivery: EventDelivery
    endpoint: Endpoint
    state: object | None


@dataclass(slots=True)
class _Came:
    """What came of a chain's deliveries."""

    tried: list[Tried]
    put_off: list[tuple[Claim, datetime]]


Disabled = tuple[Endpoint, DisabledReason]
Run = Callable[[Callable[[Sequence[_Sending]], _Came], Iterable[Sequence[_Sending]]], Iterable[_Came]]


class Courier:
    """Delivers in batches; keeps the threads that wait for endpoints, and what it learned about endpoints."""

    def __init__(self, services: Services) -> None:
        """Send in threads, as many as charges may be under way; in the caller's own if that is one."""
        assert services.outbound, "somebody must send"
        self._services = services
        self._outbound: Outbound = services.outbound
        self._pauses = Pauses()
        threads = services.in_flight_max
        self._threads = ThreadPoolExecutor(threads, "courier") if threads > 1 else None

    def close(self) -> None:
        """Let tries under way finish."""
        if self._threads:
            self._threads.shutdown()

    def turn(self) -> int:
        """Deliver one batch. Gives how many deliveries were due."""
        services, now = self._services, self._services.clock.now()
        with services.store.transaction() as conn:
            claims = leases.claim(
                conn,
                Work.EVENT,
                services.owner,
                now,
                limit=min(services.batch_max, DELIVERIES_MAX),
                lease=LEASE,
                ring=services.event_ring,
            )
            sendings, waiting = _loaded(conn, claims) if claims else ([], {})
            sendings = _with_links(conn, services, sendings)
        if not claims:
            return 0
        run: Run = self._threads.map if self._threads else map
        cames = list(run(lambda chain: self._send(chain, waiting, now), _chains(sendings)))
        for disabled in transact(services, lambda conn: _record(conn, services, cames)):
            _tell_disabled(services, *disabled)
        return len(claims)

    def _send(self, chain: Sequence[_Sending], waiting: Mapping[bulk.Key, datetime], now: datetime) -> _Came:
        """Send the events about one object to one endpoint, in order, up to the first that isn't taken."""
        came = _Came([], [])
        for place, one in enumerate(chain):
            until = self._obstacle(one, waiting, now)
            if until is None:
                tried = self._try(one)
                came.tried.append(tried)
                if tried.status is not EventDeliveryStatus.OWED:
                    continue
                until = tried.again_at
                place += 1  # noqa: PLW2901 - the others wait behind it
            assert until, "what is owed still has its time"
            came.put_off += [(other.claim, until) for other in chain[place:]]
            break
        return came

    def _obstacle(self, one: _Sending, waiting: Mapping[bulk.Key, datetime], now: datetime) -> datetime | None:
        """Until when a delivery has to wait, if it has to."""
        at = self._services.clock.now()
        behind = waiting.get((one.claim.merchant_id, one.claim.id))
        if behind is not None:
            return max(behind, at + _LATER)
        if at >= now + SEND_WITHIN:
            return at
        return self._pauses.until(_key(one.endpoint), at)

    def _try(self, one: _Sending) -> Tried:
        """Send once, and say what becomes of the delivery."""
        at = self._services.clock.now()
        if not one.endpoint.is_enabled:
            return _ended(one, Posted(status=None, problem=DISABLED, took_ms=0), at)
        posted = self._posted(one, at)
        self._pauses.note(_key(one.endpoint), posted, at)
        if posted.is_gone:
            posted = replace(posted, problem=GONE)
        return _ended(one, posted, at)

    def _posted(self, one: _Sending, at: datetime) -> Posted:
        """Sign and post; an event that we can't put into words is a try that failed, and the log says why."""
        try:
            body = _body(one)
            secrets = [self._outbound.vault.open(sealed) for sealed in _secrets(one.endpoint, at)]
            signed = headers(one.delivery.event_id, at, body, secrets)
        except Exception as error:  # noqa: BLE001 - one event must not hold up all others
            log.error("event_not_written", delivery_id=one.delivery.id, error=told(error))
            return Posted(status=None, problem=f"Purring could not write it ({type(error).__name__})", took_ms=0)
        sent = {"content-type": "application/json", "user-agent": "Purring", **signed}
        return self._outbound.poster.post(one.endpoint.url, sent, body)


def _loaded(conn: Connection, claims: Sequence[Claim]) -> tuple[list[_Sending], dict[bulk.Key, datetime]]:
    """Everything that a batch needs, by a few statements."""
    deliveries = event_deliveries.load(conn, claims)
    to = endpoints.load(conn, {(one.merchant_id, one.endpoint_id) for one in deliveries.values()})
    states = event_deliveries.states(conn, [(one.merchant_id, one.kind, one.object_id) for one in deliveries.values()])
    waiting = event_deliveries.behind(conn, claims)
    sendings = []
    for claim in claims:
        one = deliveries[claim.merchant_id, claim.id]
        state: Any = states.get((one.merchant_id, one.object_id))
        where = to[one.merchant_id, one.endpoint_id]
        sendings.append(_Sending(claim=claim, delivery=one, endpoint=where, state=state))
    return sendings, waiting


def _with_links(conn: Connection, services: Services, sendings: Sequence[_Sending]) -> list[_Sending]:
    """Put the link into notices that the merchant sends: it is kept nowhere but in what goes out."""
    due = {one.claim.id: one for one in sendings if one.delivery.kind is EventKind.NOTICE_DUE}
    if not due:
        return list(sendings)
    keys = [(one.claim.merchant_id, str(one.delivery.facts["delivery_id"])) for one in due.values()]
    copies = notices.deliveries(conn, keys)
    return [_with_link(services, one, copies) if one.claim.id in due else one for one in sendings]


def _with_link(services: Services, one: _Sending, copies: Mapping[bulk.Key, Delivery]) -> _Sending:
    facts = one.delivery.facts
    copy = copies[one.claim.merchant_id, str(facts["delivery_id"])]
    linked = {name: with_link(services, copy, str(facts[name])) for name in ("text", "html")}
    return replace(one, delivery=replace(one.delivery, facts={**facts, **linked}))


def _chains(sendings: Iterable[_Sending]) -> list[list[_Sending]]:
    """Sort by endpoint and object, and in each by the order in which the events were made."""
    chains: dict[tuple[str, str], list[_Sending]] = {}
    for one in sorted(sendings, key=lambda one: one.delivery.event_id):
        chains.setdefault((one.endpoint.id, one.delivery.object_id), []).append(one)
    return list(chains.values())


def _body(one: _Sending) -> bytes:
    event = one.delivery
    return body_of(
        event.kind,
        event_id=event.event_id,
        at=event.at,
        merchant_id=event.merchant_id,
        facts=event.facts,
        state=one.state,
    )


def _secrets(to: Endpoint, at: datetime) -> list[str]:
    """The sealed secrets that sign: the new one, and while a rotation lasts the old one too."""
    is_rotating = to.old_secret is not None and to.old_secret_until is not None and at < to.old_secret_until
    return [to.secret, to.old_secret] if is_rotating and to.old_secret else [to.secret]


def _ended(one: _Sending, posted: Posted, at: datetime) -> Tried:
    """A delivery after a try: it has ended, or is tried again later."""
    tries = one.delivery.tries + 1
    over = posted.is_gone or not one.endpoint.is_enabled
    again_at = None if posted.is_taken or over else next_try_at(tries, at)
    status = EventDeliveryStatus.DEAD if again_at is None else EventDeliveryStatus.OWED
    return Tried(
        claim=one.claim,
        endpoint=_key(one.endpoint),
        one=Try(at=at, answer=posted.status, took_ms=posted.took_ms, problem=posted.problem),
        status=EventDeliveryStatus.DELIVERED if posted.is_taken else status,
        tries=tries,
        again_at=again_at,
    )


def _record(conn: Connection, services: Services, cames: Sequence[_Came]) -> list[Disabled]:
    """Write down what became of each delivery, and what that says about its endpoint; gives which are disabled now."""
    now = services.clock.now()
    tried = [one for came in cames for one in came.tried]
    event_deliveries.record(conn, tried, services.owner, services.ids)
    event_deliveries.put_off(conn, [one for came in cames for one in came.put_off], services.owner)
    well = {one.endpoint for one in tried if one.status is EventDeliveryStatus.DELIVERED}
    endpoints.note_well(conn, well)
    endpoints.note_failing(conn, {one.endpoint for one in tried} - well, now)
    gone = {one.endpoint for one in tried if one.one.problem == GONE}
    dying = {one.endpoint for one in tried if one.status is EventDeliveryStatus.DEAD} - gone - well
    ill = [
        (to, DisabledReason.GONE if key in gone else DisabledReason.FAILING)
        for key, to in sorted(endpoints.load(conn, gone | dying).items())
        if key in gone or (to.failing_since is not None and now - to.failing_since >= FAILING_MAX)
    ]
    return [(to, reason) for to, reason in ill if disable(conn, services, _key(to), reason, now)]


def disable(conn: Connection, services: Services, key: bulk.Key, reason: DisabledReason, now: datetime) -> bool:
    """Disable an endpoint: what it is owed is dead, and whoever listens elsewhere is told; False: it was before."""
    if not endpoints.disable(conn, key, reason, now):
        return False
    event_deliveries.end_all(conn, key, DISABLED, now)
    said = EventDraft(kind=EventKind.ENDPOINT_DISABLED, object_id=key[1], at=now, data={"reason": reason.value})
    events.append(conn, [(MerchantId(key[0]), said)], services.ids)
    log.warning("endpoint_disabled", endpoint_id=key[1], reason=reason.value)
    return True


def _tell_disabled(services: Services, to: Endpoint, reason: DisabledReason) -> None:
    """Mail the merchant, once that is committed. It stands in the operators' queue, too, if the mail gets lost."""
    with services.store.reading() as conn:
        merchant = merchants.get(conn, to.merchant_id)
    if not merchant.support_email:
        return
    try:
        mail = endpoint_disabled_mail(to, reason, merchant, from_email=services.from_email, now=services.clock.now())
        outcome = services.sender.send(mail)
        detail = "" if isinstance(outcome, Delivered) else outcome.detail
    except Exception as error:  # noqa: BLE001 - one mail must not hold up all events
        detail = told(error)
    if detail:
        log.warning("endpoint_disabled_not_told", endpoint_id=to.id, detail=detail)


def _key(to: Endpoint) -> bulk.Key:
    return to.merchant_id, to.id
