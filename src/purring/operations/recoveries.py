"""What people do about one invoice without charging it: pause, skip, move, write off, record, correct, declare."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from purring.domain.attempt import AttemptStatus
from purring.domain.changes import Draft
from purring.domain.decide import dispute, person
from purring.domain.facts import Facts
from purring.domain.ids import AttemptId, InvoiceId, MerchantId
from purring.domain.money import Money
from purring.operations.pay import settle_open_attempt
from purring.operations.services import Services
from purring.operations.test_clocks import changes_timed
from purring.operations.transact import transact
from purring.operations.view import facts_in
from purring.store import Connection, attempts
from purring.store.changes import save_many


@changes_timed
def pause(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId, until: datetime | None = None) -> Facts:
    """Pause automatic charges until an instant, or until somebody resumes them."""
    return _decide(services, merchant_id, invoice_id, lambda draft: person.pause(draft, until))


@changes_timed
def resume(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId) -> Facts:
    """Lift a pause, whoever set it."""
    return _decide(services, merchant_id, invoice_id, person.resume)


@changes_timed
def skip_next(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId) -> Facts:
    """Leave the next planned charge out."""
    return _decide(services, merchant_id, invoice_id, person.skip_next)


@changes_timed
def move_next(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId, to: datetime) -> Facts:
    """Move the next planned charge to another instant within the window."""
    return _decide(services, merchant_id, invoice_id, lambda draft: person.move_next(draft, to))


@changes_timed
def declare_transfer(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId) -> Facts:
    """The customer says a bank transfer is on its way."""
    return _decide(services, merchant_id, invoice_id, person.declare_transfer)


@changes_timed
def write_off(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId) -> Facts:
    """Give the invoice up."""
    settle_open_attempt(services, merchant_id, invoice_id)
    return _decide(services, merchant_id, invoice_id, person.give_up)


@changes_timed
def record_payment(
    services: Services, merchant_id: MerchantId, invoice_id: InvoiceId, amount: Money, reference: str
) -> Facts:
    """Book money that came another way."""
    settle_open_attempt(services, merchant_id, invoice_id)
    return _decide(services, merchant_id, invoice_id, lambda draft: person.record_payment(draft, amount, reference))


@changes_timed
def refund_recorded(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId, amount: Money) -> Facts:
    """Book money that was given back."""
    return _decide(services, merchant_id, invoice_id, lambda draft: dispute.refunded(draft, amount))


@changes_timed
def correct_outcome(
    services: Services, merchant_id: MerchantId, attempt_id: AttemptId, to: AttemptStatus, note: str
) -> Facts:
    """Settle what a gateway could not say, or put a wrong final state right."""
    with services.store.reading() as conn:
        invoice_id = attempts.get(conn, merchant_id, attempt_id).invoice_id
    return _decide(services, merchant_id, invoice_id, lambda draft: person.correct(draft, attempt_id, to, note))


def _decide(
    services: Services, merchant_id: MerchantId, invoice_id: InvoiceId, decide: Callable[[Draft], None]
) -> Facts:
    """Load under lock, decide, save; gives the facts as they are then."""

    def act(conn: Connection) -> Facts:
        now = services.clock.now()
        draft = Draft(facts_in(conn, services, merchant_id, invoice_id, lock=True), now)
        decide(draft)
        save_many(conn, [(merchant_id, draft.done())], services.ids, now)
        return draft.facts

    return transact(services, act)
