"""One schedule for an open invoice (behaviour §1 and §2): what it holds, when, and what a late worker changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest

from purring.domain.attempt import AttemptStatus, Outcome
from purring.domain.clause import TEXTS, Clause
from purring.domain.decide import person
from purring.domain.decline import DeclineClass
from purring.domain.invoice import DisputeStatus, InvoiceStatus
from purring.domain.notice import NoticeKind, NoticeStatus
from purring.domain.policy import EndAction, Policy
from purring.domain.recovery import RecoveryStatus
from purring.domain.schedule import schedule
from purring.domain.step import Charge, Close, Notify, Resolve, SetStatus, Step
from purring.domain.subscription import StatusReason, SubscriptionStatus
from tests.domain import make
from tests.domain.make import ISSUED_AT, OUTAGE, SILENCE, confirm, day, no, settles, yes
from tests.domain.story import Story

STEADY = (2, 5, 8, 13, 18, 24)
HOUR = timedelta(hours=1)


def _kinds(*steps: Step) -> list[object]:
    """What each step does, charges without their method."""
    return [Charge if isinstance(step.action, Charge) else step.action for step in steps]


def _declined_once(policy: Policy | None = None) -> Story:
    """The first charge was declined; the notice is sent."""
    return Story(make.facts(policy=policy)).work(no()).send()


# ---------------------------------------------------------------------------------------------------------------------
# §1 Charging


def test_1_1_the_method_is_charged_on_the_invoice_date() -> None:
    """The first step of a new invoice is one charge of the tied method, at once."""
    assert (Step(ISSUED_AT, Charge(make.method().id), Clause("invoice.first_charge")),) == schedule(
        make.facts(), ISSUED_AT
    ).steps


def test_1_1_an_invoice_of_no_subscription_is_charged_on_its_own_method() -> None:
    """One handed over without a subscription names its method itself."""
    facts = make.facts(subscription=None, invoice=make.invoice(subscription_id=None, method_id=make.method().id))
    assert Charge(make.method().id) == schedule(facts, ISSUED_AT).steps[0].action
    story = Story(facts).until_quiet(no())
    assert (RecoveryStatus.EXHAUSTED, InvoiceStatus.OPEN) == (story.recovery.status, story.invoice.status)
    assert [] == story.notices(NoticeKind.LAST_NOTICE), "nothing gets harsher, so nothing is warned of"


def test_1_1_an_invoice_is_not_charged_before_its_date() -> None:
    """An invoice for next week waits."""
    facts = make.facts(invoice=make.invoice(issued_at=day(7)))
    assert day(7) == schedule(facts, ISSUED_AT).next_step_at


def test_1_2_an_approved_charge_pays_the_invoice() -> None:
    """Nothing opens, nobody is told."""
    story = Story(make.facts()).work(yes())
    assert (InvoiceStatus.PAID, None, []) == (story.invoice.status, story.facts.recovery, story.notices())
    assert SubscriptionStatus.ACTIVE is story.subscription.status


def test_1_2_a_declined_charge_opens_a_recovery_and_owes_one_notice() -> None:
    """The invoice stays open, the subscription is past due, one notice is owed."""
    story = Story(make.facts()).work(no())
    assert (InvoiceStatus.OPEN, RecoveryStatus.OPEN) == (story.invoice.status, story.recovery.status)
    assert SubscriptionStatus.PAST_DUE is story.subscription.status
    assert [NoticeKind.PAYMENT_DECLINED] == [notice.kind for notice in story.notices()]


def test_1_3_the_method_is_charged_again_until_the_window_closes() -> None:
    """The default policy retries six times in 28 days from the invoice date, at ten in the customer's zone."""
    story = _declined_once()
    charges = [step.at for step in story.plan.steps if isinstance(step.action, Charge)]
    assert [day(n) for n in STEADY] == charges
    assert day(28, time(12)) == story.recovery.window_ends_at
    story.until_quiet(no())
    assert [ISSUED_AT, *charges] == story.charge_times
    assert RecoveryStatus.EXHAUSTED is story.recovery.status


