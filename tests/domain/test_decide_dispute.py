"""Chargebacks, disputes and refunds (behaviour §5), and how a subscription comes back (behaviour §1.6, §6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time

import pytest

from purring.domain.calendar import start_of_day, zone
from purring.domain.decide import dispute, person
from purring.domain.errors import InvalidInput, RefusalCode, Refused
from purring.domain.event import EventKind
from purring.domain.invoice import DisputeStatus, InvoiceStatus
from purring.domain.journal import Account
from purring.domain.money import Money
from purring.domain.policy import EndAction, Policy
from purring.domain.recovery import RecoveryStatus
from purring.domain.subscription import StatusReason, SubscriptionStatus
from tests.domain import make
from tests.domain.make import PRICE, day, no, yes
from tests.domain.story import Story

PART = Money(10000, "NOK")


def _paid() -> Story:
    """The first charge was approved."""
    return Story(make.facts()).work(yes())


def _charged_back(amount: Money = PRICE) -> Story:
    """The bank took the money back three days later."""
    return _paid().at(day(3)).decide(dispute.charged_back, amount)


# ---------------------------------------------------------------------------------------------------------------------
# §5 A chargeback re-opens the invoice, a won dispute closes it again


def test_5_a_chargeback_opens_the_invoice_without_automatic_retries() -> None:
    """The subscription is past due because of it; nothing is planned, nobody is dunned."""
    story = _charged_back()
    assert (InvoiceStatus.OPEN, DisputeStatus.OPEN, PRICE) == (
        story.invoice.status,
        story.invoice.dispute,
        story.invoice.owed,
    )
    assert (SubscriptionStatus.PAST_DUE, StatusReason.CHARGEBACK) == (
        story.subscription.status,
        story.subscription.reason,
    )
    assert ((), None, []) == (story.plan.steps, story.facts.recovery, story.notices())
    assert PRICE.minor == story.balance_minor(Account.RECEIVABLE)


def test_5_a_chargeback_told_twice_acts_once() -> None:
    """Gateways repeat themselves."""
    story = _charged_back()
    before = (story.facts, len(story.entries))
    story.decide(dispute.charged_back, PRICE)
    assert before == (story.facts, len(story.entries))


def test_5_a_won_dispute_closes_the_invoice_again() -> None:
    """And the subscription is active again."""
    story = _charged_back().at(day(20)).decide(dispute.dispute_won, PRICE)
    assert (InvoiceStatus.PAID, DisputeStatus.WON) == (story.invoice.status, story.invoice.dispute)
    assert SubscriptionStatus.ACTIVE is story.subscription.status
    assert PRICE.minor == story.balance_minor(Account.CASH)
    assert [0, 0] == [story.balance_minor(Account.RECEIVABLE), story.balance_minor(Account.OVERPAYMENTS)]


def test_5_a_lost_dispute_leaves_the_invoice_open() -> None:
    """For whoever wants to pay it."""
    story = _charged_back().decide(dispute.dispute_lost)
    assert (InvoiceStatus.OPEN, DisputeStatus.LOST, ()) == (
        story.invoice.status,
        story.invoice.dispute,
        story.plan.steps,
    )
    story.decide(dispute.dispute_won, PRICE)
    assert DisputeStatus.LOST is story.invoice.dispute, "decided is decided"
    assert SubscriptionStatus.ACTIVE is story.pay("pm_a", yes()).subscription.status


def test_a_dispute_ends_once_and_only_after_it_began() -> None:
    """An end without a beginning changes nothing."""
    story = _paid()
    before = story.facts
    story.decide(dispute.dispute_lost).decide(dispute.dispute_won, PRICE)
    assert before == story.facts


def test_a_customers_decline_after_a_lost_dispute_opens_no_recovery() -> None:
    """Nothing is charged for it by itself, so nothing would ever close it. The decline is told all the same."""
    story = _charged_back().decide(dispute.dispute_lost).pay("pm_a", no())
    assert (None, 1) == (story.facts.recovery, len(story.notices()))


def test_a_partial_approval_after_a_lost_dispute_holds_nothing() -> None:
    """There is no recovery to hold; what came is booked."""
    story = _charged_back().decide(dispute.dispute_lost).pay("pm_a", yes(PART))
    assert (Money(14900, "NOK"), 0) == (story.invoice.owed, story.said(EventKind.RECOVERY_PAUSED))


def test_a_chargeback_of_a_part_takes_the_part() -> None:
    """Only that is owed again; when it comes back, the invoice is paid."""
    story = _charged_back(PART)
    assert PART == story.invoice.owed
    assert "past_due" == story.subscription.status
    story.decide(dispute.dispute_won, PART)
    assert (InvoiceStatus.PAID, SubscriptionStatus.ACTIVE) == (story.invoice.status, story.subscription.status)


def test_a_dispute_won_in_part_leaves_the_rest_open() -> None:
    """The subscription stays past due as long as something is owed."""
    story = _charged_back().decide(dispute.dispute_won, PART)
    assert (InvoiceStatus.OPEN, Money(14900, "NOK")) == (story.invoice.status, story.invoice.owed)
    assert (SubscriptionStatus.PAST_DUE, ()) == (story.subscription.status, story.plan.steps)


def test_what_comes_back_after_the_invoice_was_paid_another_way_is_too_much() -> None:
    """Booked, never dropped."""
    story = _charged_back().decide(person.record_payment, PRICE, "transfer").decide(dispute.dispute_won, PRICE)
    assert (InvoiceStatus.PAID, -PRICE.minor) == (story.invoice.status, story.balance_minor(Account.OVERPAYMENTS))
    assert 1 == story.said(EventKind.INVOICE_OVERPAID)


def test_a_chargeback_of_an_unpaid_invoice_takes_nothing() -> None:
    """There is nothing to take, but nothing is charged any more, either."""
    story = Story(make.facts()).work(no()).decide(dispute.charged_back, PRICE)
    assert (DisputeStatus.OPEN, 0) == (story.invoice.dispute, story.balance_minor(Account.CASH))
    assert () == story.plan.steps


def test_a_chargeback_of_a_part_payment_leaves_all_of_it_open() -> None:
    """The recovery waits, as the dispute does."""
    story = Story(make.facts()).work(yes(PART)).decide(dispute.charged_back, PART)
    assert (InvoiceStatus.OPEN, PRICE, ()) == (story.invoice.status, story.invoice.owed, story.plan.steps)


def test_a_chargeback_of_a_part_of_what_was_given_up_is_lost_too() -> None:
    """The invoice stays given up, and the subscription is left alone."""
    story = Story(make.facts()).work(yes(PART)).decide(person.give_up).decide(dispute.charged_back, PART)
    assert (InvoiceStatus.UNCOLLECTIBLE, SubscriptionStatus.ACTIVE) == (story.invoice.status, story.subscription.status)
    assert PRICE.minor == story.balance_minor(Account.BAD_DEBT)


# ---------------------------------------------------------------------------------------------------------------------
# Refunds


def test_5_a_refund_makes_no_new_debt() -> None:
    """The same sum is credited: the invoice stays paid."""
    story = _paid().decide(dispute.refunded, PART)
    assert (InvoiceStatus.PAID, PART.minor) == (story.invoice.status, story.invoice.refunded_minor)
    assert [PRICE.minor - PART.minor, 0, PART.minor] == [
        story.balance_minor(account) for account in (Account.CASH, Account.RECEIVABLE, Account.CREDITS)
    ]


def test_no_more_is_refunded_than_was_paid() -> None:
    """Counting what was refunded before."""
    story = _paid().decide(dispute.refunded, PART).decide(dispute.refunded, PART)
    with pytest.raises(Refused) as refused:
        story.decide(dispute.refunded, PART)
    assert (RefusalCode.AMOUNT_MISMATCH, ("49.00 NOK",)) == (refused.value.code, refused.value.details)
    with pytest.raises(InvalidInput):
        story.decide(dispute.refunded, Money(0, "NOK"))


# ---------------------------------------------------------------------------------------------------------------------
# §1.6, §6 The way back of a subscription


@pytest.mark.parametrize(
    ("sibling", "expected"),
    [
        (None, SubscriptionStatus.ACTIVE),
        (make.sibling(None), SubscriptionStatus.ACTIVE),
        (make.sibling(None, disputed=True), SubscriptionStatus.PAST_DUE),
        (make.sibling(RecoveryStatus.OPEN), SubscriptionStatus.PAST_DUE),
        (make.sibling(RecoveryStatus.EXHAUSTED), SubscriptionStatus.PAST_DUE),
        (make.sibling(RecoveryStatus.RECOVERED), SubscriptionStatus.PAST_DUE),
    ],
    ids=["no other", "not charged yet", "disputed", "in recovery", "given up", "reversed"],
)
def test_6_a_past_due_subscription_is_active_once_nothing_else_is_overdue(
    sibling: object, expected: SubscriptionStatus
) -> None:
    """Another invoice that is merely new holds nothing back."""
    story = Story(make.facts(siblings=(sibling,) if sibling else ())).work(no()).at(day(2)).work(yes())
    assert expected is story.subscription.status


@pytest.mark.parametrize(
    ("sibling", "expected"),
    [
        (None, SubscriptionStatus.ACTIVE),
        (make.sibling(RecoveryStatus.OPEN), SubscriptionStatus.PAST_DUE),
        (make.sibling(None, disputed=True), SubscriptionStatus.PAST_DUE),
        (make.sibling(RecoveryStatus.EXHAUSTED), SubscriptionStatus.SUSPENDED),
    ],
    ids=["no other", "in recovery", "disputed", "exhausted"],
)
def test_6_a_suspended_subscription_comes_back_as_far_as_its_invoices_allow(
    sibling: object, expected: SubscriptionStatus
) -> None:
    """One exhausted invoice that is unpaid keeps people out."""
    facts = make.facts(siblings=(sibling,) if sibling else ())
    story = Story(facts).until_quiet(no()).at(day(35)).pay("pm_a", yes())
    assert expected is story.subscription.status
    assert (expected is SubscriptionStatus.SUSPENDED) == (story.subscription.suspended_at is not None)


def test_6_periods_that_were_missed_while_suspended_are_not_billed() -> None:
    """The clock starts anew on the day of the payment."""
    story = Story(make.facts()).until_quiet(no()).at(day(80)).pay("pm_a", yes())
    assert (day(80).date(), 0) == (story.subscription.anchor_on, story.subscription.next_period_index)


def test_6_a_short_suspension_keeps_the_clock() -> None:
    """No period was missed: the next one starts on its own day."""
    story = Story(make.facts()).until_quiet(no()).at(day(30)).pay("pm_a", yes())
    assert start_of_day(date(2026, 4, 2), zone(make.OSLO)) == story.subscription.next_step_at
    assert make.INVOICE_ON == story.subscription.anchor_on


def test_6_a_payment_while_past_due_never_moves_the_clock() -> None:
    """Even if the renewal worker is behind: the period that has begun is billed, on its own days."""
    story = Story(make.facts()).work(no()).at(day(33)).pay("pm_a", yes())
    assert (make.INVOICE_ON, 1) == (story.subscription.anchor_on, story.subscription.next_period_index)


def test_6_a_written_off_invoice_lets_the_subscription_go_on() -> None:
    """Where the policy gives up the money, people keep access."""
    story = Story(make.facts(policy=Policy(end_action=EndAction.WRITE_OFF))).until_quiet(no())
    assert (InvoiceStatus.UNCOLLECTIBLE, RecoveryStatus.WRITTEN_OFF) == (story.invoice.status, story.recovery.status)
    assert SubscriptionStatus.ACTIVE is story.subscription.status


def test_6_two_closing_windows_suspend_once() -> None:
    """The second invoice's window closes quietly on a suspended subscription."""
    story = Story(make.facts()).work(no()).send()
    out = replace(story.subscription, status=SubscriptionStatus.SUSPENDED, suspended_at=day(10))
    story.facts = replace(story.facts, subscription=out)
    story.until_quiet(no())
    assert (RecoveryStatus.EXHAUSTED, day(10)) == (story.recovery.status, story.subscription.suspended_at)
    assert day(28, time(12)) == story.recovery.closed_at


def test_6_a_cancellation_by_the_window_ends_the_clock() -> None:
    """Nothing is renewed any more."""
    story = Story(make.facts(policy=Policy(end_action=EndAction.CANCEL))).until_quiet(no())
    assert (SubscriptionStatus.CANCELED, None, day(28, time(12))) == (
        story.subscription.status,
        story.subscription.next_step_at,
        story.subscription.canceled_at,
    )
