"""What people may do about an open invoice, and what is refused (behaviour §3, §5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from purring.domain.attempt import Initiator
from purring.domain.calendar import start_of_day, zone
from purring.domain.decide import dispute, person
from purring.domain.decline import DeclineClass
from purring.domain.errors import InvalidInput, RefusalCode, Refused
from purring.domain.invoice import InvoiceStatus
from purring.domain.payment_method import MethodStatus
from purring.domain.policy import EndAction, Policy
from purring.domain.recovery import Cause, HoldReason, RecoveryStatus
from purring.domain.rulebook.limits import Use
from purring.domain.step import Charge
from purring.domain.subscription import SubscriptionStatus
from tests.domain import make
from tests.domain.make import ISSUED_AT, PRICE, SILENCE, day, no, yes
from tests.domain.story import Story

A, B = make.method("a"), make.method("b")


def _declined(kind: DeclineClass = DeclineClass.RETRY_LATER, policy: Policy | None = None) -> Story:
    """The first charge was declined."""
    return Story(make.facts(A, B, policy=policy)).work(no(A, kind)).send()


def _refusal(action: Callable[[], object]) -> RefusalCode:
    """The code with which an action is refused."""
    with pytest.raises(Refused) as refused:
        action()
    return refused.value.code


# ---------------------------------------------------------------------------------------------------------------------
# §5 Paying


@pytest.mark.parametrize("method_id", ["pm_a", "pm_b"])
def test_5_an_open_invoice_is_paid_with_any_method_on_file(method_id: str) -> None:
    """Tied or not; the recovery says that the customer did it."""
    story = _declined().pay(method_id, yes())
    assert (InvoiceStatus.PAID, Cause.CUSTOMER) == (story.invoice.status, story.recovery.cause)
    assert Initiator.CUSTOMER is story.attempt.initiator


@pytest.mark.parametrize(
    "action", [EndAction.SUSPEND, EndAction.CANCEL, EndAction.KEEP_PAST_DUE], ids=lambda action: action.value
)
def test_5_it_is_paid_in_every_state_before_deletion(action: EndAction) -> None:
    """Also after the window: the recovery ends recovered, the subscription comes back unless it was canceled."""
    story = _declined(policy=Policy(end_action=action)).until_quiet(no()).pay("pm_b", yes())
    assert (InvoiceStatus.PAID, RecoveryStatus.RECOVERED) == (story.invoice.status, story.recovery.status)
    canceled = action is EndAction.CANCEL
    assert (SubscriptionStatus.CANCELED if canceled else SubscriptionStatus.ACTIVE) is story.subscription.status


def test_5_a_customer_and_the_worker_never_both_charge() -> None:
    """While one charge is open, nobody starts another."""
    story = _declined().pay("pm_b")
    assert RefusalCode.CHARGE_IN_FLIGHT is _refusal(lambda: story.pay("pm_b"))
    assert RefusalCode.CHARGE_IN_FLIGHT is _refusal(story.retry)
    assert None is story.plan.next_charge


def test_5_nobody_pays_while_nobody_knows() -> None:
    """An unknown outcome is settled first."""
    assert RefusalCode.OUTCOME_UNKNOWN is _refusal(lambda: _declined().pay("pm_b", SILENCE).pay("pm_b"))


def test_5_a_paid_invoice_is_not_paid_again() -> None:
    """Double clicks and second tabs are told so."""
    assert RefusalCode.ALREADY_PAID is _refusal(lambda: _declined().pay("pm_b", yes()).pay("pm_b"))


def test_5_an_invoice_that_was_given_up_is_not_charged() -> None:
    """Money for it can still be recorded."""
    assert RefusalCode.INVOICE_NOT_OPEN is _refusal(lambda: _declined().decide(person.give_up).pay("pm_b"))


def test_7_an_invoice_to_be_checked_after_a_restore_is_charged_by_nobody() -> None:
    """Neither by the customer nor by itself, before the gateways have said what they charged."""
    story = _declined()
    story.facts = replace(story.facts, invoice=replace(story.invoice, unchecked=True))
    assert RefusalCode.INVOICE_UNCHECKED is _refusal(lambda: story.pay("pm_b"))
    assert (None, "invoice.unchecked") == (story.plan.next_step_at, story.plan.barrier and story.plan.barrier.id)


def test_5_a_disputed_invoice_waits_for_the_bank() -> None:
    """While the dispute is open; afterwards the customer may pay, but nothing is charged by itself."""
    story = Story(make.facts(A, B)).work(yes()).decide(dispute.charged_back, PRICE)
    assert RefusalCode.INVOICE_DISPUTED is _refusal(lambda: story.pay("pm_b"))
    story.decide(dispute.dispute_lost)
    assert RefusalCode.INVOICE_DISPUTED is _refusal(story.retry)
    assert InvoiceStatus.PAID is story.pay("pm_b", yes()).invoice.status


def test_5_only_the_customers_own_usable_methods_pay() -> None:
    """Nobody else's, and none that was removed."""
    story = _declined()
    assert RefusalCode.NOT_YOUR_METHOD is _refusal(lambda: story.pay("pm_x"))
    story.facts = replace(story.facts, methods=(A, replace(B, status=MethodStatus.REMOVED)))
    assert RefusalCode.METHOD_NOT_USABLE is _refusal(lambda: story.pay("pm_b"))