def test_1_3_the_window_counts_from_the_invoice_date_not_from_the_first_decline() -> None:
    """A worker that is a week late opens a recovery whose window is a week shorter, and leaves out what has passed."""
    story = Story(make.facts()).at(day(7)).work(no())
    assert day(28, time(12)) == story.recovery.window_ends_at
    assert [day(n) for n in STEADY if n > 7] == [s.at for s in story.plan.steps if isinstance(s.action, Charge)]


def test_1_3_retries_keep_their_hour_when_the_clocks_change() -> None:
    """Oslo moves to summer time on day 27: ten o'clock on both sides."""
    charges = _declined_once(Policy(retry="fixed", offsets_days=(25, 28))).plan.steps[:3]
    assert [day(25), day(28)] == [step.at for step in charges if isinstance(step.action, Charge)]
    assert ["09:00", "08:00"] == [f"{at:%H:%M}" for at in (day(25), day(28))]


def test_1_3_a_day_of_23_hours_is_no_day_to_the_networks() -> None:
    """The ceiling of one charge in 24 hours delays the retry on the short day by one hour."""
    charges = _declined_once(Policy(retry="fixed", offsets_days=(26, 27))).plan.steps
    assert [day(26), day(27, time(11))] == [step.at for step in charges if isinstance(step.action, Charge)]


def test_1_4_each_attempt_charges_the_method_tied_at_that_moment() -> None:
    """After a change the schedule names the new method throughout."""
    new = make.method("b", created_at=day(1))
    story = _declined_once().at(day(1)).tie(new)
    methods = {step.action.method_id for step in story.plan.steps if isinstance(step.action, Charge)}
    assert {new.id} == methods


def test_1_6_a_new_period_starts_its_own_count() -> None:
    """The next invoice's first charge knows nothing of the older one's recovery, only of the card's ceilings."""
    older = make.sibling(RecoveryStatus.OPEN)
    subscription = make.subscription(status=SubscriptionStatus.PAST_DUE)
    story = Story(make.facts(subscription=subscription, siblings=(older,))).work(no())
    assert [1] == [notice.number for notice in story.notices()]
    assert day(28, time(12)) == story.recovery.window_ends_at


# ---------------------------------------------------------------------------------------------------------------------
# §2 One schedule


def test_2_the_whole_future_is_one_ordered_list() -> None:
    """Six retries, the warning, the harsher status, the close."""
    steps = _declined_once().plan.steps
    assert [
        *[Charge] * 6,
        Notify(NoticeKind.LAST_NOTICE),
        SetStatus(SubscriptionStatus.SUSPENDED),
        Close(RecoveryStatus.EXHAUSTED),
    ] == _kinds(*steps)
    assert sorted(steps, key=lambda step: step.at) == list(steps)


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        (EndAction.SUSPEND, [SetStatus(SubscriptionStatus.SUSPENDED), Close(RecoveryStatus.EXHAUSTED)]),
        (EndAction.CANCEL, [SetStatus(SubscriptionStatus.CANCELED), Close(RecoveryStatus.EXHAUSTED)]),
        (EndAction.KEEP_PAST_DUE, [Close(RecoveryStatus.EXHAUSTED)]),
        (EndAction.WRITE_OFF, [SetStatus(InvoiceStatus.UNCOLLECTIBLE), Close(RecoveryStatus.WRITTEN_OFF)]),
    ],
)
def test_2_what_the_schedule_shows_at_its_end_is_what_happens(action: EndAction, expected: list[object]) -> None:
    """Each end-of-window action is carried out as it was shown on the first day."""
    story = _declined_once(Policy(end_action=action))
    shown = [step for step in story.plan.steps if isinstance(step.action, SetStatus | Close)]
    assert expected == _kinds(*shown)
    assert day(28, time(12)) == shown[-1].at
    story.until_quiet(no())
    assert story.now == shown[-1].at
    assert isinstance(shown[-1].action, Close)
    assert story.recovery.status is shown[-1].action.status


