"""A subscription's own clock (behaviour §1.1, §6): renewals, trials, cancellations, the end of a long suspension."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.calendar import IntervalUnit, days, start_of_day, zone
from purring.domain.changes import Changes
from purring.domain.errors import RefusalCode, Refused
from purring.domain.event import EventKind
from purring.domain.ids import AttemptId, InvoiceId, LineId, NoticeId
from purring.domain.invoice import Invoice
from purring.domain.money import Money
from purring.domain.notice import Notice, NoticeKind, NoticeStatus, told_at
from purring.domain.policy import Policy
from purring.domain.renewal import IN_FLIGHT_PATIENCE, NewIds, canceled, issues_invoice, next_step_at, resumed, strike
from purring.domain.subscription import StatusReason, Subscription, SubscriptionStatus
from tests.domain import make
from tests.domain.make import day

OSLO = zone(make.OSLO)
NEXT_ON = date(2026, 4, 2)
NEXT_AT = start_of_day(NEXT_ON, OSLO)
OUT_AT = day(28)
IDS = NewIds(invoice_id=InvoiceId("inv_2"), line_id=LineId("il_2"), number="1002", notice_id=NoticeId("ntc_2"))
SUSPENDED = make.subscription(status=SubscriptionStatus.SUSPENDED, suspended_at=OUT_AT)
WARN_AT = OUT_AT + days(86)
CANCEL_AT = OUT_AT + days(90)


def _strike(subscription: Subscription, now: datetime, **facts: object) -> Changes:
    return strike(make.subscription_facts(subscription, **facts), now, IDS)


def _after(changes: Changes) -> Subscription:
    """The subscription as it is then."""
    (subscription,) = changes.changed
    assert isinstance(subscription, Subscription)
    return subscription


def _invoice(changes: Changes) -> Invoice:
    (invoice,) = changes.created
    assert isinstance(invoice, Invoice)
    return invoice


# ---------------------------------------------------------------------------------------------------------------------
# Renewals


def test_1_1_a_renewal_issues_the_invoice_of_the_new_period() -> None:
    """Dated the first day of the period, over the subscription's amount; the clock is wound to the next."""
    changes = _strike(make.subscription(quantity=3), NEXT_AT)
    invoice, after = _invoice(changes), _after(changes)
    assert (NEXT_ON, NEXT_AT, Money(74700, "NOK")) == (invoice.invoice_on, invoice.issued_at, invoice.total)
    assert (NEXT_ON, date(2026, 5, 2)) == (invoice.period_start_on, invoice.period_end_on)
    assert (NEXT_ON, date(2026, 5, 2), 2) == (after.period_start_on, after.period_end_on, after.next_period_index)
    assert start_of_day(date(2026, 5, 2), OSLO) == after.next_step_at
    assert [EventKind.SUBSCRIPTION_RENEWED, EventKind.INVOICE_ISSUED] == [event.kind for event in changes.events]
    assert [invoice.total] == [entry.amount for entry in changes.entries]


def test_a_clock_that_has_not_struck_only_winds_itself() -> None:
    """A moment early, nothing is issued."""
    changes = _strike(make.subscription(next_step_at=None), NEXT_AT - timedelta(seconds=1))
    assert (NEXT_AT, (), ()) == (_after(changes).next_step_at, changes.created, changes.events)


def test_an_invoice_made_late_is_dated_the_day_it_was_made() -> None:
    """Its window isn't shortened by our own delay; its period stays what it was."""
    invoice = _invoice(_strike(make.subscription(), NEXT_AT + days(9)))
    assert (date(2026, 4, 11), NEXT_ON) == (invoice.invoice_on, invoice.period_start_on)


def test_periods_that_were_missed_are_made_up_for_one_by_one() -> None:
    """Three months late: three invoices, one strike each."""
    subscription, issued = make.subscription(), []
    while issues_invoice(make.subscription_facts(subscription), NEXT_AT + days(70)):
        changes = _strike(subscription, NEXT_AT + days(70))
        issued.append(_invoice(changes).period_start_on)
        subscription = _after(changes)
    assert [NEXT_ON, date(2026, 5, 2), date(2026, 6, 2)] == issued


def test_a_past_due_subscription_is_still_renewed() -> None:
    """People keep access, so the next period is owed."""
    changes = _strike(make.subscription(status=SubscriptionStatus.PAST_DUE), NEXT_AT)
    assert SubscriptionStatus.PAST_DUE is _after(changes).status
    assert _invoice(changes).is_open