@pytest.mark.parametrize("kind", DeclineClass)
def test_5_a_customer_may_try_a_declined_card_again_unless_it_may_never_be_charged(kind: DeclineClass) -> None:
    """They may know what the bank now says; a hard stop of the network holds for them, too."""
    story = _declined(kind)
    if kind is DeclineClass.NEVER_RETRY:
        assert RefusalCode.METHOD_NOT_USABLE is _refusal(lambda: story.pay("pm_a"))
    else:
        assert InvoiceStatus.PAID is story.pay("pm_a", yes()).invoice.status


def test_3_the_networks_ceiling_holds_for_customers_too() -> None:
    """Nine attempts on one card in a day, whoever makes them; the refusal says when there is room."""
    used = tuple(
        Use(at=day(0) + timedelta(minutes=n), amount_minor=5, currency="NOK", invoice_id="inv_0") for n in range(9)
    )
    story = Story(make.facts(A, B, uses={"fp_b": used}), now=day(0) + timedelta(hours=1))
    with pytest.raises(Refused) as refused:
        story.pay("pm_b")
    assert RefusalCode.LIMIT_REACHED is refused.value.code
    assert "2026-03-03 09:00 UTC" in refused.value.details[0]


def test_a_customers_own_decline_owes_a_notice_and_opens_the_recovery() -> None:
    """It is a decline like any other."""
    story = Story(make.facts(A, B)).pay("pm_b", no(B))
    assert (1, RecoveryStatus.OPEN) == (len(story.notices()), story.recovery.status)


# ---------------------------------------------------------------------------------------------------------------------
# Operators charge


def test_an_operator_retries_the_tied_method_at_once() -> None:
    """Within the recovery; it uses up no planned time."""
    story = _declined().at(day(1, at=time(1)))
    planned = [step.at for step in story.plan.steps if isinstance(step.action, Charge)]
    story.at(day(1)).retry(no())
    assert (A.id, Initiator.OPERATOR) == (story.attempt.method_id, story.attempt.initiator)
    assert planned == [step.at for step in story.plan.steps if isinstance(step.action, Charge)]
    assert Cause.OPERATOR is story.at(day(4)).retry(yes()).recovery.cause


def test_an_operator_may_retry_what_nobody_understands() -> None:
    """`unknown` stops and asks: the operator is who is asked."""
    assert "paid" == _declined(DeclineClass.UNKNOWN).at(day(1)).retry(yes()).invoice.status


@pytest.mark.parametrize(
    "kind", [DeclineClass.NEVER_RETRY, DeclineClass.UPDATE_METHOD, DeclineClass.RETRY_AFTER_CUSTOMER_ACTION]
)
def test_an_operator_retries_no_method_that_waits_for_the_customer(kind: DeclineClass) -> None:
    """Only the customer can lift these."""
    assert RefusalCode.METHOD_NOT_USABLE is _refusal(_declined(kind).at(day(1)).retry)


