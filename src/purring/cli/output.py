"""What commands print: tables and text, with colors on a terminal and plain elsewhere, never anything that acts."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

GAP = "  "


def printable(text: str) -> str:
    """The text without anything that could steer a terminal; line breaks stay."""
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in text)


def say(text: str = "", *, style: str = "", stream: TextIO | None = None) -> None:
    """Print lines; the style shows on a terminal only."""
    stream = stream or sys.stdout
    if style and stream.isatty():
        Console(file=stream).print(Text(printable(text), style=style), soft_wrap=True)
    else:
        stream.write(f"{printable(text)}\n")


def say_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under a head; numbers, and what looks like them, stand on the right."""
    cells = [[_one_line(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        _say_rich(head, cells)
    else:
        sys.stdout.write("".join(f"{line}\n" for line in aligned([head, *cells])))


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as lines in columns of one width each; rows must be equally long."""
    rows = [[_one_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    numeric = [all(map(_is_number, column[1:])) for column in zip(*rows, strict=True)]
    return [
        GAP.join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in rows
    ]


def _say_rich(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(head):
        right = bool(rows) and all(_is_number(row[place]) for row in rows)
        table.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def _one_line(cell: str) -> str:
    return printable(cell).replace("\n", " ")


def _is_number(cell: str) -> bool:
    return cell.replace(",", "").replace(".", "").isdigit() or cell in {"", "–"}
