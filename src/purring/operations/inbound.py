"""Events from gateways: verified and stored first, worked afterwards, once each, whatever the order (sentence 4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from purring.domain.attempt import AttemptStatus
from purring.domain.changes import Draft
from purring.domain.decide import dispute
from purring.domain.decide.answer import after_charge
from purring.domain.decide.begin import plan_next
from purring.domain.errors import InvalidInput, StaleWrite, StoreUnavailable
from purring.domain.ids import AttemptId, MerchantId
from purring.domain.invoice import DisputeStatus
from purring.domain.schedule import schedule
from purring.gateways.base import InboundEvent, InboundKind
from purring.operations.services import LEASE, Services
from purring.operations.transact import told, transact
from purring.store import Connection, attempts, inbound, leases
from purring.store.changes import save_many
from purring.store.facts import load_many
from purring.store.inbound import Inbound
from purring.store.leases import Claim, Work


def receive(services: Services, gateway: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Verify and store one event. False: it was stored before.

    Raises:
        BadSignature: it isn't the gateway's, or it is too old.
    """
    now = services.clock.now()
    event = services.gateway(gateway).read_event(headers, body, now)
    with services.store.transaction() as conn:
        return inbound.store(conn, gateway, event.event_id, body=body, headers=headers, received_at=now)


def work_inbound(services: Services) -> int:
    """Work one batch of stored events. Gives how many were due."""
    now = services.clock.now()
    with services.store.transaction() as conn:
        claims = leases.claim(conn, Work.INBOUND, services.owner, now, limit=services.batch_max, lease=LEASE)
        stored = inbound.load(conn, [claim.id for claim in claims])
    held = {claim.id: claim for claim in claims}
    for event in stored:
        _work(services, held[event.id], event, now)
    return len(claims)


def _work(services: Services, claim: Claim, stored: Inbound, now: datetime) -> None:
    """Let one event act; one that can't yet is tried again later, and none holds the others up."""
    try:
        event = services.gateway(stored.gateway).read_event(stored.headers, stored.body, stored.received_at)
        transact(services, lambda conn: _act_once(conn, services, claim, event, now))
    except StoreUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one event, it is kept with the reason
        with services.store.transaction() as conn:
            inbound.mark_failed(conn, [(claim, told(error))], services.owner, now)


def _act_once(conn: Connection, services: Services, claim: Claim, event: InboundEvent, now: datetime) -> None:
    """Act and mark the event worked in one transaction, as long as nobody else has taken it over."""
    if not leases.extend(conn, Work.INBOUND, [claim], services.owner, services.clock.now() + LEASE):
        raise StaleWrite("Another worker has taken the event over.")
    merchant_id = _act(conn, services, event, now)
    inbound.mark_worked(conn, [(claim, merchant_id)], services.owner, now)


def _act(conn: Connection, services: Services, event: InboundEvent, now: datetime) -> MerchantId:
    """Apply an event to the invoice whose attempt it is about."""
    key = attempts.find(conn, AttemptId(event.key))
    if key is None:
        raise InvalidInput(
            "the event is about a charge that isn't ours; check which system shares this gateway account"
        )
    draft = Draft(load_many(conn, [key], now, lock=True)[key], now)
    _apply(draft, event)
    plan_next(draft, schedule(draft.facts, now).next_step_at)
    save_many(conn, [(key[0], draft.done())], services.ids, now)
    return key[0]


def _apply(draft: Draft, event: InboundEvent) -> None:
    """What each kind of event means."""
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
            assert event.amount, f"event {event.event_id} has no amount"
            dispute.refunded(draft, event.amount)
        case _:
            assert_never(event.kind)


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
