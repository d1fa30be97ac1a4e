"""Who may do what at a customer, and how long a code or a session lets somebody in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from purring.domain.access import (
    CODE_LIFETIME,
    CODE_TRIES_MAX,
    ENTRY_LIFETIME,
    IDLE_MAX,
    PERMISSIONS,
    SESSION_MAX,
    STEP_UP,
    OpenedBy,
    Permission,
    Session,
    SignInCode,
    may,
    require,
    with_role,
    without,
)
from purring.domain.customer import Role
from purring.domain.errors import NotPermitted, RefusalCode, Refused
from purring.domain.ids import CustomerId, PersonId, SessionId, SignInCodeId
from tests.domain import make

NOW = make.ISSUED_AT
ADMIN = make.person()
PAYER = make.person(id=PersonId("per_2"), name="Ola", role=Role.PAYER)
READER = make.person(id=PersonId("per_3"), name="Lin", role=Role.READER)
FJORD = make.customer(people=(ADMIN, PAYER, READER))
A_MOMENT = timedelta(microseconds=1)


def session(**fields: Any) -> Session:
    """A session opened now by a code."""
    given: dict[str, Any] = {
        "id": SessionId("ses_1"),
        "customer_id": CustomerId("cus_1"),
        "person_id": PersonId("per_1"),
        "opened_by": OpenedBy.CODE,
        "opened_at": NOW,
        "seen_at": NOW,
    }
    return Session(**(given | fields))


def test_every_role_has_its_permissions() -> None:
    """Each role is listed; an address that only gets notices may nothing, everybody else may see."""
    assert set(Role) == set(PERMISSIONS)
    assert {Role.BILLING_ADDRESS} == {role for role, held in PERMISSIONS.items() if Permission.SEE not in held}
    assert not PERMISSIONS[Role.BILLING_ADDRESS]


def test_a_refusal_names_the_permission_and_who_holds_it() -> None:
    """A reader learns whom to ask."""
    require(FJORD, PAYER, Permission.PAY)
    with pytest.raises(NotPermitted, match=r"reader lacks the permission pay\. Ask Kari, Ola") as refused:
        require(FJORD, READER, Permission.PAY)
    assert ("Kari", "Ola") == refused.value.details
    assert not may(PAYER, Permission.MANAGE_METHODS)


def test_a_refusal_without_anybody_to_ask_names_nobody() -> None:
    """There may be no billing admin at all."""
    with pytest.raises(NotPermitted, match=r"manage_people\.$"):
        require(make.customer(people=(READER,)), READER, Permission.MANAGE_PEOPLE)


def test_the_last_billing_admin_stays() -> None:
    """Neither removed nor made less."""
    with pytest.raises(Refused) as removed:
        without(FJORD, ADMIN)
    with pytest.raises(Refused) as lessened:
        with_role(FJORD, ADMIN, Role.PAYER)
    assert {RefusalCode.LAST_BILLING_ADMIN} == {removed.value.code, lessened.value.code}
    assert (ADMIN, READER) == without(FJORD, PAYER)
    assert Role.BILLING_ADMIN is with_role(FJORD, PAYER, Role.BILLING_ADMIN)[1].role


def test_a_code_is_good_once_for_ten_minutes_and_five_tries() -> None:
    """Each limit by itself ends it."""
    given: dict[str, Any] = {"id": SignInCodeId("sic_1"), "address_hash": "a", "code_hash": "c", "sent_at": NOW}
    code = SignInCode(**given, tries=CODE_TRIES_MAX - 1)
    assert code.is_good(NOW + CODE_LIFETIME - A_MOMENT)
    assert not code.is_good(NOW + CODE_LIFETIME)
    assert not SignInCode(**given, tries=CODE_TRIES_MAX).is_good(NOW)
    assert not SignInCode(**given, used_at=NOW).is_good(NOW)


def test_a_session_ends_when_idle_when_old_and_when_ended() -> None:
    """Whichever comes first."""
    assert session().is_alive(NOW + IDLE_MAX - A_MOMENT)
    assert not session().is_alive(NOW + IDLE_MAX)
    busy = session(seen_at=NOW + SESSION_MAX - A_MOMENT)
    assert busy.is_alive(NOW + SESSION_MAX - A_MOMENT)
    assert not busy.is_alive(NOW + SESSION_MAX)
    assert not session(ended_at=NOW).is_alive(NOW)


def test_a_link_leads_in_for_a_few_minutes() -> None:
    """And not into a session that was ended."""
    assert session().lets_enter(NOW + ENTRY_LIFETIME - A_MOMENT)
    assert not session().lets_enter(NOW + ENTRY_LIFETIME)
    assert not session(ended_at=NOW).lets_enter(NOW)


def test_a_fresh_code_proves_for_a_while() -> None:
    """A session that the merchant's application opened has proved nothing."""
    assert not session().has_proved(NOW)
    proved = session(proved_at=NOW)
    assert proved.has_proved(NOW + STEP_UP - A_MOMENT)
    assert not proved.has_proved(NOW + STEP_UP)
