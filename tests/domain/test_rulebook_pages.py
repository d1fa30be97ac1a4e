"""The reference page holds every row and every limit, and admits what nobody checked."""

from __future__ import annotations

from datetime import date

from purring.domain.decline import DeclineClass, DeclineReason
from purring.domain.rulebook.codes import Code, Grade, Kind, Source, Table
from purring.domain.rulebook.limit_rows import LIMITS
from purring.domain.rulebook.pages import codes_of, declines
from purring.domain.rulebook.tables import TABLES

PARAGRAPHS = list(declines())
PAGE = "\n\n".join(PARAGRAPHS)


def _section(title: str) -> list[str]:
    """The rows of the Markdown table under a heading."""
    return PARAGRAPHS[PARAGRAPHS.index(f"## {title}") + 1].splitlines()[2:]


def test_every_code_has_its_line() -> None:
    """Each table shows its codes in order, each with its meaning and reason."""
    for table in TABLES:
        lines = _section(table.title)
        assert len(table.codes) == len(lines)
        for row, line in zip(table.codes, lines, strict=True):
            assert line.startswith(f"| `{row.code}` | {row.meaning} | `{row.reason}` |")
            assert row.note in line


def test_unverified_rows_say_so() -> None:
    """A row from memory is called unverified, and only such a row is."""
    for table in TABLES:
        for row, line in zip(table.codes, _section(table.title), strict=True):
            assert (row.source.grade is Grade.MEMORY) == ("unverified" in line)
    assert "from memory, unverified" in PAGE


def test_every_limit_has_its_line() -> None:
    """Each edition of each limit stands on the page with its number, window, days in force and source."""
    lines = _section("Limits")
    assert len(LIMITS) == len(lines)
    for limit, line in zip(LIMITS, lines, strict=True):
        assert line.startswith(f"| `{limit.id}` | {limit.edition} |")
        assert f"| {limit.attempts_max} per " in line
        assert limit.source in line
    assert "| 24 hours | any attempt | from 2019-10-14 until 2022-10-01 |" in PAGE
    assert "| 180 days | the first attempt | always |" in PAGE


def test_classes_come_strictest_first() -> None:
    """The classes are listed with what happens, the strictest first."""
    listed = [line.split("`")[1] for line in _section("Classes")]
    assert DeclineClass.NEVER_RETRY == listed[0]
    assert DeclineClass.RETRY_LATER == listed[-1]
    assert set(DeclineClass) == set(listed)


def test_figures_and_days_are_shown() -> None:
    """Delays, categories, stops, first days, uncertainty and silence are said in words."""
    for phrase in (
        "wait 240 h",
        "category 1; the network stops this card",
        "category 1; the network stops this payment",
        "category 2; from 2025-04-11",
        "the charge may have gone through",
        "silent beside a code that says more",
    ):
        assert phrase in PAGE


def test_a_row_that_ends_says_when() -> None:
    """An edition that is over shows its last day, and a bar in a note doesn't break the table."""
    row = Code(
        "46",
        "Closed account",
        DeclineReason.ACCOUNT_CLOSED,
        DeclineClass.NEVER_RETRY,
        source=Source("a test", Grade.OWN),
        valid_to=date(2026, 4, 1),
        note="one | two",
    )
    line = list(codes_of(Table("x", "X", Kind.RAW, "x", (row,))))[1].splitlines()[-1]
    assert "| `46` | Closed account | `account_closed` | `never_retry` | until 2026-04-01; one \\| two | 1 |" == line
