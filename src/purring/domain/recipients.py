"""Who gets a copy of a notice: those who look after billing, and the next person where it doesn't reach them."""

from __future__ import annotations

from collections.abc import Sequence

from purring.domain.attempt import Initiator
from purring.domain.customer import Person, Role
from purring.domain.facts import Facts
from purring.domain.notice import DECLINE_NOTICES, Notice, NoticeKind, NoticeStatus
from purring.domain.notice_terms import NoticeTerms

WARNINGS = frozenset({NoticeKind.LAST_NOTICE, NoticeKind.CANCELLATION_WARNING})
"""Kinds that something harsher waits for: they are sent to bounced addresses too, for what a try is worth."""


def recipients(people: Sequence[Person], kind: NoticeKind, *, escalated: bool) -> tuple[Person, ...]:
    """Everybody who is notified and can be reached; readers too where nobody of those can be, or it is `escalated`.

    Readers see invoices and their state anyway; they are the next to know who else there is.
    """
    notified = [person for person in people if person.is_notified]
    reached = [person for person in notified if person.is_reachable]
    told = notified if kind in WARNINGS else reached
    if escalated or (notified and not reached):
        told = [*told, *(person for person in people if person.role is Role.READER and person.is_reachable)]
    return tuple(told)


def texted(people: Sequence[Person], kind: NoticeKind, terms: NoticeTerms) -> tuple[Person, ...]:
    """Everybody who gets a text message too: who is notified and takes them, whether or not mail reaches them."""
    if kind not in terms.sms_kinds:
        return ()
    return tuple(person for person in people if person.is_notified and person.takes_sms and person.phone)


def is_escalated(facts: Facts) -> bool:
    """Whether so many decline notices of the invoice in a row were read by nobody that the next person is told."""
    unread_max = facts.merchant.policy.notices.escalate_after_unread
    if unread_max is None:
        return False
    sent = [one for one in facts.notices if one.kind in DECLINE_NOTICES and one.status is NoticeStatus.SENT]
    last = sent[-unread_max:]
    return len(last) == unread_max and not any(_was_noticed(one, facts) for one in last)


def _was_noticed(notice: Notice, facts: Facts) -> bool:
    """Whether somebody read it, or has done something about the invoice since."""
    assert notice.sent_at, f"{notice.id} was sent at no time"
    acted = [one.started_at for one in facts.attempts if one.initiator is Initiator.CUSTOMER]
    if facts.subscription is not None and facts.subscription.method_tied_at is not None:
        acted.append(facts.subscription.method_tied_at)
    acted += [method.fresh_at for method in facts.methods]
    return notice.read_at is not None or any(at > notice.sent_at for at in acted)
