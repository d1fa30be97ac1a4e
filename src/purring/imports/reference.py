"""The reference page of imports, made from the tables that the import itself uses."""

from __future__ import annotations

from collections.abc import Iterator

from purring.imports.kinds import KIND, SHAPES, Shape
from purring.imports.run import BATCH_ROWS
from purring.imports.source import LINE_BYTES_MAX, plural

INTRO = f"""\
`purring import FILE` takes customers, people, payment methods, subscriptions and open invoices from CSV or JSON
Lines. Every bad row is reported with its line, its field and what to do; all other rows are imported, in
transactions of {BATCH_ROWS}. With `--all-or-nothing` nothing is imported if one row is bad; with `--dry-run` nothing is
imported at all. The exit code is 0 if no row was bad, 65 if one was.
[How to hand over declined invoices](../how-to/hand-over-declined-invoices.md) shows it step by step, with the files
in [examples](../../examples)."""

FILES = f"""\
- UTF-8, with or without a byte order mark. A line has at most {LINE_BYTES_MAX:,} bytes; a file may be as long as it
  likes.
- CSV has a header that names the columns, in any order. Commas, semicolons or tabs separate the cells, as they do in
  the header.
- JSON Lines has one flat object on each line. Numbers may be written as numbers: `249.95` is read digit by digit.
- What the rows are is said by `--kind`, by the file's name (`customers.csv`), or by a column `{KIND}` in each row, so
  that one file can hold everything. Rows of one file may stand in any order: customers come first, invoices last.
- A column that isn't listed below is refused, by name. An empty cell is the same as none."""

RULES = """\
- Rows refer to each other by your own ids, and to methods by their tokens. An id that isn't there, or is another
  merchant's, is reported as not there. A row that refers to a bad row is reported too, with the line to mend first.
- A row that is there already is left as it is, so importing a file twice changes nothing. It is the same row if its key
  is: the columns named *key* below. Where what can't change differs (an invoice's amount, say), the row is bad.
- Amounts are decimal numbers with at most as many decimals as the currency has: `249.95` `USD`, `1990` `JPY`. They are
  above zero.
- Times carry a zone: `2026-11-23T10:00:00Z`. Dates are written `2026-11-23`.
- What looks like a card number is refused wherever it stands, and is never repeated in a message."""


def paragraphs() -> Iterator[str]:
    """The page below its title, in Markdown."""
    yield INTRO
    yield "## Files"
    yield FILES
    yield "## Rows"
    yield RULES
    for kind, shape in SHAPES.items():
        yield f"## {plural(kind).capitalize()}"
        yield f"{shape.says} `{KIND}`: `{kind}`. Key: {' and '.join(f'`{name}`' for name in shape.key)}."
        yield _columns(shape)


def _columns(shape: Shape) -> str:
    rows = [f"| `{column.name}` | {'yes' if column.required else '–'} | {column.says} |" for column in shape.columns]
    return "\n".join(["| column | needed | says |", "| --- | --- | --- |", *rows])
