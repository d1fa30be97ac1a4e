"""Events from gateways: verified and stored first, worked afterwards, once each, whatever the order (sentence 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from purring.domain.attempt import OPEN_ATTEMPT, Approved, AttemptStatus
from purring.domain.changes import Draft
from purring.domain.decide import dispute
from purring.domain.decide.answer import after_charge
from purring.domain.decide.begin import plan_next
from purring.domain.errors import InvalidInput, StaleWrite, StoreUnavailable
from purring.domain.ids import AttemptId, MerchantId
from purring.domain.invoice import DisputeStatus
from purring.domain.refund import Refund, succeeded, told_of
from purring.domain.schedule import schedule
from purring.gateways.base import InboundEvent, InboundKind
from purring.operations.bounces import MAIL, work_mails
from purring.operations.services import LEASE, Services
from purring.operations.transact import together_or_alone, told, transact
from purring.store import Connection, attempts, inbound, leases, refunds, test_clocks
from purring.store.attempts import Whose
from purring.store.changes import save_many
from purring.store.facts import Key, load_many
from purring.store.inbound import Inbound
from purring.store.leases import Claim, Work


def receive(services: Services, gateway: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Verify and store one event. False: it was stored before.

    Raises:
        BadSignature: it isn't the gateway's, or it is too old.
    """
    return bool(receive_many(services, gateway, [(headers, body)]))


