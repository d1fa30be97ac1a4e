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


def test_a_database_starts_migrated_and_without_rows(database_url: str) -> None:
    """A test's database has every table, and a row only in the one that says which migrations ran."""
    names = {
        "sqlite": "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
        "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
    }
    tables = [str(row[0]) for row in _execute(database_url, names[database_url.partition(":")[0].partition("+")[0]])]
    filled = {table for table in tables if _execute(database_url, f"SELECT 1 FROM {table} LIMIT 1")}  # noqa: S608 - ours
    assert {"invoice", "attempt", "recovery"} <= set(tables)
    assert {"alembic_version"} == filled
