"""What follows from a gateway's answer (behaviour §1, §3, §7), and how a crash between two commits is settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.attempt import Absent, ActionRequired, AttemptStatus, Declined, Outcome
from purring.domain.changes import Draft
from purring.domain.clause import Clause
from purring.domain.decide import person
from purring.domain.decide.begin import KEY_MARGIN, RESEND_WITHIN, STEPS_MAX, Ask, Go, Resend, Wait
from purring.domain.decide.carry_out import carry_out
from purring.domain.decline import Answer, DeclineClass, DeclineReason
from purring.domain.event import EventKind
from purring.domain.ids import AttemptId
from purring.domain.invoice import DisputeStatus, InvoiceStatus
from purring.domain.journal import Account
from purring.domain.money import Money
from purring.domain.notice import NoticeKind, NoticeStatus
from purring.domain.payment_method import MethodStatus
from purring.domain.policy import Policy
from purring.domain.recovery import Cause, HoldReason, RecoveryStatus
from purring.domain.schedule import UNKNOWN_ASKED_AFTER, WAITING_DAYS_MAX
from purring.domain.step import Charge, Resolve, Step
from purring.domain.subscription import SubscriptionStatus
from tests.domain import make
from tests.domain.make import ISSUED_AT, KEY_LIFETIME, OUTAGE, PRICE, SILENCE, confirm, day, no, settles, yes
from tests.domain.story import Story

A, B = make.method("a"), make.method("b")
HOUR = timedelta(hours=1)
SOON = timedelta(minutes=5)


def _started() -> Story:
    """The first charge is written down; the worker has stopped before it knew the answer."""
    story = Story(make.facts(A, B))
    assert isinstance(story.begin(), Go)
    return story


def _unknown() -> Story:
    """The first charge timed out."""
    return Story(make.facts(A, B)).work(SILENCE)


# ---------------------------------------------------------------------------------------------------------------------
# Final answers


def test_a_success_says_how_much_came_and_what_it_paid() -> None:
    """Attempt, invoice and journal agree."""
    story = Story(make.facts()).work(yes())
    assert (AttemptStatus.SUCCEEDED, PRICE.minor, "ch_1") == (
        story.attempt.status,
        story.attempt.captured_minor,
        story.attempt.gateway_ref,
    )
    assert PRICE.minor == story.balance_minor(Account.CASH)
    assert 1 == story.said(EventKind.ATTEMPT_SUCCEEDED) == story.said(EventKind.INVOICE_PAID)


def test_a_success_lets_other_invoices_on_the_card_look_again() -> None:
    """An approved charge doesn't count under the ceilings any more."""
    story = _started()
    assert 1 == len(story.counted().uses["fp_a"])
    story.answer(story.attempt.id, yes())
    assert () == story.counted().uses.get("fp_a", ())


def test_a_decline_says_why_and_by_which_rule() -> None:
    """Reason, class and rule rows stand on the attempt and in its event."""
    story = Story(make.facts()).work(no())
    assert (DeclineReason.INSUFFICIENT_FUNDS, DeclineClass.RETRY_LATER) == (
        story.attempt.reason,
        story.attempt.decline_class,
    )
    declined = next(event for event in story.events if event.kind is EventKind.ATTEMPT_DECLINED)
    assert story.attempt.rules
    assert list(story.attempt.rules) == declined.data["rules"]


def test_a_decline_without_a_code_stops_and_asks() -> None:
    """Unknown never means "try again"."""
    story = Story(make.facts()).work(Declined(answer=Answer(gateway="sandbox", network="visa")))
    assert DeclineClass.UNKNOWN is story.attempt.decline_class
    assert None is story.plan.next_charge


def test_an_answer_that_comes_again_changes_nothing() -> None:
    """Final states are final."""
    story = Story(make.facts()).work(no()).send()
    before = (story.counted(), len(story.events), len(story.entries))
    for outcome in (no(), OUTAGE, SILENCE, Absent()):
        story.answer(story.attempt.id, outcome)
    assert before == (story.counted(), len(story.events), len(story.entries))


