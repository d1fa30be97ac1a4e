"""One payment that somebody waits for: how it stands, asking about it, giving it up (behaviour §5 and §7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from purring.domain.attempt import Attempt, AttemptStatus
from purring.domain.decline import DeclineReason
from purring.domain.errors import NotFound
from purring.domain.facts import Facts
from purring.domain.ids import InvoiceId, MerchantId
from purring.domain.invoice import InvoiceStatus
from purring.domain.standing import Status, status
from purring.operations.pay import look_at_open_attempt, settle_open_attempt
from purring.operations.returning import attempt_of, path_of
from purring.operations.services import Services
from purring.operations.test_clocks import now_for
from purring.operations.view import facts_in, facts_of
from purring.store import attempts

SHOWN_FOR = timedelta(days=7)
"""For so long after it began the address of a payment still says how it ended."""


class End(StrEnum):
    """How a payment ended."""

    PAID = "paid"
    ALREADY_PAID = "already_paid"
    """Not by this payment: another one was there first."""
    NOT_CONFIRMED = "not_confirmed"
    DECLINED = "declined"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """An attempt with the invoice that it is to pay. `end`: None as long as nobody knows."""

    facts: Facts
    attempt: Attempt
    status: Status

    @property
    def end(self) -> End | None:
        """How it ended."""
        if self.attempt.is_open:
            return None
        if self.attempt.status is AttemptStatus.SUCCEEDED:
            return End.PAID
        if self.facts.invoice.status is InvoiceStatus.PAID:
            return End.ALREADY_PAID
        if self.attempt.status is AttemptStatus.FAILED:
            return End.UNAVAILABLE
        is_unconfirmed = self.attempt.reason is DeclineReason.AUTHENTICATION_REQUIRED
        return End.NOT_CONFIRMED if is_unconfirmed else End.DECLINED

    @property
    def waits_for_customer(self) -> bool:
        """Whether the bank waits for a confirmation."""
        return self.attempt.status is AttemptStatus.ACTION_REQUIRED


def payment(services: Services, state: str) -> Payment:
    """The payment that an address of ours names; looking changes nothing.

    Raises:
        NotFound: we made no such address, or it is too long ago.
    """
    attempt_id = attempt_of(services, state)
    if attempt_id is None:
        raise _nowhere()
    with services.store.reading() as conn:
        whose = attempts.find_many(conn, [attempt_id]).get(attempt_id)
        if whose is None:
            raise _nowhere()
        facts = facts_in(conn, services, whose.merchant_id, whose.invoice_id, lock=False)
        now = now_for(conn, services, whose.merchant_id, whose.invoice_id)
    attempt = facts.attempt(attempt_id)
    if not attempt.is_open and now > attempt.started_at + SHOWN_FOR:
        raise _nowhere()
    return Payment(facts=facts, attempt=attempt, status=status(facts, now))


def under_way(services: Services, merchant_id: MerchantId, invoice_id: InvoiceId) -> str | None:
    """Where an invoice's payment can be waited for that the bank may answer any moment; None if there is none."""
    attempt = facts_of(services, merchant_id, invoice_id).open_attempt
    is_soon = attempt is not None and attempt.status in {AttemptStatus.STARTED, AttemptStatus.UNKNOWN}
    return path_of(services, attempt.id) if attempt and is_soon else None


def look(services: Services, one: Payment) -> None:
    """Ask the gateway what became of a payment."""
    if one.attempt.is_open:
        look_at_open_attempt(services, one.facts.merchant.id, one.facts.invoice.id)


def give_up(services: Services, one: Payment) -> None:
    """Take a payment back that waits for the customer; if it was confirmed meanwhile, it stays paid."""
    if one.waits_for_customer:
        settle_open_attempt(services, one.facts.merchant.id, one.facts.invoice.id)


def _nowhere() -> NotFound:
    return NotFound("This address leads nowhere, or not any more; open the invoice again.", field="attempt_id")