def test_a_changed_quantity_counts_from_the_new_period_on() -> None:
    """Once."""
    after = _after(_strike(make.subscription(pending_quantity=7), NEXT_AT))
    assert (7, None) == (after.quantity, after.pending_quantity)


def test_6_a_trial_ends_in_the_first_invoice() -> None:
    """And the subscription is active."""
    trial = make.subscription(
        status=SubscriptionStatus.TRIALING, anchor_on=NEXT_ON, next_period_index=0, period_end_on=NEXT_ON
    )
    changes = _strike(trial, NEXT_AT)
    assert SubscriptionStatus.ACTIVE is _after(changes).status
    assert EventKind.SUBSCRIPTION_TRIAL_ENDED is changes.events[0].kind
    assert NEXT_ON == _invoice(changes).invoice_on


@given(
    anchor_on=st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    unit=st.sampled_from(IntervalUnit),
    late_days=st.integers(0, 40),
    timezone=st.sampled_from(["Europe/Oslo", "Pacific/Auckland", "America/Los_Angeles"]),
)
def test_every_period_is_billed_exactly_once(
    anchor_on: date, unit: IntervalUnit, late_days: int, timezone: str
) -> None:
    """However late the clock strikes, periods follow each other without a gap, and it always comes to rest."""
    merchant = make.merchant(timezone=timezone)
    subscription = make.subscription(price=make.price(unit=unit), anchor_on=anchor_on, next_period_index=0)
    now = start_of_day(anchor_on, zone(timezone)) + days(late_days)
    ends_on = anchor_on
    for _ in range(42):
        facts = make.subscription_facts(subscription, merchant=merchant)
        if not issues_invoice(facts, now):
            break
        changes = strike(facts, now, IDS)
        invoice = _invoice(changes)
        assert (ends_on, ends_on) == (invoice.period_start_on, _after(changes).period_start_on)
        assert invoice.period_end_on
        ends_on, subscription = invoice.period_end_on, _after(changes)
    assert subscription.next_step_at
    assert subscription.next_step_at > now


# ---------------------------------------------------------------------------------------------------------------------
# Cancellations


def test_a_period_can_be_the_last() -> None:
    """At its end the subscription is canceled, no invoice is issued, the customer is told."""
    ending = make.subscription(cancel_at_period_end=True)
    assert not issues_invoice(make.subscription_facts(ending), NEXT_AT)
    changes = _strike(ending, NEXT_AT)
    after = _after(changes)
    assert (SubscriptionStatus.CANCELED, StatusReason.CUSTOMER_REQUEST, NEXT_AT, None) == (
        after.status,
        after.reason,
        after.canceled_at,
        after.next_step_at,
    )
    assert [NoticeKind.SUBSCRIPTION_CANCELED] == [n.kind for n in changes.created if isinstance(n, Notice)]


def test_a_canceled_subscription_has_no_clock() -> None:
    """Nothing strikes any more, and it isn't canceled twice."""
    over = make.subscription(status=SubscriptionStatus.CANCELED)
    assert None is next_step_at(over, make.merchant())
    assert () == _strike(over, day(400)).created
    with pytest.raises(Refused) as refused:
        canceled(make.subscription_facts(over), day(1), StatusReason.MERCHANT_REQUEST, IDS.notice_id)
    assert RefusalCode.ALREADY_CANCELED is refused.value.code


def test_2_nobody_is_canceled_while_a_charge_is_in_flight() -> None:
    """The clock strikes again in an hour; a person who asks is told."""
    flying = (AttemptId("att_1"),)
    for subscription, now in (
        (make.subscription(cancel_at_period_end=True), NEXT_AT),
        (replace(SUSPENDED, cancel_warned_at=WARN_AT), CANCEL_AT),
    ):
        changes = _strike(subscription, now, in_flight=flying)
        assert replace(subscription, next_step_at=now + IN_FLIGHT_PATIENCE) == _after(changes)
        assert () == changes.events
    with pytest.raises(Refused) as refused:
        canceled(make.subscription_facts(in_flight=flying), day(1), StatusReason.MERCHANT_REQUEST, IDS.notice_id)
    assert (RefusalCode.CHARGE_IN_FLIGHT, flying) == (refused.value.code, refused.value.details)


# ---------------------------------------------------------------------------------------------------------------------
# §6 A suspension ends after ninety days


