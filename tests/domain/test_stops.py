"""What a decline forbids beyond its own invoice: the card, the card's old data, the days that the network named."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from purring.domain.attempt import AttemptStatus
from purring.domain.changes import Draft
from purring.domain.decide.answer import after_charge
from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.errors import RefusalCode, Refused
from purring.domain.ids import AttemptId, InvoiceId
from purring.domain.notice import NoticeKind
from purring.domain.step import Charge, SetStatus
from purring.domain.stops import Stop, network_delay, stopped_by
from tests.domain import make
from tests.domain.make import ISSUED_AT, day, no, yes
from tests.domain.story import Story

A, B = make.method("a"), make.method("b")
EARLIER = ISSUED_AT - timedelta(days=7)
HARD = {"reason": DeclineReason.LOST_OR_STOLEN, "decline_class": DeclineClass.NEVER_RETRY, "hard_stop": True}
WRONG = {"reason": DeclineReason.CARD_EXPIRED, "decline_class": DeclineClass.UPDATE_METHOD}


def _stop(**fields: Any) -> Stop:
    """A decline on card A a week ago, for another invoice."""
    given: dict[str, Any] = {
        "attempt_id": AttemptId("att_0"),
        "invoice_id": InvoiceId("inv_0"),
        "at": EARLIER,
        "reason": DeclineReason.INSUFFICIENT_FUNDS,
        "decline_class": DeclineClass.RETRY_LATER,
        "rules": ("visa:43",),
    }
    return Stop(**(given | fields))


def _story(*stops: Stop, **fields: Any) -> Story:
    """An invoice that is to be charged on card A, which has these stops."""
    return Story(make.facts(A, B, stops={"fp_a": stops}, **fields))


@pytest.mark.parametrize(("fields", "clause"), [(HARD, "card.forbidden"), (WRONG, "card.unchanged")])
def test_3_the_first_charge_of_a_stopped_card_becomes_a_request(fields: dict[str, Any], clause: str) -> None:
    """The recovery opens without a charge; the clause names the rule and the invoice, the notice the reason."""
    story = _story(_stop(**fields))
    first = story.plan.steps[0]
    assert (SetStatus, clause) == (type(first.action), first.clause.id)
    assert "visa:43" in first.clause.text
    assert "inv_0" in first.clause.text
    story.work()
    assert ([], [NoticeKind.ACTION_NEEDED]) == (story.charge_times, [one.kind for one in story.notices()])
    assert (fields["reason"].value, fields["decline_class"].value) == (
        story.notices()[0].context["reason"],
        story.notices()[0].context["decline_class"],
    )
    assert story.plan.barrier
    assert clause == story.plan.barrier.id


def _refused(story: Story, *, by_customer: bool) -> Refused | None:
    try:
        if by_customer:
            story.pay("pm_a", yes())
        else:
            story.retry(yes())
    except Refused as refused:
        return refused
    return None


def test_3_a_hard_stop_holds_for_everybody() -> None:
    """Customers and operators read which rule it was."""
    for by_customer in (True, False):
        refused = _refused(_story(_stop(**HARD)), by_customer=by_customer)
        assert refused
        assert (RefusalCode.METHOD_NOT_USABLE, "visa:43") == (refused.code, refused.details[-1])


def test_3_a_customer_may_try_the_data_they_have_looked_at() -> None:
    """An operator may not: nobody has looked."""
    assert None is _refused(_story(_stop(**WRONG)), by_customer=True)
    assert _refused(_story(_stop(**WRONG)), by_customer=False)


def test_3_new_data_lift_what_was_said_of_the_old_and_no_hard_stop() -> None:
    """The card itself stays what it is."""
    edited = replace(A, edited_at=EARLIER + timedelta(days=1))
    lifted = [
        stopped_by(make.facts(edited, B, stops={"fp_a": (_stop(**fields),)}), edited, ISSUED_AT.date()) is None
        for fields in (HARD, WRONG)
    ]
    assert [False, True] == lifted


def test_3_data_that_were_new_before_the_decline_are_those_that_it_called_wrong() -> None:
    """Only what was changed since lifts it."""
    edited = replace(A, edited_at=EARLIER - timedelta(days=1))
    assert stopped_by(make.facts(edited, B, stops={"fp_a": (_stop(**WRONG),)}), edited, ISSUED_AT.date())


def test_3_a_wrong_pin_counts_among_wrong_data() -> None:
    """Visa has it in category 3, though no form asks for it."""
    wrong = _stop(reason=DeclineReason.INCORRECT_PIN, decline_class=DeclineClass.RETRY_AFTER_CUSTOMER_ACTION)
    assert stopped_by(_story(wrong).facts, A, ISSUED_AT.date())


def test_3_a_hard_stop_is_named_before_wrong_data() -> None:
    """The one that nothing lifts."""
    stopped = stopped_by(_story(_stop(**WRONG), _stop(**HARD)).facts, A, ISSUED_AT.date())
    assert stopped
    assert stopped.hard_stop


def test_3_what_an_invoice_tells_doesnt_hide_what_the_card_was_told_elsewhere() -> None:
    """Its own wrong PIN may be tried again by the customer, its own unknown code by an operator; the card may not."""
    asked = replace(make.attempt(1, ISSUED_AT, of=A), decline_class=DeclineClass.RETRY_AFTER_CUSTOMER_ACTION)
    refused = _refused(_story(_stop(**HARD), attempts=(asked,)), by_customer=True)
    assert refused
    assert "visa:43" in refused.details
    unknown = replace(make.attempt(1, ISSUED_AT, of=A), decline_class=DeclineClass.UNKNOWN)
    for elsewhere in (HARD, WRONG):
        refused = _refused(_story(_stop(**elsewhere), attempts=(unknown,)), by_customer=False)
        assert refused
        assert "visa:43" in refused.details


@pytest.mark.parametrize(
    ("status", "decline_class", "lifts"),
    [
        (AttemptStatus.DECLINED, DeclineClass.RETRY_LATER, True),
        (AttemptStatus.SUCCEEDED, None, True),
        (AttemptStatus.FAILED, None, False),
        (AttemptStatus.DECLINED, DeclineClass.UNKNOWN, False),
    ],
)
def test_3_an_answer_since_may_show_that_the_data_are_good(
    status: AttemptStatus, decline_class: DeclineClass | None, *, lifts: bool
) -> None:
    """Money, or a mere "later"; anything else says nothing of the data."""
    since = replace(make.attempt(1, ISSUED_AT, of=A), status=status, decline_class=decline_class)
    facts = make.facts(replace(A, edited_at=None), B, stops={"fp_a": (_stop(**WRONG),)}, attempts=(since,))
    assert lifts == (stopped_by(facts, A, ISSUED_AT.date()) is None)


def test_3_a_stop_of_this_invoice_is_told_by_its_own_attempts() -> None:
    """What the store found of this invoice may be older than what is known here."""
    own = _stop(invoice_id=make.facts(A).invoice.id, **HARD)
    assert stopped_by(_story(own).facts, A, ISSUED_AT.date()) is None


def test_3_a_delay_holds_the_card_for_every_invoice() -> None:
    """The first charge waits as the network asked; a customer doesn't have to."""
    until = ISSUED_AT + timedelta(days=3)
    story = _story(_stop(delayed_to=until))
    assert (until, "network.delay") == (story.plan.steps[0].at, story.plan.steps[0].clause.id)
    assert isinstance(story.plan.steps[0].action, Charge)
    assert None is network_delay(story.facts, B, story.now.date())
    assert _refused(story, by_customer=False)
    assert None is _refused(story, by_customer=True)


