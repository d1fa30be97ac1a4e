"""What is announced before it happens: a charge that people don't expect every month, and a card that expires.

Both are steps of a subscription's own clock, so that they are found through the index that renewals are found through.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from purring.domain.calendar import IntervalUnit, at_local, days, is_business_day, local_date, start_of_day, zone
from purring.domain.catalog import Interval, period, period_containing
from purring.domain.changes import Changes
from purring.domain.event import EventDraft, EventKind
from purring.domain.ids import NoticeId
from purring.domain.merchant import Merchant
from purring.domain.money import Money
from purring.domain.notice import NoticeKind
from purring.domain.payment_method import MethodKind, PaymentMethod
from purring.domain.policy import Policy
from purring.domain.rulebook.presentment import presentment_terms
from purring.domain.subscription import Subscription, SubscriptionStatus
from purring.domain.subscription_facts import SubscriptionFacts, about_subscription

_LIVE = frozenset({SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE})
_UNIT_DAYS = {IntervalUnit.DAY: 1, IntervalUnit.WEEK: 7, IntervalUnit.MONTH: 30, IntervalUnit.YEAR: 365}
_MONTH_DAYS = 30


def announces_at(subscription: Subscription, merchant: Merchant, method: PaymentMethod | None) -> datetime | None:
    """When the next announcement falls due, be it past; `method`: what is tied. None: nothing is to be announced."""
    if not _goes_on(subscription):
        return None
    leads = expiry_leads(subscription, merchant, method)
    times = [at for at in (charge_announced_at(subscription, merchant, method), *leads.values()) if at is not None]
    return min(times, default=None)


def announced(
    facts: SubscriptionFacts, now: datetime, notice_id: NoticeId, alike: Sequence[SubscriptionFacts] = ()
) -> Changes:
    """Announce what is due; nothing if nothing is. `alike`: the other subscriptions that the tied method pays."""
    if not _goes_on(facts.subscription):
        return Changes()
    charge_at = charge_announced_at(facts.subscription, facts.merchant, facts.method)
    if charge_at is not None and charge_at <= now:
        return _charge_announced(facts, now, notice_id)
    leads = expiry_leads(facts.subscription, facts.merchant, facts.method)
    due = [lead_days for lead_days, at in leads.items() if at <= now]
    return _expiry_announced(facts, min(due), now, notice_id, alike) if due else Changes()


def expires_soon(facts: SubscriptionFacts, now: datetime) -> bool:
    """Whether the tied card's expiry is due to be announced."""
    leads = expiry_leads(facts.subscription, facts.merchant, facts.method) if _goes_on(facts.subscription) else {}
    return any(at <= now for at in leads.values())


def _goes_on(subscription: Subscription) -> bool:
    """Whether another period will be charged."""
    ends = subscription.cancel_at_period_end or subscription.paused_at is not None
    return subscription.status in _LIVE and not ends


# ---------------------------------------------------------------------------------------------------------------------
# A charge


def charge_announced_at(
    subscription: Subscription, merchant: Merchant, method: PaymentMethod | None
) -> datetime | None:
    """When the next period's charge is announced; None: it isn't, or was."""
    charge_on = subscription.next_period_on
    if subscription.announced_on is not None and subscription.announced_on >= charge_on:
        return None
    wanted = (
        _demanded_on(charge_on, merchant.policy, method),
        _unexpected_on(charge_on, subscription.price.interval, merchant.policy),
    )
    announce_on = min((on for on in wanted if on is not None), default=charge_on)
    if announce_on >= charge_on:
        return None
    return at_local(announce_on, merchant.policy.retry_at, zone(merchant.timezone))


def _demanded_on(charge_on: date, policy: Policy, method: PaymentMethod | None) -> date | None:
    """By when a debit's scheme wants the payer to be told, or what was agreed instead."""
    if method is None or method.kind is not MethodKind.BANK_ACCOUNT:
        return None
    terms = presentment_terms(method.scheme, 1, charge_on)
    if terms.prenotification_days is None:
        return None
    if policy.prenotification_days is not None:
        return charge_on - timedelta(days=policy.prenotification_days)
    return _before(charge_on, terms.prenotification_days, in_working_days=terms.in_working_days)


def _before(on: date, count: int, *, in_working_days: bool) -> date:
    """So many days before a day."""
    while count:
        on -= timedelta(days=1)
        count -= not in_working_days or is_business_day(on)
    return on


def _unexpected_on(charge_on: date, interval: Interval, policy: Policy) -> date | None:
    """When a charge is announced that comes so seldom that people forget it."""
    terms = policy.notices
    long = interval.count * _UNIT_DAYS[interval.unit] >= terms.upcoming_from_months * _MONTH_DAYS
    return charge_on - timedelta(days=terms.upcoming_days) if long else None


