"""`purring clock`: made, sent to a later time, walked there by the worker, deleted."""

from __future__ import annotations

from tests.cli.conftest import Purring


def test_a_clock_is_advanced_from_the_command_line(purring: Purring) -> None:
    """Each command says where it stands; the worker walks it; a time that is none, or past, is refused."""
    made = purring("clock", "create", "a bad month", "--at", "2027-01-01T09:00").out.splitlines()
    clock, said = made[0], made[1]
    assert "a bad month: ready, stands at 2027-01-01 09:00 UTC." == said
    sent = purring("clock", "advance", clock, "2027-01-31").out
    assert "a bad month: advancing, stands at 2027-01-01 09:00 UTC, on its way to 2027-01-31 00:00 UTC.\n" == sent
    assert 0 == purring("work", "--once").exit_code
    assert "a bad month: ready, stands at 2027-01-31 00:00 UTC.\n" == purring("clock", "show", clock).out
    assert clock in purring("clock", "list").out
    for to, why in (("2027-01-30", "only goes forwards"), ("soon", "is no time"), ("2030-01-01", "days at most")):
        refused = purring("clock", "advance", clock, to)
        assert refused.exit_code
        assert why in " ".join(refused.err.split())
    assert "a bad month: deleted, stands at 2027-01-31 00:00 UTC.\n" == purring("clock", "delete", clock).out
    assert clock not in purring("clock", "list").out
