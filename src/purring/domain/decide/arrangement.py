"""What is arranged outside one invoice: methods added, edited, tied, removed; subscriptions changed or ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from purring.domain.changes import Changes
from purring.domain.decide.owing import notice_id
from purring.domain.errors import InvalidInput, RefusalCode, Refused
from purring.domain.event import EventDraft, EventKind
from purring.domain.notice import NoticeKind
from purring.domain.payment_method import MethodEvent, MethodKind, PaymentMethod
from purring.domain.renewal import next_step_at
from purring.domain.subscription import Subscription, SubscriptionStatus
from purring.domain.subscription_facts import SubscriptionFacts, about_subscription
from purring.domain.transitions import METHOD, moved

EXPIRY = frozenset({"exp_month", "exp_year"})
CHECKED = EXPIRY | {"holder_name", "billing_address"}
"""What issuers compare with their own data."""
EDITABLE = CHECKED | {"phone"}
"""What a person may change on a method. The number isn't among them: that is *Replace*."""


def added(method: PaymentMethod) -> Changes:
    """A new method, tied to nothing."""
    event = EventDraft(
        kind=EventKind.METHOD_ADDED, object_id=method.id, at=method.created_at, data={"last4": method.last4}
    )
    return Changes(created=(method,), events=(event,))


def edited(method: PaymentMethod, now: datetime, **fields: Any) -> Changes:
    """Change what a person may change; what the issuer checks makes the method worth a new try."""
    _require_usable(method)
    _require_editable(method, fields)
    differing = sorted(field for field, value in fields.items() if getattr(method, field) != value)
    if not differing:
        return Changes()
    edited_at = now if CHECKED.intersection(differing) else method.edited_at
    told_days = None if EXPIRY.intersection(differing) else method.expiry_told_days
    after = replace(
        method,
        status=moved(METHOD, method.status, MethodEvent.EDITED),
        edited_at=edited_at,
        expiry_told_days=told_days,
        **fields,
    )
    event = EventDraft(kind=EventKind.METHOD_EDITED, object_id=method.id, at=now, data={"fields": differing})
    return Changes(changed=(after,), events=(event,))


def _require_editable(method: PaymentMethod, fields: Iterable[str]) -> None:
    """Refuse what can't be edited: unknown fields, and an account's expiry, since accounts have none."""
    editable = EDITABLE if method.kind is MethodKind.CARD else EDITABLE - EXPIRY
    unknown = sorted(set(fields) - editable)
    if unknown:
        message = f"{', '.join(unknown)} can't be edited; replace the method instead"
        raise InvalidInput(message, field=unknown[0])


def tied(facts: SubscriptionFacts, method: PaymentMethod, now: datetime) -> Changes:
    """Let `method` pay this subscription, and this one only."""
    subscription = facts.subscription
    _require_usable(method)
    _require_same_customer(subscription, method)
    _require_running(subscription)
    if subscription.method_id == method.id:
        return Changes()
    after = replace(subscription, method_id=method.id, method_tied_at=now)
    after = replace(after, next_step_at=next_step_at(after, facts.merchant, method))
    event = EventDraft(
        kind=EventKind.SUBSCRIPTION_METHOD_CHANGED,
        object_id=subscription.id,
        at=now,
        data={"from": subscription.method_id, "to": method.id},
    )
    told = notice_id(now, subscription.id, method.id)
    notice = about_subscription(facts, after, NoticeKind.METHOD_CHANGED, now, told, method=method)
    return Changes(created=(notice,), changed=(after,), events=(event,))


def backed_up(subscription: Subscription, method: PaymentMethod, now: datetime) -> Changes:
    """Let `method` step in when the tied one fails: the customer agrees by asking for it."""
    _require_usable(method)
    _require_same_customer(subscription, method)
    _require_running(subscription)
    if method.id == subscription.method_id:
        raise InvalidInput("the backup must be another method than the one that pays", field="backup_method_id")
    consented = method if method.backup_consent_at else replace(method, backup_consent_at=now)
    after = replace(subscription, backup_method_id=method.id)
    changed = (after,) if consented is method else (after, consented)
    return Changes(changed=changed, events=(_changed(subscription, now, backup_method_id=method.id),))


def without_backup(subscription: Subscription, now: datetime) -> Changes:
    """Let no method step in any more: the customer takes their consent back."""
    if subscription.backup_method_id is None:
        return Changes()
    after = replace(subscription, backup_method_id=None)
    return Changes(changed=(after,), events=(_changed(subscription, now, backup_method_id=None),))


