"""What comes out differently is said so that it can be read aloud, and nothing wrong passes."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path

import pytest

from purring.domain.errors import InvalidInput
from purring.scenarios.parse import parse_story
from purring.scenarios.run import Result, main, run_story
from tests.conftest import MakeDatabase
from tests.scenarios.stories import STORY, doing, spoiled


@pytest.fixture
def story_url(sqlite_template: Path, tmp_path: Path) -> str:
    """An empty database of the embedded kind: what is compared here doesn't depend on the kind."""
    return f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'story.sqlite3')}"


def _run(text: str, database_url: str) -> Result:
    return run_story(parse_story(text, "story.yaml"), database_url)


def _differences(text: str, database_url: str) -> list[str]:
    return [str(difference) for difference in _run(text, database_url).differences]


ATTEMPTS = "attempts: {exactly: [{status: declined, reason: insufficient_funds}, {status: succeeded, by: automatic}]}"

DIFFERENT = {
    "a status": (
        spoiled("status: paid", "status: open"),
        "2026-05-03 23:59 invoice main: expected status open, was paid",
    ),
    "a subscription's state": (
        spoiled("status: past_due", "status: suspended"),
        "2026-05-01 23:59 subscription main: expected status suspended, was past_due",
    ),
    "an amount": (
        spoiled("status: open", "owed: 10.00 NOK"),
        "2026-05-01 23:59 invoice main: expected owed 10.00 NOK, was 249.00 NOK",
    ),
    "a number of attempts": (
        spoiled("attempts: 2", "attempts: 3"),
        "2026-05-03 23:59 invoice main: expected 3 attempts, were 2\n    (status declined, method visa,",
    ),
    "a closed list": (
        spoiled("attempts: 2", "attempts: {exactly: [{status: declined}]}"),
        "expected exactly 1 attempts, were 2",
    ),
    "one of a closed list": (
        spoiled("attempts: 2", "attempts: {exactly: [{status: declined}, {at: 2026-05-04, status: succeeded}]}"),
        "2026-05-03 23:59 invoice main: expected attempt 2's at 2026-05-04, was 2026-05-03 10:00",
    ),
    "an attempt among others": (
        spoiled("attempts: 2", "attempts: {includes: [{reason: card_expired}]}"),
        "expected an attempt (reason card_expired), found none",
    ),
    "the last attempt": (
        spoiled("attempts: 1", "attempts: {last: {class: update_method}}"),
        "expected last attempt's class update_method, was retry_later",
    ),
    "the next step": (
        spoiled("attempts: 1", "next: {step: charge, at: 2026-05-04, why: late}"),
        "2026-05-01 23:59 invoice main: expected next at 2026-05-04, was 2026-05-03 10:00",
    ),
    "no next step": (spoiled("attempts: 1", "next: none"), "expected next step none, was charge"),
    "a reason to do nothing": (
        spoiled("attempts: 1", "barrier: method.none"),
        "expected barrier method.none, was none",
    ),
    "the gateway's ledger": (
        spoiled("attempts: 2", "captured: 0.00 NOK"),
        "expected captured 0.00 NOK, was 249.00 NOK",
    ),
    "a notice": (
        spoiled("kind: payment_declined", "kind: last_notice"),
        "notices: expected one (kind last_notice, language en), found 0\n    (kind payment_declined, to billing@",
    ),
    "how many notices": (spoiled("language: en", "count: 2"), "expected 2 (kind payment_declined, count 2), found 1"),
    "words of a notice": (spoiled("language: en", "says: [a free lunch]"), "says a free lunch), found 0"),
    "words that a notice has": (spoiled("language: en", "says_not: [Team plan]"), "says_not Team plan), found 0"),
    "no notices": (
        spoiled("notices: [{kind: payment_declined, language: en}]", "notices: none"),
        "2026-05-01 23:59 notices: expected nothing else, but there was",
    ),
    "an event": (
        spoiled("notices: [{kind: payment_declined, language: en}]", "events: [invoice.voided]"),
        "2026-05-01 23:59 events: expected invoice.voided, which didn't happen",
    ),
    "an invoice that isn't there": (
        spoiled("invoices: {main: {status: paid", "invoices: {main/2: {status: paid"),
        "2026-05-03 23:59 the story: there is no invoice 'main/2' yet; there are main",
    ),
    "a method": (
        spoiled("attempts: 2}}", "attempts: 2}}\n      methods: {visa: {pays: []}}"),
        "2026-05-03 23:59 method visa: expected pays none, was main",
    ),
    "an ending": (
        spoiled("attempts: 2}}", "attempts: 2}}\nfinally: {expect: {subscriptions: {main: {status: canceled}}}}"),
        "subscription main: expected status canceled, was active",
    ),
    "what follows": (
        spoiled(STORY[STORY.index("  - at: day 2") :], "finally: {nothing_more: true}"),
        "finally, invoice main: expected nothing more; was open, recovery open, subscription past_due,",
    ),
    "an action that fails": (
        doing("resume: {invoice: main}", "day 2"),
        "2026-05-03 23:59 resume: line 14: The recovery is closed; pay the invoice instead of retrying it.",
    ),
    "an action that isn't refused": (
        doing("{pause: {invoice: main}, refused: on_hold}"),
        "2026-05-01 23:59 pause: expected it to be refused with on_hold, but it was done",
    ),
    "another refusal": (
        doing("{resume: {invoice: main}, refused: on_hold}"),
        "resume: expected on_hold, was not_on_hold: Nothing is paused; there is nothing to resume.",
    ),
    "what a refusal lists": (
        doing("{remove_method: {method: visa}, refused: {code: method_in_use, names: [visa]}}"),
        "remove method: expected the refusal to list visa; it lists main",
    ),
    "a name that nobody gave": (
        doing("remove_method: {method: vissa}"),
        "remove method: line 9: there is no method 'vissa'; there are visa",
    ),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_wrong_expectation_fails_with_a_readable_text(name: str, story_url: str) -> None:
    """Each kind of expectation can fail, and says when, about what, what was expected and what there was."""
    text, expected = DIFFERENT[name]
    found = _differences(text, story_url)
    assert [] != found
    assert expected in "\n".join(found)


def test_the_story_itself_comes_out(database_url: str) -> None:
    """The story that the others spoil is right, and so is a longer expectation of the same attempts."""
    assert [] == _differences(spoiled("attempts: 2", ATTEMPTS), database_url)


def test_a_story_leaves_the_same_trace_on_every_database(new_database: MakeDatabase) -> None:
    """The trace tells every event with its reason and every notice, and twice the same."""
    first, second = (_run(STORY, new_database()).trace for _ in range(2))
    assert first == second
    told = "\n".join(first)
    assert "2026-05-01 00:00  attempt 1 of main started: First charge, on the invoice date." in told
    assert "2026-05-03 10:00  attempt 2 of main started: Policy steady v1: retry 1 of 6, day 2 of 28." in told
    assert "notice payment_declined no. 1 about main to billing@customer.example (en): Your payment" in told
    assert "2026-05-03 23:59  -- as expected" in told


def test_a_database_with_somebodys_data_is_refused(database_url: str) -> None:
    """A story moves the clock of everything in its database, so it wants an empty one."""
    _run(STORY, database_url)
    with pytest.raises(InvalidInput, match="is not empty; a story needs one of its own"):
        _run(STORY, database_url)


def test_what_is_given_wrongly_is_a_difference(database_url: str) -> None:
    """A given thing that the operations refuse is told like any other difference, not thrown."""
    found = _differences(spoiled("method: visa}", "method: amex}"), database_url)
    assert ["2026-05-01 00:00 given: there is no method 'amex'; there are visa"] == found


def test_the_command_reports_each_file(tmp_path: Path) -> None:
    """One line for each file, what differs below it; the exit code is that of the worst."""
    (tmp_path / "good.yaml").write_text(STORY)
    (tmp_path / "bad.yaml").write_text(spoiled("status: paid", "status: open"))
    (tmp_path / "none.yaml").write_text("title: nothing")
    out = StringIO()
    codes = [
        main([tmp_path / name], trace=name == "good.yaml", database_url=None, out=out)
        for name in ("good.yaml", "bad.yaml", "none.yaml")
    ]
    assert [0, 1, 2] == codes
    assert "ok   good.yaml: A declined card pays two days later" in out.getvalue()
    assert "  2026-05-01 00:00  invoice main issued: 249.00 NOK" in out.getvalue()
    assert "  2026-05-03 23:59 invoice main: expected status open, was paid" in out.getvalue()
    assert "none.yaml:1: tells is needed." in out.getvalue()


def test_the_command_wants_one_database_for_one_file(tmp_path: Path) -> None:
    """Two files can't share a database."""
    out = StringIO()
    assert 2 == main([tmp_path, tmp_path], trace=False, database_url="sqlite:///x.sqlite3", out=out)
    assert "Each story needs an empty database" in out.getvalue()