def receive_many(services: Services, gateway: str, some: Iterable[tuple[Mapping[str, str], bytes]]) -> int:
    """Verify and store events, headers and body of each: all or none. Gives how many weren't stored before.

    Raises:
        BadSignature: one isn't the gateway's, or it is too old.
    """
    now, read = services.clock.now(), services.gateway(gateway).read_event
    received = [
        inbound.Received(event_id=read(headers, body, now).event_id, headers=headers, body=body)
        for headers, body in some
    ]
    with services.store.transaction() as conn:
        return inbound.store_many(conn, gateway, received, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """An event that is claimed and was read."""

    claim: Claim
    event: InboundEvent


def work_inbound(services: Services) -> int:
    """Work one batch of stored events. Gives how many were due."""
    now = services.clock.now()
    with services.store.transaction() as conn:
        claims = services.claim(conn, Work.INBOUND, now)
        stored = inbound.load(conn, [claim.id for claim in claims]) if claims else []
    held = {claim.id: claim for claim in claims}
    work_mails(services, held, [one for one in stored if one.gateway == MAIL], now)
    from_gateways = [one for one in stored if one.gateway != MAIL]
    together_or_alone(
        [one for event in from_gateways for one in _read(services, held[event.id], event)],
        lambda some: transact(services, lambda conn: _act_once(conn, services, some, now)),
        lambda one, error: _keep(services, one.claim, error),
    )
    return len(claims)


def _read(services: Services, claim: Claim, stored: Inbound) -> list[_Held]:
    """Read one event; one that can't be read is kept with the reason."""
    try:
        gateway = services.gateway(stored.gateway)
        return [_Held(claim=claim, event=gateway.read_event(stored.headers, stored.body, stored.received_at))]
    except StoreUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one event, it holds no other up
        _keep(services, claim, error)
        return []


def _keep(services: Services, claim: Claim, error: Exception) -> None:
    """An event that can't act yet is tried again later."""
    with services.store.transaction() as conn:
        inbound.mark_failed(conn, [(claim, told(error))], services.owner, services.clock.now())


def _act_once(conn: Connection, services: Services, some: Sequence[_Held], now: datetime) -> list[_Held]:
    """Act and mark the events worked in one transaction, as long as nobody else has taken one of them over."""
    claims = [one.claim for one in some]
    if leases.extend(conn, Work.INBOUND, claims, services.owner, services.clock.now() + LEASE) != len(claims):
        raise StaleWrite("Another worker has taken an event over.")
    found = _found(conn, [one.event for one in some])
    keys = {key: (one.merchant_id, one.invoice_id) for key, one in found.items()}
    waiting = [one.event for one in some if not _is_echo(one.event, found[one.event.key].status)]
    for at, some_waiting in test_clocks.in_their_time(conn, waiting, lambda event: keys[event.key], now):
        left = some_waiting
        while left:
            left = _act_on_first_of_each_customer(conn, services, left, keys, at)
    worked = [(one.claim, found[one.event.key].merchant_id) for one in some]
    inbound.mark_worked(conn, worked, services.owner, now)
    return list(some)


def _found(conn: Connection, events: Sequence[InboundEvent]) -> dict[str, Whose]:
    """The attempts that the events are about, by the charges' keys."""
    found = attempts.find_many(conn, [AttemptId(event.key) for event in events])
    if any(event.key not in found for event in events):
        raise InvalidInput(
            "the event is about a charge that isn't ours; check which system shares this gateway account"
        )
    return dict(found.items())


def _is_echo(event: InboundEvent, status: AttemptStatus) -> bool:
    """Whether an event repeats what the charge's own answer has said: most do, and their facts needn't be loaded.

    `after_charge` leaves a final attempt alone unless the money came after all.
    """
    if event.kind is not InboundKind.CHARGE_UPDATED or status in OPEN_ATTEMPT:
        return False
    return status is AttemptStatus.SUCCEEDED or not isinstance(event.outcome, Approved)


def _act_on_first_of_each_customer(
    conn: Connection, services: Services, events: Sequence[InboundEvent], keys: Mapping[str, Key], now: datetime
) -> list[InboundEvent]:
    """Apply the events in their order, and save what concerns different customers; give back the rest.

    A customer's invoices are saved one after the other, each on what the one before left, as they may share a
    subscription.
    """
    cases = load_many(conn, [keys[event.key] for event in events], now, lock=True)
    drafts: dict[tuple[MerchantId, str], tuple[Key, Draft]] = {}
    later: list[InboundEvent] = []
    own, settled = _refunds_told(conn, events, keys), dict[str, tuple[MerchantId, Refund]]()
    for event in events:
        key = keys[event.key]
        facts = cases[key]
        of, draft = drafts.setdefault((key[0], facts.customer.id), (key, Draft(facts, now)))
        if of == key:
            ours = _apply(draft, event, own.get(event.key, []))
            if ours:
                settled[ours.id] = (key[0], ours)
        else:
            later.append(event)
    for _, draft in drafts.values():
        plan_next(draft, schedule(draft.facts, now).next_step_at)
    save_many(conn, [(key[0], draft.done()) for key, draft in drafts.values()], services.ids, now)
    refunds.change_many(conn, list(settled.values()))
    return later


def _refunds_told(conn: Connection, events: Sequence[InboundEvent], keys: Mapping[str, Key]) -> dict[str, list[Refund]]:
    """Our own refunds of the charges that events say were refunded, by the charges' keys."""
    refunded = [event for event in events if event.kind is InboundKind.REFUNDED]
    told = {event.key: (keys[event.key][0], AttemptId(event.key)) for event in refunded}
    found = refunds.of_attempts(conn, told.values()) if told else {}
    return {key: found.get(charge, []) for key, charge in told.items()}


def _refunded(draft: Draft, event: InboundEvent, known: list[Refund]) -> Refund | None:
    """Book a refund that was made elsewhere; one of our own is confirmed, and booked if nobody knew of it yet."""
    assert event.amount, f"event {event.event_id} has no amount"
    own = told_of(known, event.amount)
    if own is None:
        dispute.refunded(draft, event.amount)
        return None
    after = succeeded(draft, own, told=True)
    known[known.index(own)] = after
    return after


def _apply(draft: Draft, event: InboundEvent, own: list[Refund]) -> Refund | None:
    """What each kind of event means. Gives the refund, of our `own` of that charge, that it tells of."""
    if _comes_too_early(draft, event):
        raise InvalidInput("the event is about something that hasn't reached us yet; it is kept and tried again")
    match event.kind:
        case InboundKind.CHARGE_UPDATED:
            assert event.outcome, f"event {event.event_id} has no outcome"
            after_charge(draft, event.key, event.outcome)
        case InboundKind.CHARGEBACK_OPENED:
            assert event.amount, f"event {event.event_id} has no amount"
            dispute.charged_back(draft, event.amount)
        case InboundKind.CHARGEBACK_WON:
            assert event.amount, f"event {event.event_id} has no amount"
            dispute.dispute_won(draft, event.amount)
        case InboundKind.CHARGEBACK_LOST:
            dispute.dispute_lost(draft)
        case InboundKind.REFUNDED:
            return _refunded(draft, event, own)
        case _:
            assert_never(event.kind)
    return None


def _comes_too_early(draft: Draft, event: InboundEvent) -> bool:
    """Whether it takes or gives money that isn't booked yet, or ends a dispute that hasn't begun for us."""
    match event.kind:
        case InboundKind.CHARGE_UPDATED:
            return False
        case InboundKind.CHARGEBACK_OPENED | InboundKind.REFUNDED:
            return draft.facts.attempt(event.key).status is not AttemptStatus.SUCCEEDED
        case InboundKind.CHARGEBACK_WON | InboundKind.CHARGEBACK_LOST:
            return draft.facts.invoice.dispute is DisputeStatus.NONE
        case _:
            assert_never(event.kind)
