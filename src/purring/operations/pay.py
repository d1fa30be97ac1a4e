"""Pay or retry one invoice at once: the same begin and record as the worker's, for one case."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from purring.domain.attempt import ActionRequired, Attempt, AttemptStatus, Outcome, Pending, Unavailable, Unknown
from purring.domain.decide.begin import Go, NewAttempt
from purring.domain.decide.person import pay_now as decide_pay
from purring.domain.decide.person import retry_now as decide_retry
from purring.domain.errors import RefusalCode, Refused
from purring.domain.facts import Facts
from purring.domain.ids import AttemptId, InvoiceId, MerchantId, MethodId
from purring.domain.invoice import Invoice
from purring.domain.merchant import Merchant
from purring.operations.admission import let_a_person_in
from purring.operations.charge import Answered, Sending, ask_gateway, permit_id, question_about, record, sending_of
from purring.operations.services import LEASE, Services
from purring.operations.test_clocks import changes_timed
from purring.operations.transact import require_no_transaction, transact
from purring.operations.view import facts_in, facts_of
from purring.store import Connection, attempts, leases, merchants, throttles
from purring.store.changes import save_many
from purring.store.facts import Key
from purring.store.leases import Claim, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What came of it: the gateway's answer, and invoice and attempt as they are now."""

    outcome: Outcome
    invoice: Invoice
    attempt: Attempt


Decide = Callable[[Facts, datetime, NewAttempt], Go]


@changes_timed
def pay_now(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId, method_id: MethodId) -> Paid:
    """Charge an open invoice on one of the customer's methods, with the customer present.

    Raises:
        NotFound: no such invoice.
        Refused: it is paid, a charge is under way, nobody knows what became of one, or the rulebook has no room.
    """
    key = (merchant_id, invoice_id)
    return _charge_now(services, key, lambda facts, now, new: decide_pay(facts, method_id, now, new))


@changes_timed
def retry_now(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId) -> Paid:
    """Charge the tied method at once, as an operator; the rulebook's ceilings hold. Raises as `pay_now`."""
    return _charge_now(services, (merchant_id, invoice_id), decide_retry)


def _charge_now(services: Services, key: Key, decide: Decide) -> Paid:
    """Settle what is open, begin, charge, record. Meanwhile the invoice is leased to us, so that no worker resends."""
    settle_open_attempt(services, *key)
    begun = transact(services, lambda conn: _begin(conn, services, key, decide))
    sending = begun.sending
    answer = ask_gateway(services, sending)
    if answer is None:
        raise Refused(RefusalCode.CHARGE_IN_FLIGHT, details=(sending.attempt_id,))
    _record(services, answer, begun.claim, begun.permits)
    facts = facts_of(services, *key)
    return Paid(outcome=answer.outcome, invoice=facts.invoice, attempt=facts.attempt(sending.attempt_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """A charge that is about to be sent, the invoice's lease and the permits to give back."""

    claim: Claim
    sending: Sending
    permits: Collection[str]


def _begin(conn: Connection, services: Services, key: Key, decide: Decide) -> _Begun:
    """Transaction 1: decide on what is true now, write the attempt down, take the invoice from whoever holds it."""
    now = services.clock.now()
    new = NewAttempt(id=AttemptId(services.ids.new("att_")), key_lifetime=services.key_lifetime)
    move = decide(facts_in(conn, services, *key, lock=True), now, new)
    permits = let_a_person_in(conn, services, key[0], move.attempt.gateway, permit_id(move.attempt.id, now))
    save_many(conn, [(key[0], move.changes)], services.ids, now)
    claim = leases.take(conn, Work.INVOICE, key, services.owner, now + LEASE)
    return _Begun(claim=claim, sending=sending_of(services, key, move, now), permits=permits)


def _record(services: Services, answer: Answered, claim: Claim, permits: Collection[str] = ()) -> None:
    """Transaction 2: write the answer down and let go."""

    def act(conn: Connection) -> None:
        record(conn, services, [answer], services.clock.now())
        leases.release(conn, Work.INVOICE, [claim], services.owner)
        throttles.give_back(conn, permits)

    transact(services, act)


@changes_timed
def settle_open_attempt(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId) -> None:
    """Ask about an attempt that stands in the way of a new one (behaviour §7: before any new action).

    One that waits for the customer's confirmation is given up at the gateway first: the customer chose otherwise. One
    that somebody is sending right now is left to them; if they stopped halfway, their lease has run out.
    """
    _settle(services, (merchant_id, invoice_id), gives_up=True)


@changes_timed
def look_at_open_attempt(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId) -> None:
    """Ask about an attempt because somebody waits for its end. What isn't one is neither counted nor written down."""
    _settle(services, (merchant_id, invoice_id), gives_up=False)


def _settle(services: Services, key: Key, *, gives_up: bool) -> None:
    with services.store.reading() as conn:
        attempt = attempts.open_of(conn, *key)
        merchant = merchants.get(conn, key[0]) if attempt else None
    if attempt is None or merchant is None:
        return
    require_no_transaction(services)
    with services.store.transaction() as conn:
        claim = leases.take_if_free(conn, Work.INVOICE, key, services.owner, services.clock.now(), lease=LEASE)
    if claim is None:
        return
    is_given_up = gives_up and attempt.status is AttemptStatus.ACTION_REQUIRED
    answer = (_given_up if is_given_up else _asked)(services, merchant, attempt)
    if answer and (gives_up or not isinstance(answer.verdict, _NO_END)):
        _record(services, answer, claim)
    else:
        with services.store.transaction() as conn:
            leases.release(conn, Work.INVOICE, [claim], services.owner)


_NO_END = (ActionRequired, Pending, Unknown, Unavailable)


def _asked(services: Services, merchant: Merchant, attempt: Attempt) -> Answered | None:
    """What the gateway says has become of the attempt."""
    key, now = (merchant.id, attempt.invoice_id), services.clock.now()
    question = question_about(key, attempt.id, attempt.gateway, is_live=merchant.is_live, now=now)
    return ask_gateway(services, question)


def _given_up(services: Services, merchant: Merchant, attempt: Attempt) -> Answered:
    """Take the attempt back at the gateway, which says what is true of it then."""
    gateway = services.gateway_in(attempt.gateway, is_live=merchant.is_live)
    return Answered(
        key=(merchant.id, attempt.invoice_id),
        gateway=attempt.gateway,
        attempt_id=attempt.id,
        outcome=gateway.cancel(attempt.id),
        is_first=False,
        is_charge=False,
    )
