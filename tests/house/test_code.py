"""The code reads the way we said it would: short functions, short files, a pure core, no loose ends."""

from __future__ import annotations

import ast
import re
import statistics
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.client.modules import MODULES

THIS_FILE = Path(__file__).resolve()
ROOT = THIS_FILE.parents[2]
PACKAGE = ROOT / "src" / "purring"
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
FUNCTION_LINES_MEDIAN_MAX = 8
FUNCTION_LINES_P90_MAX = 26
POSITIONAL_MAX = 5
GENERATED = {ROOT / name for name in MODULES}
"""Nobody writes or reads these; `test_generated_pages_are_up_to_date` sees to it that nobody edits them."""

EVERYWHERE = ("src", "clients", "examples", "tests", "tools")
LOOSE_ENDS = ("TODO", "FIXME", "type: ignore", "pragma: no cover", "NotImplementedError")
NOT_IN_TESTS = ("mark.skip", "mark.xfail", "pytest.skip", "mock.patch", "time.sleep")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def _written(*folders: str) -> list[Path]:
    """What people write."""
    return [path for path in _sources(*folders) if path not in GENERATED]


def _holding(word: str, *folders: str) -> list[str]:
    return [
        str(path.relative_to(ROOT)) for path in _sources(*folders) if path != THIS_FILE and word in path.read_text()
    ]


def _functions(paths: list[Path]) -> Iterator[tuple[str, Function]]:
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, Function):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def _lines(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def _positional(function: Function) -> int:
    arguments = [*function.args.posonlyargs, *function.args.args]
    return len(arguments) - (bool(arguments) and arguments[0].arg in {"self", "cls"})


def test_no_file_is_too_long() -> None:
    """A file has at most 400 lines; a migration may list as many columns as there are."""
    lines = {path: path.read_text().count("\n") for path in _written(*EVERYWHERE)}
    too_long = {str(path): count for path, count in lines.items() if count > FILE_LINES_MAX}
    assert {} == {name: count for name, count in too_long.items() if "migrations" not in name}


def test_no_function_is_too_long() -> None:
    """A function has at most 60 lines, wherever it stands; migrations apart."""
    functions = {name: _lines(node) for name, node in _functions(_written(*EVERYWHERE))}
    too_long = {name: count for name, count in functions.items() if count > FUNCTION_LINES_MAX}
    assert {} == {name: count for name, count in too_long.items() if "migrations" not in name}


def test_most_functions_fit_in_the_eye() -> None:
    """Half of the package's functions have at most 8 lines, nine in ten at most 26."""
    counts = [_lines(node) for _, node in _functions(_written("src", "clients"))]
    assert statistics.median(counts) <= FUNCTION_LINES_MEDIAN_MAX
    assert statistics.quantiles(counts, n=10)[-1] <= FUNCTION_LINES_P90_MAX


def test_no_function_takes_a_row_of_nameless_arguments() -> None:
    """At most five arguments can be given by position."""
    taken = {name: _positional(node) for name, node in _functions(_sources("src", "tools", "clients"))}
    assert {} == {name: count for name, count in taken.items() if count > POSITIONAL_MAX}


def test_the_core_imports_only_the_standard_library_and_itself() -> None:
    """`purring.domain` stands on nothing that we don't ship with Python."""
    imported = {
        (str(path.relative_to(ROOT)), name) for path in _sources("src/purring/domain") for name in _imported(path)
    }
    strangers = {(path, name) for path, name in imported if name.partition(".")[0] not in sys.stdlib_module_names}
    assert set() == {(path, name) for path, name in strangers if not f"{name}.".startswith("purring.domain.")}


def test_only_the_store_knows_a_database_driver() -> None:
    """Nobody reaches PostgreSQL behind the store's back."""
    knowing = {path.relative_to(PACKAGE).parts[0] for path in _sources("src/purring") if "psycopg" in _roots(path)}
    assert knowing <= {"store"}


def test_the_client_needs_nothing_but_what_it_names() -> None:
    """It is installed alone: the standard library, itself, and the one package that its pyproject.toml asks for."""
    imported = {name.partition(".")[0] for path in _sources("clients/python") for name in _imported(path)}
    named = tomllib.loads((ROOT / "clients" / "python" / "pyproject.toml").read_text())["project"]["dependencies"]
    needed = {re.split(r"[^\w-]", one)[0] for one in named}
    assert needed == imported - set(sys.stdlib_module_names) - {"purring_client"}


def _roots(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in _imported(path)}


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None, f"{path}: relative import"
            yield node.module


@pytest.mark.parametrize("word", LOOSE_ENDS)
def test_nothing_is_left_for_later_or_waved_through(word: str) -> None:
    """No file of ours holds a note to come back, or switches a check off."""
    assert [] == _holding(word, *EVERYWHERE, "benchmarks")


@pytest.mark.parametrize("word", NOT_IN_TESTS)
def test_tests_neither_skip_nor_pretend_nor_wait(word: str) -> None:
    """A test runs everywhere, on the real thing, without waiting for the clock."""
    assert [] == _holding(word, "tests")


def test_every_test_says_in_a_sentence_what_must_be_true() -> None:
    """The docstring of a test is the sentence that it proves."""
    tests = [(name, node) for name, node in _functions(_sources("tests")) if node.name.startswith("test_")]
    assert tests
    assert [] == [name for name, node in tests if not ast.get_docstring(node)]


def test_every_rule_that_is_switched_off_says_why() -> None:
    """Each rule in ruff's ignore lists stands on its own line, with a reason beside it."""
    text = (ROOT / "pyproject.toml").read_text()
    lists = re.findall(r'^(?:ignore|"[^"]+") = \[\n(.*?)^\]', text, flags=re.MULTILINE | re.DOTALL)
    assert lists
    lines = [line for block in lists for line in block.splitlines()]
    assert [] == [line for line in lines if not re.fullmatch(r' +"[A-Z]+\d*", +# .+', line)]


def test_every_exception_to_a_rule_says_why() -> None:
    """A `noqa` names its rule and is followed by its reason."""
    reasoned = re.compile(r"# noqa: [A-Z]+\d+(, [A-Z]+\d+)* --? \S")
    marks = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in _sources(*EVERYWHERE, "benchmarks")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if "noqa" in line and path != THIS_FILE and not reasoned.search(line)
    ]
    assert [] == marks