@pytest.mark.parametrize("hours_late", [0, 1, 30, 100, 1000])
def test_2_a_warning_precedes_the_harsher_status_however_late_a_worker_runs(hours_late: int) -> None:
    """The status waits three days from the warning, even when the warning itself came after the window."""
    story = _declined_once(Policy(retry="none"))
    warning = story.plan.warning
    assert warning
    story.at(warning.at + hours_late * HOUR).work().send()
    told_at = story.notices(NoticeKind.LAST_NOTICE)[0].sent_at
    assert told_at == story.now
    assert max(told_at + timedelta(days=3), day(28, time(12))) == story.plan.access_ends_at
    story.until_quiet(no())
    assert SubscriptionStatus.SUSPENDED is story.subscription.status


@pytest.mark.parametrize("action", [EndAction.KEEP_PAST_DUE, EndAction.WRITE_OFF])
def test_2_a_late_worker_ends_a_quiet_window_at_once(action: EndAction) -> None:
    """Where nothing gets harsher there is nothing to wait for, and no step lies in the past."""
    story = _declined_once(Policy(end_action=action)).at(day(50))
    assert {day(50)} == {step.at for step in story.plan.steps}
    assert not story.work().recovery.is_open


def test_2_a_warning_that_is_not_sent_holds_the_harsher_status_back() -> None:
    """As long as the mail waits, the three days haven't begun."""
    story = _declined_once(Policy(retry="none")).at(day(25)).work()
    assert NoticeStatus.OWED is story.notices(NoticeKind.LAST_NOTICE)[0].status
    for n in range(28, 60, 5):
        story.at(day(n)).work()
        assert day(n) + timedelta(days=3) == story.plan.access_ends_at
    assert "past_due" == story.subscription.status
    story.send().until_quiet(no())
    assert SubscriptionStatus.SUSPENDED is story.subscription.status


def test_2_a_warning_that_can_reach_nobody_counts_from_the_portal() -> None:
    """Where nobody gets mail, or all of it bounces, the day it was owed counts."""
    alone = Story(make.facts(policy=Policy(retry="none"), customer=make.customer(people=()))).work(no()).at(day(25))
    assert day(28, time(12)) == alone.work().plan.access_ends_at
    bounced = _declined_once(Policy(retry="none")).at(day(25)).work()
    undelivered = [
        replace(notice, status=NoticeStatus.UNDELIVERED) if notice.kind is NoticeKind.LAST_NOTICE else notice
        for notice in bounced.facts.notices
    ]
    bounced.facts = replace(bounced.facts, notices=tuple(undelivered))
    assert day(28, time(12)) == bounced.at(day(26)).plan.access_ends_at


@pytest.mark.parametrize("answer", [SILENCE, settles(day(31)), confirm(day(31))], ids=["unknown", "pending", "confirm"])
def test_2_no_harsher_status_while_an_outcome_is_open(answer: Outcome) -> None:
    """The window ends during a charge: only questions are due, whatever the hour."""
    story = _declined_once(Policy(retry="fixed", offsets_days=(28,))).at(day(24, time(13))).work().send()
    assert NoticeKind.LAST_NOTICE in {notice.kind for notice in story.notices()}
    story.at(day(28)).begin()
    story.answer(story.attempt.id, answer)
    for hours in (3, 30, 100):
        assert all(isinstance(s.action, Resolve) for s in schedule(story.facts, day(28) + hours * HOUR).steps)


