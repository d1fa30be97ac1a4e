"""When the next charges come (behaviour §3 and §4): classes, limits, outages, new methods, backups, operators."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from purring.domain.attempt import AttemptStatus, Initiator, Unavailable
from purring.domain.charge_plan import OUTAGE_DELAY_MAX, OUTAGE_SPREAD_S
from purring.domain.clause import Clause
from purring.domain.decide import person
from purring.domain.decline import DeclineClass
from purring.domain.errors import RefusalCode, Refused
from purring.domain.event import EventKind
from purring.domain.notice import NoticeKind
from purring.domain.payment_method import PaymentMethod
from purring.domain.policy import Policy
from purring.domain.rulebook.limits import Use
from purring.domain.step import Charge, SetStatus
from purring.domain.subscription import SubscriptionStatus
from tests.domain import make
from tests.domain.make import ISSUED_AT, OUTAGE, day, no, yes
from tests.domain.story import Story

A, B = make.method("a"), make.method("b")
STOPPING = [kind for kind in DeclineClass if kind is not DeclineClass.RETRY_LATER]
MINUTE = timedelta(minutes=1)


def _charges(story: Story) -> list[datetime]:
    """When the charges still to come are planned."""
    return [step.at for step in story.plan.steps if isinstance(step.action, Charge)]


def _declined(kind: DeclineClass = DeclineClass.RETRY_LATER, *methods: PaymentMethod) -> Story:
    """The first charge was declined."""
    return Story(make.facts(*(methods or (A, B)))).work(no(A, kind)).send()


def _uses(count: int, last_at: datetime, apart: timedelta = timedelta(hours=25)) -> tuple[Use, ...]:
    """Earlier attempts of other invoices on the same card and amount."""
    return tuple(
        Use(at=last_at - n * apart, amount_minor=make.PRICE.minor, currency="NOK", invoice_id="inv_0")
        for n in range(count - 1, -1, -1)
    )


# ---------------------------------------------------------------------------------------------------------------------
# §3 What a decline means


def test_3_retry_later_stays_on_the_schedule() -> None:
    """Six retries remain."""
    assert 6 == len(_charges(_declined()))


@pytest.mark.parametrize("kind", STOPPING)
def test_3_every_other_class_stops_the_automatic_charges(kind: DeclineClass) -> None:
    """And the schedule says which decline it was."""
    story = _declined(kind)
    assert [] == _charges(story)
    assert story.plan.barrier
    assert "method.stopped" == story.plan.barrier.id
    assert kind.value in story.plan.barrier.figures
    assert [NoticeKind.ACTION_NEEDED] == [notice.kind for notice in story.notices()]


@pytest.mark.parametrize("kind", STOPPING)
def test_3_editing_the_method_lifts_every_stop_but_never_retry(kind: DeclineClass) -> None:
    """New data is worth one try at the next retry hour."""
    story = _declined(kind).at(day(1)).edit("pm_a", exp_year=2031)
    assert (kind is DeclineClass.NEVER_RETRY) == (not _charges(story))


@pytest.mark.parametrize("kind", STOPPING)
def test_3_the_same_card_added_again_lifts_every_stop_but_never_retry(kind: DeclineClass) -> None:
    """A card that may never be charged again is known by its fingerprint, whatever its token."""
    again = make.method("a2", fingerprint="fp_a", created_at=day(1))
    story = _declined(kind).at(day(1)).tie(again)
    assert (kind is DeclineClass.NEVER_RETRY) == (not _charges(story))


def test_3_a_card_stopped_for_one_debt_is_free_for_another() -> None:
    """`never_retry` forbids this card for this debt."""
    story = _declined(DeclineClass.NEVER_RETRY)
    other = Story(make.facts(invoice=make.invoice(id="inv_2"), uses=story.counted().uses), now=day(2))
    assert isinstance(other.plan.steps[0].action, Charge)


def test_3_a_later_decline_that_says_later_lifts_a_stop() -> None:
    """Somebody tried anyway, and the bank no longer objects to the card itself."""
    story = _declined(DeclineClass.UNKNOWN).at(day(1)).retry(no())
    assert [day(2), *(day(n) for n in (5, 8, 13, 18, 24))] == _charges(story)


def test_3_an_outage_costs_no_attempt_and_owes_no_notice() -> None:
    """The planned time stays open and is tried again soon."""
    story = _declined().at(day(2)).work(OUTAGE)
    assert (AttemptStatus.FAILED, 1) == (story.attempt.status, len(story.notices()))
    assert day(2) + timedelta(minutes=5) <= _charges(story)[0] <= day(2) + timedelta(minutes=35)
    assert 6 == len(_charges(story))
    assert Clause("outage.retry", (2,)) == story.plan.steps[0].clause


def test_3_what_failed_no_longer_counts_under_the_ceilings() -> None:
    """Neither for the answer's own transaction, which says when to look again."""
    story = _declined().at(day(2))
    story.begin()
    story.answer(story.attempt.id, OUTAGE)
    assert _charges(story)[0] == story.invoice.next_step_at


