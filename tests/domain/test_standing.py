"""How an invoice stands: one word for every situation, and what is said beside it."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from purring.domain.attempt import AttemptStatus, Outcome
from purring.domain.decide.person import declare_transfer
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.invoice import DisputeStatus, InvoiceStatus
from purring.domain.standing import Standing, status
from purring.domain.subscription import StatusReason, SubscriptionStatus
from tests.domain import make
from tests.domain.story import Story


def told(*answers: Outcome) -> Story:
    """A story in which the gateway has given these answers, beginning with the first charge."""
    return Story(make.facts()).work(*answers)


def standing(story: Story) -> Standing:
    """The one word for it."""
    return status(story.facts, story.now).standing


def test_an_invoice_that_waits_for_its_first_charge_is_fine() -> None:
    """Nothing was declined, and the day of the charge is known."""
    seen = status(make.facts(), make.ISSUED_AT)
    assert (Standing.FINE, make.ISSUED_AT, True) == (seen.standing, seen.next_charge_at, seen.can_pay)
    assert seen.failure is None


def test_without_a_method_somebody_must_act() -> None:
    """Nothing can be charged."""
    seen = status(make.facts(subscription=make.subscription(method_id=None)), make.ISSUED_AT)
    assert Standing.NEEDS_YOU is seen.standing
    assert seen.failure is not None
    assert seen.failure.has_no_method


@pytest.mark.parametrize(
    ("open_status", "expected"),
    [
        (AttemptStatus.STARTED, Standing.TRYING),
        (AttemptStatus.PENDING, Standing.TRYING),
        (AttemptStatus.UNKNOWN, Standing.UNKNOWN),
        (AttemptStatus.ACTION_REQUIRED, Standing.CONFIRM),
    ],
)
def test_an_open_attempt_says_what_to_wait_for(open_status: AttemptStatus, expected: Standing) -> None:
    """While its outcome is open nobody pays again; where the bank asks, the card says where to answer."""
    attempt = make.attempt(status=open_status, detail="https://bank.example/confirm")
    seen = status(make.facts(attempts=(attempt,)), make.ISSUED_AT + timedelta(minutes=1))
    assert (expected, False) == (seen.standing, seen.can_pay)
    assert (attempt.detail if expected is Standing.CONFIRM else None) == seen.confirm_url


def test_a_decline_is_tried_again_or_needs_somebody() -> None:
    """What the class says decides which."""
    soft, hard = told(make.no()), told(make.no(kind=DeclineClass.NEVER_RETRY))
    assert (Standing.RETRYING, Standing.NEEDS_YOU) == (standing(soft), standing(hard))
    failed = status(soft.facts, soft.now).failure
    assert failed is not None
    assert (DeclineReason.INSUFFICIENT_FUNDS, "pm_a") == (failed.reason, failed.method and failed.method.id)


def test_the_last_notice_names_the_day_access_ends() -> None:
    """From the warning on that day is what counts."""
    facts = make.facts(
        recovery=make.recovery(),
        attempts=(make.attempt(),),
        notices=(make.notice(make.day(24)),),
        subscription=make.subscription(status=SubscriptionStatus.PAST_DUE),
    )
    seen = status(facts, make.day(25))
    assert (Standing.LAST_NOTICE, make.day(28, time(12))) == (seen.standing, seen.ends.access_ends_at)


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        (SubscriptionStatus.SUSPENDED, Standing.SUSPENDED),
        (SubscriptionStatus.CANCELED, Standing.CANCELED),
    ],
)
def test_an_ended_subscription_can_still_be_paid_for(ended: SubscriptionStatus, expected: Standing) -> None:
    """Access is gone, the invoice isn't; it is known when the data go."""
    subscription = make.subscription(
        status=ended,
        reason=StatusReason.WINDOW_CLOSED,
        suspended_at=make.day(28),
        canceled_at=make.day(30) if ended is SubscriptionStatus.CANCELED else None,
    )
    seen = status(make.facts(subscription=subscription, attempts=(make.attempt(),)), make.day(31))
    assert (expected, True) == (seen.standing, seen.can_pay)
    assert seen.ends.data_deleted_at is not None
    assert seen.ends.data_deleted_at >= make.day(31)


def test_a_declared_transfer_is_waited_for() -> None:
    """Retries pause, and the card says why."""
    story = told(make.no())
    story.decide(declare_transfer)
    assert Standing.TRANSFER is standing(story)


def test_a_dispute_stands_above_everything_but_a_charge_under_way() -> None:
    """Nobody should pay while the bank decides."""
    invoice = make.invoice(dispute=DisputeStatus.OPEN)
    seen = status(make.facts(invoice=invoice, attempts=(make.attempt(),)), make.day(3))
    assert (Standing.DISPUTED, False) == (seen.standing, seen.can_pay)


def test_what_is_settled_says_how() -> None:
    """Paid at once, paid after a decline, or given up: the amount is the invoice's."""
    paid = make.invoice(status=InvoiceStatus.PAID, paid_minor=make.PRICE.minor, closed_at=make.day(2))
    at_once, later = make.facts(invoice=paid), make.facts(invoice=paid, recovery=make.recovery())
    given_up = make.facts(invoice=replace(paid, status=InvoiceStatus.UNCOLLECTIBLE, paid_minor=0))
    seen = [status(facts, make.day(3)) for facts in (at_once, later, given_up)]
    assert [Standing.FINE, Standing.RECOVERED, Standing.CLOSED] == [one.standing for one in seen]
    assert {make.PRICE} == {one.owed for one in seen}
    assert not any(one.can_pay for one in seen)
