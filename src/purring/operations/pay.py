"""Pay or retry one invoice at once: the same begin and record as the worker's, for one case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from purring.domain.attempt import Attempt, AttemptStatus, Outcome
from purring.domain.decide.begin import Go, NewAttempt
from purring.domain.decide.person import pay_now as decide_pay
from purring.domain.decide.person import retry_now as decide_retry
from purring.domain.facts import Facts
from purring.domain.ids import AttemptId, InvoiceId, MerchantId, MethodId
from purring.domain.invoice import Invoice
from purring.operations.charge import Answered, ask_gateway, record, sending_of
from purring.operations.services import Services
from purring.operations.view import facts_in, facts_of
from purring.store.changes import save_many


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """What came of it: the gateway's answer, and invoice and attempt as they are now."""

    outcome: Outcome
    invoice: Invoice
    attempt: Attempt


def pay_now(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId, method_id: MethodId) -> Paid:
    """Charge an open invoice on one of the customer's methods, with the customer present.

    Raises:
        NotFound: no such invoice.
        Refused: it is paid, a charge is under way, nobody knows what became of one, or the rulebook has no room.
    """
    return _charge_now(
        services, merchant_id, invoice_id, lambda facts, now, new: decide_pay(facts, method_id, now, new), present=True
    )


def retry_now(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId) -> Paid:
    """Charge the tied method at once, as an operator; the rulebook's ceilings hold. Raises as `pay_now`."""
    return _charge_now(services, merchant_id, invoice_id, decide_retry, present=False)


def _charge_now(
    services: Services,
    merchant_id: MerchantId,
    invoice_id: InvoiceId,
    decide: Callable[[Facts, datetime, NewAttempt], Go],
    *,
    present: bool,
) -> Paid:
    """Settle what is open, begin, charge, record."""
    settle_open_attempt(services, merchant_id, invoice_id)
    now = services.clock.now()
    new = NewAttempt(id=AttemptId(services.ids.new("att_")), key_lifetime=services.key_lifetime)
    key = (merchant_id, invoice_id)
    with services.store.transaction() as conn:
        move = decide(facts_in(conn, services, merchant_id, invoice_id, lock=True), now, new)
        save_many(conn, [(merchant_id, move.changes)], services.ids, now)
    answer = ask_gateway(services, sending_of(key, move, off_session=not present))
    with services.store.transaction() as conn:
        record(conn, services, [answer], services.clock.now())
    facts = facts_of(services, merchant_id, invoice_id)
    return Paid(outcome=answer.outcome, invoice=facts.invoice, attempt=facts.attempt(new.id))


def settle_open_attempt(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId) -> None:
    """Ask about an attempt that stands in the way of a new one (behaviour §7: before any new action).

    One that waits for the customer's confirmation is given up at the gateway first: the customer chose otherwise.
    """
    attempt = facts_of(services, merchant_id, invoice_id).open_attempt
    if attempt is None or attempt.status is AttemptStatus.STARTED:
        return
    gateway = services.gateway(attempt.gateway)
    waits_for_customer = attempt.status is AttemptStatus.ACTION_REQUIRED
    outcome = gateway.cancel(attempt.id) if waits_for_customer else gateway.find(attempt.id)
    answer = Answered(key=(merchant_id, invoice_id), attempt_id=attempt.id, outcome=outcome)
    with services.store.transaction() as conn:
        record(conn, services, [answer], services.clock.now())
