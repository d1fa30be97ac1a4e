"""Every event is told or silent, every kind of notice is owed by one, and names follow one pattern."""

from __future__ import annotations

import re

import pytest

from purring.domain.attempt import Outcome
from purring.domain.event import OWES, SILENT, EventKind
from purring.domain.invoice import InvoiceStatus
from purring.domain.journal import DEBIT_CREDIT, Account, EntryKind
from purring.domain.notice import DECLINE_NOTICES, NoticeKind
from purring.domain.recovery import RecoveryStatus
from tests.domain import make
from tests.domain.make import no, yes
from tests.domain.story import Story


def test_every_event_is_told_or_silent() -> None:
    """In exactly one of the two lists."""
    assert set(EventKind) == set(OWES) | SILENT
    assert set() == set(OWES) & SILENT


def test_every_kind_of_notice_is_owed_by_an_event() -> None:
    """A kind that nothing owes would never be sent."""
    assert set(NoticeKind) == set(OWES.values())


@pytest.mark.parametrize("kind", EventKind)
def test_events_are_named_for_noun_and_what_happened(kind: EventKind) -> None:
    """`invoice.paid`."""
    nouns = "invoice|attempt|recovery|subscription|payment_method|policy|queue|endpoint|notice|brand|notice_text"
    nouns += "|test_clock"
    assert re.fullmatch(rf"({nouns})\.[a-z_]+", kind.value)
    assert kind.name.lower() == kind.value.replace("payment_method", "method").replace(".", "_")


def test_the_notices_that_tell_of_a_failure_are_those_that_can_be_withdrawn() -> None:
    """The others tell what has happened for good."""
    owed_by = {OWES[kind] for kind in (EventKind.ATTEMPT_DECLINED, EventKind.ATTEMPT_ACTION_REQUIRED)}
    assert owed_by | {OWES[EventKind.RECOVERY_WARNED]} == DECLINE_NOTICES


def test_every_money_fact_has_two_accounts() -> None:
    """Which differ: what one gains the other gives."""
    assert set(EntryKind) == set(DEBIT_CREDIT)
    assert all(debit is not credit for debit, credit in DEBIT_CREDIT.values())
    assert set(Account) == {account for pair in DEBIT_CREDIT.values() for account in pair}


@pytest.mark.parametrize("last", [yes(), no()], ids=["paid", "unpaid"])
def test_every_change_of_state_is_said_once(last: Outcome) -> None:
    """Events and end states of a whole life agree."""
    story = Story(make.facts()).work(no()).send().until_quiet(last)
    paid = story.invoice.status is InvoiceStatus.PAID
    assert 1 == story.said(EventKind.RECOVERY_OPENED) == story.said(EventKind.SUBSCRIPTION_PAST_DUE)
    assert paid == story.said(EventKind.INVOICE_PAID) == story.said(EventKind.SUBSCRIPTION_ACTIVE)
    assert paid == story.said(EventKind.RECOVERY_RECOVERED)
    assert (not paid) == story.said(EventKind.RECOVERY_EXHAUSTED) == story.said(EventKind.SUBSCRIPTION_SUSPENDED)
    assert (RecoveryStatus.RECOVERED if paid else RecoveryStatus.EXHAUSTED) is story.recovery.status
    assert len(story.facts.attempts) == story.said(EventKind.ATTEMPT_STARTED)
    assert sum(attempt.status == "declined" for attempt in story.facts.attempts) == story.said(
        EventKind.ATTEMPT_DECLINED
    )
