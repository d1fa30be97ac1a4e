"""What customers are told, how it is counted, and when it is left unsaid (behaviour §1.5, §4, §6)."""

from __future__ import annotations

import json
from datetime import time, timedelta

import pytest

from purring.domain.attempt import Outcome
from purring.domain.decide import person
from purring.domain.decide.owing import kind_for_decline
from purring.domain.decline import DeclineClass
from purring.domain.event import EventKind
from purring.domain.notice import NoticeKind, NoticeStatus
from purring.domain.payment_method import MethodStatus, PaymentMethod
from purring.domain.policy import EndAction, Policy
from purring.domain.standing import untied_method
from tests.domain import make
from tests.domain.make import ISSUED_AT, OUTAGE, PRICE, SILENCE, day, no, yes
from tests.domain.story import Story

A, B = make.method("a"), make.method("b", last4="4444", created_at=day(-1))


def _declined(*answers: Outcome, policy: Policy | None = None) -> Story:
    """The first charge was declined."""
    return Story(make.facts(A, policy=policy)).work(*(answers or (no(),))).send()


def test_1_5_decline_notices_are_counted_per_invoice() -> None:
    """Each decline owes one, the last ones included."""
    story = _declined().until_quiet(no())
    told = story.notices(NoticeKind.PAYMENT_DECLINED, NoticeKind.ACTION_NEEDED, NoticeKind.LAST_NOTICE)
    assert [1, 2, 3, 4, 5, 6, 7] == [notice.number for notice in told]
    assert [attempt.id for attempt in story.facts.attempts] == [notice.attempt_id for notice in told]
    assert [1, 2, 3, 4, 5, 6, 7] == [notice.context["number"] for notice in told]


def test_1_5_a_notice_says_on_which_day_we_try_again() -> None:
    """The day in the text is the day of the schedule."""
    story = _declined()
    assert day(2).isoformat() == story.notices()[0].context["next_attempt_at"]
    assert str(PRICE) == story.notices()[0].context["amount"]


def test_1_5_a_notice_promises_no_retry_that_is_not_planned() -> None:
    """After the last retry, or a decline that stops them, none is named."""
    stopped = _declined(no(kind=DeclineClass.UPDATE_METHOD))
    assert (NoticeKind.ACTION_NEEDED, None) == (
        stopped.notices()[0].kind,
        stopped.notices()[0].context["next_attempt_at"],
    )
    ended = _declined().until_quiet(no())
    assert None is ended.notices(NoticeKind.LAST_NOTICE)[0].context["next_attempt_at"]


def test_1_5_the_last_notice_says_on_which_day_access_ends() -> None:
    """And it does."""
    story = _declined().until_quiet(no())
    notice = story.notices(NoticeKind.LAST_NOTICE)[0]
    assert day(28, time(12)).isoformat() == notice.context["access_ends_at"]
    assert day(28, time(12)) == story.subscription.suspended_at
    assert (day(28, time(12)) + timedelta(days=90)).isoformat() == notice.context["data_deleted_at"]


def test_1_5_a_decline_shortly_before_the_warning_is_the_warning() -> None:
    """The last retry is on day 24, the warning would follow within hours: one notice says both."""
    story = _declined().until_quiet(no())
    last = story.notices(NoticeKind.LAST_NOTICE)
    assert 1 == len(last) == story.said(EventKind.RECOVERY_WARNED)
    assert story.facts.attempts[-1].id == last[0].attempt_id


def test_1_5_a_warning_comes_by_itself_where_no_decline_is_near() -> None:
    """Counted like the others."""
    story = _declined(policy=Policy(retry="none")).until_quiet(no())
    last = story.notices(NoticeKind.LAST_NOTICE)[0]
    assert (2, None) == (last.number, last.attempt_id)