def test_a_partial_approval_pays_what_it_brings_and_leaves_the_rest_to_a_person() -> None:
    """Nothing is charged by itself until somebody resumes; then only the rest."""
    story = Story(make.facts()).work(yes(Money(10000, "NOK")))
    assert (InvoiceStatus.OPEN, Money(14900, "NOK")) == (story.invoice.status, story.invoice.owed)
    assert (HoldReason.PARTIAL_PAYMENT, None) == (story.recovery.hold, story.plan.next_step_at)
    assert "past_due" == story.subscription.status
    story.decide(person.resume).at(day(2)).work(yes(Money(14900, "NOK")))
    assert (InvoiceStatus.PAID, Money(14900, "NOK")) == (story.invoice.status, story.attempt.amount)


def test_more_than_was_asked_is_booked_as_too_much() -> None:
    """Money is never dropped."""
    story = Story(make.facts()).work(yes(Money(30000, "NOK")))
    assert (PRICE.minor, -5100) == (story.invoice.paid_minor, story.balance_minor(Account.OVERPAYMENTS))
    assert 1 == story.said(EventKind.INVOICE_OVERPAID)


# ---------------------------------------------------------------------------------------------------------------------
# The bank's confirmation


def test_the_bank_asks_the_customer() -> None:
    """One notice with the bank's address; the invoice is in recovery; only questions are planned."""
    story = Story(make.facts()).work(confirm(ISSUED_AT + HOUR))
    notice = story.notices()[0]
    assert (NoticeKind.ACTION_NEEDED, "https://bank.example/confirm") == (notice.kind, notice.context["confirm_url"])
    assert "past_due" == story.subscription.status
    assert {Resolve} == {type(step.action) for step in story.plan.steps}
    assert ISSUED_AT + HOUR == story.plan.next_step_at


def test_a_confirmation_that_is_given_pays() -> None:
    """Approved on asking."""
    story = Story(make.facts()).work(confirm(ISSUED_AT + HOUR)).at(ISSUED_AT + HOUR).work(yes())
    assert (InvoiceStatus.PAID, RecoveryStatus.RECOVERED) == (story.invoice.status, story.recovery.status)


def test_a_confirmation_that_runs_out_is_a_decline_already_told() -> None:
    """The request counts as this attempt's notice."""
    late = no(kind=DeclineClass.RETRY_AFTER_CUSTOMER_ACTION)
    story = Story(make.facts()).work(confirm(ISSUED_AT + HOUR)).send().at(ISSUED_AT + HOUR).work(late)
    assert AttemptStatus.DECLINED is story.attempt.status
    assert [1] == [notice.number for notice in story.notices()]


def test_the_bank_asks_only_once() -> None:
    """A gateway that goes back and forth makes no second notice."""
    story = Story(make.facts()).work(confirm(ISSUED_AT + HOUR))
    answers: list[Outcome] = [confirm(ISSUED_AT + HOUR), settles(day(3)), confirm(ISSUED_AT + 2 * HOUR)]
    for minutes, outcome in enumerate(answers, start=1):
        story.at(ISSUED_AT + timedelta(minutes=minutes)).answer(story.attempt.id, outcome)
    assert 1 == len(story.notices())
    assert AttemptStatus.ACTION_REQUIRED is story.attempt.status


# ---------------------------------------------------------------------------------------------------------------------
# §7 Unknown outcomes


def test_7_a_time_out_leaves_an_attempt_unknown_and_owes_nothing() -> None:
    """Nobody is told before anybody knows."""
    story = _unknown()
    assert (AttemptStatus.UNKNOWN, [], None) == (story.attempt.status, story.notices(), story.facts.recovery)


def test_7_an_unknown_outcome_is_asked_about_on_a_fixed_cadence() -> None:
    """After 5 minutes, 1 hour, then daily five times; then it waits for an operator."""
    story, asked = _unknown(), []
    while story.plan.next_step_at:
        story.at(story.plan.next_step_at).work(SILENCE)
        asked.append(story.now - ISSUED_AT)
    assert list(UNKNOWN_ASKED_AFTER) == asked
    assert [timedelta(minutes=5), HOUR, *(timedelta(days=n) for n in range(1, 6))] == asked
    assert story.plan.barrier
    assert "queue.operator" == story.plan.barrier.id
    assert (7, 1) == (story.attempt.asked_count, story.said(EventKind.ATTEMPT_NEEDS_OPERATOR))


