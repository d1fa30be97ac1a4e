"""Backup methods (behaviour §4): charged only with consent, after the main method failed on the same step."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from purring.domain.decide import person
from purring.domain.decline import DeclineClass
from purring.domain.notice import NoticeKind
from purring.domain.step import Charge
from tests.domain import make
from tests.domain.make import ISSUED_AT, OUTAGE, day, no, yes
from tests.domain.story import Story

A, B = make.method("a"), make.method("b")
STOPPING = [kind for kind in DeclineClass if kind is not DeclineClass.RETRY_LATER]


def _charges(story: Story) -> list[datetime]:
    """When the charges still to come are planned."""
    return [step.at for step in story.plan.steps if isinstance(step.action, Charge)]


def _backed(kind: DeclineClass = DeclineClass.RETRY_LATER) -> Story:
    """Method `b` is the agreed backup; the first charge was declined, nothing else done yet."""
    story = Story(make.facts(A, B)).back_up(B)
    story.begin()
    story.answer(story.attempt.id, no(A, kind))
    return story


@pytest.mark.parametrize("kind", DeclineClass)
def test_4_a_backup_is_charged_after_the_main_method_failed(kind: DeclineClass) -> None:
    """On the same step, whatever the reason; one notice tells both, and names the one charged."""
    story = _backed(kind).work(no(B)).send()
    assert [A.id, B.id] == [attempt.method_id for attempt in story.facts.attempts]
    assert [False, True] == [attempt.is_backup for attempt in story.facts.attempts]
    assert 1 == len(story.notices())
    assert {"kind": "card", "scheme": "visa", "last4": "4242"} == story.notices()[0].context["backup_used"]
    assert 1 == story.notices()[0].number


def test_4_a_backup_that_pays_saves_the_customer_a_notice() -> None:
    """Only the receipt goes out."""
    story = _backed().work(yes()).send()
    assert [NoticeKind.PAYMENT_RECEIVED] == [notice.kind for notice in story.notices()]


def test_4_a_decline_notice_waits_an_hour_for_the_backup() -> None:
    """If the backup can't be charged by then, the notice goes out alone."""
    story = _backed()
    assert timedelta(hours=1) == story.notices()[0].due_at - story.notices()[0].owed_at
    story.work(OUTAGE)
    assert [] == [n for n in story.send().notices() if n.sent_at]
    assert story.at(story.now + timedelta(hours=1)).send().notices()[0].sent_at


def test_4_a_backup_is_charged_once_per_step() -> None:
    """The next retry of the main method may call on it again."""
    story = _backed().work(no(B))
    assert {A.id} == {step.action.method_id for step in story.plan.steps if isinstance(step.action, Charge)}
    story.at(day(2)).work(no(A), no(B))
    assert Counter({A.id: 2, B.id: 2}) == Counter(attempt.method_id for attempt in story.facts.attempts)


def test_4_a_backup_needs_the_customers_consent() -> None:
    """A backup set without it is left alone."""
    subscription = make.subscription(backup_method_id=B.id)
    story = Story(make.facts(A, B, subscription=subscription)).work(no())
    assert [A.id] == [attempt.method_id for attempt in story.facts.attempts]


def test_4_a_backup_survives_an_outage() -> None:
    """It is tried again when the gateway is back."""
    story = _backed().work(OUTAGE)
    backup = story.plan.steps[0]
    assert Charge(B.id, backup=True) == backup.action
    story.at(backup.at).work(yes())
    assert "paid" == story.invoice.status


def test_4_a_backup_waits_for_the_network_as_any_card_does() -> None:
    """A backup that was told to wait ten days is not charged on day 2."""
    card = make.method("b", "mastercard")
    story = Story(make.facts(A, card)).back_up(card).work(no(A), no(card, advice="30")).at(day(2)).work(no(A))
    assert 3 == len(story.facts.attempts)
    assert not any(step.action.backup for step in story.plan.steps if isinstance(step.action, Charge))


@pytest.mark.parametrize("kind", STOPPING)
def test_4_a_backup_that_was_stopped_is_left_alone(kind: DeclineClass) -> None:
    """Its own decline holds for it as for any card."""
    story = _backed().work(no(B, kind)).at(day(2)).work(no(A))
    assert [A.id, B.id, A.id] == [attempt.method_id for attempt in story.facts.attempts]


def test_4_the_same_card_is_no_backup_of_itself() -> None:
    """Two tokens of one card are one card."""
    twin = make.method("b", fingerprint="fp_a")
    story = Story(make.facts(A, twin)).back_up(twin).work(no(A))
    assert A.id == _next_method(story)
    assert day(2) == story.plan.next_step_at


def test_4_a_backup_would_be_a_surprise_a_day_later_or_after_the_customer_has_acted() -> None:
    """It belongs to the step on which the main method failed."""
    assert A.id == _next_method(_backed().at(ISSUED_AT + timedelta(hours=24, minutes=1)))
    assert A.id == _next_method(_backed().pay("pm_a", no(A)))
    assert B.id == _next_method(_backed())
    third = make.method("c", created_at=ISSUED_AT)
    assert third.id == _next_method(_backed().tie(third))


def _next_method(story: Story) -> str:
    charge = story.plan.next_charge
    assert charge
    assert isinstance(charge.action, Charge)
    return charge.action.method_id


def test_4_no_backup_is_charged_during_a_hold() -> None:
    """A pause holds for every automatic charge, with an end or without."""
    assert [] == _charges(_backed().decide(person.pause, None))
    assert A.id == _next_method(_backed().decide(person.pause, ISSUED_AT + timedelta(hours=5)))


def test_4_an_operator_can_leave_a_backup_out() -> None:
    """Skipping the next charge skips the backup if that is what comes next."""
    story = _backed().work(OUTAGE).decide(person.skip_next)
    assert A.id == _next_method(story)