def test_2_every_clause_is_a_sentence() -> None:
    """Each begins with a capital and ends with its full stop, or with sentences of its own."""
    for text in TEXTS.values():
        assert text[0].isupper()
        assert text.endswith((".", "}"))


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        (Clause("late", (day(0),)), "Planned for 2026-03-02 09:00 UTC; made up for now."),
        (Clause("unknown.ask", (timedelta(minutes=5),)), "The outcome is unknown: ask the gateway, 5 minutes after"),
        (Clause("unknown.ask", (HOUR,)), "The outcome is unknown: ask the gateway, 1 hour after the charge."),
        (Clause("unknown.ask", (30 * HOUR,)), "The outcome is unknown: ask the gateway, 30 hours after the charge."),
        (Clause("unknown.ask", (72 * HOUR,)), "The outcome is unknown: ask the gateway, 3 days after the charge."),
    ],
)
def test_2_figures_are_written_for_people(clause: Clause, expected: str) -> None:
    """Instants to the minute, spans in the unit that fits."""
    assert clause.text.startswith(expected)


# ---------------------------------------------------------------------------------------------------------------------
# Where nothing is planned, the schedule says why


@pytest.mark.parametrize("status", [InvoiceStatus.PAID, InvoiceStatus.UNCOLLECTIBLE, InvoiceStatus.VOID])
def test_a_settled_invoice_has_no_steps(status: InvoiceStatus) -> None:
    """Nothing happens to it by itself."""
    plan = schedule(make.facts(invoice=make.invoice(status=status)), ISSUED_AT)
    assert ((), Clause("invoice.settled", (status.value,))) == (plan.steps, plan.barrier)


@pytest.mark.parametrize(
    ("status", "expected"),
    [(InvoiceStatus.UNCOLLECTIBLE, RecoveryStatus.WRITTEN_OFF), (InvoiceStatus.VOID, RecoveryStatus.CANCELED)],
)
def test_the_recovery_of_an_invoice_that_was_given_up_is_closed(
    status: InvoiceStatus, expected: RecoveryStatus
) -> None:
    """It doesn't stay open for ever."""
    facts = make.facts(invoice=make.invoice(status=status), recovery=make.recovery())
    assert [Close(expected)] == [step.action for step in schedule(facts, day(3)).steps]


@pytest.mark.parametrize("dispute", [DisputeStatus.OPEN, DisputeStatus.WON, DisputeStatus.LOST])
def test_a_disputed_invoice_is_not_charged(dispute: DisputeStatus) -> None:
    """Not even after the bank has decided: that is for a person."""
    plan = schedule(make.facts(invoice=make.invoice(dispute=dispute), recovery=make.recovery()), day(3))
    assert ((), Clause("invoice.disputed", (dispute.value,))) == (plan.steps, plan.barrier)


def test_a_closed_recovery_has_no_steps() -> None:
    """What is exhausted is not begun again by itself."""
    plan = schedule(make.facts(recovery=make.recovery(status=RecoveryStatus.EXHAUSTED)), day(40))
    assert ((), Clause("recovery.closed", ("exhausted",))) == (plan.steps, plan.barrier)


def test_the_first_charge_is_left_out_on_a_canceled_subscription() -> None:
    """Its invoice stays payable."""
    facts = make.facts(subscription=make.subscription(status=SubscriptionStatus.CANCELED))
    plan = schedule(facts, ISSUED_AT)
    assert ((), Clause("subscription.canceled")) == (plan.steps, plan.barrier)


@pytest.mark.parametrize(
    ("reason", "at", "expected"),
    [
        (StatusReason.CUSTOMER_REQUEST, day(3), RecoveryStatus.CANCELED),
        (StatusReason.WINDOW_CLOSED, day(3), RecoveryStatus.CANCELED),
        (StatusReason.WINDOW_CLOSED, day(29), RecoveryStatus.EXHAUSTED),
        (StatusReason.CUSTOMER_REQUEST, day(29), RecoveryStatus.CANCELED),
    ],
    ids=["asked for", "by another invoice's window", "by its own", "asked for, seen late"],
)
def test_a_canceled_subscription_ends_its_recoveries(
    reason: StatusReason, at: datetime, expected: RecoveryStatus
) -> None:
    """Exhausted if the invoice's own window ran out, else cut short."""
    canceled = make.subscription(status=SubscriptionStatus.CANCELED, reason=reason)
    facts = make.facts(subscription=canceled, recovery=make.recovery(), attempts=(make.attempt(),))
    assert [Close(expected)] == [step.action for step in schedule(facts, at).steps]