def test_an_operator_is_held_like_the_worker() -> None:
    """By holds, the window, the end of the recovery, a cancellation, the ceilings, and the network's delay."""
    assert RefusalCode.ON_HOLD is _refusal(_declined().decide(person.pause, None).retry)
    assert RefusalCode.RECOVERY_CLOSED is _refusal(_declined().at(day(29)).retry)
    assert RefusalCode.RECOVERY_CLOSED is _refusal(_declined().until_quiet(no()).retry)
    assert RefusalCode.LIMIT_REACHED is _refusal(_declined().at(ISSUED_AT + timedelta(hours=1)).retry)
    canceled = _declined().at(day(1))
    canceled.facts = replace(
        canceled.facts, subscription=replace(canceled.subscription, status=SubscriptionStatus.CANCELED)
    )
    assert RefusalCode.ALREADY_CANCELED is _refusal(canceled.retry)
    card = make.method("a", "mastercard")
    delayed = Story(make.facts(card)).work(no(card, advice="30")).at(day(3))
    assert RefusalCode.LIMIT_REACHED is _refusal(delayed.retry)
    nothing = Story(make.facts(subscription=make.subscription(method_id=None)))
    assert RefusalCode.NO_METHOD_TIED is _refusal(nothing.retry)


# ---------------------------------------------------------------------------------------------------------------------
# Transfers and holds


def test_5_a_declared_transfer_pauses_retries_for_ten_business_days() -> None:
    """From Monday 2 March ten business days reach to Monday 16 March."""
    story = _declined().at(day(0)).decide(person.declare_transfer)
    until = start_of_day(day(14).date(), zone("Europe/Oslo"))
    assert (HoldReason.BANK_TRANSFER, until) == (story.recovery.hold, story.recovery.held_until)
    assert until == story.plan.next_step_at
    assert RefusalCode.TRANSFER_ALREADY_DECLARED is _refusal(lambda: story.decide(person.declare_transfer))


def test_5_holidays_are_no_business_days() -> None:
    """Over Easter 2026 ten Norwegian business days from 25 March reach to 13 April."""
    invoice = make.invoice(invoice_on=day(23).date(), issued_at=day(23))
    story = Story(make.facts(A, invoice=invoice), now=day(23)).work(no()).decide(person.declare_transfer)
    assert start_of_day(datetime.fromisoformat("2026-04-13").date(), zone("Europe/Oslo")) == story.recovery.held_until


def test_a_customers_transfer_does_not_lift_an_operators_pause() -> None:
    """The longer hold stays."""
    for until in (None, day(40)):
        story = _declined().decide(person.pause, until).decide(person.declare_transfer)
        assert (HoldReason.OPERATOR, until) == (story.recovery.hold, story.recovery.held_until)
    story = _declined().decide(person.pause, day(2)).decide(person.declare_transfer)
    assert HoldReason.BANK_TRANSFER is story.recovery.hold


def test_a_pause_is_lifted_by_resuming() -> None:
    """Then the plan goes on."""
    story = _declined().decide(person.pause, None).at(day(3)).decide(person.resume)
    assert (HoldReason.NONE, day(3)) == (story.recovery.hold, story.plan.next_step_at)
    assert RefusalCode.NOT_ON_HOLD is _refusal(lambda: story.decide(person.resume))


def test_a_pause_ends_in_the_future() -> None:
    """One that is over pauses nothing."""
    with pytest.raises(InvalidInput):
        _declined().decide(person.pause, ISSUED_AT)


@pytest.mark.parametrize(
    "action",
    [
        person.resume,
        person.skip_next,
        lambda draft: person.pause(draft, None),
        lambda draft: person.move_next(draft, day(3)),
    ],
)
def test_only_an_open_recovery_can_be_rearranged(action: Callable[..., None]) -> None:
    """Neither before there is one nor after it."""
    assert RefusalCode.RECOVERY_CLOSED is _refusal(lambda: Story(make.facts()).decide(action))
    assert RefusalCode.RECOVERY_CLOSED is _refusal(lambda: _declined().until_quiet(no()).decide(action))


@pytest.mark.parametrize("to", [ISSUED_AT - timedelta(seconds=1), day(28, time(12, 1))])
def test_a_charge_is_moved_within_the_window_only(to: datetime) -> None:
    """Not into the past, not past the end."""
    with pytest.raises(InvalidInput) as refused:
        _declined().decide(person.move_next, to)
    assert "to" == refused.value.field