def test_3_an_outage_at_the_first_charge_opens_no_recovery() -> None:
    """It isn't the customer's fault."""
    story = Story(make.facts()).work(OUTAGE)
    assert (None, [], SubscriptionStatus.ACTIVE) == (
        story.facts.recovery,
        story.notices(),
        story.subscription.status,
    )
    assert ISSUED_AT + timedelta(minutes=5) <= _charges(story)[0]


def test_3_an_outage_is_tried_again_with_back_off() -> None:
    """Each wait is longer than the one before, up to six hours, and each invoice has its own place."""
    story = Story(make.facts())
    waits = []
    for _ in range(9):
        story.work(OUTAGE)
        waits.append(_charges(story)[0] - story.now)
        story.at(_charges(story)[0])
    floor = [min(timedelta(minutes=5) * 2**n, OUTAGE_DELAY_MAX) for n in range(9)]
    spread = [wait - least for wait, least in zip(waits, floor, strict=True)]
    assert all(timedelta() <= one <= timedelta(seconds=OUTAGE_SPREAD_S) for one in spread)
    assert len(set(spread)) > 1


def test_3_an_outage_heeds_the_time_the_gateway_asks_for() -> None:
    """`Retry-After` counts if it is longer."""
    story = _declined().at(day(2)).work(Unavailable(detail="busy", retry_after=timedelta(hours=5)))
    assert day(2) + timedelta(hours=5) == _charges(story)[0]


def test_3_an_outage_of_weeks_ends_in_a_request() -> None:
    """A first charge that found no room in the whole window asks the customer, as if there were no method."""
    story = Story(make.facts(policy=Policy(window_days=4, warn_days_before_close=3)))
    story.work(Unavailable(detail="down", retry_after=timedelta(days=6)))
    assert SetStatus(SubscriptionStatus.PAST_DUE) == story.plan.steps[0].action
    assert "invoice.no_room" == story.plan.steps[0].clause.id


def test_3_the_network_delays_a_retry() -> None:
    """Advice code 30 of Mastercard means ten days: days 2, 5 and 8 become one charge on day 10."""
    card = make.method("a", "mastercard")
    story = Story(make.facts(card)).work(no(card, advice="30"))
    delayed_to = ISSUED_AT + timedelta(days=10)
    assert [delayed_to, day(13), day(18), day(24)] == _charges(story)
    assert "network.delay" == story.plan.steps[0].clause.id


def test_3_the_ceilings_count_across_invoices() -> None:
    """Fourteen attempts elsewhere leave room for one; then the thirty days must pass."""
    uses = {"fp_a": _uses(14, ISSUED_AT - timedelta(days=1))}
    story = Story(make.facts(uses=uses)).work(no())
    assert "fp_a" in story.counted().uses
    first_out = uses["fp_a"][0].at + timedelta(days=30)
    assert first_out == _charges(story)[0]
    assert "Our ceiling of 15 attempts" in story.plan.steps[0].clause.text


def test_3_a_first_charge_waits_for_the_ceilings() -> None:
    """One charge of a card and amount a day: the second subscription's invoice waits."""
    story = Story(make.facts(uses={"fp_a": _uses(1, ISSUED_AT - timedelta(hours=1))}))
    assert [ISSUED_AT + timedelta(hours=23)] == _charges(story)
    assert "rule.delay" == story.plan.steps[0].clause.id


def test_3_where_the_ceilings_leave_no_room_the_schedule_says_so() -> None:
    """A full card isn't charged again in this window."""
    policy = Policy(window_days=14)
    full = _uses(15, day(1), apart=timedelta(hours=24))
    story = Story(make.facts(policy=policy)).work(no())
    story.elsewhere = {"fp_a": full}
    assert [] == _charges(story)
    assert story.plan.barrier
    assert "rule.no_room" == story.plan.barrier.id


def test_3_a_bank_debit_is_presented_again_twice() -> None:
    """ACH, Bacs and SEPA allow an entry and two more."""
    account = make.method("a", "sepa")
    story = Story(make.facts(account)).until_quiet(no(account))
    assert 3 == len(story.facts.attempts)


# ---------------------------------------------------------------------------------------------------------------------
# §4 Methods that change


def test_4_tying_another_method_replans_at_once() -> None:
    """One try at the next retry hour, the policy's days after it, the old card no more."""
    story = _declined().at(day(3, time(15))).tie(B)
    assert [day(4), *(day(n) for n in (5, 8, 13, 18, 24))] == _charges(story)
    assert {B.id} == {step.action.method_id for step in story.plan.steps if isinstance(step.action, Charge)}
    assert Clause("policy.fresh_method") == story.plan.steps[0].clause


def test_4_a_method_tied_in_the_morning_is_tried_the_same_day() -> None:
    """At ten, if it isn't ten yet."""
    assert day(3) == _charges(_declined().at(day(3, time(8))).tie(B))[0]


