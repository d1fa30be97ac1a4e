"""Begin and record: the two transactions between which money moves (architecture: seven sentences, 2 and 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from purring.domain.attempt import Outcome
from purring.domain.changes import Changes, Draft
from purring.domain.decide.answer import after_charge
from purring.domain.decide.begin import Ask, Go, NewAttempt, Resend, Wait, next_move, plan_next, use_of
from purring.domain.facts import Facts
from purring.domain.ids import AttemptId, MerchantId
from purring.domain.rulebook.limits import Use
from purring.domain.schedule import schedule
from purring.gateways.base import ChargeRequest
from purring.operations.services import Services
from purring.store import Connection
from purring.store.changes import save_many
from purring.store.facts import Key, load_many


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A call to make to a gateway: everything it needs is committed."""

    key: Key
    gateway: str
    attempt_id: AttemptId
    request: ChargeRequest | None
    """None: only ask what became of the attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a gateway said about one attempt."""

    key: Key
    attempt_id: AttemptId
    outcome: Outcome


Uses = defaultdict[tuple[MerchantId, str], tuple[Use, ...]]


def begin(
    conn: Connection, services: Services, keys: Sequence[Key], now: datetime, paused: Mapping[str, datetime]
) -> list[Sending]:
    """Carry out the due steps of these invoices and start the charges they ask for. `paused`: gateways that are down.

    Invoices of one batch that share a card see each other's new attempts, so that no ceiling is passed together.
    """
    cases = load_many(conn, keys, now, lock=True)
    batch: list[tuple[MerchantId, Changes]] = []
    sendings: list[Sending] = []
    started: Uses = defaultdict(tuple)
    for key, facts in cases.items():
        new = NewAttempt(id=AttemptId(services.ids.new("att_")), key_lifetime=services.key_lifetime)
        move = next_move(_seeing(facts, started), now, new)
        if isinstance(move, Go) and move.method.gateway in paused:
            batch.append((key[0], _postponed(facts, now, paused[move.method.gateway])))
            continue
        if isinstance(move, Go):
            started[key[0], move.attempt.fingerprint] += (use_of(move.attempt),)
        if not isinstance(move, Wait):
            sendings.append(asking(key, move) if isinstance(move, Ask) else sending_of(key, move))
        if move.changes:
            batch.append((key[0], move.changes))
    save_many(conn, batch, services.ids, now)
    return sendings


def _postponed(facts: Facts, now: datetime, until: datetime) -> Changes:
    """Come back when the gateway does: nothing was started."""
    draft = Draft(facts, now)
    plan_next(draft, until)
    return draft.done()


def asking(key: Key, move: Ask) -> Sending:
    """Only a question."""
    return Sending(key=key, gateway=move.attempt.gateway, attempt_id=move.attempt.id, request=None)


def sending_of(key: Key, move: Go | Resend, *, off_session: bool = True) -> Sending:
    """The charge, under the attempt's id as its idempotency key: one attempt, one key, one body."""
    attempt, invoice = move.attempt, move.facts.invoice
    request = ChargeRequest(
        key=attempt.id,
        token=move.method.token,
        amount=attempt.amount,
        merchant_id=key[0],
        invoice_id=invoice.id,
        description=f"{move.facts.merchant.name} {invoice.number}",
        off_session=off_session,
    )
    return Sending(key=key, gateway=attempt.gateway, attempt_id=attempt.id, request=request)


def _seeing(facts: Facts, started: Uses) -> Facts:
    """The facts with what this batch has started on the same cards."""
    cards = {method.fingerprint for method in facts.methods}
    shared = [card for card in cards if (facts.merchant.id, card) in started]
    if not shared:
        return facts
    more = {card: (*facts.uses.get(card, ()), *started[facts.merchant.id, card]) for card in shared}
    return replace(facts, uses={**facts.uses, **more})


def ask_gateway(services: Services, sending: Sending) -> Answered:
    """Make one call. No transaction may be open here."""
    gateway = services.gateway(sending.gateway)
    outcome = gateway.find(sending.attempt_id) if sending.request is None else gateway.charge(sending.request)
    return Answered(key=sending.key, attempt_id=sending.attempt_id, outcome=outcome)


def record(conn: Connection, services: Services, answers: Sequence[Answered], now: datetime) -> None:
    """Write the answers down with all that follows from them: one transaction, whatever was asked.

    A customer's invoices are saved one after the other, each on what the one before left, because they may share a
    subscription.
    """
    waiting = list(answers)
    while waiting:
        cases = load_many(conn, [answer.key for answer in waiting], now, lock=True)
        waiting = _record_first_of_each_customer(conn, services, waiting, cases, now)


def _record_first_of_each_customer(
    conn: Connection, services: Services, answers: list[Answered], cases: Mapping[Key, Facts], now: datetime
) -> list[Answered]:
    """Save what concerns different customers; give back the rest."""
    drafts: dict[tuple[MerchantId, str], tuple[Key, Draft]] = {}
    later: list[Answered] = []
    for answer in answers:
        facts = cases[answer.key]
        key, draft = drafts.setdefault((answer.key[0], facts.customer.id), (answer.key, Draft(facts, now)))
        if key != answer.key:
            later.append(answer)
            continue
        after_charge(draft, answer.attempt_id, answer.outcome)
    for _, draft in drafts.values():
        plan_next(draft, schedule(draft.facts, now).next_step_at)
    save_many(conn, [(key[0], draft.done()) for key, draft in drafts.values()], services.ids, now)
    return later
