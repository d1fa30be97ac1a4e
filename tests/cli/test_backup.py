"""Backing up, restoring and checking from the command line, on SQLite files; the queue as an operator sees it."""

from __future__ import annotations

import json
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Said, run

IN_USE = 69
REFUSED = 65


@pytest.fixture
def here(settings: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A directory whose `purring.db` has one merchant."""
    settings.setenv("PURRING_DATABASE_URL", f"sqlite:///{tmp_path}/purring.db")
    assert 0 == run("merchant", "create", "Booking AS", "--timezone", "Europe/Oslo").exit_code
    return tmp_path


def merchants() -> list[str]:
    """The names of the merchants that there are."""
    return [line.split("  ")[0] for line in run("merchant", "list").out.splitlines()[1:]]


def _made(here: Path) -> Said:
    said = run("backup", here / "copy.db")
    assert 0 == said.exit_code, said.err
    return said


def test_a_backup_is_whole_and_only_ours(here: Path) -> None:
    """One file that only its owner may read, with its size and counts told, and nothing left beside it."""
    said = _made(here)
    copy = here / "copy.db"
    assert "merchant 1, customer 0" in said.out
    assert f"{copy.stat().st_size:,} bytes" in said.out
    assert 0o600 == stat.S_IMODE(copy.stat().st_mode)
    assert [] == [one.name for one in here.iterdir() if one.name.startswith((".copy", "copy.db-"))]
    with closing(sqlite3.connect(copy)) as conn:
        assert ("ok",) == conn.execute("PRAGMA integrity_check").fetchone()


def test_a_backup_replaces_nothing(here: Path) -> None:
    """A file that is there stays as it is."""
    (here / "copy.db").write_text("mine")
    said = run("backup", here / "copy.db")
    assert (REFUSED, "mine") == (said.exit_code, (here / "copy.db").read_text())
    assert "there already" in said.err


def test_a_restore_brings_back_what_was_there(here: Path) -> None:
    """What came after the backup is put aside, not lost, and the database says that it was restored."""
    _made(here)
    assert 0 == run("merchant", "create", "Later AS", "--timezone", "Europe/Oslo").exit_code
    refused = run("restore", here / "copy.db")
    assert (REFUSED, "--force") == (refused.exit_code, refused.err.partition("say ")[2].partition(" ")[0])
    said = run("restore", here / "copy.db", "--force")
    assert 0 == said.exit_code, said.err
    assert "purring work" in said.out
    (aside,) = here.glob("purring.db.before-*")
    assert "Later AS" not in run("merchant", "list").out
    with closing(sqlite3.connect(aside)) as conn:
        assert 2 == conn.execute("SELECT count(*) FROM merchant").fetchone()[0]
    state = run("reconcile").out
    assert "restored from copy.db" in state
    assert "Nothing is charged yet" in state
    assert "Nothing is charged yet" in run("queue").out


def test_a_restore_to_an_empty_place_needs_no_force(here: Path, settings: pytest.MonkeyPatch) -> None:
    """Where there is no database, or one without a merchant, the backup takes its place."""
    _made(here)
    settings.setenv("PURRING_DATABASE_URL", f"sqlite:///{here}/new.db")
    assert 0 == run("restore", here / "copy.db").exit_code
    assert "Booking AS" in run("merchant", "list").out


def test_a_database_in_use_is_not_replaced(here: Path) -> None:
    """While anybody has it open, not even --force replaces it."""
    _made(here)
    with closing(sqlite3.connect(here / "purring.db")) as user:
        user.execute("SELECT count(*) FROM merchant").fetchone()
        said = run("restore", here / "copy.db", "--force")
    assert IN_USE == said.exit_code
    assert "is in use" in said.err
    assert [] == list(here.glob("purring.db.before-*"))
    assert 0 == run("restore", here / "copy.db", "--force").exit_code


@pytest.mark.parametrize("damage", ["missing", "text", "cut", "other version", "dangling"])
def test_a_backup_that_is_not_whole_is_refused(here: Path, damage: str) -> None:
    """Nothing is replaced by what isn't a whole backup of this version."""
    _made(here)
    copy = here / "copy.db"
    if damage == "missing":
        copy.unlink()
    elif damage == "text":
        copy.write_text("no database, but long enough to look like a file that somebody has kept for years")
    elif damage == "cut":
        copy.write_bytes(copy.read_bytes()[: copy.stat().st_size // 2])
    else:
        with closing(sqlite3.connect(copy, isolation_level=None)) as conn:
            wrong = {
                "other version": "UPDATE alembic_version SET version_num = '0000'",
                "dangling": "UPDATE policy SET merchant_id = 'mer_nobody'",
            }
            conn.execute("DROP TRIGGER policy_refuses_update")
            conn.execute(wrong[damage])
    said = run("restore", copy, "--force")
    assert REFUSED == said.exit_code, said.out + said.err
    assert "Booking AS" in run("merchant", "list").out
    assert [] == list(here.glob("purring.db.before-*"))


def test_postgresql_is_done_with_its_own_tools(settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Both commands say where it is written down."""
    settings.setenv("PURRING_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    for command in (("backup", tmp_path / "x"), ("restore", tmp_path / "x")):
        assert "back-up-and-restore.md" in run(*command).err


def test_a_restore_by_other_means_is_said(here: Path) -> None:
    """`reconcile start` marks the database; the check can be looked at, and what waits is let go by a person."""
    assert "never restored" in run("reconcile").out
    assert 0 == run("reconcile", "start", "--why", "point in time").exit_code
    assert "point in time" in run("doctor").out
    assert "may be charged again: 0" in run("reconcile", "clear", "--all").out
    assert 0 != run("reconcile", "clear").exit_code
    assert "no charge att_1" in run("reconcile", "accept", "att_1", "--note", "x").err


def test_an_empty_queue_says_so(here: Path) -> None:
    """In words and as an object."""
    assert "Nothing waits for a person.\n" == run("queue").out
    assert {"rows": [], "counts": {}, "cursor": None} == json.loads(run("queue", "--json").out)
    assert "nothing waits under att_1" in run("queue", "done", "att_1", "--note", "x").err
    assert "nothing waits under att_1" in run("queue", "again", "att_1").err


FOUND = """
INSERT INTO found_charge
    (gateway, key, merchant_id, invoice_id, amount_minor, currency, charge, charged_at, found_at, problem)
SELECT 'sandbox', 'att_lost', id, 'inv_lost', 24900, 'NOK', '{}', 0, 0, :problem FROM merchant
"""


@pytest.mark.parametrize(
    ("problem", "said"), [("", "for invoice inv_lost"), ("settle that first", "settle that first")]
)
def test_a_charge_without_an_invoice_is_shown(here: Path, problem: str, said: str) -> None:
    """Since when, how much, why, and the command that deals with it, once the check is over; then it is gone."""
    assert 0 == run("reconcile", "start").exit_code
    with closing(sqlite3.connect(here / "purring.db", isolation_level=None)) as conn:
        conn.execute(FOUND, {"problem": problem})
        assert "Nothing waits for a person." in run("queue").out
        conn.execute("UPDATE installation SET reconciled_at = restored_at")
    shown = run("queue").out
    assert "charge without an invoice 1" in shown
    assert "1970-01-01 01:00" in shown
    assert "249.00 NOK" in shown
    assert said in shown
    assert "purring reconcile accept att_lost --note NOTE" in shown
    assert "trekk uten faktura" in run("queue", "--locale", "nb", "--merchant", "Booking AS").out
    (row,) = json.loads(run("queue", "--json").out)["rows"]
    assert ("found_charge", "att_lost", "249.00 NOK") == (row["kind"], row["id"], row["amount"])
    assert 0 == run("reconcile", "accept", "att_lost", "--note", "given back").exit_code
    assert "Nothing waits for a person.\n" == run("queue").out
