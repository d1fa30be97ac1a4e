"""What is printed lines up, and nothing in a name can steer the terminal."""

from __future__ import annotations

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.cli.output import aligned, printable, say, say_table


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


ROWS = [("C-1", "Fjord", "12"), ("C-22", "Elv [bold]AS[/bold]", "1,300")]


def test_a_table_lines_up_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Text stands on the left, numbers on the right, nothing trails."""
    say_table(("id", "name", "rows"), ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert [
        "id    name                  rows",
        "C-1   Fjord                   12",
        "C-22  Elv [bold]AS[/bold]  1,300",
    ] == lines


def test_a_terminal_gets_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Brackets in a name are no markup there either."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "dumb")
    say_table(("id", "name", "rows"), ROWS)
    assert [] == [cell for row in ROWS for cell in row if cell not in terminal.getvalue()]


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_escapes_in_data_do_not_reach_the_terminal(stream: type[io.StringIO]) -> None:
    """A name may hold anything; what it can do is stand there."""
    out = stream()
    say("\x1b]0;owned\x07 Fjord\n\x9b31m", style="", stream=out)
    assert "�]0;owned� Fjord\n�31m\n" == out.getvalue()
    say("\x1b[31mFjord", style="bold", stream=out)
    assert "\x1b[31m" not in out.getvalue()


@given(st.lists(st.tuples(st.text(), st.text()), min_size=1, max_size=5))
def test_rows_keep_their_cells(rows: list[tuple[str, str]]) -> None:
    """Every cell is there, and no line is longer than the widest."""
    lines = aligned([("a", "b"), *rows])
    assert len(rows) + 1 == len("\n".join(lines).split("\n"))
    shown = [printable(first).replace("\n", " ").rstrip() for first, _ in rows]
    assert [] == [cell for cell, line in zip(shown, lines[1:], strict=True) if cell not in line]