def test_6_a_long_suspension_is_announced_and_ends() -> None:
    """A warning after 86 days, the cancellation after 90."""
    assert WARN_AT == next_step_at(SUSPENDED, make.merchant())
    warned = _strike(SUSPENDED, WARN_AT)
    assert (WARN_AT, CANCEL_AT) == (_after(warned).cancel_warned_at, _after(warned).next_step_at)
    (notice,) = warned.created
    assert isinstance(notice, Notice)
    assert (NoticeKind.CANCELLATION_WARNING, CANCEL_AT.isoformat()) == (notice.kind, notice.context["data_deleted_at"])
    after = _after(_strike(_after(warned), CANCEL_AT))
    assert (SubscriptionStatus.CANCELED, StatusReason.SUSPENDED_TOO_LONG) == (after.status, after.reason)


def test_6_a_suspended_subscription_is_not_billed() -> None:
    """Whatever period would begin."""
    assert not issues_invoice(make.subscription_facts(SUSPENDED), CANCEL_AT)


@pytest.mark.parametrize("late", [timedelta(0), days(2), days(40)])
def test_2_a_late_worker_still_warns_three_days_before_the_cancellation(late: timedelta) -> None:
    """The cancellation waits for the warning, not the other way round."""
    warned = _after(_strike(SUSPENDED, WARN_AT + late))
    assert max(CANCEL_AT, WARN_AT + late + days(3)) == warned.next_step_at


def _warning(status: NoticeStatus = NoticeStatus.OWED, sent_at: datetime | None = None) -> Notice:
    (notice,) = _strike(SUSPENDED, WARN_AT).created
    assert isinstance(notice, Notice)
    return replace(notice, status=status, sent_at=sent_at)


def test_2_a_cancellation_waits_for_mail_that_is_late() -> None:
    """Three days from when the warning went out, not from when it was owed."""
    warned = replace(SUSPENDED, cancel_warned_at=WARN_AT, next_step_at=CANCEL_AT)
    unsent = _after(_strike(warned, CANCEL_AT, cancel_warning=_warning()))
    assert (SubscriptionStatus.SUSPENDED, CANCEL_AT + days(3)) == (unsent.status, unsent.next_step_at)
    late = _warning(NoticeStatus.SENT, CANCEL_AT - days(1))
    waiting = _after(_strike(warned, CANCEL_AT, cancel_warning=late))
    assert (SubscriptionStatus.SUSPENDED, CANCEL_AT + days(2)) == (waiting.status, waiting.next_step_at)
    assert "canceled" == _after(_strike(warned, CANCEL_AT + days(2), cancel_warning=late)).status


def test_2_a_warning_that_reaches_nobody_counts_from_the_portal() -> None:
    """It could be read there; one of an earlier suspension says nothing about this one."""
    warned = replace(SUSPENDED, cancel_warned_at=WARN_AT)
    bounced = _warning(NoticeStatus.UNDELIVERED)
    assert "canceled" == _after(_strike(warned, CANCEL_AT, cancel_warning=bounced)).status
    nobody = make.customer(people=())
    assert "canceled" == _after(_strike(warned, CANCEL_AT, cancel_warning=_warning(), customer=nobody)).status
    older = replace(_warning(), owed_at=WARN_AT - days(200))
    assert "canceled" == _after(_strike(warned, CANCEL_AT, cancel_warning=older)).status


def test_a_notice_is_told_when_it_was_sent() -> None:
    """Until then, now."""
    assert CANCEL_AT == told_at(_warning(), CANCEL_AT, reachable=True)
    assert WARN_AT + days(1) == told_at(_warning(NoticeStatus.SENT, WARN_AT + days(1)), CANCEL_AT, reachable=True)
    assert WARN_AT == told_at(_warning(), CANCEL_AT, reachable=False)


def test_a_suspension_shorter_than_the_warning_is_announced_at_once() -> None:
    """With three days to act."""
    merchant = make.merchant(Policy(suspended_days=2))
    assert OUT_AT == next_step_at(SUSPENDED, merchant)
    warned = _after(_strike(SUSPENDED, OUT_AT, merchant=merchant))
    assert OUT_AT + days(3) == warned.next_step_at


@pytest.mark.parametrize(
    ("back_at", "expected"),
    [
        (NEXT_AT - days(1), (make.INVOICE_ON, 1)),
        (NEXT_AT, (make.INVOICE_ON, 1)),
        (NEXT_AT + days(1), (date(2026, 4, 3), 0)),
    ],
)
def test_6_a_subscription_that_comes_back_isnt_billed_for_what_it_missed(
    back_at: datetime, expected: tuple[date, int]
) -> None:
    """Before or on the day of the next period it keeps its days; after it, they start anew."""
    back = resumed(make.subscription(), make.merchant(), back_at)
    assert expected == (back.anchor_on, back.next_period_index)
    assert back.next_step_at == next_step_at(back, make.merchant())
