"""`purring` as a user runs it, on a database of the test's own."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from purring.cli.main import app
from purring.config import PREFIX

NOBODY_LISTENS = "http://127.0.0.1:1"
SETTINGS = {
    "PURRING_SANDBOX_URL": NOBODY_LISTENS,
    "PURRING_SENDER": "null",
    "PURRING_LOG_LEVEL": "error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command left behind."""

    exit_code: int
    out: str
    err: str


Purring = Callable[..., Said]


def run(*words: str | Path) -> Said:
    """Run a command in this process, with the environment as it is."""
    result = CliRunner().invoke(app, [str(word) for word in words], prog_name="purring")
    return Said(exit_code=result.exit_code, out=result.stdout, err=result.stderr)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """An environment without any settings but those that keep a test to itself, in a directory of its own."""
    for name in list(os.environ):
        if name.startswith(PREFIX) and not name.startswith("PURRING_TEST_"):
            monkeypatch.delenv(name)
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return monkeypatch


@pytest.fixture
def purring(settings: pytest.MonkeyPatch, database_url: str) -> Purring:
    """Runs commands on a migrated database with one merchant."""
    settings.setenv("PURRING_DATABASE_URL", database_url)
    assert 0 == run("merchant", "create", "Booking AS", "--timezone", "Europe/Oslo").exit_code
    return run