def test_a_decline_before_a_retry_that_precedes_the_warning_is_no_last_notice() -> None:
    """The warning is due in 23 hours, a retry in 21: the decline still promises the retry."""
    account = make.method("a", "sepa")
    story = Story(make.facts(account, policy=Policy(retry="fixed", offsets_days=(23, 24)))).work(no(account)).send()
    story.at(day(23, time(13))).work(no(account))
    assert NoticeKind.PAYMENT_DECLINED is story.notices()[-1].kind


def test_the_last_decline_long_before_the_warning_is_a_request() -> None:
    """Nothing happens by itself any more, though the bank said "later"."""
    story = _declined(policy=Policy(retry="fixed", offsets_days=(2,))).at(day(2)).work(no())
    assert [NoticeKind.PAYMENT_DECLINED, NoticeKind.ACTION_NEEDED] == [notice.kind for notice in story.notices()]


def test_a_stopping_decline_is_a_request() -> None:
    """Whatever is still planned."""
    story = _declined()
    stopped = make.attempt(decline_class=DeclineClass.UPDATE_METHOD)
    assert NoticeKind.ACTION_NEEDED is kind_for_decline(story.plan, stopped, story.now)


def test_no_failure_notice_goes_out_after_the_payment() -> None:
    """What is owed when the money comes is withdrawn; what comes is the receipt."""
    story = Story(make.facts(A)).work(no()).pay("pm_a", yes())
    assert [NoticeStatus.WITHDRAWN, NoticeStatus.OWED] == [notice.status for notice in story.facts.notices]
    receipt = story.notices()[0]
    assert (NoticeKind.PAYMENT_RECEIVED, 0) == (receipt.kind, receipt.number)
    assert (story.now.isoformat(), str(PRICE)) == (receipt.context["paid_at"], receipt.context["amount"])


def test_a_withdrawn_notice_is_not_counted() -> None:
    """Nobody has read it."""
    b = make.method("b")
    story = Story(make.facts(A, b)).back_up(b).work(no(A), no(b))
    assert [(1, NoticeStatus.WITHDRAWN), (1, NoticeStatus.OWED)] == [(n.number, n.status) for n in story.facts.notices]


def test_no_two_notices_have_one_number() -> None:
    """Not even when the first of two that went out is withdrawn after the second was owed."""
    b = make.method("b")
    policy = Policy(retry="fixed", offsets_days=(24,))
    story = (
        Story(make.facts(A, b, policy=policy)).work(no(A)).send().back_up(b).at(day(24, time(11))).work(no(A), OUTAGE)
    )
    story.at(day(24, time(11, 40))).work(no(b))
    numbers = [notice.number for notice in story.notices()]
    assert sorted(set(numbers)) == numbers


def test_a_backups_decline_takes_the_last_notice_over() -> None:
    """The main method's last notice is withdrawn, so the backup's must be the last notice."""
    b = make.method("b")
    policy = Policy(retry="fixed", offsets_days=(24,))
    story = Story(make.facts(A, b, policy=policy)).back_up(b).work(no(A), no(b)).send().at(day(24)).work(no(A), no(b))
    assert [NoticeKind.LAST_NOTICE] == [notice.kind for notice in story.notices()[1:]]
    assert story.facts.attempts[-1].id == story.notices()[-1].attempt_id


def test_an_older_notice_that_was_not_sent_is_not_the_backups_to_withdraw() -> None:
    """Only the main method's of the same step is."""
    b = make.method("b")
    story = Story(make.facts(A, b)).work(no(A)).back_up(b).at(day(2)).work(no(A), no(b))
    assert [NoticeStatus.OWED, NoticeStatus.WITHDRAWN, NoticeStatus.OWED] == [n.status for n in story.facts.notices]


def test_an_unknown_outcome_is_not_told() -> None:
    """It may have worked."""
    assert [] == _declined(SILENCE).notices()