def test_3_a_delay_that_is_over_delays_nothing() -> None:
    """The charge is on the invoice date."""
    story = _story(_stop(delayed_to=ISSUED_AT - timedelta(hours=1)))
    assert (ISSUED_AT, "invoice.first_charge") == (story.plan.steps[0].at, story.plan.steps[0].clause.id)


def test_3_a_decline_of_the_network_is_kept_as_a_hard_stop() -> None:
    """Visa 43 forbids the card; its stop on one payment doesn't."""
    kept = []
    for raw_code in ("43", "R0"):
        story = Story(make.facts(A, B)).work(replace_code(raw_code)).send()
        kept.append((story.attempt.decline_class, story.attempt.hard_stop))
    assert [(DeclineClass.NEVER_RETRY, True), (DeclineClass.NEVER_RETRY, False)] == kept


def replace_code(raw_code: str) -> Any:  # noqa: ANN401 - an outcome
    """A decline with Visa's code."""
    declined = no(A, DeclineClass.NEVER_RETRY)
    return replace(declined, answer=replace(declined.answer, raw_code=raw_code))


def test_3_a_decline_wakes_those_who_wait_for_the_cards_data() -> None:
    """It may have shown that they are good."""
    story = _story(_stop(**WRONG), recovery=None).at(day(0))
    story.pay("pm_a", no())
    assert stopped_by(story.facts, A, story.now.date()) is None


def test_3_an_answer_of_no_table_is_counted() -> None:
    """And one that is listed isn't."""
    counted = []
    for raw_code in ("51", "ZZ"):
        story = Story(make.facts(A, B))
        story.begin()
        draft = Draft(story.facts, ISSUED_AT)
        after_charge(draft, draft.facts.attempts[-1].id, replace_code(raw_code))
        counted.append([one.raw_code for one in draft.done().unlisted])
    assert [[], ["ZZ"]] == counted
