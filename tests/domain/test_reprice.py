"""Another price, another quantity, a pause: whole days, whole minor units, and nothing is billed twice or lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.calendar import IntervalUnit, at_local, start_of_day, zone
from purring.domain.catalog import Interval, Price
from purring.domain.changes import Changes
from purring.domain.decide.reprice import ChangeIds, Wish, difference_now, repriced_later, repriced_now
from purring.domain.errors import InvalidInput, RefusalCode, Refused
from purring.domain.event import EventKind
from purring.domain.ids import InvoiceId, LineId, NoticeId, PriceId
from purring.domain.invoice import InvoiceStatus
from purring.domain.journal import EntryKind
from purring.domain.money import Money
from purring.domain.proration import prorated
from purring.domain.renewal import NewIds, issues_invoice, paused, strike, unpaused
from purring.domain.subscription import Subscription, SubscriptionStatus
from purring.domain.subscription_facts import Offer, SubscriptionFacts
from tests.domain import make

OSLO = zone(make.OSLO)
IDS = ChangeIds(invoice_id=InvoiceId("inv_9"), line_ids=(LineId("il_8"), LineId("il_9")), number="1009")
RENEWAL = NewIds(invoice_id=InvoiceId("inv_2"), line_id=LineId("il_2"), number="1002", notice_id=NoticeId("ntc_2"))
SOLD = make.subscription()
PERIOD_DAYS = (SOLD.period_end_on - SOLD.period_start_on).days
YEAR = Interval(unit=IntervalUnit.YEAR, count=1)


def _at(on: date) -> datetime:
    """Noon of a day."""
    return at_local(on, time(12), OSLO)


def _on(days_left: int) -> datetime:
    """Noon of the day on which so many days of the period are left, that one among them."""
    return _at(date.fromordinal(SOLD.period_end_on.toordinal() - days_left))


def _price(minor: int, interval: Interval = SOLD.price.interval, currency: str = "NOK") -> Price:
    return replace(SOLD.price, id=PriceId(f"price_{minor}"), unit_amount=Money(minor, currency), interval=interval)


def _facts(subscription: Subscription = SOLD, **fields: object) -> SubscriptionFacts:
    return make.subscription_facts(subscription, **fields)


def _wish(minor: int, quantity: int = 1, interval: Interval = SOLD.price.interval) -> Wish:
    return Wish(price=_price(minor, interval), product=make.subscription_facts(SOLD).product, quantity=quantity)


def _now(facts: SubscriptionFacts, wish: Wish, days_left: int) -> Changes:
    now = _on(days_left)
    return repriced_now(facts, wish, difference_now(facts, wish, now), now, IDS)


def _after(changes: Changes) -> Subscription:
    (after,) = changes.changed
    assert isinstance(after, Subscription)
    return after


@given(minor=st.integers(0, 10**12), of_days=st.integers(1, 800), data=st.data())
def test_a_share_is_never_off_by_more_than_half_a_unit(minor: int, of_days: int, data: st.DataObject) -> None:
    """Rounded half to even, no more than the whole, the whole for all days, and one day more never costs less."""
    days = data.draw(st.integers(0, of_days - 1))
    share, more = (prorated(Money(minor, "NOK"), n, of_days).minor for n in (days, days + 1))
    assert 2 * abs(share * of_days - minor * days) <= of_days
    assert 0 <= share <= more <= minor
    assert minor == prorated(Money(minor, "NOK"), of_days, of_days).minor
    if 2 * abs(share * of_days - minor * days) == of_days:
        assert share % 2 == 0


changes_of_mind = st.lists(
    st.tuples(st.integers(1, 100_000), st.integers(1, 5), st.integers(1, PERIOD_DAYS)), min_size=1, max_size=6
).map(lambda steps: sorted(steps, key=lambda step: -step[2]))


@given(changes_of_mind)
def test_what_is_billed_in_a_period_is_what_each_price_cost_while_it_lasted(steps: list[tuple[int, int, int]]) -> None:
    """Invoices less credits come to the sum of the used shares, whatever was changed how often on which days."""
    subscription, billed = SOLD, SOLD.amount.minor
    for minor, quantity, days_left in steps:
        before = subscription.credit_minor
        changes = _now(_facts(subscription), _wish(minor, quantity), days_left)
        subscription = _after(changes)
        spent = sum(entry.amount.minor for entry in changes.entries if entry.kind is EntryKind.CREDITED)
        granted = subscription.credit_minor - before + spent
        billed += sum(invoice.total.minor for invoice in changes.invoices) - granted
        assert all(one.total.minor == sum(line.amount.minor for line in one.lines) for one in changes.invoices)
    costs = [SOLD.amount, *(Money(minor * quantity, "NOK") for minor, quantity, _ in steps)]
    left = [PERIOD_DAYS, *(days_left for _, _, days_left in steps), 0]
    used = [
        prorated(cost, since, PERIOD_DAYS) - prorated(cost, until, PERIOD_DAYS)
        for cost, (since, until) in zip(costs, pairwise(left), strict=True)
    ]
    assert billed == sum(one.minor for one in used)
    assert all(one.minor >= 0 for one in used)
    assert start_of_day(SOLD.period_end_on, OSLO) == subscription.next_step_at


def test_there_and_back_on_one_day_costs_nothing() -> None:
    """The invoice of the first change comes back whole as a credit."""
    up = _now(_facts(), _wish(99_900), 10)
    down = _now(_facts(_after(up)), Wish(price=SOLD.price, product=_facts().product, quantity=1), 10)
    assert up.invoices[0].total.minor == _after(down).credit_minor
    assert () == down.invoices


def test_another_interval_begins_today() -> None:
    """The whole new period is charged less what is unused of the old; the next one begins a year from today."""
    changes = _now(_facts(), _wish(249_000, interval=YEAR), 10)
    after, (invoice,) = _after(changes), changes.invoices
    unused = prorated(SOLD.amount, 10, PERIOD_DAYS)
    today = _on(10).date()
    assert Money(249_000, "NOK") - unused == invoice.total
    assert (today, today.replace(year=today.year + 1), 1) == (
        after.period_start_on,
        after.next_period_on,
        after.next_period_index,
    )
    assert (None, [249_000, -unused.minor]) == (invoice.period_start_on, [line.amount.minor for line in invoice.lines])


def test_what_is_not_paid_for_yet_is_only_swapped() -> None:
    """In a trial, and once the period is over, nothing is settled."""
    trial = make.subscription(status=SubscriptionStatus.TRIALING, next_period_index=0, anchor_on=SOLD.period_end_on)
    for facts, days_left in ((_facts(trial), 5), (_facts(), 0)):
        changes = _now(facts, _wish(500, interval=YEAR), days_left)
        assert ((), 0, 500) == (changes.invoices, _after(changes).credit_minor, _after(changes).price.unit_amount.minor)
        assert SOLD.period_end_on == _after(changes).next_period_on


def test_a_change_for_later_is_made_when_the_period_begins() -> None:
    """Price, product and interval of the invoice are the new ones; a change back before that leaves nothing."""
    wish = _wish(249_000, 2, YEAR)
    later = _after(repriced_later(SOLD, wish, _on(3)))
    assert (wish.price.id, 2, SOLD.price) == (later.pending_price_id, later.pending_quantity, later.price)
    offer = Offer(price=wish.price, product=replace(wish.product, name="Yearly"))
    changes = strike(_facts(later, next_offer=offer), _on(0), RENEWAL)
    after, (invoice,) = _after(changes), changes.invoices
    assert (Money(498_000, "NOK"), "Yearly") == (invoice.total, invoice.lines[0].description)
    assert (wish.price, 2, None, None) == (after.price, after.quantity, after.pending_price_id, after.pending_quantity)
    assert (1, SOLD.period_end_on) == (after.next_period_index, after.anchor_on)
    back = Wish(price=SOLD.price, product=wish.product, quantity=1)
    assert SOLD == _after(repriced_later(later, back, _on(3)))


@pytest.mark.parametrize(("credit", "owed"), [(100, 24_800), (24_900, 0), (30_000, 0)])
def test_a_credit_settles_the_next_invoice(credit: int, owed: int) -> None:
    """As far as it goes, and is booked as given; an invoice that it settles whole is paid, and nothing is charged."""
    changes = strike(_facts(make.subscription(credit_minor=credit)), _on(0), RENEWAL)
    (invoice,) = changes.invoices
    assert (owed, max(credit - 24_900, 0)) == (invoice.owed.minor, _after(changes).credit_minor)
    assert [EntryKind.INVOICED, EntryKind.CREDITED] == [entry.kind for entry in changes.entries]
    is_paid = not owed
    assert is_paid == (invoice.status is InvoiceStatus.PAID) == (invoice.next_step_at is None)
    assert is_paid == (EventKind.INVOICE_PAID in {event.kind for event in changes.events})


def test_a_change_that_can_not_be_is_refused() -> None:
    """Canceled, paused, owing, suspended, another currency: each says what to do."""
    ended = make.subscription(status=SubscriptionStatus.CANCELED)
    resting = make.subscription(paused_at=_on(9))
    out = make.subscription(status=SubscriptionStatus.SUSPENDED, suspended_at=_on(9))
    refused = [
        (_facts(ended), RefusalCode.ALREADY_CANCELED),
        (_facts(resting), RefusalCode.SUBSCRIPTION_PAUSED),
        (_facts(out), RefusalCode.SUBSCRIPTION_OWES),
        (_facts(unpaid=(InvoiceId("inv_1"),)), RefusalCode.SUBSCRIPTION_OWES),
    ]
    for facts, code in refused:
        with pytest.raises(Refused) as error:
            _now(facts, _wish(100), 5)
        assert code == error.value.code
    with pytest.raises(InvalidInput, match="NOK"):
        repriced_later(SOLD, replace(_wish(100), price=_price(100, currency="EUR")), _on(5))


# ---------------------------------------------------------------------------------------------------------------------
# Pauses


def test_a_pause_begins_no_period_and_ends_by_itself() -> None:
    """No invoice while it lasts; at its end a period begins that day, and what was missed isn't billed."""
    until = _at(date(2026, 6, 10))
    facts = _facts(_after(paused(_facts(), _on(5), until)))
    assert (until, False) == (facts.subscription.next_step_at, issues_invoice(facts, _on(0)))
    changes = strike(facts, until, RENEWAL)
    after = _after(changes)
    assert ([EventKind.SUBSCRIPTION_RESUMED], None) == ([event.kind for event in changes.events], after.paused_at)
    assert (until.date(), start_of_day(until.date(), OSLO)) == (after.next_period_on, after.next_step_at)
    (invoice,) = strike(_facts(after), until, RENEWAL).invoices
    assert until.date() == invoice.period_start_on


