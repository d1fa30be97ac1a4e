"""Paying and retrying at once, and what becomes of an attempt whose outcome comes later."""

from __future__ import annotations

from datetime import timedelta

import pytest

from purring.domain.attempt import ActionRequired, Approved, AttemptStatus, Declined, Outcome, Pending, Unknown
from purring.domain.errors import RefusalCode, Refused
from purring.domain.event import EventKind
from purring.domain.money import Money
from purring.domain.payment_method import PaymentMethod
from purring.domain.subscription import Subscription
from purring.gateways.base import ChargeRequest
from purring.operations import methods, recoveries
from purring.operations.pay import Paid, pay_now, retry_now
from purring.operations.settle import owed_on, settle
from tests.bystander import Bystander
from tests.world import FUNDS, PRICE, Shop, World, paid_once


@pytest.fixture
def failing(world: World, shop: Shop) -> Subscription:
    """A subscription whose first charge was declined."""
    subscription = shop.sold(FUNDS)
    world.work()
    return subscription


def _card(shop: Shop, of: Subscription, *answers: str) -> PaymentMethod:
    return shop.card(shop.facts(of).customer, *answers)


def _pay(shop: Shop, of: Subscription, method: PaymentMethod) -> Paid:
    return pay_now(shop.services, shop.id, shop.invoice(of).id, method.id)


def _refused(shop: Shop, of: Subscription, method: PaymentMethod) -> RefusalCode:
    with pytest.raises(Refused) as refused:
        _pay(shop, of, method)
    assert isinstance(refused.value.code, RefusalCode)
    return refused.value.code


def test_a_customer_pays_with_another_card(world: World, shop: Shop, failing: Subscription) -> None:
    """The invoice is paid, the subscription active, the tied method as it was, and one receipt is owed."""
    paid = _pay(shop, failing, _card(shop, failing, "approve"))
    assert isinstance(paid.outcome, Approved)
    assert (0, AttemptStatus.SUCCEEDED) == (paid.invoice.owed.minor, paid.attempt.status)
    assert ("paid", "active") == shop.status(failing)
    assert failing.method_id == shop.subscription(failing.id).method_id
    world.play(days=20)
    assert ["payment_declined", "payment_received"] == [one.value for one in shop.told(failing.customer_id)]
    assert paid_once(world, [shop.invoice(failing)])


def test_a_declined_payment_uses_up_no_retry(world: World, shop: Shop, failing: Subscription) -> None:
    """The customer's own declined try leaves the automatic ones where they were planned."""
    planned = shop.invoice(failing).next_step_at
    paid = _pay(shop, failing, _card(shop, failing, "decline do_not_honor"))
    assert isinstance(paid.outcome, Declined)
    assert planned == shop.invoice(failing).next_step_at
    assert ["declined", "declined"] == shop.attempts(failing)


def test_an_operator_retries(world: World, shop: Shop) -> None:
    """A day after the decline an operator may charge the tied method again."""
    subscription = shop.sold(FUNDS, "approve")
    world.work()
    world.clock.advance_to(world.clock.now() + timedelta(days=1))
    assert isinstance(retry_now(world.services, shop.id, shop.invoice(subscription).id).outcome, Approved)
    assert ("paid", "active") == shop.status(subscription)


def test_the_customer_is_said_to_be_present(world: World, shop: Shop, failing: Subscription) -> None:
    """A worker that takes a customer's interrupted charge over sends the very same request."""
    method = _card(shop, failing, "approve")

    class Deadly(Bystander):
        """Ends the process when the charge is made."""

        def charge(self, request: ChargeRequest) -> Outcome:
            super().charge(request)
            raise SystemExit

    web = world.process("web-1", gateways={"sandbox": Deadly(world.sandbox.gateway, world.clock.now)})
    with pytest.raises(SystemExit):
        pay_now(web, shop.id, shop.invoice(failing).id, method.id)
    assert ["declined", "started"] == shop.attempts(failing)
    world.later(minutes=1)
    assert ["declined", "started"] == shop.attempts(failing)
    world.later(minutes=1)
    assert ("paid", "active") == shop.status(failing)
    assert shop.facts(failing).attempts[1].id == world.seen()[-1].key


def test_a_pending_debit_keeps_everybody_waiting(world: World, shop: Shop, failing: Subscription) -> None:
    """While a debit is under way nothing is charged, by anybody; when it settles the invoice is paid."""
    assert isinstance(_pay(shop, failing, _card(shop, failing, "pending 5 days")).outcome, Pending)
    assert RefusalCode.CHARGE_IN_FLIGHT == _refused(shop, failing, _card(shop, failing, "approve"))
    world.play(days=4)
    assert ["declined", "pending"] == shop.attempts(failing)
    world.play(days=2)
    assert ("paid", "active") == shop.status(failing)


