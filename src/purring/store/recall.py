"""SELECTs that run for every batch: compiled once, run on the driver, rows made into nouns only when they changed.

Most rows that a batch needs were read a moment ago, when it began: a row that is as it was then is the noun that it was
then. That saves what reading costs most, and can't be wrong, since every row is still fetched and compared whole.
A batch is read twice, so whoever reads it first has it remembered, and each noun is given back once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ARRAY, Connection, Dialect, Select
from sqlalchemy.sql.compiler import SQLCompiler

from purring.store import bulk

Noun = TypeVar("Noun")
Kept = TypeVar("Kept")

REMEMBERED_MAX = 256
"""Rows that are kept with the nouns they became, per query, the newest: more than the customers of a transaction."""

_remembers: ContextVar[bool] = ContextVar("_remembers", default=False)


@contextmanager
def remembering() -> Iterator[None]:
    """What is read in the block will be read again soon."""
    token = _remembers.set(True)
    try:
        yield
    finally:
        _remembers.reset(token)


class Query(Generic[Noun]):
    """A SELECT by keys, written for each dialect by `build`; `make` turns its rows, converted and named, into nouns.

    `by` is the column beside `merchant_id` under which nouns are found. Rows that hold an `id` are remembered.
    """

    def __init__(self, build: Callable[[str], Select[Any]], make: Callable[[Any], Noun], by: str) -> None:
        """Nothing is compiled before the first use."""
        self._build = build
        self._make = make
        self._by = by
        self._compiled: dict[str, _Compiled] = {}
        self._remembered: dict[bulk.Key, tuple[bulk.Row, Noun]] = {}

    def grouped(self, conn: Connection, keys: Iterable[bulk.Key], **others: object) -> dict[bulk.Key, list[Noun]]:
        """Look nouns up, those of each key in the order of the query."""
        groups: dict[bulk.Key, list[Noun]] = {}
        for key, noun in self._nouns(conn, keys, others):
            groups.setdefault(key, []).append(noun)
        return groups

    def one_each(self, conn: Connection, keys: Iterable[bulk.Key], **others: object) -> dict[bulk.Key, Noun]:
        """Look nouns up of which each key has at most one."""
        return dict(self._nouns(conn, keys, others))

    def _nouns(
        self, conn: Connection, keys: Iterable[bulk.Key], others: Mapping[str, object]
    ) -> list[tuple[bulk.Key, Noun]]:
        compiled = self._compiled_for(conn.dialect)
        rows = compiled.rows(conn, {**bulk.key_arrays(conn.dialect.name, keys), **others})
        if compiled.identity is None:
            return [(compiled.key(row), self._make(compiled.named(row))) for row in rows]
        return [(compiled.key(row), self._recalled(compiled, compiled.identity(row), row)) for row in rows]

    def _recalled(self, compiled: _Compiled, identity: bulk.Key, row: bulk.Row) -> Noun:
        known = self._remembered.pop(identity, None)
        if known is not None and known[0] == row:
            return known[1]
        noun = self._make(compiled.named(row))
        _remember(self._remembered, identity, (row, noun))
        return noun

    def _compiled_for(self, dialect: Dialect) -> _Compiled:
        if dialect.name not in self._compiled:
            self._compiled[dialect.name] = _Compiled(self._build(dialect.name), dialect, self._by)
        return self._compiled[dialect.name]


class Whole(Generic[Noun]):
    """Nouns that are put together from what queries found: from the same parts comes the noun of the last time."""

    def __init__(self, make: Callable[..., Noun]) -> None:
        """`make` takes the parts."""
        self._make = make
        self._remembered: dict[bulk.Key, tuple[tuple[Any, ...], Noun]] = {}

    def of(self, key: bulk.Key, *parts: object) -> Noun:
        """Put one together."""
        known = self._remembered.pop(key, None)
        if known is not None and known[0] == parts:
            return known[1]
        noun = self._make(*parts)
        _remember(self._remembered, key, (parts, noun))
        return noun


def _remember(kept: dict[bulk.Key, Kept], key: bulk.Key, one: Kept) -> None:
    """Keep one more, if that was asked for; the oldest makes room for it."""
    if not _remembers.get():
        return
    if len(kept) >= REMEMBERED_MAX:
        with suppress(KeyError, StopIteration, RuntimeError):  # another thread was here first
            del kept[next(iter(kept))]
    kept[key] = one


class _Compiled:
    """A SELECT as one kind of database takes it, and what its values go through on their way in and out."""

    def __init__(self, select: Select[Any], dialect: Dialect, by: str) -> None:
        compiled = select.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        self._sql = compiled.string
        self._order = compiled.positiontup
        self._fixed = {name: str(bind.value) for name, bind in compiled.binds.items() if not bind.required}
        self._binders = {
            name: process
            for name, bind in compiled.binds.items()
            if bind.required
            and not isinstance(bind.type, ARRAY)  # those are laid out already
            and (process := bind.type.dialect_impl(dialect).bind_processor(dialect))
        }
        columns = list(select.selected_columns)
        names = [column.name for column in columns]
        self._converters = [
            (place, process)
            for place, column in enumerate(columns)
            if (process := column.type.dialect_impl(dialect).result_processor(dialect, None))
        ]
        make_row: Callable[..., Any] = NamedTuple
        self._row = make_row("_row", [(name, Any) for name in names])
        self.key: Callable[[bulk.Row], bulk.Key] = itemgetter(names.index("merchant_id"), names.index(by))
        self.identity: Callable[[bulk.Row], bulk.Key] | None = (
            itemgetter(names.index("merchant_id"), names.index("id")) if "id" in names else None
        )

    def rows(self, conn: Connection, parameters: Mapping[str, object]) -> list[bulk.Row]:
        """Fetch rows as the driver gives them."""
        values: dict[str, Any] = {**self._fixed, **parameters}
        for name, process in self._binders.items():
            values[name] = process(values[name])
        given: Any = tuple(values[name] for name in self._order) if self._order is not None else values
        result = conn.exec_driver_sql(self._sql, given)
        found: list[bulk.Row] = list(result.cursor.fetchall())
        result.close()
        return found

    def named(self, row: bulk.Row) -> Any:  # noqa: ANN401 - a row of whatever is selected
        """Convert a row, and give its values their names."""
        values = list(row)
        for place, convert in self._converters:
            values[place] = convert(values[place])
        return self._row._make(values)
