"""A file of rows, read as a stream as often as needed: CSV or JSON Lines, UTF-8, never held in memory as a whole.

What is wrong with the file itself is raised; what is wrong with one row is a `Spoiled` in its place.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from purring.domain.card_number import holds_card_number
from purring.domain.errors import InvalidInput, MissingField, NotFound, UnknownField
from purring.imports.kinds import ALL_NAMES, KIND, SHAPES, Kind
from purring.imports.readers import shown

LINE_BYTES_MAX = 1_048_576
DELIMITERS = (",", ";", "\t")

_BOM = b"\xef\xbb\xbf"
_OTHER_BOMS = (b"\xff\xfe", b"\xfe\xff")
CARD_NUMBER = "it holds what looks like a card number; send the gateway's token instead, and delete the number."


class Format(StrEnum):
    """How rows are written."""

    CSV = "csv"
    JSONL = "jsonl"


_SUFFIXES = {".csv": Format.CSV, ".tsv": Format.CSV, ".jsonl": Format.JSONL, ".ndjson": Format.JSONL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its cells as text, trimmed, by column."""

    line: int
    kind: Kind
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoiled:
    """A row that can't be read at all. `field` is empty where no single one is to blame."""

    line: int
    message: str
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that was found, its format, and the kind of its rows, or None where each row says its own."""

    path: Path
    format: Format
    kind: Kind | None

    def rows(self) -> Iterator[Row | Spoiled]:
        """Every row in the order of the file.

        Raises InvalidInput that names the line.
        """
        read = _csv_rows if self.format is Format.CSV else _json_rows
        return read(_lines(self.path), self.kind)


def open_source(path: Path, *, format_: Format | None = None, kind: Kind | None = None) -> Source:
    """Find a file out: its format by its name's end, the kind of its rows by its name or by each row itself.

    Raises NotFound, InvalidInput.
    """
    if not path.is_file():
        raise NotFound(f"There is no file {path}; check its name.", field="file")
    found = format_ or _SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise InvalidInput(f"{path.name} ends neither in .csv nor in .jsonl; say --format csv or jsonl.", field="file")
    named = {form: one for one in Kind for form in (one.value, plural(one))}
    return Source(path=path, format=found, kind=kind or named.get(path.stem.lower()))


def plural(kind: Kind) -> str:
    """The kind as a file of them is named."""
    return "people" if kind is Kind.PERSON else f"{kind}s"


def _lines(path: Path) -> Iterator[str]:
    """The lines of a file, decoded one by one, so that a wrong byte is named by its line."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(LINE_BYTES_MAX + 1), b""), 1):
                yield _decoded(line.removeprefix(_BOM) if number == 1 else line, number)
    except OSError as error:
        raise NotFound(f"{path} can't be read: {error.strerror}; check who may read it.", field="file") from None


def _decoded(line: bytes, number: int) -> str:
    if len(line) > LINE_BYTES_MAX:
        raise InvalidInput(f"Line {number} is longer than {LINE_BYTES_MAX:,} bytes; is this the right file?")
    if line.startswith(_OTHER_BOMS):
        raise InvalidInput("The file is UTF-16; save it as UTF-8 (in a spreadsheet: CSV UTF-8).")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInput(
            f"Line {number} is not UTF-8; save the file as UTF-8 (in a spreadsheet: CSV UTF-8)."
        ) from None
    if "\0" in text:
        raise InvalidInput(f"Line {number} holds a zero byte, so this is no text file; save it as UTF-8.")
    return text


# ---------------------------------------------------------------------------------------------------------------------
# CSV


def _csv_rows(lines: Iterator[str], kind: Kind | None) -> Iterator[Row | Spoiled]:
    first = next(lines, "")
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(_chained(first, lines), delimiter=delimiter, strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header, kind)
        line = reader.line_num + 1
        for cells in reader:
            if any(cells):
                yield _csv_row(line, header, [cell.strip() for cell in cells], kind)
            line = reader.line_num + 1
    except csv.Error as error:
        raise InvalidInput(
            f"Line {reader.line_num} is no CSV ({error}); look for a quotation mark that is not closed."
        ) from None


def _chained(first: str, rest: Iterable[str]) -> Iterator[str]:
    yield first
    yield from rest


