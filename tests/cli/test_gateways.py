"""Operators limit charges at gateways, see what is limited or paused, and end a pause."""

from __future__ import annotations

from datetime import UTC, datetime

from purring.domain.throttle import Throttle
from purring.store import throttles
from purring.store.engine import open_store
from tests.cli.conftest import Purring


def test_limits_are_set_listed_and_lifted(purring: Purring) -> None:
    """For all merchants and for one; `doctor` tells of them."""
    assert "No gateway is limited or paused." in purring("gateway", "list").out
    said = purring("gateway", "limit", "sandbox", "--per-second", "2.5", "--burst", "4", "--in-flight", "7").out
    assert "sandbox: 2.5 charges per second, 4 at the same moment, 7 at once" in said
    assert "7 at once" in purring("gateway", "limit", "sandbox", "--in-flight", "7", "--merchant", "Booking AS").out
    first, second = purring("gateway", "list").out.splitlines()[1:]
    assert ["sandbox", "all", "2.5", "4", "7"] == first.split()
    assert "mer_" == second.split()[1][:4]
    assert "note   gateway sandbox: limited to 2.5 charges per second" in purring("doctor").out
    assert "sandbox: no limit" in purring("gateway", "limit", "sandbox").out
    assert 2 == len(purring("gateway", "list").out.splitlines())


def test_what_cannot_be_limited_is_refused(purring: Purring) -> None:
    """With the remedy, and nothing written."""
    assert "there are: sandbox" in purring("gateway", "limit", "elsewhere", "--in-flight", "7").err
    assert "must be 1 to" in purring("gateway", "limit", "sandbox", "--in-flight", "0").err
    assert 0 != purring("gateway", "limit", "sandbox", "--burst", "3").exit_code
    assert 0 != purring("gateway", "limit", "sandbox", "--in-flight", "3", "--merchant", "Nobody").exit_code
    assert "No gateway is limited" in purring("gateway", "list").out


def test_a_pause_is_shown_and_ended(purring: Purring, database_url: str) -> None:
    """Whether it goes on or the gateway is about to be tried."""
    assert "it was not paused" in purring("gateway", "resume", "sandbox").out
    _pause(database_url, datetime(2100, 1, 1, tzinfo=UTC))
    assert "until 2100" in purring("gateway", "list").out
    assert "charges are paused because it kept failing" in purring("doctor").out
    assert "the pause is over" in purring("gateway", "resume", "sandbox").out
    assert "No gateway is limited" in purring("gateway", "list").out
    _pause(database_url, datetime(2020, 1, 1, tzinfo=UTC))
    assert "is being tried" in purring("gateway", "list").out


def _pause(database_url: str, until: datetime) -> None:
    store = open_store(database_url)
    with store.transaction() as conn:
        throttles.save(conn, Throttle(gateway="sandbox", pauses=1, paused_until=until))
    store.close()