def replaced_everywhere(
    everything: Iterable[SubscriptionFacts], old: PaymentMethod, new: PaymentMethod, now: datetime
) -> Changes:
    """Move every subscription from `old` to `new`; `old` stays on file."""
    changes = Changes()
    for facts in everything:
        if facts.subscription.method_id == old.id and facts.subscription.status is not SubscriptionStatus.CANCELED:
            changes += tied(facts, new, now)
    return changes


def removed(
    method: PaymentMethod, subscriptions: Sequence[Subscription], in_flight: Sequence[str], now: datetime
) -> Changes:
    """Remove a method that nothing uses. `in_flight`: open attempts on it."""
    _require_usable(method)
    users = tuple(
        s.id
        for s in subscriptions
        if s.status is not SubscriptionStatus.CANCELED and method.id in (s.method_id, s.backup_method_id)
    )
    if users or in_flight:
        raise Refused(RefusalCode.METHOD_IN_USE, details=(*users, *in_flight))
    return Changes(changed=(_gone(method, now),), events=(_removed_event(method, now),))


def _gone(method: PaymentMethod, now: datetime) -> PaymentMethod:
    """The method after its removal: kept for the record, never charged again."""
    return replace(method, status=moved(METHOD, method.status, MethodEvent.REMOVED), removed_at=now)


def _removed_event(method: PaymentMethod, now: datetime) -> EventDraft:
    """Say that it is gone."""
    return EventDraft(kind=EventKind.METHOD_REMOVED, object_id=method.id, at=now, data={"last4": method.last4})


def removed_and_replaced(
    old: PaymentMethod,
    new: PaymentMethod,
    everything: Sequence[SubscriptionFacts],
    in_flight: Sequence[str],
    now: datetime,
) -> Changes:
    """Move everything to `new` and remove `old`: both or neither."""
    _require_usable(old)
    _require_usable(new)
    if new.id == old.id:
        raise InvalidInput("a method can't replace itself; choose or add another one", field="method_id")
    if in_flight:
        raise Refused(RefusalCode.METHOD_IN_USE, details=tuple(in_flight))
    running = [f.subscription for f in everything if f.subscription.status is not SubscriptionStatus.CANCELED]
    backing = [subscription for subscription in running if subscription.backup_method_id == old.id]
    if backing:
        raise Refused(RefusalCode.METHOD_IN_USE, details=tuple(s.id for s in backing))
    moves = replaced_everywhere(everything, old, new, now)
    return moves + Changes(changed=(_gone(old, now),), events=(_removed_event(old, now),))


def quantity_changed(subscription: Subscription, quantity: int, now: datetime) -> Changes:
    """Sell another quantity from the next period on."""
    _require_running(subscription)
    subscription.price.amount_for(quantity)
    after = replace(subscription, pending_quantity=quantity)
    return Changes(changed=(after,), events=(_changed(subscription, now, quantity=quantity),))


def cancel_at_period_end(subscription: Subscription, now: datetime) -> Changes:
    """Let the running period be the last one."""
    _require_running(subscription)
    after = replace(subscription, cancel_at_period_end=True)
    event = EventDraft(
        kind=EventKind.SUBSCRIPTION_CANCEL_SCHEDULED,
        object_id=subscription.id,
        at=now,
        data={"period_end_on": subscription.period_end_on.isoformat()},
    )
    return Changes(changed=(after,), events=(event,))


def _changed(subscription: Subscription, now: datetime, **data: object) -> EventDraft:
    """Say what changed."""
    return EventDraft(kind=EventKind.SUBSCRIPTION_CHANGED, object_id=subscription.id, at=now, data=data)


def _require_running(subscription: Subscription) -> None:
    """Refuse changes to what has ended."""
    if subscription.status is SubscriptionStatus.CANCELED:
        raise Refused(RefusalCode.ALREADY_CANCELED, details=(subscription.id,))


def _require_usable(method: PaymentMethod) -> None:
    """Refuse what was removed."""
    if not method.is_active:
        raise Refused(RefusalCode.METHOD_NOT_USABLE, field="method_id", details=(method.id,))


def _require_same_customer(subscription: Subscription, method: PaymentMethod) -> None:
    """Refuse another customer's method."""
    if method.customer_id != subscription.customer_id:
        raise Refused(RefusalCode.NOT_YOUR_METHOD, field="method_id", details=(method.id,))
