"""What columns hold, the same on both databases: instants, documents, members of a closed list, ids.

Each type converts by a table look-up or one plain function, because every value of every row passes here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, String, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from purring.domain.calendar import require_instant

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Ids sort by their bytes, whatever the database's language: locks are taken and pages are cut in that order.
Id = String().with_variant(String(collation="C"), "postgresql")
Currency = String(3)


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant: TIMESTAMPTZ, or on SQLite whole microseconds since 1970. Refuses naive times."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Give the database's own type."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(DateTime(timezone=True))

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """Turn an instant into what the driver takes."""
        return _microseconds if dialect.name == "sqlite" else _checked

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Turn what the driver gives into an instant."""
        del coltype
        return _instant if dialect.name == "sqlite" else _in_utc


def _checked(at: datetime | None) -> datetime | None:
    return at if at is None or at.tzinfo is UTC else require_instant(at, "instant")


def _microseconds(at: datetime | None) -> int | None:
    if at is None:
        return None
    return ((at if at.tzinfo is UTC else require_instant(at, "instant")) - EPOCH) // _MICROSECOND


@lru_cache(maxsize=65_536)
def _instant(microseconds: int | None) -> datetime | None:
    """Make an instant; the rows of a batch share many, and most columns of most rows have none."""
    return None if microseconds is None else EPOCH + timedelta(microseconds=microseconds)


def _in_utc(at: datetime | None) -> datetime | None:
    return None if at is None else at.astimezone(UTC)


class Document(TypeDecorator[Any]):
    """A value of JSON: JSONB, or text on SQLite. Refuses what JSON can't hold."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Give the database's own type."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else JSONB())

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """Turn a value into JSON text."""
        del dialect
        return _json_text

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """Turn JSON text into a value; drivers leave it as it is."""
        del dialect, coltype
        return _json_value


def _json_text(value: object) -> str | None:
    return None if value is None else _encoded(value)


_encoded = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _json_value(text: str | None) -> object:
    return None if text is None else json.loads(text)


class DocumentText(Document):
    """A value of JSON that is read as its text: whoever reads it knows how to read the same text only once."""

    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> None:
        """Leave the text as it is."""
        del dialect, coltype


class Strings(Document):
    """A list of strings, the same few over and over: JSON, read as a tuple."""

    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """Turn strings into JSON text."""
        del dialect
        return _strings_text

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Turn JSON into a tuple."""
        del dialect, coltype
        return _strings


def _strings_text(strings: Sequence[str]) -> str:
    return _strings_encoded(tuple(strings))


_strings_encoded = lru_cache(maxsize=4096)(_encoded)


@lru_cache(maxsize=4096)
def _strings(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


class OneOf(TypeDecorator[Any]):
    """A member of a closed list, stored as its value; the column's CHECK lists the same values."""

    impl = Text
    cache_ok = True

    def __init__(self, members: type[StrEnum]) -> None:
        """Look members up by value, values by member."""
        super().__init__()
        self.members = members

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        """Turn a member into its value."""
        del dialect
        values: dict[str | None, str | None] = {member: member.value for member in self.members}
        return (values | {None: None}).__getitem__

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Turn a value into its member."""
        del dialect, coltype
        members: dict[str | None, StrEnum | None] = {member.value: member for member in self.members}
        return (members | {None: None}).__getitem__

    def values_sql(self) -> str:
        """List the values as SQL, for a CHECK."""
        return ", ".join(f"'{member.value}'" for member in self.members)