def test_a_pause_ended_in_time_changes_nothing() -> None:
    """Resumed before the period is over, the next one begins when it would have."""
    resting = _after(paused(_facts(), _on(5), None))
    assert resting.next_step_at is None
    again = _after(paused(_facts(resting), _on(4), _on(1)))
    assert (_on(5), _on(1)) == (again.paused_at, again.resumes_at)
    assert replace(SOLD, next_step_at=start_of_day(SOLD.period_end_on, OSLO)) == _after(unpaused(_facts(again), _on(3)))


def test_a_paused_subscription_ends_and_is_suspended_like_any_other() -> None:
    """A pause keeps no cancellation from its day; suspended meanwhile, resuming leaves the suspension's clock alone."""
    ending = make.subscription(paused_at=_on(9), cancel_at_period_end=True)
    assert SubscriptionStatus.CANCELED is _after(strike(_facts(ending), _on(0), RENEWAL)).status
    out = make.subscription(status=SubscriptionStatus.SUSPENDED, suspended_at=_on(9), paused_at=_on(9))
    assert replace(out, paused_at=None) == _after(unpaused(_facts(out), _on(3)))


def test_a_pause_that_can_not_be_is_refused() -> None:
    """Ended, suspended, an end that has passed; and resumed without a pause."""
    ended = make.subscription(status=SubscriptionStatus.CANCELED)
    out = make.subscription(status=SubscriptionStatus.SUSPENDED, suspended_at=_on(9))
    for subscription in (ended, out):
        with pytest.raises(Refused):
            paused(_facts(subscription), _on(5), None)
    with pytest.raises(InvalidInput, match="later than now"):
        paused(_facts(), _on(5), _on(5))
    with pytest.raises(Refused):
        unpaused(_facts(), _on(5))
