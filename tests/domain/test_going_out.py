"""Notices at the moment they go out: held back, put off, told with what is true then, and told together."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from purring.domain.attempt import Initiator
from purring.domain.decide import person
from purring.domain.decide.going_out import IN_FLIGHT_PATIENCE, as_of, goes_out_at, needs_facts, told_together
from purring.domain.decline import DeclineClass
from purring.domain.ids import InvoiceId
from purring.domain.notice import DECLINE_NOTICES, Notice, NoticeKind, NoticeStatus
from purring.domain.notice_terms import NoticeTerms
from purring.domain.policy import Policy
from tests.domain import make
from tests.domain.make import SILENCE, day, no, yes
from tests.domain.story import Story

A = make.method("a")
HOLDING = Policy(notices=NoticeTerms(hold_back_max=1))


def held(policy: Policy = HOLDING) -> Story:
    """The first charge was declined, and its notice waits."""
    return Story(make.facts(A, policy=policy)).work(no()).send()


def statuses(story: Story) -> list[tuple[int, NoticeStatus]]:
    """The decline notices so far."""
    return [(one.number, one.status) for one in story.facts.notices if one.kind in DECLINE_NOTICES]


# ---------------------------------------------------------------------------------------------------------------------
# Held back


def test_the_first_decline_waits_for_the_silent_retry() -> None:
    """A day longer than the retry's planned time."""
    story = held()
    assert [(1, NoticeStatus.OWED)] == statuses(story)
    assert day(3) == story.facts.notices[0].due_at


def test_the_second_decline_tells_of_both_and_is_the_first_notice() -> None:
    """Nobody has read the one that was held back."""
    story = held().at(day(2)).work(no())
    first, second = story.facts.notices
    assert [(1, NoticeStatus.WITHDRAWN), (1, NoticeStatus.OWED)] == statuses(story)
    assert (second.id, None, story.now) == (first.carried_by, second.carried_by, second.due_at)


def test_money_takes_it_back() -> None:
    """No notice carries it: there is nothing to tell."""
    story = held().at(day(2)).work(yes())
    assert [(1, NoticeStatus.WITHDRAWN)] == statuses(story)
    assert None is story.facts.notices[0].carried_by


def test_two_can_be_held_back() -> None:
    """The third decline tells of all."""
    policy = Policy(notices=NoticeTerms(hold_back_max=2, hold_back_days=7))
    story = held(policy).at(day(2)).work(no()).send()
    assert [(1, NoticeStatus.WITHDRAWN), (1, NoticeStatus.OWED)] == statuses(story)
    retry = story.plan.next_charge
    assert retry
    story.at(retry.at).work(no()).send()
    assert [(1, NoticeStatus.WITHDRAWN), (1, NoticeStatus.WITHDRAWN), (1, NoticeStatus.SENT)] == statuses(story)
    assert story.facts.notices[1].carried_by == story.facts.notices[2].id


@pytest.mark.parametrize(
    ("policy", "kind"),
    [
        (Policy(), DeclineClass.RETRY_LATER),
        (HOLDING, DeclineClass.UPDATE_METHOD),
        (HOLDING, DeclineClass.UNKNOWN),
        (Policy(notices=NoticeTerms(hold_back_max=1, hold_back_days=1)), DeclineClass.RETRY_LATER),
        (Policy(warn_days_before_close=26, notices=NoticeTerms(hold_back_max=1)), DeclineClass.RETRY_LATER),
        (Policy(retry="none", notices=NoticeTerms(hold_back_max=1)), DeclineClass.RETRY_LATER),
    ],
    ids=["not wanted", "stopped", "unknown", "the retry is far off", "a warning comes first", "no retry"],
)
def test_what_a_retry_will_hardly_settle_is_told_at_once(policy: Policy, kind: DeclineClass) -> None:
    """Only a decline that may pass by itself, with a retry soon and no warning before, waits."""
    story = Story(make.facts(A, policy=policy)).work(no(kind=kind)).send()
    assert [(1, NoticeStatus.SENT)] == statuses(story)


def test_what_the_customer_has_tried_is_told_at_once() -> None:
    """They know that they tried."""
    story = Story(make.facts(A, policy=HOLDING)).pay("pm_a", no()).send()
    assert Initiator.CUSTOMER is story.attempt.initiator
    assert [(1, NoticeStatus.SENT)] == statuses(story)


