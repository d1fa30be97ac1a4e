"""The databases that tests get are their own, and empty of anything another test did."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg

from tests.conftest import MakeDatabase


def _execute(url: str, statement: str) -> list[tuple[object, ...]]:
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            return connection.execute(statement).fetchall()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_a_table_made_in_one_database_is_unknown_in_the_next(new_bare_database: MakeDatabase) -> None:
    """Two databases of one test share nothing."""
    first, second = new_bare_database(), new_bare_database()
    _execute(first, "CREATE TABLE cats (name TEXT)")
    _execute(first, "INSERT INTO cats VALUES ('Mons')")
    _execute(second, "CREATE TABLE cats (name TEXT)")
    assert [("Mons",)] == _execute(first, "SELECT name FROM cats")
    assert [] == _execute(second, "SELECT name FROM cats")