def test_7_a_worker_that_comes_late_asks_once_for_the_times_it_missed() -> None:
    """Then it goes on as planned."""
    story = _unknown().at(ISSUED_AT + timedelta(days=2, hours=3)).work(SILENCE)
    assert 1 == story.attempt.asked_count
    assert ISSUED_AT + timedelta(days=3) == story.plan.next_step_at


@given(st.lists(st.integers(0, 7 * 24), max_size=6))
def test_7_questions_missed_are_made_up_for_within_the_week(absences_h: list[int]) -> None:
    """However long workers are away, the gateway is asked seven times, or for seven days."""
    story = _unknown()
    while story.plan.next_step_at:
        late = timedelta(hours=absences_h.pop()) if absences_h else timedelta()
        story.at(story.plan.next_step_at + late).work(SILENCE)
    assert story.attempt.asked_count == 7 or story.now - ISSUED_AT + HOUR > timedelta(days=7)
    assert 1 == story.said(EventKind.ATTEMPT_NEEDS_OPERATOR)


def test_7_a_gateway_that_can_not_be_asked_has_not_answered() -> None:
    """An outage during the question says nothing about the charge."""
    story = _unknown().at(ISSUED_AT + timedelta(minutes=5)).work(OUTAGE)
    assert (AttemptStatus.UNKNOWN, 1) == (story.attempt.status, story.attempt.asked_count)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(yes(), AttemptStatus.SUCCEEDED), (no(), AttemptStatus.DECLINED), (settles(day(3)), AttemptStatus.PENDING)],
)
def test_7_the_gateways_answer_settles_it(answer: Outcome, expected: AttemptStatus) -> None:
    """Whatever it says."""
    assert expected is _unknown().at(ISSUED_AT + timedelta(minutes=5)).work(answer).attempt.status


def test_7_a_charge_the_gateway_never_got_is_made_again_as_a_new_attempt() -> None:
    """It costs no attempt and sends no notice."""
    story = _unknown().at(ISSUED_AT + timedelta(minutes=5)).work(Absent())
    assert (AttemptStatus.FAILED, []) == (story.attempt.status, story.notices())
    assert story.plan.next_step_at
    story.at(story.plan.next_step_at).work(yes())
    assert (2, InvoiceStatus.PAID) == (len(story.facts.attempts), story.invoice.status)


def test_7_an_interrupted_charge_is_sent_again_under_its_own_key() -> None:
    """The same attempt, the same key; an answer settles it as if nothing had happened."""
    story = _started().at(ISSUED_AT + SOON)
    move = story.begin()
    assert isinstance(move, Resend)
    assert ("att_1", AttemptStatus.UNKNOWN) == (move.attempt.id, move.attempt.status)
    story.answer(move.attempt.id, yes())
    assert (InvoiceStatus.PAID, 1) == (story.invoice.status, len(story.facts.attempts))


def test_7_a_repetition_that_is_turned_away_says_nothing_about_the_first_time() -> None:
    """The charge may have been made: it stays unknown, and is never replaced by a new one."""
    story = _started().at(ISSUED_AT + SOON).work(OUTAGE)
    assert (AttemptStatus.UNKNOWN, 1) == (story.attempt.status, len(story.facts.attempts))
    assert isinstance(story.at(ISSUED_AT + timedelta(days=1)).begin(), Ask)


def test_7_a_key_is_never_sent_after_its_lifetime() -> None:
    """Close to its end, the gateway is asked instead."""
    assert ISSUED_AT + KEY_LIFETIME - KEY_MARGIN == _started().attempt.key_expires_at
    for early, move in ((timedelta(seconds=1), Resend), (timedelta(0), Ask)):
        story = _started().at(ISSUED_AT + SOON)
        story.facts = replace(story.facts, attempts=(replace(story.attempt, key_expires_at=story.now + early),))
        assert isinstance(story.begin(), move)


