"""Begin and record: the two transactions between which money moves (architecture: seven sentences, 2 and 3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from purring.domain.attempt import Initiator, Outcome, Unavailable, Unknown
from purring.domain.changes import Changes, Draft
from purring.domain.decide.answer import after_charge
from purring.domain.decide.begin import Ask, Go, Move, NewAttempt, Resend, Wait, next_move, plan_next
from purring.domain.errors import ConfigError
from purring.domain.facts import Facts, use_of
from purring.domain.ids import AttemptId, MerchantId
from purring.domain.noun import replace
from purring.domain.rulebook.limits import Use
from purring.gateways.base import ChargeRequest
from purring.operations.admission import Gate, Turn, gate
from purring.operations.returning import return_to
from purring.operations.services import LEASE, Services
from purring.store import Connection
from purring.store.changes import save_many
from purring.store.facts import Key, load_many
from purring.telemetry.logs import log

SEND_WITHIN = LEASE / 2
"""Nothing is sent later than this after it was begun: the rest of the lease is for the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A call to make to a gateway: everything it needs is committed.

    `is_live`: the merchant's charges move money. Without a `request` it only asks what became of the attempt.
    `is_first`: nothing was ever sent under this key. From `too_late_at` on it isn't sent, because whoever takes the
    lapsed lease over may be told that it never was.
    """

    key: Key
    gateway: str
    attempt_id: AttemptId
    is_live: bool
    request: ChargeRequest | None
    is_first: bool
    too_late_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What a gateway said about one attempt. `is_charge`: it was asked for money, not only for news."""

    key: Key
    gateway: str
    attempt_id: AttemptId
    outcome: Outcome
    is_first: bool
    is_charge: bool

    @property
    def verdict(self) -> Outcome:
        """What it says about the attempt: that a call did nothing doesn't tell what an earlier one did."""
        if isinstance(self.outcome, Unavailable) and not self.is_first:
            return Unknown(detail=self.outcome.detail)
        return self.outcome


# ---------------------------------------------------------------------------------------------------------------------
# Begin

Uses = defaultdict[tuple[MerchantId, str], tuple[Use, ...]]


def begin(conn: Connection, services: Services, keys: Sequence[Key], now: datetime, turn: Turn) -> list[Sending]:
    """Carry out the due steps of these invoices and start the charges they ask for, as far as there is room for them.

    At most one invoice of each customer. Those of different customers that share a card see each other's new attempts,
    so that no ceiling is passed together.
    """
    cases = load_many(conn, keys, now, lock=True, again=True)
    batch: list[tuple[MerchantId, Changes]] = []
    sendings: list[Sending] = []
    started: Uses = defaultdict(tuple)
    opened = gate(conn, turn, cases, now)
    for key in opened.in_turn(keys):
        if key not in cases:
            log.error("invoice_missing", invoice_id=key[1])
            continue
        move = _move(services, key, _seeing(cases[key], started), now, opened)
        if isinstance(move, Go):
            started[key[0], move.attempt.fingerprint] += (use_of(move.attempt),)
        if not isinstance(move, Wait):
            sendings.append(sending_of(services, key, move, now))
        if move.changes:
            batch.append((key[0], move.changes))
    save_many(conn, batch, services.ids, now)
    if sendings:
        opened.shut(conn, permit_id(sendings[0].attempt_id, now))
    return sendings


def permit_id(attempt_id: AttemptId, now: datetime) -> str:
    """Under what the permits of calls are kept that begin at an instant with this attempt's."""
    return f"{attempt_id} {now.isoformat()}"


def _move(services: Services, key: Key, facts: Facts, now: datetime, opened: Gate) -> Move:
    """What to do about one invoice; a call for which there is no room now isn't made, and changes nothing."""
    new = NewAttempt(id=AttemptId(services.ids.new("att_")), key_lifetime=services.key_lifetime)
    move = next_move(facts, now, new)
    back_at = None if isinstance(move, Wait) else opened.back_at(key, move)
    if back_at is None:
        return move
    draft = Draft(facts, now)
    plan_next(draft, back_at)
    return Wait(changes=draft.done(), facts=facts, until=back_at)


