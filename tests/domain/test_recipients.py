"""Who gets a copy: people who look after billing, and the next person where they can't be reached or don't read."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.customer import AddressState, Person, Role, require_phone
from purring.domain.errors import InvalidInput
from purring.domain.notice import DECLINE_NOTICES, NoticeKind, NoticeStatus
from purring.domain.notice_terms import NoticeTerms
from purring.domain.policy import Policy
from purring.domain.recipients import WARNINGS, is_escalated, recipients, texted
from tests.domain import make
from tests.domain.make import day, no
from tests.domain.story import Story

A = make.method("a")
PEOPLE = st.lists(
    st.builds(make.person, role=st.sampled_from(Role), email_state=st.sampled_from(AddressState)), max_size=4
)


@given(PEOPLE, st.sampled_from(NoticeKind), st.booleans())
def test_a_notice_reaches_whom_it_can(people: list[Person], kind: NoticeKind, escalated: bool) -> None:  # noqa: FBT001 - drawn
    """Nobody is skipped but bounced addresses, and those not for a warning; readers come in where they must."""
    told = recipients(people, kind, escalated=escalated)
    notified = [one for one in people if one.is_notified]
    assert all(one in told for one in notified if one.is_reachable or kind in WARNINGS)
    assert all(one.is_reachable for one in told) or kind in WARNINGS
    readers = [one for one in told if one.role is Role.READER]
    lost = bool(notified) and not any(one.is_reachable for one in notified)
    assert not readers or escalated or lost
    assert not (escalated or lost) or readers == [one for one in people if not one.is_notified and one.is_reachable]


def test_text_messages_go_to_who_takes_them() -> None:
    """Only of the kinds that the merchant names, also where mail is known to bounce, and never to readers."""
    terms = NoticeTerms(sms_kinds=(NoticeKind.LAST_NOTICE,))
    takes = {"phone": "+4790000000", "takes_sms": True}
    told = [make.person(**takes), make.person(**takes, email_state=AddressState.BOUNCED)]
    others = [make.person(phone="+4790000000"), make.person(**takes, role=Role.READER)]
    assert tuple(told) == texted([*told, *others], NoticeKind.LAST_NOTICE, terms)
    assert () == texted(told, NoticeKind.RECEIPT, terms)


@pytest.mark.parametrize(
    ("phone", "takes_sms"),
    [("90000000", False), ("+0790000000", False), ("+47 90000000", True), ("+47", True), ("", True)],
)
def test_a_number_is_international_or_refused(phone: str, takes_sms: bool) -> None:  # noqa: FBT001 - drawn
    """The message says how to write it, and doesn't repeat it."""
    with pytest.raises(InvalidInput) as caught:
        require_phone(phone, takes_sms=takes_sms)
    assert "phone" == caught.value.field
    assert not phone or phone not in caught.value.message.replace("+4790000000", "")
    require_phone("+4790000000", takes_sms=True)
    require_phone("", takes_sms=False)


def unread(*, read: bool = False, after: int = 2) -> Story:
    """Two declines were told."""
    story = Story(make.facts(A, policy=Policy(notices=NoticeTerms(escalate_after_unread=after)))).work(no()).send()
    story.at(day(2)).work(no()).send()
    if read:
        notices = tuple(replace(one, read_at=story.now) for one in story.facts.notices)
        story.facts = replace(story.facts, notices=notices)
    return story


def test_two_unread_notices_bring_the_next_person_in() -> None:
    """With the third."""
    story = unread()
    assert is_escalated(story.facts)
    story.at(day(6)).work(no())
    assert [False, False, True] == [one.escalated for one in story.facts.notices if one.kind in DECLINE_NOTICES]


@pytest.mark.parametrize("story", [unread(read=True), unread(after=3)], ids=["read", "too few"])
def test_what_was_read_or_is_new_stays_with_those_in_charge(story: Story) -> None:
    """And without the policy's word everything does."""
    assert not is_escalated(story.facts)
    assert not is_escalated(make.facts(A))


def test_whoever_acts_has_noticed() -> None:
    """By paying, by tying another method, or by editing one."""
    later = day(2) + timedelta(hours=1)
    paying = unread().at(later).pay("pm_a", no())
    tying = unread().at(later).tie(make.method("b", created_at=day(-1)))
    editing = unread().at(later).edit("pm_a", exp_month=1)
    assert [False] * 3 == [is_escalated(story.facts) for story in (paying, tying, editing)]
    alone = replace(unread().facts, subscription=None)
    assert is_escalated(alone)


def test_notices_that_wait_are_not_unread() -> None:
    """Nobody could have read them."""
    story = unread()
    waiting = tuple(replace(one, status=NoticeStatus.OWED, sent_at=None) for one in story.facts.notices)
    assert not is_escalated(replace(story.facts, notices=waiting))