def test_a_debit_that_fails_late_goes_on(world: World, shop: Shop, failing: Subscription) -> None:
    """A debit that bounces days later continues the recovery, and is told once."""
    card = _card(shop, failing, f"pending 5 days then {FUNDS}")
    assert isinstance(_pay(shop, failing, card).outcome, Pending)
    world.play(days=6)
    assert ["declined", "declined"] == shop.attempts(failing)[:2]
    assert ("open", "past_due") == shop.status(failing)
    about = [str(one.attempt_id) for one in shop.notices(failing.customer_id)]
    assert sorted(one.id for one in shop.facts(failing).attempts) == sorted(about)


def test_a_debit_settles_unseen(world: World, shop: Shop, failing: Subscription) -> None:
    """A debit whose event is lost is found by asking."""
    world.sandbox.remote.plan_events(copies=0)
    _pay(shop, failing, _card(shop, failing, "pending 5 days"))
    world.play(days=7)
    assert ("paid", "active") == shop.status(failing)


def test_who_pays_otherwise_gives_a_confirmation_up(world: World, shop: Shop, failing: Subscription) -> None:
    """A charge that waits for the bank's confirmation is taken back at the gateway before another card is charged."""
    waiting = _card(shop, failing, "action required")
    assert isinstance(_pay(shop, failing, waiting).outcome, ActionRequired)
    assert isinstance(_pay(shop, failing, _card(shop, failing, "approve")).outcome, Approved)
    world.play(days=3)
    assert ["declined", "declined", "succeeded"] == shop.attempts(failing)
    assert paid_once(world, [shop.invoice(failing)])


def test_a_confirmation_that_was_given_meanwhile_counts(world: World, shop: Shop, failing: Subscription) -> None:
    """If the customer confirmed and then pays with another card, the first charge is what pays."""
    waiting = _card(shop, failing, "action required")
    first = _pay(shop, failing, waiting)
    world.sandbox.remote.confirm(first.attempt.id, succeed=True)
    assert RefusalCode.ALREADY_PAID == _refused(shop, failing, _card(shop, failing, "approve"))
    assert paid_once(world, [shop.invoice(failing)])


def test_an_unknown_outcome_is_asked_about_first(world: World, shop: Shop, failing: Subscription) -> None:
    """After a time-out the next click asks what happened; the money that moved is found and nothing charged again."""
    card = _card(shop, failing, "timeout after")
    assert isinstance(_pay(shop, failing, card).outcome, Unknown)
    assert RefusalCode.ALREADY_PAID == _refused(shop, failing, _card(shop, failing, "approve"))
    assert paid_once(world, [shop.invoice(failing)])


def test_a_charge_that_never_arrived_may_be_made_again(world: World, shop: Shop, failing: Subscription) -> None:
    """After a time-out before the money moved, the next click charges."""
    card = _card(shop, failing, "timeout before", "approve")
    assert isinstance(_pay(shop, failing, card).outcome, Unknown)
    assert isinstance(_pay(shop, failing, card).outcome, Approved)
    assert ["declined", "failed", "succeeded"] == shop.attempts(failing)


@pytest.mark.parametrize("times", [1, 3, 7])
def test_a_gateway_that_does_not_know_is_asked_again(world: World, shop: Shop, times: int) -> None:
    """Asked after 5 minutes, 1 hour, then daily; with the seventh answer at the latest somebody knows, or must look."""
    subscription = shop.sold("timeout after")
    world.sandbox.remote.plan_events(copies=0)
    world.work()
    world.sandbox.remote.hide(shop.facts(subscription).attempts[0].id, times)
    world.play(days=30)
    if times < 7:
        assert ("paid", "active") == shop.status(subscription)
    else:
        assert ["unknown"] == shop.attempts(subscription)
        assert EventKind.ATTEMPT_NEEDS_OPERATOR.value in shop.events(subscription)
        attempt_id = shop.facts(subscription).attempts[0].id
        recoveries.correct_outcome(world.services, shop.id, attempt_id, AttemptStatus.SUCCEEDED, "on the statement")
        assert ("paid", "active") == shop.status(subscription)
    assert paid_once(world, [shop.invoice(subscription)])


def test_money_from_elsewhere_ends_the_recovery(world: World, shop: Shop, failing: Subscription) -> None:
    """A transfer that an operator books pays the invoice; nothing is charged any more."""
    recoveries.declare_transfer(world.services, shop.id, shop.invoice(failing).id)
    recoveries.record_payment(world.services, shop.id, shop.invoice(failing).id, PRICE, "bank 17")
    world.play(days=20)
    assert ("paid", "active") == shop.status(failing)
    assert ["declined"] == shop.attempts(failing)


def test_a_write_off_ends_the_recovery(world: World, shop: Shop, failing: Subscription) -> None:
    """What was given up is not charged again, and the subscription goes on."""
    recoveries.write_off(world.services, shop.id, shop.invoice(failing).id)
    world.play(days=20)
    assert ("uncollectible", "active") == shop.status(failing)
    assert ["declined"] == shop.attempts(failing)