def _check_header(header: list[str], kind: Kind | None) -> None:
    """Raises UnknownField, MissingField, InvalidInput."""
    if any(holds_card_number(name) for name in header):
        raise InvalidInput(f"The header is wrong: {CARD_NUMBER}")
    if not any(header):
        raise MissingField("The file is empty; its first line names the columns.")
    doubles = sorted({name for name in header if header.count(name) > 1})
    if doubles:
        raise InvalidInput(f"The header names {', '.join(map(shown, doubles))} twice; keep one.", field=doubles[0])
    allowed = ALL_NAMES if kind is None else (KIND, *SHAPES[kind].names)
    unknown = [name for name in header if name not in allowed]
    if unknown:
        raise UnknownField(_unknown(unknown, allowed), field=unknown[0][:60])
    needed = (KIND,) if kind is None else SHAPES[kind].required
    missing = [name for name in needed if name not in header]
    if missing and kind is None:
        raise MissingField("Nothing says what the rows are; say --kind, or add a column kind.", field=KIND)
    if missing:
        raise MissingField(f"The header lacks {', '.join(missing)}; add what is missing.", field=missing[0])


def _unknown(names: Iterable[str], allowed: Iterable[str]) -> str:
    return f"There is no column {', '.join(map(shown, names))}; there are: {', '.join(allowed)}."


def _csv_row(line: int, header: list[str], cells: list[str], kind: Kind | None) -> Row | Spoiled:
    if any(map(holds_card_number, cells)):
        culprits = [name for name, cell in zip(header, cells, strict=False) if holds_card_number(cell)]
        return Spoiled(line=line, field=culprits[0] if culprits else "", message=CARD_NUMBER)
    if len(cells) != len(header):
        message = f"it has {len(cells)} cells, but the header names {len(header)}; look for a comma outside quotes."
        return Spoiled(line=line, message=message)
    return _of_its_kind(line, dict(zip(header, cells, strict=True)), kind)


# ---------------------------------------------------------------------------------------------------------------------
# JSON Lines


class _NotARow(Exception):
    """The line is JSON, but no flat object."""


def _json_rows(lines: Iterator[str], kind: Kind | None) -> Iterator[Row | Spoiled]:
    for number, text in enumerate(lines, 1):
        if text.strip():
            yield _json_row(number, text, kind)


def _json_row(line: int, text: str, kind: Kind | None) -> Row | Spoiled:
    try:
        # Numbers stay as they are written: 249.95 must not become a binary fraction.
        values = json.loads(
            text, parse_float=str, parse_int=str, parse_constant=_refused, object_pairs_hook=_without_doubles
        )
        cells = {name: _cell(name, value) for name, value in _object(values).items()}
    except _NotARow as error:
        return Spoiled(line=line, message=str(error))
    except (ValueError, RecursionError):
        return Spoiled(line=line, message="it is no JSON; write one object on each line.")
    if any(map(holds_card_number, (*cells, *cells.values()))):
        return Spoiled(line=line, message=CARD_NUMBER)
    return _of_its_kind(line, cells, kind)


def _object(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise _NotARow(
            'it is no object; write one such as {"kind": "customer", "external_id": "C-1", "name": "Fjord"}.'
        )
    return value


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _NotARow("it names a field twice; keep one.")
    return found


def _refused(_name: str) -> NoReturn:
    raise _NotARow("it holds something that is no number; write digits.")


def _cell(name: str, value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value.strip()
        case _:
            raise _NotARow(f"{shown(name)} is a list or an object; write text, a number, true or false.")


# ---------------------------------------------------------------------------------------------------------------------
# Both


def _of_its_kind(line: int, cells: dict[str, str], kind: Kind | None) -> Row | Spoiled:
    """The row, if it says what it is and fills only the columns that rows of its kind have."""
    said = cells.pop(KIND, "")
    if kind is None or said:
        found = next((one for one in Kind if said in {one.value, plural(one)}), None)
        if found is None:
            message = f"{shown(said)} is no kind of row; write one of {', '.join(Kind)}."
            return Spoiled(line=line, field=KIND, message=message)
        if kind is not None and found is not kind:
            return Spoiled(
                line=line, field=KIND, message=f"it says {found} in a file of kind {kind}; mend one of them."
            )
        kind = found
    foreign = [
        name for name, cell in cells.items() if name not in SHAPES[kind].names and (cell or name not in ALL_NAMES)
    ]
    if foreign:
        return Spoiled(line=line, field=foreign[0][:60], message=_unknown(foreign, SHAPES[kind].names))
    return Row(line=line, kind=kind, cells={name: cell for name, cell in cells.items() if cell})