def test_4_an_outage_does_not_cost_a_new_method_its_try() -> None:
    """What the gateway never took is not a try."""
    story = _declined().at(day(3, time(8))).tie(B).at(day(3)).work(OUTAGE)
    assert day(3) < _charges(story)[0] < day(3, time(12))


def test_4_a_new_method_that_somebody_tried_gets_no_extra_try() -> None:
    """The customer's own attempt was it; days that went by before the change aren't made up for."""
    story = _declined(DeclineClass.UPDATE_METHOD).at(day(3, time(8))).tie(B).pay("pm_b", no(B))
    assert [day(5), day(8), day(13), day(18), day(24)] == _charges(story)


def test_4_a_customers_attempt_uses_up_no_automatic_one() -> None:
    """The plan stays; only the network's ceiling delays what comes too soon."""
    story = _declined().at(day(2, time(9)))
    before = _charges(story)
    story.pay("pm_b", no(B))
    assert before == _charges(story)
    story.at(day(2, time(9, 1))).pay("pm_a", no(A))
    assert [day(3, time(9, 1)), *before[1:]] == _charges(story)


def test_4_a_customers_decline_before_the_first_charge_does_not_replace_it() -> None:
    """The tied method is still charged for the first time."""
    story = Story(make.facts(A, B)).pay("pm_b", no(B))
    assert ISSUED_AT == _charges(story)[0]
    story.work(yes())
    assert (A.id, Initiator.AUTOMATIC) == (story.attempt.method_id, story.attempt.initiator)


# ---------------------------------------------------------------------------------------------------------------------
# What operators move


def test_an_operator_moves_the_next_charge_later_or_earlier() -> None:
    """Later, those in between fall away; earlier, the planned one moves."""
    assert [day(6), day(8), day(13), day(18), day(24)] == _charges(_declined().decide(person.move_next, day(6)))
    assert [day(1), day(5), day(8), day(13), day(18), day(24)] == _charges(_declined().decide(person.move_next, day(1)))


def test_a_moved_charge_is_made_when_it_was_moved_to() -> None:
    """And the plan goes on after it."""
    story = _declined().decide(person.move_next, day(6)).at(day(6)).work(no())
    assert [day(8), day(13), day(18), day(24)] == _charges(story)
    assert 1 == story.said(EventKind.RECOVERY_MOVED)


def test_a_moved_charge_that_is_skipped_is_gone() -> None:
    """Its old time doesn't come back."""
    story = _declined().decide(person.move_next, day(1)).decide(person.skip_next)
    assert [day(5), day(8), day(13), day(18), day(24)] == _charges(story)


def test_an_operator_moves_or_skips_the_try_of_a_new_method() -> None:
    """The next charge is the next charge, whoever proposed it."""
    tied = _declined().at(day(0, time(15))).tie(B)
    assert day(1) == _charges(tied)[0]
    assert [day(2), day(5), day(8), day(13), day(18), day(24)] == _charges(tied.decide(person.skip_next))
    moved = _declined().at(day(0, time(15))).tie(B).decide(person.move_next, day(3))
    assert [day(3), day(5), day(8), day(13), day(18), day(24)] == _charges(moved)


def test_skipping_leaves_out_exactly_one_charge() -> None:
    """Each time."""
    story = _declined()
    for left in range(5, -1, -1):
        story.decide(person.skip_next)
        assert left == len(_charges(story))
    with pytest.raises(Refused) as refused:
        story.decide(person.skip_next)
    assert RefusalCode.NOTHING_PLANNED is refused.value.code


def test_where_the_policy_plans_nothing_more_the_schedule_says_so() -> None:
    """Not that a rule forbids what comes after the window."""
    story = Story(make.facts(policy=Policy(window_days=10))).work(no())
    for _ in range(3):
        story.decide(person.skip_next)
    assert Clause("policy.exhausted", ("steady", 1)) == story.plan.barrier


def test_a_charge_cannot_be_moved_where_none_is_planned() -> None:
    """Moving is no way to add one."""
    with pytest.raises(Refused) as refused:
        _declined(DeclineClass.NEVER_RETRY).decide(person.move_next, day(6))
    assert RefusalCode.NOTHING_PLANNED is refused.value.code


def test_charges_that_were_missed_become_one() -> None:
    """A worker that slept from day 1 to day 9 makes up for three with one, and says what it was planned for."""
    story = _declined().at(day(9))
    assert [day(9), day(13), day(18), day(24)] == _charges(story)
    assert Clause("late", (day(8),)) == story.plan.steps[0].clause


def test_a_zone_far_from_greenwich_counts_its_own_days() -> None:
    """In Auckland day 2 is day 2, though it is still day 1 in UTC."""
    facts = make.facts(customer=make.customer(timezone="Pacific/Auckland"))
    story = Story(facts).work(no())
    assert day(2, timezone="Pacific/Auckland") == _charges(story)[0]
    assert "Policy steady v1: retry 1 of 6, day 2 of 28." == story.plan.steps[0].clause.text
