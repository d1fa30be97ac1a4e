"""The parts that tables are declared from: kinds of columns, keys, checks and indexes, each with its name."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from purring.store.types import Currency, Document, DocumentText, Id, Instant, OneOf, Strings

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(constraint_name)s",
        "uq": "uq_%(table_name)s_%(constraint_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def an_id(name: str, *, nullable: bool = False) -> Column[Any]:
    """Declare a column of ids."""
    return Column(name, Id, nullable=nullable)


def words(name: str, *, nullable: bool = False) -> Column[Any]:
    """Declare a column of text."""
    return Column(name, Text, nullable=nullable)


def one_of(name: str, members: type[StrEnum], *, nullable: bool = False) -> Column[Any]:
    """Declare a column of members of a closed list."""
    return Column(name, OneOf(members), nullable=nullable)


def instant(name: str, *, nullable: bool = False) -> Column[Any]:
    """Declare a column of instants."""
    return Column(name, Instant, nullable=nullable)


def day(name: str, *, nullable: bool = False) -> Column[Any]:
    """Declare a column of days."""
    return Column(name, Date, nullable=nullable)


def number(name: str, *, nullable: bool = False) -> Column[Any]:
    """Declare a column of whole numbers."""
    return Column(name, Integer, nullable=nullable)


def minor(name: str) -> Column[Any]:
    """Declare a column of amounts in minor units."""
    return Column(name, BigInteger, nullable=False)


def yes_no(name: str) -> Column[Any]:
    """Declare a column of truth values."""
    return Column(name, Boolean, nullable=False)


def document(name: str, *, nullable: bool = False) -> Column[Any]:
    """Declare a column of JSON."""
    return Column(name, Document, nullable=nullable)


def document_text(name: str) -> Column[Any]:
    """Declare a column of JSON that is read as text."""
    return Column(name, DocumentText, nullable=False)


def strings(name: str) -> Column[Any]:
    """Declare a column of lists of strings."""
    return Column(name, Strings, nullable=False)


def currency() -> Column[Any]:
    """Declare the column of a row's currency."""
    return Column("currency", Currency, nullable=False)


def lease() -> tuple[Column[Any], ...]:
    """Declare who holds a row of work, until when, and how often it was claimed."""
    return (
        words("lease_owner", nullable=True),
        instant("lease_until", nullable=True),
        Column("fence", BigInteger, nullable=False, server_default=text("0")),
    )


def to(target: str, column: str) -> ForeignKeyConstraint:
    """Point at a row of the same merchant."""
    return ForeignKeyConstraint(["merchant_id", column], [f"{target}.merchant_id", f"{target}.id"], name=column)


def check(name: str, condition: str) -> CheckConstraint:
    """Declare what must hold in every row."""
    return CheckConstraint(condition, name=name)


def table(name: str, *parts: Any, key: tuple[str, ...] = ("id",)) -> Table:
    """Declare a table of merchants' rows: the key, the merchant, and the CHECK of every closed list."""
    columns = [part for part in parts if isinstance(part, Column)]
    rest = [part for part in parts if not isinstance(part, Column)]
    for column in columns:
        if isinstance(column.type, OneOf):
            rest.append(check(column.name, f"{column.name} IN ({column.type.values_sql()})"))
        elif column.type is Currency:
            rest.append(check(column.name, f"length({column.name}) = 3"))
    if not any(isinstance(part, ForeignKeyConstraint) for part in rest):
        rest.append(ForeignKeyConstraint(["merchant_id"], ["merchant.id"], name="merchant_id"))
    return Table(
        name,
        metadata,
        an_id("merchant_id"),
        *columns,
        PrimaryKeyConstraint("merchant_id", *key),
        *rest,
    )


def mode() -> ForeignKeyConstraint:
    """Let a row be of its merchant's own mode only, test or live."""
    return ForeignKeyConstraint(["merchant_id", "is_live"], ["merchant.id", "merchant.is_live"], name="mode")


def queues(name: str) -> tuple[Index, Index]:
    """Keep apart what falls due by the real clock, and what by a test clock."""
    real = "next_step_at IS NOT NULL AND test_clock_id IS NULL"
    return (
        partial_index(f"ix_{name}_due", "merchant_id", "next_step_at", where=real),
        partial_index(f"ix_{name}_clock", "merchant_id", "test_clock_id", "next_step_at", where=ON_A_CLOCK),
    )


def queue(name: str, of: str = "merchant_id") -> Index:
    """Keep the index of due work to the rows that have any. `of` is the column whose values share the workers."""
    return Index(f"ix_{name}_due", of, "next_step_at", sqlite_where=_HAS_WORK, postgresql_where=_HAS_WORK)


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """Declare an index of the rows for which `where` holds."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


_HAS_WORK = text("next_step_at IS NOT NULL")
ON_A_CLOCK = "test_clock_id IS NOT NULL"
