"""What can be given back of which charge, and what an answer or an event makes of a refund."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from purring.domain.attempt import AttemptStatus
from purring.domain.changes import Draft
from purring.domain.disputed import dispute_id, disputed_invoice
from purring.domain.errors import InvalidInput, RefusalCode, Refused
from purring.domain.facts import Facts
from purring.domain.ids import AttemptId, InvoiceId, RefundId
from purring.domain.invoice import DisputeStatus, InvoiceStatus
from purring.domain.money import Money
from purring.domain.refund import Refund, RefundStatus, chosen, ended, refundable, succeeded, told_of
from tests.domain import make
from tests.domain.make import PRICE, day

PART = Money(5_000, "NOK")
NOW = day(3)


def _facts(**invoice: object) -> Facts:
    paid = make.invoice(**{"status": InvoiceStatus.PAID, "paid_minor": PRICE.minor, **invoice})
    return make.facts(invoice=paid, attempts=(make.attempt(1, status=AttemptStatus.SUCCEEDED), make.attempt(2)))


def _refund(status: RefundStatus = RefundStatus.STARTED, amount: Money = PART) -> Refund:
    return Refund(
        id=RefundId("rfd_1"),
        invoice_id=InvoiceId("inv_1"),
        attempt_id=AttemptId("att_1"),
        gateway="sandbox",
        amount=amount,
        status=status,
        created_at=NOW,
        asked_at=NOW,
        key_expires_at=NOW + timedelta(days=1),
    )


def test_what_is_on_its_way_can_not_be_given_twice() -> None:
    """Open and made refunds are reserved, those that moved nothing aren't; all of the newest charge unless told."""
    attempt_id = AttemptId("att_1")
    assert {attempt_id: PRICE} == refundable(_facts(), [_refund(RefundStatus.FAILED)])
    assert {attempt_id: PRICE - PART} == refundable(_facts(), [_refund(RefundStatus.UNKNOWN)])
    made = _refund(RefundStatus.SUCCEEDED)
    assert {attempt_id: PRICE - PART} == refundable(_facts(refunded_minor=PART.minor), [made])
    assert {} == refundable(_facts(), [_refund(amount=PRICE)])
    assert (attempt_id, PRICE) == chosen(_facts(), [], None)
    assert (attempt_id, PART) == chosen(_facts(), [], PART)


def test_what_can_not_be_given_back_is_refused() -> None:
    """Disputed, unchecked, more than there is, nothing, another currency."""
    refused = [
        (_facts(dispute=DisputeStatus.OPEN), None, RefusalCode.INVOICE_DISPUTED),
        (_facts(unchecked=True), None, RefusalCode.INVOICE_UNCHECKED),
        (_facts(), PRICE + PART, RefusalCode.NOTHING_TO_REFUND),
        (_facts(), Money(1, "EUR"), RefusalCode.NOTHING_TO_REFUND),
    ]
    for facts, amount, code in refused:
        with pytest.raises(Refused) as error:
            chosen(facts, [], amount)
        assert code == error.value.code
    with pytest.raises(InvalidInput):
        chosen(_facts(), [], Money(0, "NOK"))


def test_a_refund_is_booked_once_and_as_far_as_there_is_money() -> None:
    """Told after the answer or before it; where a chargeback came between, the rest is named."""
    draft = Draft(_facts(), NOW)
    made = succeeded(draft, _refund(), ref="re_1")
    told = succeeded(draft, made, told=True)
    assert (RefundStatus.SUCCEEDED, NOW, "re_1", NOW) == (made.status, made.ended_at, told.gateway_ref, told.told_at)
    assert PART.minor == draft.facts.invoice.refunded_minor
    for left in (0, 1_000):
        short = Draft(_facts(paid_minor=left, total=PRICE), NOW)
        assert "could be booked" in succeeded(short, _refund()).detail
        assert left == short.facts.invoice.refunded_minor


def test_an_answer_that_moved_nothing_never_undoes_one_that_did() -> None:
    """Unknown stays open, refused and failed end it; what succeeded meanwhile stays so."""
    unknown, refused = (ended(_refund(), to, NOW, "why") for to in (RefundStatus.UNKNOWN, RefundStatus.REFUSED))
    assert (True, None, "why") == (unknown.is_open, unknown.ended_at, unknown.detail)
    assert (False, NOW) == (refused.is_open, refused.ended_at)
    made = _refund(RefundStatus.SUCCEEDED)
    assert made is ended(made, RefundStatus.UNKNOWN, NOW, "late")


def test_an_event_is_matched_with_the_oldest_refund_that_none_has_told_of() -> None:
    """Of the same amount, and not one that moved nothing."""
    first, second = _refund(RefundStatus.SUCCEEDED), replace(_refund(), id=RefundId("rfd_2"))
    assert first == told_of([first, second], PART)
    assert second == told_of([replace(first, told_at=NOW), second], PART)
    assert told_of([_refund(RefundStatus.REFUSED)], PART) is None
    assert told_of([first], PRICE) is None


def test_a_dispute_is_known_by_its_invoice() -> None:
    """There is one per invoice, and the ids lead to each other."""
    assert InvoiceId("inv_1") == disputed_invoice(dispute_id(InvoiceId("inv_1")))
