"""`purring bounces`: mails from a mailbox or from files, each taken in once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Purring

MAIL = b"Message-ID: <1@mx.example>\nFrom: MAILER-DAEMON@mx.example\n\nfailure notice\n"


def test_a_mailbox_is_read_once(purring: Purring, settings: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What was taken in is marked as read; the setting names the mailbox, or the command does."""
    for name in ("new", "cur"):
        (tmp_path / "box" / name).mkdir(parents=True)
    (tmp_path / "box" / "new" / "1").write_bytes(MAIL)
    place = f"maildir:{tmp_path}/box"
    assert purring("bounces", "read", "--mailbox", place).out.startswith("Taken in: 1.")
    settings.setenv("PURRING_BOUNCE_MAILBOX", place)
    assert purring("bounces", "read").out.startswith("Taken in: 0.")


def test_a_file_is_taken_once(purring: Purring, tmp_path: Path) -> None:
    """For servers that pipe each bounce into a program; what is there already is there already."""
    (tmp_path / "one.eml").write_bytes(MAIL)
    said = [purring("bounces", "take", tmp_path / "one.eml").out for _ in range(2)]
    assert [True, True] == [one.startswith(f"New: {count} of 1.") for one, count in zip(said, (1, 0), strict=True)]


def test_a_mailbox_that_isnt_there_is_named(purring: Purring, tmp_path: Path) -> None:
    """The message says what to set or what is wrong."""
    assert "PURRING_BOUNCE_MAILBOX" in purring("bounces", "read").err
    assert "can't be read" in purring("bounces", "read", "--mailbox", f"mbox:{tmp_path}/nothing").err
    assert "maildir:/path" in purring("bounces", "read", "--mailbox", "nonsense").err
    assert "can't be read" in purring("bounces", "take", tmp_path / "nothing").err
