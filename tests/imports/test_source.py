"""Files are read as they come from spreadsheets and programs, and refused in words that help."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from purring.domain.errors import InvalidInput, MissingField, NotFound, PurringError, UnknownField, exit_code
from purring.imports.kinds import SHAPES, Kind
from purring.imports.source import LINE_BYTES_MAX, Format, Row, Spoiled, open_source

CARD = "4242 4242 4242 4242"
HEADER = "external_id,name,locale\n"


def _read(path: Path, content: str | bytes, kind: Kind | None = None) -> list[Row | Spoiled]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(open_source(path, kind=kind).rows())


def _cells(path: Path, content: str | bytes, kind: Kind | None = None) -> list[Mapping[str, str]]:
    return [row.cells for row in _read(path, content, kind) if isinstance(row, Row)]


@pytest.mark.parametrize(
    "content",
    [
        HEADER + "C-1,Fjord,nb\n",
        "\ufeff" + HEADER + "C-1,Fjord,nb\n",
        HEADER.replace("\n", "\r\n") + "C-1,Fjord,nb\r\n\r\n",
        HEADER.replace(",", ";") + "C-1;Fjord;nb",
        HEADER.replace(",", "\t") + "C-1\tFjord\tnb",
        'name , locale,external_id\n"Fjord"," nb ",C-1\n',
    ],
    ids=["plain", "bom", "crlf", "semicolon", "tab", "quoted"],
)
def test_csv_is_read_as_spreadsheets_write_it(tmp_path: Path, content: str) -> None:
    """Byte order marks, line ends, separators and spaces around cells make no difference."""
    assert [{"external_id": "C-1", "name": "Fjord", "locale": "nb"}] == _cells(tmp_path / "customers.csv", content)


def test_a_line_is_named_where_its_row_begins(tmp_path: Path) -> None:
    """A quoted line break moves the lines after it, not the line of its own row."""
    rows = _read(tmp_path / "customers.csv", HEADER + 'C-1,"Fjord\nAS",nb\nC-2,Elv,nb\n')
    assert [2, 4] == [row.line for row in rows]


def test_json_numbers_keep_their_digits(tmp_path: Path) -> None:
    """249.95 and 0.1 stay what was written; true and null are words and nothing."""
    line = '{"kind": "invoice", "amount": 249.950, "number": 17, "declined": true, "description": null}\n'
    cells = _cells(tmp_path / "any.jsonl", f"\n{line}")
    assert [{"amount": "249.950", "number": "17", "declined": "true"}] == cells


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        ("", MissingField, "The file is empty"),
        ("external_id,name,shoe_size\n", UnknownField, "no column 'shoe_size'; there are: kind, external_id"),
        ("external_id,locale\n", MissingField, "lacks name"),
        ("external_id,name,name\n", InvalidInput, "twice"),
        (HEADER + 'C-1,"Fjord,nb\n', InvalidInput, "quotation mark"),
        (HEADER.encode() + b"C-1,Caf\xe9,nb\n", InvalidInput, "Line 2 is not UTF-8"),
        (HEADER.encode("utf-16"), InvalidInput, "UTF-16"),
        (HEADER + "C-1,Fj\0rd,nb\n", InvalidInput, "zero byte"),
        (HEADER + "C-1," + "x" * LINE_BYTES_MAX + ",nb\n", InvalidInput, "longer than"),
    ],
)
def test_a_file_that_is_no_csv_is_refused_whole(
    tmp_path: Path, content: str | bytes, error: type[PurringError], words: str
) -> None:
    """What is wrong with the file itself is raised, with a remedy and the exit code for bad data."""
    with pytest.raises(error, match=words) as caught:
        _read(tmp_path / "customers.csv", content)
    assert 65 == exit_code(caught.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[1]", "no object"),
        ('{"kind": "customer", "kind": "person"}', "twice"),
        ('{"kind": "customer", "name": ["Fjord"]}', "list or an object"),
        ('{"kind": "customer", "name": NaN}', "no number"),
        ('{"kind": "cat"}', "'cat' is no kind"),
        ('{"name": "Fjord"}', "'' is no kind"),
        ('{"kind": "customer", "shoe_size": 44}', "no column 'shoe_size'"),
        ('{"kind": "customer", "amount": 5}', "no column 'amount'"),
        (f'{{"kind": "customer", "name": "{CARD}"}}', "card number"),
        ('{"kind": "customer", "name": "\\u0034242424242424242"}', "card number"),
        ('{"kind": "customer", "\\u0034242424242424242": "x"}', "card number"),
        ('{"kind": "customer", "name": 4242424242424242}', "card number"),
    ],
)
def test_a_line_that_cannot_be_read_spoils_only_itself(tmp_path: Path, line: str, words: str) -> None:
    """The lines around it are read, and what is said about it repeats no card number."""
    good = '{"kind": "customer", "external_id": "C-1", "name": "Fjord"}'
    first, spoiled, last = _read(tmp_path / "any.jsonl", f"{good}\n{line}\n{good}\n")
    assert isinstance(first, Row)
    assert isinstance(last, Row)
    assert isinstance(spoiled, Spoiled)
    assert 2 == spoiled.line
    assert words in spoiled.message
    assert "4242" not in spoiled.message + spoiled.field


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ("C-1,Fjord", "", "2 cells, but the header names 3"),
        ("C-1,Fjord, AS,nb", "", "4 cells, but the header names 3"),
        (f"C-1,{CARD},nb", "name", "card number"),
        (f"C-1,Fjord,nb,{CARD}", "", "card number"),
    ],
)
def test_a_csv_row_that_cannot_be_read_spoils_only_itself(tmp_path: Path, row: str, field: str, words: str) -> None:
    """The rows around it are read."""
    rows = _read(tmp_path / "customers.csv", f"{HEADER}{row}\nC-2,Elv,nb\n")
    spoiled = rows[0]
    assert isinstance(spoiled, Spoiled)
    assert (2, field) == (spoiled.line, spoiled.field)
    assert words in spoiled.message
    assert "4242" not in spoiled.message
    assert isinstance(rows[1], Row)


def test_a_card_number_in_the_header_is_not_repeated(tmp_path: Path) -> None:
    """A file without a header has its first row there."""
    with pytest.raises(InvalidInput, match="card number") as caught:
        _read(tmp_path / "methods.csv", f"C-1,{CARD},visa\n")
    assert "4242" not in caught.value.message


def test_a_file_of_several_kinds_says_which_in_each_row(tmp_path: Path) -> None:
    """A row may leave the other kinds' columns empty, but not fill them."""
    header = "kind,external_id,name,customer,email\n"
    rows = _read(
        tmp_path / "all.csv", header + "customer,C-1,Fjord,,\npeople,,Kari,C-1,k@fjord.example\nperson,P-1,Kari,C-1,\n"
    )
    assert [Kind.CUSTOMER, Kind.PERSON] == [row.kind for row in rows if isinstance(row, Row)]
    assert isinstance(rows[2], Spoiled)
    assert "no column 'external_id'" in rows[2].message