def _charge_announced(facts: SubscriptionFacts, now: datetime, notice_id: NoticeId) -> Changes:
    """Owe the announcement of the next period's charge."""
    subscription = facts.subscription
    after = replace(subscription, announced_on=subscription.next_period_on)
    charge_at = start_of_day(subscription.next_period_on, zone(facts.merchant.timezone))
    notice = about_subscription(facts, after, NoticeKind.UPCOMING_CHARGE, now, notice_id, method=facts.method)
    context = {**notice.context, "amount": str(_next_amount(facts)), "charge_at": charge_at.isoformat()}
    event = EventDraft(
        kind=EventKind.SUBSCRIPTION_CHARGE_ANNOUNCED,
        object_id=subscription.id,
        at=now,
        data={"charge_on": subscription.next_period_on.isoformat(), "amount": str(_next_amount(facts))},
    )
    return Changes(created=(replace(notice, context=context),), changed=(after,), events=(event,))


def _next_amount(facts: SubscriptionFacts) -> Money:
    """What the next period will cost."""
    price = facts.next_offer.price if facts.next_offer else facts.subscription.price
    return price.amount_for(facts.subscription.pending_quantity or facts.subscription.quantity)


# ---------------------------------------------------------------------------------------------------------------------
# A card


def last_good_on(method: PaymentMethod) -> date | None:
    """The last day of the card's printed month; None: it has none."""
    if method.kind is not MethodKind.CARD or method.exp_month is None or method.exp_year is None:
        return None
    return date(method.exp_year, method.exp_month, monthrange(method.exp_year, method.exp_month)[1])


def expiry_leads(subscription: Subscription, merchant: Merchant, method: PaymentMethod | None) -> dict[int, datetime]:
    """When the tied card's expiry is still to be announced, by days ahead; not what was due before it was tied."""
    last_on = last_good_on(method) if method is not None else None
    if method is None or last_on is None:
        return {}
    tz, told_days = zone(merchant.timezone), method.expiry_told_days
    since = max(method.fresh_at, subscription.method_tied_at or method.fresh_at)
    times = {n: at_local(last_on - days(n), merchant.policy.retry_at, tz) for n in merchant.policy.notices.expiry_days}
    return {n: at for n, at in times.items() if at >= since and (told_days is None or n < told_days)}


def _expiry_announced(
    facts: SubscriptionFacts,
    lead_days: int,
    now: datetime,
    notice_id: NoticeId,
    alike: Sequence[SubscriptionFacts],
) -> Changes:
    """Owe one notice for everything that the card pays; none once it has expired. Earlier leads that were missed go."""
    method = facts.method
    last_on = last_good_on(method) if method is not None else None
    assert method, "nothing is tied that could expire"
    assert last_on, f"{method.id} never expires"
    told = replace(method, expiry_told_days=lead_days)
    if local_date(now, zone(facts.merchant.timezone)) > last_on:
        return Changes(changed=(told,))
    notice = about_subscription(facts, facts.subscription, NoticeKind.CARD_EXPIRES_SOON, now, notice_id, method=method)
    paid = [facts, *(one for one in alike if _goes_on(one.subscription))]
    items = sorted((_item(one, last_on) for one in paid), key=lambda item: (item["charge_at"], item["product"]))
    expires_at = at_local(last_on, facts.merchant.policy.retry_at, zone(facts.merchant.timezone))
    context = {**notice.context, "expires_at": expires_at.isoformat(), "charge_at": items[0]["charge_at"]}
    if len(items) > 1:
        context |= {"product": "", "items": items}
    event = EventDraft(
        kind=EventKind.METHOD_EXPIRES_SOON,
        object_id=method.id,
        at=now,
        data={"last4": method.last4, "last_good_on": last_on.isoformat(), "days": lead_days},
    )
    return Changes(created=(replace(notice, context=context),), changed=(told,), events=(event,))


def _item(facts: SubscriptionFacts, last_on: date) -> dict[str, str]:
    """What the card can't pay any more: the first charge after its last good day."""
    subscription = facts.subscription
    return {
        "product": facts.product.name,
        "amount": str(_next_amount(facts)),
        "charge_at": start_of_day(_first_after(subscription, last_on), zone(facts.merchant.timezone)).isoformat(),
    }


def _first_after(subscription: Subscription, last_on: date) -> date:
    """The first day of the first period to be charged that begins after a day."""
    interval = subscription.price.interval
    if last_on < subscription.next_period_on:
        return subscription.next_period_on
    return period(
        subscription.anchor_on, interval, period_containing(subscription.anchor_on, interval, last_on).index + 1
    ).start_on
