"""Many rows by one statement: insert, compare-and-set, and look up by key.

PostgreSQL takes one array per column (`unnest`), SQLite takes the rows one after the other inside its driver; either
way the cost per row is a few conversions, not a statement.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ClauseElement,
    ColumnElement,
    Connection,
    Date,
    DateTime,
    Dialect,
    FromClause,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    Update,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    select,
)
from sqlalchemy import insert as insert_into
from sqlalchemy import update as update_table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as insert_into_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_into_sqlite
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

from purring.domain.errors import StaleWrite
from purring.domain.ids import MerchantId
from purring.store import arrays
from purring.store.types import Document, Instant

Key = tuple[str, str]
Row = tuple[Any, ...]
Columns = tuple[str, ...]

_LEASE = frozenset({"lease_owner", "lease_until", "fence"})
_SQLITE = "sqlite"


class Shape:
    """How the values of one noun lie in the columns of its table: by name, unless `paths` or `made` say otherwise.

    `paths` names the attribute of a column (`amount.minor`), `made` a function that makes its value, `fixed` the
    columns that never change once the noun is there: they aren't written again.
    """

    def __init__(
        self,
        table: Table,
        paths: Mapping[str, str] | None = None,
        *,
        made: Mapping[str, Callable[[Any], Any]] | None = None,
        fixed: frozenset[str] = frozenset(),
    ) -> None:
        """Settle the order of columns once."""
        self.table = table
        self._made = dict(made or {})
        paths = dict(paths or {})
        taken = {"merchant_id", *_LEASE, *self._made}
        names = [column.name for column in table.columns if column.name not in taken]
        changing = [name for name in names if name not in fixed]
        self._get = attrgetter(*(paths.get(name, name) for name in names))
        self._get_changing = attrgetter(*(paths.get(name, name) for name in changing))
        self._made_anew = [make for name, make in self._made.items() if name not in fixed]
        self.columns = ("merchant_id", *names, *self._made)
        self.changing = ("merchant_id", *changing, *(name for name in self._made if name not in fixed))
        self._plain = tuple(name for name in names if name not in paths)
        self._pick = itemgetter(*(index for index, column in enumerate(table.columns) if column.name in self._plain))

    def row(self, merchant_id: MerchantId, noun: object) -> Row:
        """Lay a noun out in the order of `columns`."""
        if not self._made:
            return (merchant_id, *self._get(noun))
        return (merchant_id, *self._get(noun), *(make(noun) for make in self._made.values()))

    def plain(self, row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row
        """Give the values that a row of the table, selected whole, has under the noun's own names."""
        return dict(zip(self._plain, self._pick(row), strict=True))

    def insert(self, conn: Connection, nouns: Sequence[tuple[MerchantId, Any]]) -> None:
        """Insert nouns, each with its merchant."""
        insert(conn, self.table, self.columns, [self.row(merchant_id, noun) for merchant_id, noun in nouns])

    def update(self, conn: Connection, nouns: Sequence[tuple[MerchantId, Any]]) -> None:
        """Change nouns that are still as they were read.

        Raises StaleWrite.
        """
        rows = [
            (merchant_id, *self._get_changing(noun), *(make(noun) for make in self._made_anew))
            for merchant_id, noun in nouns
        ]
        update(conn, self.table, self.changing, rows)


def insert(conn: Connection, table: Table, columns: Columns, rows: Sequence[Row]) -> None:
    """Insert rows whose values stand in the order of `columns`."""
    _run(conn, _insert, table, columns, rows)


def insert_missing(conn: Connection, table: Table, columns: Columns, rows: Iterable[Row]) -> int:
    """Insert rows that aren't there yet, in their order, and return how many weren't.

    Sort them first: of two who write the same rows in the same order one waits, and none has to give up.
    """
    return _run(conn, _insert_missing, table, columns, list(rows))


def update(conn: Connection, table: Table, columns: Columns, rows: Sequence[Row]) -> None:
    """Replace rows whose `version` is still the one read (of a notice, which has none: that is still owed).

    Raises StaleWrite: some row was not as read; the transaction must not be committed.
    """
    changed = _run(conn, _update, table, columns, rows)
    if changed != len(rows):
        message = f"{len(rows) - changed} of {len(rows)} rows of {table.name} changed since they were read; read again."
        raise StaleWrite(message)


def add_up(conn: Connection, table: Table, columns: Columns, rows: Sequence[Row]) -> None:
    """Insert rows, or where one with the same key is, add to its `count` and move its `last_seen_at`.

    Sort them first, as for `insert_missing`; no two rows of one call may have the same key.
    """
    _run(conn, _add_up, table, columns, rows)