def test_a_row_must_not_contradict_the_file(tmp_path: Path) -> None:
    """A person among customers is a mistake."""
    rows = _read(tmp_path / "customers.csv", "kind,external_id,name\nperson,C-1,Kari\n,C-2,Fjord\n")
    assert isinstance(rows[0], Spoiled)
    assert isinstance(rows[1], Row)


def test_a_file_must_say_what_its_rows_are(tmp_path: Path) -> None:
    """Without a kind in the name, the header or the command there is nothing to go by."""
    with pytest.raises(MissingField, match="say --kind"):
        _read(tmp_path / "export.csv", "external_id,name\n")
    assert [{"external_id": "C-1", "name": "Fjord"}] == _cells(
        tmp_path / "export.csv", "external_id,name\nC-1,Fjord\n", Kind.CUSTOMER
    )


def test_a_file_must_be_there_and_of_a_known_form(tmp_path: Path) -> None:
    """A missing file is no input (66); another form must be named."""
    with pytest.raises(NotFound, match="There is no file") as caught:
        open_source(tmp_path / "missing.csv")
    assert 66 == exit_code(caught.value)
    (tmp_path / "rows.txt").write_text("")
    with pytest.raises(InvalidInput, match=r"neither in \.csv nor in \.jsonl"):
        open_source(tmp_path / "rows.txt")
    assert Format.CSV is open_source(tmp_path / "rows.txt", format_=Format.CSV).format


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=20).map(str.strip)


@given(pairs=st.lists(st.tuples(WORDS, WORDS), max_size=6))
@settings(max_examples=40)
def test_both_forms_say_the_same(tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]) -> None:
    """What JSON Lines writes and what CSV writes is read as the same cells."""
    rows = [{"external_id": external_id, "name": name} for external_id, name in pairs]
    directory = tmp_path_factory.mktemp("forms")
    quoted = ['"' + '","'.join(cell.replace('"', '""') for cell in row.values()) + '"\n' for row in rows]
    as_csv = _cells(directory / "customers.csv", "external_id,name\n" + "".join(quoted))
    as_json = _cells(directory / "customers.jsonl", "".join(f"{json.dumps(row)}\n" for row in rows))
    filled = [{name: cell for name, cell in row.items() if cell} for row in rows]
    assert [row for row in filled if row] == as_csv
    assert filled == as_json


def test_every_kind_has_a_key_among_its_needed_columns() -> None:
    """A row without its key could never be recognized when it comes again."""
    assert [] == [kind for kind, shape in SHAPES.items() if not set(shape.key) <= set(shape.required)]