def test_7_a_charge_that_was_interrupted_long_ago_is_asked_about() -> None:
    """Sent hours after its beginning, it would stand closer to the next one than any limit could see."""
    assert _is_sent_again(_started().at(ISSUED_AT + RESEND_WITHIN - timedelta(seconds=1)))
    asked = _started().at(ISSUED_AT + RESEND_WITHIN)
    assert isinstance(asked.begin(), Ask)
    asked.answer("att_1", Absent())
    assert AttemptStatus.FAILED is asked.attempt.status


def _is_sent_again(story: Story) -> bool:
    return isinstance(story.begin(), Resend)


def test_7_an_interrupted_charge_is_not_sent_again_once_it_is_no_longer_wanted() -> None:
    """Another method, a pause, a cancellation, a removal, the end of the window: then it is only asked about."""
    assert _is_sent_again(_started())
    assert not _is_sent_again(_started().tie(B))
    assert not _is_sent_again(_started().at(day(29)))
    removed, canceled, disputed, other = _started(), _started(), _started(), _started()
    gone = replace(A, status=MethodStatus.REMOVED, removed_at=ISSUED_AT)
    removed.facts = replace(removed.facts, methods=(gone, B))
    ended = replace(canceled.subscription, status=SubscriptionStatus.CANCELED)
    canceled.facts = replace(canceled.facts, subscription=ended)
    disputed.facts = replace(disputed.facts, invoice=replace(disputed.invoice, dispute=DisputeStatus.LOST))
    other.facts = replace(other.facts, invoice=replace(other.invoice, paid_minor=100))
    assert [False] * 4 == [_is_sent_again(story) for story in (removed, canceled, disputed, other)]


def test_7_an_interrupted_retry_is_not_sent_again_during_a_pause_or_after_the_recovery() -> None:
    """What has come up since keeps it back."""
    paused = _declined_and_started().decide(person.pause, None)
    closed = _declined_and_started()
    closed.facts = replace(closed.facts, recovery=replace(closed.recovery, status=RecoveryStatus.CANCELED))
    stopped = _declined_and_started()
    never = replace(stopped.facts.attempts[0], decline_class=DeclineClass.NEVER_RETRY)
    stopped.facts = replace(stopped.facts, attempts=(never, stopped.attempt))
    assert [False] * 3 == [_is_sent_again(story) for story in (paused, closed, stopped)]
    assert _is_sent_again(_declined_and_started())


def test_7_an_interrupted_retry_is_not_sent_again_after_the_window() -> None:
    """It began just before noon, when the window closed."""
    story = Story(make.facts(policy=Policy(retry="fixed", offsets_days=(28,)))).work(no()).at(day(24, time(13))).work()
    story.send().at(day(28, time(11, 55))).begin()
    assert _is_sent_again(Story(story.counted(), day(28, time(12))))
    assert not _is_sent_again(Story(story.counted(), day(28, time(12, 1))))


def _declined_and_started() -> Story:
    """The first retry was interrupted."""
    story = Story(make.facts(A, B)).work(no()).at(day(2))
    story.begin()
    return story


def test_7_an_interrupted_backup_is_sent_again_as_long_as_it_is_the_backup() -> None:
    """It is not the tied method, but the one the customer agreed to."""
    story = Story(make.facts(A, B)).back_up(B)
    story.begin()
    story.answer("att_1", no())
    assert isinstance(story.begin(), Go)
    kept, changed = story.counted(), replace(story.subscription, backup_method_id=None)
    assert _is_sent_again(Story(kept, story.now))
    assert not _is_sent_again(Story(replace(kept, subscription=changed), story.now))


def test_7_a_customers_interrupted_payment_is_sent_again() -> None:
    """They wanted it, whatever is tied."""
    story = Story(make.facts(A, B)).pay("pm_b").at(ISSUED_AT + SOON)
    assert isinstance(story.begin(), Resend)