def test_without_a_method_the_customer_is_asked_for_one() -> None:
    """The recovery opens without an attempt, and the notice says that something has to be done."""
    story = Story(make.facts(subscription=make.subscription(method_id=None))).work()
    assert (0, RecoveryStatus.OPEN) == (len(story.facts.attempts), story.recovery.status)
    notice = story.notices()[0]
    assert (NoticeKind.ACTION_NEEDED, "no_method") == (notice.kind, notice.context["reason"])
    assert Clause("method.none") == story.plan.barrier
    assert SubscriptionStatus.PAST_DUE is story.subscription.status


def test_a_recovery_without_any_attempt_charges_a_method_tied_later() -> None:
    """At the next retry hour, then on the policy's days."""
    story = Story(make.facts(subscription=make.subscription(method_id=None))).work()
    story.at(day(3, time(15))).tie(make.method("b", created_at=day(3, time(15))))
    charges = [step.at for step in story.plan.steps if isinstance(step.action, Charge)]
    assert [day(4), *(day(n) for n in STEADY if n > 4)] == charges


def test_a_recovery_without_any_attempt_ends_like_any_other() -> None:
    """The warning comes, then the harsher status."""
    story = Story(make.facts(subscription=make.subscription(method_id=None))).until_quiet(no())
    assert SubscriptionStatus.SUSPENDED is story.subscription.status
    assert [] == list(story.facts.attempts)


def test_the_schedule_is_silent_while_a_hold_has_no_end() -> None:
    """Neither charges nor the end of the window come before somebody resumes."""
    story = _declined_once().decide(person.pause, None)
    assert ((), Clause("hold.without_end", ("operator",))) == (story.plan.steps, story.plan.barrier)
    assert [] == list(schedule(story.facts, day(90)).steps)


def test_a_hold_with_an_end_moves_charges_and_the_end_of_the_window() -> None:
    """What falls into it becomes one charge at its end; the status waits for the hold."""
    story = _declined_once().decide(person.pause, day(9))
    assert [day(9), day(13), day(18), day(24)] == [s.at for s in story.plan.steps if isinstance(s.action, Charge)]
    assert "Paused (operator) until 2026-03-11 09:00 UTC." == story.plan.steps[0].clause.text
    story.decide(person.pause, day(33))
    assert [] == [step for step in story.plan.steps if isinstance(step.action, Charge)]
    assert Clause("hold.until", ("operator", day(33))) == story.plan.barrier
    assert day(33) == story.plan.access_ends_at


def test_a_hold_that_has_run_out_no_longer_counts() -> None:
    """After it, the plan goes on."""
    story = _declined_once().decide(person.pause, day(9)).at(day(10)).work(no(kind=DeclineClass.RETRY_LATER))
    assert [day(13), day(18), day(24)] == [s.at for s in story.plan.steps if isinstance(s.action, Charge)]


def test_a_worker_that_comes_after_the_window_charges_nothing() -> None:
    """It warns, waits three days, and ends."""
    story = _declined_once().at(day(40)).work()
    assert 1 == len(story.facts.attempts)
    assert Clause("window.over") == story.plan.barrier
    assert "3 days after the last notice" in story.plan.steps[-1].clause.text
    assert day(40) + timedelta(days=3) == story.plan.access_ends_at


def test_the_gateways_outage_is_no_reason_to_end_without_a_warning() -> None:
    """A window that ends during an outage still ends with a warning first."""
    story = _declined_once(Policy(retry="fixed", offsets_days=(28,))).at(day(24, time(13))).work().send()
    story.at(day(28)).work(OUTAGE).send()
    assert AttemptStatus.FAILED is story.attempt.status
    assert day(28, time(12)) <= (story.plan.access_ends_at or day(0))
