"""How often people may try something at the portal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from purring.domain.card_testing import COUNT_MAX, WITHIN, Counted, Scope, TryKind, wait_after

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@given(
    kind=st.sampled_from(TryKind),
    over=st.sets(st.sampled_from(Scope)),
    ago_min=st.integers(min_value=0, max_value=59),
)
def test_whoever_tries_too_much_waits_and_nobody_else(kind: TryKind, over: set[Scope], ago_min: int) -> None:
    """The limit itself is still free; one more waits until the oldest try is an hour old, a minute at least."""
    first_at = NOW - timedelta(minutes=ago_min)
    counted = {
        scope: Counted(count=COUNT_MAX[kind][scope] + (scope in over), first_at=first_at if scope in over else None)
        for scope in Scope
    }
    assert (WITHIN - timedelta(minutes=ago_min) if over else None) == wait_after(kind, counted, NOW)


def test_limits_grow_with_the_scope() -> None:
    """A session has the least room, a merchant the most; each kind has a limit in every scope."""
    for kind in TryKind:
        limits = [COUNT_MAX[kind][scope] for scope in Scope]
        assert limits == sorted(limits)