def test_4_a_newer_method_that_pays_nothing_is_named() -> None:
    """Which card failed, which one exists."""
    story = Story(make.facts(A, B)).work(no())
    context = story.notices()[0].context
    assert {"kind": "card", "scheme": "visa", "last4": "4242"} == context["method"]
    assert {"kind": "card", "scheme": "visa", "last4": "4444"} == context["untied_method"]


@pytest.mark.parametrize(
    ("other", "tied"),
    [
        (make.method("b", created_at=make.YEAR_BEFORE - timedelta(days=1)), False),
        (make.method("b", created_at=day(-1)), True),
        (make.method("b", created_at=day(-1), status=MethodStatus.REMOVED), False),
    ],
    ids=["older", "tied elsewhere", "removed"],
)
def test_4_no_other_method_is_named(other: PaymentMethod, tied: bool) -> None:  # noqa: FBT001 - a parameter
    """One that is older, pays something else, or was removed is no suggestion."""
    facts = make.facts(A, other, tied=frozenset({"pm_a", "pm_b"} if tied else {"pm_a"}))
    assert None is untied_method(facts)


def test_4_without_a_tied_method_any_untied_one_is_named() -> None:
    """The newest."""
    newest = make.method("c", created_at=day(0))
    facts = make.facts(A, B, newest, subscription=make.subscription(method_id=None), tied=frozenset())
    assert newest == untied_method(facts)


@pytest.mark.parametrize("action", EndAction)
def test_6_every_notice_states_state_next_attempt_and_end(action: EndAction) -> None:
    """As plain JSON, the same keys for every kind, and with what the policy will do."""
    story = _declined(policy=Policy(end_action=action)).until_quiet(no())
    for notice in story.facts.notices:
        context = json.loads(json.dumps(notice.context))
        assert {"status", "next_attempt_at", "access_ends_at", "data_deleted_at", "end_action"} <= set(context)
        assert action == context["end_action"]
        assert "past_due" == context["status"] or notice.kind in {"access_ended", "subscription_canceled"}


def test_6_a_cancellation_at_the_end_of_the_window_says_when_data_goes() -> None:
    """At once, as it was announced."""
    story = _declined(policy=Policy(end_action=EndAction.CANCEL)).until_quiet(no())
    last, canceled = story.notices(NoticeKind.LAST_NOTICE)[0], story.notices(NoticeKind.SUBSCRIPTION_CANCELED)[0]
    assert last.context["access_ends_at"] == canceled.context["access_ends_at"] == day(28, time(12)).isoformat()
    assert last.context["data_deleted_at"] == canceled.context["data_deleted_at"] == day(28, time(12)).isoformat()


def test_an_invoice_without_lines_or_subscription_can_be_told_of() -> None:
    """One that was handed over names no product and no state."""
    invoice = make.invoice(lines=(), subscription_id=None, method_id=A.id)
    story = Story(make.facts(A, invoice=invoice, subscription=None)).work(no())
    context = story.notices()[0].context
    assert ("", None, None) == (context["product"], context["status"], context["access_ends_at"])


def test_a_warning_tells_the_reason_of_the_last_decline() -> None:
    """Though no charge is behind it."""
    story = _declined(no(kind=DeclineClass.UPDATE_METHOD)).until_quiet(no())
    assert "card_expired" == story.notices(NoticeKind.LAST_NOTICE)[0].context["reason"]


def test_a_request_for_a_method_names_no_reason_of_a_bank() -> None:
    """There was nothing to charge."""
    story = Story(make.facts(subscription=make.subscription(method_id=None))).work()
    assert ("no_method", None) == (story.notices()[0].context["reason"], story.notices()[0].context["method"])


def test_a_paid_invoice_sends_nothing_any_more() -> None:
    """Whatever had been planned."""
    story = _declined().decide(person.record_payment, PRICE, "transfer").send()
    told = len(story.notices())
    story.at(day(40)).work()
    assert told == len(story.notices())
    assert ISSUED_AT < story.now
