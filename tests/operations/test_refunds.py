"""Money given back: once, whoever tells of it first, and never while nobody knows what came of the last try."""

from __future__ import annotations

from datetime import timedelta

import pytest

from purring.domain.attempt import AttemptStatus
from purring.domain.errors import InvalidInput, NotFound, RefusalCode, Refused
from purring.domain.ids import InvoiceId, RefundId
from purring.domain.money import Money
from purring.domain.queue import QueueKind
from purring.domain.refund import Refund, RefundStatus
from purring.gateways.base import Refunded, RefundRequest
from purring.gateways.sandbox.oracle import captured_by_invoice
from purring.gateways.sandbox.settings import OutageKind
from purring.operations import recoveries, refunds
from purring.operations.queue import queue_of
from purring.store import refunds as stored
from tests.world import PRICE, Shop, World

PART = Money(5_000, "NOK")
KEY_LIFETIME = timedelta(hours=30)


def _paid(shop: Shop) -> InvoiceId:
    subscription = shop.sold("approve")
    shop.world.work()
    return shop.invoice(subscription).id


def _refund(shop: Shop, invoice_id: InvoiceId, amount: Money | None = None) -> Refund:
    return refunds.refund(shop.services, shop.id, invoice_id, amount)


def _now(shop: Shop, refund: Refund) -> Refund:
    with shop.services.store.reading() as conn:
        return stored.get(conn, shop.id, refund.id)


def _booked(shop: Shop, invoice_id: InvoiceId) -> int:
    return shop.facts(invoice_id).invoice.refunded_minor


def test_a_part_and_then_the_rest_go_back(world: World, shop: Shop) -> None:
    """Each is booked once although the gateway tells of it, too; what is left is given back whole; then no more."""
    invoice_id = _paid(shop)
    first = _refund(shop, invoice_id, PART)
    assert (RefundStatus.SUCCEEDED, PART, False) == (first.status, first.amount, first.gateway_ref is None)
    world.play(hours=1)
    assert (PART.minor, True) == (_booked(shop, invoice_id), _now(shop, first).told_at is not None)
    assert PRICE - PART == _refund(shop, invoice_id).amount
    world.play(hours=1)
    assert PRICE.minor == _booked(shop, invoice_id)
    with pytest.raises(Refused) as refused:
        _refund(shop, invoice_id)
    assert RefusalCode.NOTHING_TO_REFUND == refused.value.code


def test_a_refund_made_at_the_gateway_is_none_of_ours(world: World, shop: Shop) -> None:
    """The same amount given back here and there is booked twice, in whichever order the events come."""
    invoice_id = _paid(shop)
    (attempt,) = shop.facts(invoice_id).attempts
    elsewhere = RefundRequest(key="elsewhere", charge_key=attempt.id, amount=PART)
    assert isinstance(world.sandbox.gateway.refund(elsewhere), Refunded)
    _refund(shop, invoice_id, PART)
    world.play(hours=1)
    assert 2 * PART.minor == _booked(shop, invoice_id)


@pytest.mark.parametrize("arrived", [True, False])
def test_an_answer_that_got_lost_gives_nothing_back_twice(world: World, shop: Shop, *, arrived: bool) -> None:
    """Unknown stays open and reserves its amount; asked again under its own key, it is known and booked once."""
    invoice_id = _paid(shop)
    world.sandbox.remote.outage(OutageKind.TIMEOUT)
    lost = _refund(shop, invoice_id, PART)
    assert (RefundStatus.UNKNOWN, 0) == (lost.status, _booked(shop, invoice_id))
    world.sandbox.remote.end_outage()
    if arrived:
        world.sandbox.gateway.refund(RefundRequest(key=lost.id, charge_key=lost.attempt_id, amount=lost.amount))
    with pytest.raises(Refused):
        _refund(shop, invoice_id, PRICE)
    world.later(minutes=10)
    world.play(hours=1)
    assert (RefundStatus.SUCCEEDED, PART.minor) == (_now(shop, lost).status, _booked(shop, invoice_id))
    assert _now(shop, lost) == refunds.ask_again(shop.services, shop.id, lost.id)
    assert {invoice_id: [PRICE]} == captured_by_invoice(world.sandbox.ledger_path)


def test_what_went_back_is_not_taken_back_again(world: World, shop: Shop) -> None:
    """A charge that is corrected to declined after a refund takes along what is left of it, and no more."""
    invoice_id = _paid(shop)
    _refund(shop, invoice_id, PART)
    world.play(hours=1)
    (attempt,) = shop.facts(invoice_id).attempts
    recoveries.correct_outcome(shop.services, shop.id, attempt.id, AttemptStatus.DECLINED, "seen at the bank")
    invoice = shop.facts(invoice_id).invoice
    assert (PART.minor, PART.minor, True) == (invoice.paid_minor, invoice.refunded_minor, invoice.is_open)


def test_what_nobody_can_find_out_waits_for_a_person(world: World, shop: Shop) -> None:
    """Once the gateway may have forgotten the key it isn't sent again; a person settles it, once."""
    invoice_id = _paid(shop)
    world.sandbox.remote.outage(OutageKind.TIMEOUT)
    lost = _refund(shop, invoice_id, PART)
    world.play(hours=49)
    world.sandbox.remote.end_outage()
    (waiting,) = queue_of(shop.services, shop.id, limit=10).rows
    assert (QueueKind.REFUND_UNKNOWN, lost.id, PART) == (waiting.kind, waiting.id, waiting.amount)
    with pytest.raises(Refused) as refused:
        refunds.ask_again(shop.services, shop.id, lost.id)
    assert RefusalCode.REFUND_UNKNOWN == refused.value.code
    with pytest.raises(InvalidInput):
        refunds.settle_refund(shop.services, shop.id, lost.id, RefundStatus.UNKNOWN, "no")
    settled = refunds.settle_refund(shop.services, shop.id, lost.id, RefundStatus.FAILED, "not at the gateway")
    assert (RefundStatus.FAILED, "not at the gateway") == (settled.status, settled.detail)
    with pytest.raises(Refused):
        refunds.settle_refund(shop.services, shop.id, lost.id, RefundStatus.SUCCEEDED, "or was it")
    assert () == tuple(queue_of(shop.services, shop.id, limit=10).rows)


def test_what_can_not_be_given_back_is_refused(world: World, shop: Shop) -> None:
    """Too much, another currency, disputed, unpaid, not there, and while the gateway is away: nothing is booked."""
    invoice_id = _paid(shop)
    with pytest.raises(InvalidInput):
        _refund(shop, invoice_id, Money(0, "NOK"))
    for amount in (PRICE + PART, Money(1, "EUR")):
        with pytest.raises(Refused):
            _refund(shop, invoice_id, amount)
    world.sandbox.remote.outage(OutageKind.NOT_PROCESSED)
    failed = _refund(shop, invoice_id)
    world.sandbox.remote.end_outage()
    assert (RefundStatus.FAILED, False) == (failed.status, failed.is_open)
    (attempt,) = shop.facts(invoice_id).attempts
    world.sandbox.remote.open_chargeback(attempt.id)
    refused = _refund(shop, invoice_id)  # before we were told
    assert (RefundStatus.REFUSED, "refund_too_large") == (refused.status, refused.detail)
    world.play(hours=1)
    with pytest.raises(Refused) as disputed:
        _refund(shop, invoice_id)
    assert RefusalCode.INVOICE_DISPUTED == disputed.value.code
    with pytest.raises(NotFound):
        refunds.ask_again(shop.services, shop.id, RefundId("rfd_00000000000000000000000000"))
    assert 0 == _booked(shop, invoice_id)
