"""Every status change there is: each member has its place, what is absent is refused, the page shows the same."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.attempt import OPEN_ATTEMPT, AttemptEvent, AttemptStatus
from purring.domain.errors import IllegalTransition
from purring.domain.invoice import InvoiceEvent, InvoiceStatus
from purring.domain.payment_method import MethodEvent, MethodStatus
from purring.domain.recovery import RecoveryEvent, RecoveryStatus
from purring.domain.subscription import SubscriptionEvent, SubscriptionStatus
from purring.domain.transitions import ATTEMPT, INVOICE, METHOD, RECOVERY, SUBSCRIPTION, moved

# (status, event) → status. Any, since a mapping of one noun's statuses is no mapping of all.
Table = Mapping[Any, StrEnum]

TABLES: dict[str, tuple[Table, type[StrEnum], type[StrEnum]]] = {
    "attempt": (ATTEMPT, AttemptStatus, AttemptEvent),
    "invoice": (INVOICE, InvoiceStatus, InvoiceEvent),
    "recovery": (RECOVERY, RecoveryStatus, RecoveryEvent),
    "subscription": (SUBSCRIPTION, SubscriptionStatus, SubscriptionEvent),
    "method": (METHOD, MethodStatus, MethodEvent),
}
# By noun, since members of two enums that read the same are equal.
FIRST: dict[str, set[StrEnum]] = {
    "attempt": {AttemptStatus.STARTED},
    "invoice": {InvoiceStatus.OPEN},
    "recovery": {RecoveryStatus.OPEN},
    "subscription": {SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE},
    "method": {MethodStatus.ACTIVE},
}
"""Where a noun may begin."""
LAST: dict[str, set[StrEnum]] = {
    "attempt": set(),
    "invoice": {InvoiceStatus.VOID},
    "recovery": set(),
    "subscription": {SubscriptionStatus.CANCELED},
    "method": {MethodStatus.REMOVED},
}
"""Where nothing more can happen. Final attempts can be corrected, closed recoveries paid, a paid invoice reversed."""

STATES = Path(__file__).parents[2] / "docs" / "reference" / "states.md"


@pytest.mark.parametrize("noun", TABLES)
def test_every_status_is_reached_and_left(noun: str) -> None:
    """Except where a noun begins and where it ends for good."""
    table, statuses, _ = TABLES[noun]
    assert set(statuses) - FIRST[noun] == set(table.values()) - FIRST[noun]
    assert set(statuses) - LAST[noun] == {status for status, _ in table}


@pytest.mark.parametrize("noun", TABLES)
def test_every_event_does_something(noun: str) -> None:
    """An event that no status takes is a word without a meaning."""
    table, _, events = TABLES[noun]
    assert set(events) == {event for _, event in table}


@pytest.mark.parametrize("noun", TABLES)
def test_what_is_absent_is_refused(noun: str) -> None:
    """Each pair of status and event is either in the table or raises."""
    table, statuses, events = TABLES[noun]
    for status in statuses:
        for event in events:
            if (status, event) in table:
                assert table[status, event] is moved(table, status, event)
            else:
                with pytest.raises(IllegalTransition, match=f"'{status}' can't take '{event}'"):
                    moved(table, status, event)


def test_a_final_attempt_changes_only_by_a_correction() -> None:
    """No answer of a gateway moves it."""
    corrections = {AttemptEvent.CORRECTED_TO_SUCCEEDED, AttemptEvent.CORRECTED_TO_DECLINED}
    assert corrections >= {event for status, event in ATTEMPT if status not in OPEN_ATTEMPT}


def test_no_answer_leaves_an_attempt_as_if_it_had_not_been_sent() -> None:
    """Nothing goes back to `started`."""
    assert AttemptStatus.STARTED not in ATTEMPT.values()


@pytest.mark.parametrize("noun", TABLES)
@given(data=st.data())
def test_every_walk_stays_in_the_table(noun: str, data: st.DataObject) -> None:
    """From where a noun may begin, legal events lead to statuses of its own only."""
    table, statuses, _ = TABLES[noun]
    status = data.draw(st.sampled_from(sorted(FIRST[noun])))
    for _ in range(10):
        events = sorted(event for taken, event in table if taken is status)
        if not events:
            assert status in LAST[noun]
            return
        status = moved(table, status, data.draw(st.sampled_from(events)))
        assert status in set(statuses)


@pytest.mark.parametrize("noun", TABLES)
def test_the_page_draws_every_move(noun: str) -> None:
    """What an operator reads is what the code does."""
    section = STATES.read_text().lower().split("## ")
    lines = next(part for part in section if part.startswith((noun, f"payment {noun}"))).splitlines()
    for (status, event), to in TABLES[noun][0].items():
        arrow = next(line for line in lines if f"{status} --> {to}:" in line)
        assert event.replace("_", " ") in arrow