def update_held(
    conn: Connection, table: Table, columns: Columns, rows: Sequence[Row], *, while_owed: bool = False
) -> int:
    """Change rows of work that are still held as claimed, let go of them, and return how many those were.

    The columns of HELD say which row, which owner and which claim; a `lease_until` among the others keeps the lease.
    """
    return _run(conn, _update_held_owed if while_owed else _update_held, table, columns, rows)


def matching(
    conn: Connection, table: Table, keys: Iterable[Key], column: str = "id", *, order: Columns = ()
) -> Sequence[Any]:
    """Look up the rows whose `column` holds one of the keys, each with its merchant."""
    statement = _matching(conn.dialect.name, table, column, order)
    return conn.execute(statement, key_params(conn.dialect.name, keys)).all()


def grouped(rows: Iterable[Any], column: str, make: Callable[[Any], Any]) -> dict[Key, list[Any]]:
    """Sort rows, each made into a value, under the key they stand for in `column`, keeping their order."""
    groups: dict[Key, list[Any]] = {}
    key: Callable[[Any], Key] | None = None
    for row in rows:
        key = key or itemgetter(row._fields.index("merchant_id"), row._fields.index(column))
        groups.setdefault(key(row), []).append(make(row))
    return groups


@lru_cache(maxsize=256)
def _matching(dialect: str, table: Table, column: str, order: Columns) -> Select[Any]:
    return select_matching(dialect, table, column, order)


def select_matching(dialect: str, table: Table, column: str = "id", order: Columns = ()) -> Select[Any]:
    """Select the rows of a table whose `column` holds one of the keys of `key_params`."""
    return select(table).select_from(joined(dialect, table, column)).order_by(*(table.c[name] for name in order))


def joined(dialect: str, table: Table, column: str = "id") -> FromClause:
    """Join a table to `wanted`."""
    keys = wanted(dialect)
    return keys.join(table, and_(table.c.merchant_id == keys.c.merchant_id, table.c[column] == keys.c.id))