def test_a_warning_that_waits_for_the_morning_is_never_taken_back() -> None:
    """Not by a later decline, whose own notice is another kind."""
    quiet = NoticeTerms(quiet_from=time(9), quiet_until=time(21))
    policy = Policy(retry="none", notices=quiet)
    story = Story(make.facts(A, policy=policy)).work(no()).at(day(24, time(12))).work()
    assert [NoticeKind.ACTION_NEEDED, NoticeKind.LAST_NOTICE] == [one.kind for one in story.notices()]
    story.pay("pm_a", no())
    assert [NoticeKind.LAST_NOTICE, NoticeKind.ACTION_NEEDED] == [one.kind for one in story.notices()][-2:]


# ---------------------------------------------------------------------------------------------------------------------
# Going out


def test_only_what_was_put_off_or_is_late_is_looked_at_again() -> None:
    """And of what isn't about an open invoice nothing."""
    at_once = Story(make.facts(A)).work(no()).facts.notices[0]
    assert not needs_facts(at_once, at_once.owed_at)
    assert needs_facts(at_once, at_once.owed_at + timedelta(hours=1))
    assert needs_facts(held().facts.notices[0], day(0))
    thanks = replace(at_once, kind=NoticeKind.PAYMENT_RECEIVED)
    assert not needs_facts(thanks, day(9))


def test_it_says_what_is_true_when_it_goes_out() -> None:
    """The retry that it would have promised was paused meanwhile; its number stays."""
    story = held().decide(person.pause, None).at(day(3))
    told = as_of(story.facts.notices[0], story.facts, story.now)
    assert day(2).isoformat() == story.facts.notices[0].context["next_attempt_at"]
    assert (None, 1) == (told.context["next_attempt_at"], told.context["number"])
    assert "insufficient_funds" == told.context["reason"]


def test_a_charge_under_way_is_waited_for_except_by_the_warning() -> None:
    """Its money may be there any moment."""
    story = held().at(day(2)).work(SILENCE).at(day(3))
    notice, terms, customer = story.facts.notices[0], NoticeTerms(), story.facts.customer
    assert day(3) + IN_FLIGHT_PATIENCE == goes_out_at(notice, story.facts, terms, customer, story.now)
    warning = replace(notice, kind=NoticeKind.LAST_NOTICE, attempt_id=None)
    assert day(3) == goes_out_at(warning, story.facts, terms, customer, story.now)
    assert day(3) == goes_out_at(notice, None, terms, customer, story.now)
    asks = replace(notice, attempt_id=story.attempt.id)
    assert day(3) == goes_out_at(asks, story.facts, terms, customer, story.now)


def test_quiet_hours_hold_for_the_warning_too() -> None:
    """What it warns of waits for it."""
    terms = NoticeTerms(quiet_from=time(9), quiet_until=time(11))
    warning = replace(held().facts.notices[0], kind=NoticeKind.LAST_NOTICE, attempt_id=None)
    assert day(3, time(11)) == goes_out_at(warning, None, terms, make.customer(), day(3))


# ---------------------------------------------------------------------------------------------------------------------
# Together


def of_invoice(number: int, kind: NoticeKind, *, told: int = 1) -> Notice:
    """A decline notice of one of several invoices."""
    notice = Story(make.facts(A)).work(no()).facts.notices[0]
    context = {**notice.context, "invoice_number": f"P-{number}"}
    return replace(notice, invoice_id=InvoiceId(f"inv_{number}"), kind=kind, number=told, context=context)


def test_the_strictest_speaks_for_all() -> None:
    """With a line for each invoice."""
    kinds = [NoticeKind.ACTION_NEEDED, NoticeKind.LAST_NOTICE, NoticeKind.PAYMENT_DECLINED]
    told = told_together([of_invoice(number, kind) for number, kind in enumerate(kinds)])
    items = told.context["items"]
    assert isinstance(items, list)
    assert NoticeKind.LAST_NOTICE is told.kind
    assert ["P-0", "P-1", "P-2"] == [one["invoice_number"] for one in items]


def test_of_one_kind_the_one_told_most_often_speaks() -> None:
    """From the third on the text is firm."""
    two = [of_invoice(1, NoticeKind.PAYMENT_DECLINED, told=3), of_invoice(2, NoticeKind.PAYMENT_DECLINED)]
    assert "inv_1" == told_together(two).invoice_id


def test_two_of_one_invoice_need_no_list() -> None:
    """The stricter says it all."""
    two = [of_invoice(1, NoticeKind.LAST_NOTICE, told=4), of_invoice(1, NoticeKind.ACTION_NEEDED, told=5)]
    told = told_together(two)
    assert (NoticeKind.LAST_NOTICE, False) == (told.kind, "items" in told.context)
