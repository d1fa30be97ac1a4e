"""A notice at the moment it goes out: whether it still waits, what it says by now, and which others it tells of too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from purring.domain.customer import Customer
from purring.domain.decide.telling import context
from purring.domain.facts import Facts
from purring.domain.notice import DECLINE_NOTICES, Notice, NoticeKind
from purring.domain.notice_terms import NoticeTerms
from purring.domain.notice_times import COMBINED, waits_until

FRESH_FOR = timedelta(hours=1)
"""So old, what a notice about an open invoice was owed with is still taken to be true."""

IN_FLIGHT_PATIENCE = timedelta(hours=6)
"""A notice that was put off isn't sent while a charge is under way; how long until somebody looks again."""

_STRICTNESS = (NoticeKind.PAYMENT_DECLINED, NoticeKind.ACTION_NEEDED, NoticeKind.LAST_NOTICE)


def needs_facts(notice: Notice, now: datetime) -> bool:
    """Whether what it says may have changed since it was owed: it was put off, or is late."""
    late = notice.due_at > notice.owed_at or now >= notice.owed_at + FRESH_FOR
    return notice.kind in DECLINE_NOTICES and late


def goes_out_at(notice: Notice, facts: Facts | None, terms: NoticeTerms, customer: Customer, now: datetime) -> datetime:
    """When a notice that is due goes out: `now`, or after the quiet hours, or once a charge under way is known.

    `facts`: of its invoice, where it needs them. A last notice waits for no charge: what it warns of waits for it.
    """
    quiet_until = waits_until(notice.kind, now, terms, customer)
    if quiet_until is not None:
        return quiet_until
    attempt = facts.open_attempt if facts is not None and notice.kind in COMBINED else None
    return now + IN_FLIGHT_PATIENCE if attempt is not None and attempt.id != notice.attempt_id else now


def as_of(notice: Notice, facts: Facts, now: datetime) -> Notice:
    """The notice with what is true now. Its number stays."""
    attempt = facts.attempt(notice.attempt_id) if notice.attempt_id else None
    return replace(notice, context={**context(facts, now, attempt), "number": notice.number})


def told_together(notices: Sequence[Notice]) -> Notice:
    """One notice for all of these decline notices of a customer: the strictest, with a line for each invoice."""
    strictest = max(notices, key=lambda one: (_STRICTNESS.index(one.kind), one.number, one.id))
    items = {one.invoice_id: _item(one) for one in sorted(notices, key=lambda one: one.owed_at)}
    if len(items) == 1:
        return strictest
    return replace(strictest, context={**strictest.context, "items": list(items.values())})


def _item(notice: Notice) -> dict[str, object]:
    told = notice.context
    return {
        "invoice_number": told["invoice_number"],
        "product": told["product"],
        "amount": told["amount"],
        "charge_at": told["next_attempt_at"],
        "access_ends_at": told["access_ends_at"],
    }