def test_7_a_bank_debit_is_pending_until_settled() -> None:
    """Asked about from the day the gateway named, then daily, at most a week."""
    account = make.method("a", "sepa")
    story, asked = Story(make.facts(account)).work(settles(ISSUED_AT + timedelta(days=4))), []
    assert (1, []) == (story.said(EventKind.ATTEMPT_PENDING), story.notices())
    while story.plan.next_step_at:
        story.at(story.plan.next_step_at).work(settles(day(30)))
        asked.append(story.now - ISSUED_AT)
    assert [timedelta(days=n) for n in range(4, WAITING_DAYS_MAX + 1)] == asked


def test_7_a_late_failure_of_a_debit_continues_the_recovery() -> None:
    """The retries that are still to come stay; those of the days in between are not made up for."""
    account = make.method("a", "sepa")
    story = Story(make.facts(account)).work(settles(ISSUED_AT + timedelta(days=4)))
    story.at(day(6)).work(no(account))
    charges = [step.at for step in story.plan.steps if "policy.retry" == step.clause.id]
    assert [day(8), day(13)] == charges[:2]
    assert 1 == len(story.notices())


def test_7_a_late_success_of_a_debit_closes_the_recovery() -> None:
    """Also when the customer had been asked to act."""
    story = Story(make.facts()).work(no()).send().at(day(2)).work(settles(day(5)))
    story.at(day(5)).work(yes())
    assert (RecoveryStatus.RECOVERED, Cause.RETRY) == (story.recovery.status, story.recovery.cause)


# ---------------------------------------------------------------------------------------------------------------------
# Money found late


def test_money_found_late_is_booked() -> None:
    """A declined attempt turns out to have been paid: invoice, recovery and subscription follow."""
    story = Story(make.facts()).work(no())
    story.answer(story.attempt.id, yes())
    assert (AttemptStatus.SUCCEEDED, InvoiceStatus.PAID) == (story.attempt.status, story.invoice.status)
    assert (None, None) == (story.attempt.reason, story.attempt.decline_class)
    assert 1 == story.said(EventKind.ATTEMPT_CORRECTED)
    assert [NoticeStatus.WITHDRAWN] == [n.status for n in story.facts.notices if n.kind != "payment_received"]


def test_money_found_late_on_a_paid_invoice_is_too_much() -> None:
    """Both attempts keep their money; the second is a surplus."""
    story = Story(make.facts()).work(no()).at(day(2)).work(yes())
    story.answer("att_1", yes())
    assert (PRICE.minor, -PRICE.minor) == (story.invoice.paid_minor, story.balance_minor(Account.OVERPAYMENTS))
    assert InvoiceStatus.PAID is story.invoice.status


def test_money_found_late_while_another_charge_is_open() -> None:
    """The open one is still settled, asks nobody for anything, and what it brings is too much."""
    for answer, overpaid_minor in ((yes(), PRICE.minor), (no(), 0), (confirm(day(3)), 0)):
        story = Story(make.facts()).work(no()).send().at(day(2)).work(settles(day(4)))
        story.answer("att_1", yes())
        assert InvoiceStatus.PAID is story.invoice.status
        assert {Resolve} == {type(step.action) for step in story.plan.steps}
        told = len(story.notices())
        story.at(day(4)).work(answer)
        assert -overpaid_minor == story.balance_minor(Account.OVERPAYMENTS)
        assert (InvoiceStatus.PAID, told) == (story.invoice.status, len(story.notices()))
        assert isinstance(answer, ActionRequired) or not story.attempt.is_open


def test_steps_that_are_due_at_once_are_few() -> None:
    """The bound on steps per move is never near: warning, status and close of one window are three."""
    story = Story(make.facts()).work(no()).send().at(day(60))
    assert isinstance(story.begin(), Wait)
    assert STEPS_MAX > 6


@pytest.mark.parametrize("action", [Charge(A.id), Resolve(AttemptId("att_1"))])
def test_only_a_gateway_can_charge_and_answer(action: Charge | Resolve) -> None:
    """A step that needs one is never carried out without it."""
    with pytest.raises(AssertionError, match="need a gateway"):
        carry_out(Draft(make.facts(), ISSUED_AT), Step(ISSUED_AT, action, Clause("late", (ISSUED_AT,))))