def looked_at_last(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column as no index has it: rows that are found by their keys are told apart by it afterwards.

    Else a planner may look through all rows that say the same, as soon as it believes that they are few: on the night
    that makes them many, counts of the day before are all it has.
    """
    return column.op("||")(literal_column("''"))


def wanted(dialect: str, name: str = "wanted") -> FromClause:
    """Rows of `merchant_id, id` for the keys that `key_params` lays out; what is looked up joins them."""
    if dialect == _SQLITE:
        each = func.json_each(bindparam(name, type_=Text)).table_valued("value", name="each")
        columns = (func.json_extract(each.c.value, f"$[{place}]") for place in (0, 1))
        return select(*(column.label(label) for column, label in zip(columns, _KEY, strict=True))).subquery(name)
    arrays = (bindparam(f"{name}_{label}", type_=ARRAY(Text)) for label in _KEY)
    return func.unnest(*arrays).table_valued(*_KEY, name=name).render_derived()


def key_params(dialect: str, keys: Iterable[Key], name: str = "wanted") -> dict[str, Any]:
    """Lay keys out as the parameters of `wanted`."""
    if dialect == _SQLITE:
        return {name: json.dumps(list(keys))}
    columns = list(zip(*keys, strict=True)) or [(), ()]
    return {f"{name}_{label}": list(column) for label, column in zip(_KEY, columns, strict=True)}


def key_arrays(dialect: str, keys: Iterable[Key]) -> dict[str, Any]:
    """Lay keys out as `key_params` does, for a statement that is run on the driver."""
    given = key_params(dialect, keys)
    return given if dialect == _SQLITE else {name: arrays.texts(values) for name, values in given.items()}


_KEY = ("merchant_id", "id")
# Written out, so that a statement takes nothing but its columns.
_OWED: ColumnElement[Any] = literal_column("'owed'")
HELD = (*_KEY, "lease_owner", "fence")

# ---------------------------------------------------------------------------------------------------------------------
# Statements, each compiled once, and the values they take

Build = Callable[[Table, Columns, str], ClauseElement]


def _run(conn: Connection, build: Build, table: Table, columns: Columns, rows: Sequence[Row]) -> int:
    """Run a statement over rows; return how many it touched."""
    if not rows:
        return 0
    sql, order, converters, lay_out = _compiled(conn.dialect, build, table, columns)
    laid_out = [
        [convert(value) for value in values] if convert else values
        for convert, values in zip(converters, zip(*rows, strict=True), strict=True)
    ]
    if conn.dialect.name == _SQLITE:
        return conn.exec_driver_sql(sql, list(zip(*order(laid_out), strict=True))).rowcount
    given = {name: arrayed(values) for name, arrayed, values in zip(columns, lay_out, laid_out, strict=True)}
    return conn.exec_driver_sql(sql, given).rowcount


class _Statement(NamedTuple):
    """The SQL, the order in which it takes the columns, what each column's values go through, and its array."""

    sql: str
    order: Callable[[list[Any]], tuple[Any, ...]]
    converters: tuple[Callable[[Any], Any] | None, ...]
    lay_out: tuple[Callable[[Any], Any], ...]


@lru_cache(maxsize=1024)
def _compiled(dialect: Dialect, build: Build, table: Table, columns: Columns) -> _Statement:
    statement = build(table, columns, dialect.name).compile(dialect=dialect)
    assert isinstance(statement, SQLCompiler)
    order = itemgetter(*(columns.index(name) for name in statement.positiontup or columns))
    types = [table.c[name].type for name in columns]
    converters = tuple(type_.dialect_impl(dialect).bind_processor(dialect) for type_ in types)
    lay_out = tuple(_ARRAYS[type(_element(type_))] for type_ in types)
    return _Statement(statement.string, order, converters, lay_out)


_ARRAYS: Mapping[type[TypeEngine[Any]], Callable[[Any], Any]] = {
    BigInteger: arrays.numbers,
    Integer: arrays.numbers,
    Boolean: arrays.flags,
    Date: arrays.days,
    DateTime: arrays.instants,
    LargeBinary: list,
    Text: arrays.texts,
}


def _insert(table: Table, columns: Columns, dialect: str) -> ClauseElement:
    if dialect == _SQLITE:
        return insert_into(table).values({name: bindparam(name) for name in columns})
    return insert_into(table).from_select(columns, select(*_arrays(table, columns)))


def _insert_missing(table: Table, columns: Columns, dialect: str) -> ClauseElement:
    if dialect == _SQLITE:
        return insert_into_sqlite(table).values({name: bindparam(name) for name in columns}).on_conflict_do_nothing()
    rows = select(*_arrays(table, columns))
    return insert_into_postgresql(table).from_select(columns, rows).on_conflict_do_nothing()


def _add_up(table: Table, columns: Columns, dialect: str) -> ClauseElement:
    key = list(table.primary_key.columns)
    if dialect == _SQLITE:
        new = insert_into_sqlite(table).values({name: bindparam(name) for name in columns})
        return new.on_conflict_do_update(index_elements=key, set_=_added_up(table, new.excluded))
    rows = select(*_arrays(table, columns))
    arrived = insert_into_postgresql(table).from_select(columns, rows)
    return arrived.on_conflict_do_update(index_elements=key, set_=_added_up(table, arrived.excluded))


def _added_up(table: Table, new: Any) -> dict[str, Any]:  # noqa: ANN401 - the columns of the row that was to be inserted
    return {"last_seen_at": new["last_seen_at"], "count": table.c["count"] + new["count"]}


def _update(table: Table, columns: Columns, dialect: str) -> ClauseElement:
    old = table.c
    new = {name: bindparam(name) for name in columns} if dialect == _SQLITE else _by_name(table, columns)
    values = {name: value for name, value in new.items() if name not in {"merchant_id", "id", "version"}}
    same_row = (old.merchant_id == new["merchant_id"], old.id == new["id"])
    if "version" in new:
        return (
            update_table(table)
            .where(*same_row, old.version == new["version"])
            .values(values | {"version": old.version + literal_column("1")})
        )
    return update_table(table).where(*same_row, old.status == _OWED).values(values)


def _update_held(table: Table, columns: Columns, dialect: str) -> Update:
    old = table.c
    new = {name: bindparam(name) for name in columns} if dialect == _SQLITE else _by_name(table, columns)
    which = {*(column.name for column in table.primary_key), "lease_owner", "fence"}
    let_go: dict[str, Any] = {} if "lease_until" in columns else {"lease_owner": null(), "lease_until": null()}
    values = {name: value for name, value in new.items() if name not in which and name != "merchant_id"}
    return update_table(table).where(*(old[name] == new[name] for name in sorted(which))).values(let_go | values)


def _update_held_owed(table: Table, columns: Columns, dialect: str) -> Update:
    return _update_held(table, columns, dialect).where(table.c.status == _OWED)


def _by_name(table: Table, columns: Columns) -> dict[str, Any]:
    return dict(zip(columns, _arrays(table, columns), strict=True))


def _arrays(table: Table, columns: Columns) -> list[Any]:
    """Give the columns of the rows that PostgreSQL makes of one array per column."""
    types = [_element(table.c[name].type) for name in columns]
    arrays = (bindparam(name, type_=ARRAY(type_)) for name, type_ in zip(columns, types, strict=True))
    rows = func.unnest(*arrays).table_valued(*columns, name="new").render_derived()
    return [cast(rows.c[name], JSONB) if isinstance(table.c[name].type, Document) else rows.c[name] for name in columns]


def _element(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """Give the type in which a column's values travel in an array."""
    if isinstance(type_, Instant):
        return DateTime(timezone=True)
    if isinstance(type_, BigInteger | Boolean | Date | Integer | LargeBinary):
        return type_
    return Text()