def question_about(key: Key, attempt_id: AttemptId, gateway: str, *, is_live: bool, now: datetime) -> Sending:
    """The call that asks what became of an attempt, and sends nothing."""
    return Sending(
        key=key,
        gateway=gateway,
        attempt_id=attempt_id,
        is_live=is_live,
        request=None,
        is_first=False,
        too_late_at=now + SEND_WITHIN,
    )


def sending_of(services: Services, key: Key, move: Go | Resend | Ask, now: datetime) -> Sending:
    """The call that a move asks for."""
    attempt = move.attempt
    return Sending(
        key=key,
        gateway=attempt.gateway,
        attempt_id=attempt.id,
        is_live=move.facts.merchant.is_live,
        request=None if isinstance(move, Ask) else _request(services, key, move),
        is_first=isinstance(move, Go),
        too_late_at=now + SEND_WITHIN,
    )


def _request(services: Services, key: Key, move: Go | Resend) -> ChargeRequest:
    """The charge under the attempt's id as its key. It holds nothing that changes while we run: one key, one body."""
    attempt, invoice = move.attempt, move.facts.invoice
    return ChargeRequest(
        key=attempt.id,
        token=move.method.token,
        amount=attempt.amount,
        merchant_id=key[0],
        invoice_id=invoice.id,
        description=invoice.number,
        off_session=attempt.initiator is not Initiator.CUSTOMER,
        presentment=attempt.presentment,
        return_to=return_to(services, attempt.id),
    )


def _seeing(facts: Facts, started: Uses) -> Facts:
    """The facts with what this batch has started on the same cards."""
    cards = {method.fingerprint for method in facts.methods}
    shared = [card for card in cards if (facts.merchant.id, card) in started]
    if not shared:
        return facts
    more = {card: (*facts.uses.get(card, ()), *started[facts.merchant.id, card]) for card in shared}
    return replace(facts, uses={**facts.uses, **more})


# ---------------------------------------------------------------------------------------------------------------------
# Between the transactions


def ask_gateway(services: Services, sending: Sending) -> Answered | None:
    """Make one call; None if it is too late for it. No transaction may be open here."""
    if services.clock.now() >= sending.too_late_at:
        log.warning("not_sent_in_time", attempt_id=sending.attempt_id)
        return None
    return Answered(
        key=sending.key,
        gateway=sending.gateway,
        attempt_id=sending.attempt_id,
        outcome=_called(services, sending),
        is_first=sending.is_first,
        is_charge=sending.request is not None,
    )


def _called(services: Services, sending: Sending) -> Outcome:
    """The gateway's answer. Without the gateway nothing was sent; if its adapter breaks, nobody knows.

    This is the one place where charges are sent: one in test mode ends here if the gateway moves money.
    """
    try:
        gateway = services.gateway_in(sending.gateway, is_live=sending.is_live)
    except ConfigError as error:
        return Unavailable(detail=error.message)
    try:
        return gateway.find(sending.attempt_id) if sending.request is None else gateway.charge(sending.request)
    except Exception as error:  # noqa: BLE001 - money may have moved, and the other charges of the batch must be recorded
        log.error("gateway_broke", gateway=sending.gateway, attempt_id=sending.attempt_id, error=type(error).__name__)
        return Unknown(detail=f"the gateway's adapter broke: {type(error).__name__}")


# ---------------------------------------------------------------------------------------------------------------------
# Record


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
        after_charge(draft, answer.attempt_id, answer.verdict)
    for _, draft in drafts.values():
        plan_next(draft, draft.plan.next_step_at)
    save_many(conn, [(key[0], draft.done()) for key, draft in drafts.values()], services.ids, now)
    return later
