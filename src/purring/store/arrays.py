"""Columns of many rows as PostgreSQL's arrays: laid out here, since the driver's own way takes a call per value.

Rows of a batch share most of their values, so each different one is written once.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

import psycopg
from psycopg.adapt import Buffer, Dumper
from psycopg.pq import Format

_TEXT_OID, _TEXT_ARRAY_OID = 25, 1009
# Source: PostgreSQL 17, src/backend/utils/adt/arrayfuncs.c, array_recv: dimensions, whether any is null, type of the
# elements; per dimension its length and lower bound; then each element behind its length, null as a length of -1.
_HEAD = struct.Struct("!IIIII")
_LENGTH = struct.Struct("!I")
_NULL = b"\xff\xff\xff\xff"


class Texts(bytes):
    """An array of texts as PostgreSQL takes it in binary: no quote in any document needs an escape."""


class _TextsDumper(Dumper):
    format = Format.BINARY
    oid = _TEXT_ARRAY_OID

    def dump(self, obj: Texts) -> Buffer:
        """Give it as it is."""
        return obj


def register(connection: psycopg.Connection[Any]) -> None:
    """Let a connection take `Texts`."""
    connection.adapters.register_dumper(Texts, _TextsDumper)


def texts(values: Sequence[str | None]) -> Texts:
    """Lay texts out."""
    laid_out = {value: _text(value) for value in set(values)}
    head = _HEAD.pack(1, None in laid_out, _TEXT_OID, len(values), 1)
    return Texts(head + b"".join([laid_out[value] for value in values]))


def _text(value: str | None) -> bytes:
    if value is None:
        return _NULL
    encoded = value.encode()
    return _LENGTH.pack(len(encoded)) + encoded


def _literal(write: Callable[[Any], str]) -> Callable[[Sequence[Any]], str]:
    """Lay values out whose texts hold nothing that an array's literal would have to quote."""

    def laid_out(values: Sequence[Any]) -> str:
        written = {value: "NULL" if value is None else write(value) for value in set(values)}
        return "{" + ",".join([written[value] for value in values]) + "}"

    return laid_out


numbers = _literal(str)
instants = _literal(datetime.isoformat)
days = _literal(date.isoformat)
flags = _literal(lambda value: "t" if value else "f")
