"""A refund: the intention to give money of a charge back, stored before the gateway is asked, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from purring.domain.changes import Draft
from purring.domain.decide import dispute
from purring.domain.errors import InvalidInput, RefusalCode, Refused
from purring.domain.facts import Facts
from purring.domain.ids import AttemptId, InvoiceId, RefundId
from purring.domain.invoice import DisputeStatus
from purring.domain.money import Money
from purring.domain.noun import replace

DETAIL_CHARS_MAX = 500


class RefundStatus(StrEnum):
    """Where a refund stands. `REFUSED`: the gateway would not; `FAILED`: it was never reached, nothing moved."""

    STARTED = "started"
    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"


OPEN_REFUND = frozenset({RefundStatus.STARTED, RefundStatus.UNKNOWN})
"""Nobody knows yet whether the money moved."""

RESERVED = OPEN_REFUND | {RefundStatus.SUCCEEDED}
"""What can't be given back a second time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    """One refund of one charge; its id is the key that the gateway gets, which is good until `key_expires_at`.

    `asked_at`: when the gateway was asked last. `told_at`: when the gateway's own event told of it, so that the same
    event of another refund isn't taken for this one's.
    """

    id: RefundId
    invoice_id: InvoiceId
    attempt_id: AttemptId
    gateway: str
    amount: Money
    status: RefundStatus
    created_at: datetime
    asked_at: datetime
    key_expires_at: datetime
    ended_at: datetime | None = None
    told_at: datetime | None = None
    gateway_ref: str | None = None
    detail: str = ""
    version: int = 1

    @property
    def is_open(self) -> bool:
        """Whether nobody knows yet what came of it."""
        return self.status in OPEN_REFUND


def refundable(facts: Facts, known: Sequence[Refund]) -> dict[AttemptId, Money]:
    """What can still be given back of each charge of an invoice, the newest charge last; those with nothing left out.

    `known`: the invoice's refunds so far. What is on its way counts as given.
    """
    currency = facts.invoice.total.currency
    left = facts.invoice.kept.minor - sum(one.amount.minor for one in known if one.is_open)
    found: dict[AttemptId, Money] = {}
    for attempt in facts.attempts:
        given = sum(one.amount.minor for one in known if one.attempt_id == attempt.id and one.status in RESERVED)
        minor = min(attempt.captured_minor - given, left)
        if minor > 0:
            found[attempt.id] = Money(minor, currency)
    return found


def chosen(facts: Facts, known: Sequence[Refund], amount: Money | None) -> tuple[AttemptId, Money]:
    """The charge to give back of, and how much: all of the newest that has anything left, unless an amount is named.

    Raises:
        Refused: it is disputed or not checked since a restore, nothing was charged, or no charge has so much left
            in that currency.
        InvalidInput: the amount isn't above zero.
    """
    invoice = facts.invoice
    if invoice.dispute is DisputeStatus.OPEN:
        raise Refused(RefusalCode.INVOICE_DISPUTED, details=(invoice.id,))
    if invoice.unchecked:
        raise Refused(RefusalCode.INVOICE_UNCHECKED, details=(invoice.id,))
    if amount is not None and amount.minor <= 0:
        raise InvalidInput("a refund must be above zero", field="amount")
    there_is = refundable(facts, known)
    for attempt_id, left in reversed(there_is.items()):
        if amount is None or (amount.currency == left.currency and amount <= left):
            return attempt_id, amount or left
    raise Refused(RefusalCode.NOTHING_TO_REFUND, field="amount", details=tuple(str(left) for left in there_is.values()))


def succeeded(draft: Draft, refund: Refund, *, ref: str | None = None, told: bool = False) -> Refund:
    """The refund once the money went back, booked on its invoice as far as that has any; never a second time."""
    after = replace(refund, told_at=draft.now if told else refund.told_at, gateway_ref=ref or refund.gateway_ref)
    if refund.status is RefundStatus.SUCCEEDED:
        return after
    booked = min(refund.amount, draft.facts.invoice.kept)
    if booked:
        dispute.refunded(draft, booked)
    detail = "" if booked == refund.amount else f"of it {booked} could be booked: the rest had gone back already"
    return replace(after, status=RefundStatus.SUCCEEDED, ended_at=draft.now, detail=detail)


def ended(refund: Refund, status: RefundStatus, now: datetime, detail: str) -> Refund:
    """The refund after an answer that moved nothing, or says nothing; one that succeeded meanwhile stays so."""
    if refund.status is RefundStatus.SUCCEEDED:
        return refund
    at = None if status in OPEN_REFUND else now
    return replace(refund, status=status, ended_at=at, detail=detail[:DETAIL_CHARS_MAX])


def told_of(known: Sequence[Refund], amount: Money) -> Refund | None:
    """The refund that a gateway's event tells of; None: it was made elsewhere, at the gateway itself."""
    for one in known:
        if one.amount == amount and one.told_at is None and one.status in RESERVED:
            return one
    return None
