"""When a notice may go out: never in a customer's quiet hours, and a day's declines together if the merchant likes.

A warning is never too late for what it warns of, because the harsher status waits for the warning (`schedule`).
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from purring.domain.calendar import at_local, days, last_at_local, local_date, zone
from purring.domain.customer import Customer
from purring.domain.notice import DECLINE_NOTICES, NoticeKind
from purring.domain.notice_terms import NoticeTerms

ANSWERS = frozenset({NoticeKind.PAYMENT_RECEIVED, NoticeKind.RECEIPT, NoticeKind.METHOD_CHANGED})
"""Kinds that answer what somebody has just done, or bring good news; they don't wait for the morning."""

COMBINED = DECLINE_NOTICES - {NoticeKind.LAST_NOTICE}
"""Kinds that wait for the others of the day; a last notice doesn't, but takes along what waits."""


def due_at(kind: NoticeKind, at: datetime, terms: NoticeTerms, customer: Customer) -> datetime:
    """When a notice that could go out at `at` does."""
    tz = zone(customer.timezone)
    if terms.combine_at is not None and kind in COMBINED:
        at = _next_at(terms.combine_at, at, tz)
    return (quiet_until(at, terms, tz) or at) if kind not in ANSWERS else at


def waits_until(kind: NoticeKind, now: datetime, terms: NoticeTerms, customer: Customer) -> datetime | None:
    """Until when a notice has to wait that is about to go out; None: it may go."""
    return None if kind in ANSWERS else quiet_until(now, terms, zone(customer.timezone))


def quiet_until(at: datetime, terms: NoticeTerms, tz: ZoneInfo) -> datetime | None:
    """The end of the quiet hours in which an instant lies; None: it lies in none.

    Hours that the clocks show twice are quiet both times; where they skip the end, it is the first instant after.
    """
    if terms.quiet_from is None or terms.quiet_until is None:
        return None
    today = local_date(at, tz)
    for first_on in (today - days(1), today):
        last_on = first_on + days(1) if terms.quiet_until <= terms.quiet_from else first_on
        ends_at = last_at_local(last_on, terms.quiet_until, tz)
        if at_local(first_on, terms.quiet_from, tz) <= at < ends_at:
            return ends_at
    return None


def _next_at(clock: time, at: datetime, tz: ZoneInfo) -> datetime:
    """The first instant from `at` on at which clocks show a time."""
    today = local_date(at, tz)
    found = at_local(today, clock, tz)
    return found if found >= at else at_local(today + timedelta(days=1), clock, tz)