def test_a_pause_holds_and_a_resumption_goes_on(world: World, shop: Shop) -> None:
    """While paused nothing is charged; after the resumption the next try comes."""
    subscription = shop.sold(FUNDS, "approve")
    world.work()
    recoveries.pause(world.services, shop.id, shop.invoice(subscription).id)
    world.play(days=10)
    assert ["declined"] == shop.attempts(subscription)
    recoveries.resume(world.services, shop.id, shop.invoice(subscription).id)
    world.play(days=5)
    assert ("paid", "active") == shop.status(subscription)


def test_the_next_try_can_be_skipped_and_moved(world: World, shop: Shop) -> None:
    """A skipped charge isn't made, a moved one is made when it was moved to."""
    subscription = shop.sold(FUNDS, "approve")
    world.work()
    invoice_id = shop.invoice(subscription).id
    skipped_at = shop.invoice(subscription).next_step_at
    recoveries.skip_next(world.services, shop.id, invoice_id)
    to = world.clock.now() + timedelta(days=9, hours=1)
    recoveries.move_next(world.services, shop.id, invoice_id, to)
    world.play(days=12)
    started = shop.facts(subscription).attempts[1].started_at
    assert to == started
    assert skipped_at
    assert skipped_at < started


def test_a_tied_method_is_charged_at_the_next_hour(world: World, shop: Shop, failing: Subscription) -> None:
    """A newly tied card gets its try by itself, and the old one isn't charged again for this invoice."""
    card = _card(shop, failing, "approve")
    methods.tie_method(world.services, shop.id, failing.id, card.id)
    world.play(days=2)
    assert ("paid", "active") == shop.status(failing)
    assert card.id == shop.facts(failing).attempts[-1].method_id


def test_replacing_moves_everything_or_nothing(world: World, shop: Shop) -> None:
    """Replace everywhere moves each subscription; remove and replace also takes the old card off."""
    customer = shop.customer()
    old, new, newest = (shop.card(customer, "approve") for _ in range(3))
    sold = [shop.subscribe(customer, old, amount=Money(1000 + n, "NOK")) for n in range(3)]
    assert 3 == methods.replace_everywhere(world.services, shop.id, old.id, new.id)
    assert {new.id} == {shop.subscription(one.id).method_id for one in sold}
    methods.remove_and_replace(world.services, shop.id, new.id, newest.id)
    assert {newest.id} == {shop.subscription(one.id).method_id for one in sold}
    methods.remove_method(world.services, shop.id, old.id)
    world.work()
    held = {method.id: method.is_active for method in shop.facts(sold[0]).methods}
    assert {old.id: False, new.id: False, newest.id: True} == held


def test_a_backup_steps_in(world: World, shop: Shop) -> None:
    """A backup named when the subscription is made is charged after the main card failed; that was the consent."""
    customer = shop.customer()
    main, backup = shop.card(customer, FUNDS), shop.card(customer, "approve")
    subscription = shop.subscribe(customer, main, backup_method_id=backup.id)
    world.work()
    assert ("paid", "active") == shop.status(subscription)
    assert [main.id, backup.id] == [one.method_id for one in shop.facts(subscription).attempts]


def test_everything_owed_is_settled_invoice_by_invoice(world: World, shop: Shop) -> None:
    """Settling lists what is owed on a card and pays each invoice with the other one."""
    customer = shop.customer()
    failing, good = shop.card(customer, FUNDS), shop.card(customer, "approve")
    sold = [shop.subscribe(customer, failing, amount=Money(1000 + n, "NOK")) for n in range(3)]
    world.work()
    owed = owed_on(world.services, shop.id, customer.id, failing.id)
    assert [Money(1000 + n, "NOK") for n in range(3)] == sorted(one.amount for one in owed)
    settled = settle(world.services, shop.id, customer.id, failing.id, good.id)
    assert all(one.paid and isinstance(one.paid.outcome, Approved) for one in settled)
    assert {("paid", "active")} == {shop.status(one) for one in sold}
    assert paid_once(world, [shop.invoice(one) for one in sold])


def test_invoices_from_elsewhere_are_recovered(world: World, shop: Shop) -> None:
    """A declined invoice of another biller is charged on the plan; one that wasn't charged yet, at once."""
    customer = shop.customer()
    declined = shop.hand_over(customer, shop.card(customer, "approve"))
    fresh = shop.hand_over(customer, shop.card(customer, "approve"), declined=False)
    world.work()
    assert ["succeeded"] == shop.attempts(fresh.id)
    assert [] == shop.attempts(declined.id)
    world.play(days=5)
    assert ["succeeded"] == shop.attempts(declined.id)
    assert paid_once(world, [declined, fresh])


def test_two_invoices_of_one_subscription_come_in_together(world: World, shop: Shop, failing: Subscription) -> None:
    """Declined invoices of the same subscription can be handed over one after the other and share its state."""
    customer = shop.facts(failing).customer
    some = [shop.hand_over(customer, subscription_id=failing.id) for _ in range(2)]
    assert {"past_due"} == {shop.subscription(failing.id).status.value}
    for invoice in some:
        pay_now(world.services, shop.id, invoice.id, _card(shop, failing, "approve").id)
    assert "past_due" == shop.subscription(failing.id).status.value
    assert paid_once(world, some)
