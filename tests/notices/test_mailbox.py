"""Taking bounces in: each is handed over before it is marked as read, wherever it lies."""

from __future__ import annotations

import mailbox
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
import trustme

from purring.domain.errors import ConfigError
from purring.notices.mailbox import MAILBOX_ERRORS, Imap, Mailbox, Maildir, Mbox, open_mailbox
from tests.notices.imapserver import PASSWORD, USER, imap_server

MAILS = [f"Message-ID: <{number}@x.example>\n\nHere is some text\n".encode() for number in range(3)]


@contextmanager
def maildir(root: Path, mails: list[bytes]) -> Iterator[Mailbox]:
    """A Maildir with mails."""
    box = mailbox.Maildir(root / "maildir")
    for mail in mails:
        box.add(mail)
    yield Maildir(path=root / "maildir")


@contextmanager
def mbox(root: Path, mails: list[bytes]) -> Iterator[Mailbox]:
    """A file with mails."""
    box = mailbox.mbox(root / "mbox")
    for mail in mails:
        box.add(mail)
    box.close()
    yield Mbox(path=root / "mbox")


@contextmanager
def imap(_root: Path, mails: list[bytes]) -> Iterator[Mailbox]:
    """A server with mails, reached through TLS from the first byte."""
    authority = trustme.CA()
    with imap_server(mails, authority) as (port, context):
        yield Imap(host="localhost", port=port, user=USER, password=PASSWORD, ssl_context=context)


Kind = Callable[[Path, list[bytes]], AbstractContextManager[Mailbox]]
KINDS: list[Kind] = [maildir, mbox, imap]


@pytest.mark.parametrize("kind", KINDS)
def test_each_mail_is_taken_once(kind: Kind, tmp_path: Path) -> None:
    """What was taken isn't given again, and isn't lost either."""
    taken: list[bytes] = []
    with kind(tmp_path, MAILS) as box:
        assert [3, 0, 0] == [box.take(taken.extend) for _ in range(3)]
    assert sorted(MAILS) == sorted(mail.replace(b"\r\n", b"\n") for mail in taken)


@pytest.mark.parametrize("kind", KINDS)
def test_what_couldnt_be_kept_is_given_again(kind: Kind, tmp_path: Path) -> None:
    """The database was away: nothing is marked as read."""
    taken: list[bytes] = []

    def fail(_: object) -> None:
        raise RuntimeError

    with kind(tmp_path, MAILS) as box:
        with pytest.raises(RuntimeError):
            box.take(fail)
        assert 3 == box.take(taken.extend)
    assert 3 == len(taken)


def test_a_wrong_password_or_a_strange_server_is_trouble() -> None:
    """Both are among what a mailbox may raise; nothing is sent to a server that nobody certified."""
    authority = trustme.CA()
    with imap_server([], authority) as (port, context):
        wrong = Imap(host="localhost", port=port, user=USER, password="wrong", ssl_context=context)
        stranger = Imap(host="localhost", port=port, user=USER, password=PASSWORD)
        for box in (wrong, stranger):
            with pytest.raises(MAILBOX_ERRORS):
                box.take(list)
        assert PASSWORD not in repr(stranger)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("maildir:/var/mail/b", Maildir(path=Path("/var/mail/b"))),
        ("mbox:/var/mail/b%20c", Mbox(path=Path("/var/mail/b c"))),
        (
            "imaps://b%40x@mail.example/Bounces",
            Imap(host="mail.example", port=993, user="b@x", password="p", folder="Bounces"),
        ),
        ("imap://b@mail.example:1143", Imap(host="mail.example", port=1143, user="b", password="p", starttls=True)),
    ],
)
def test_a_mailbox_is_named_by_where_it_is(place: str, expected: Mailbox) -> None:
    """One setting says it; the password never stands in it."""
    assert expected == open_mailbox(place, "p")


@pytest.mark.parametrize(
    "place", ["", "x", "maildir:", "imaps://mail.example", "imaps://b:secret@mail.example", "pop://b@c"]
)
def test_a_place_that_is_none_is_refused(place: str) -> None:
    """The message says which there are, and doesn't repeat what may hold a password."""
    with pytest.raises(ConfigError, match="maildir:/path") as caught:
        open_mailbox(place, "p")
    assert "secret" not in caught.value.message


def test_imap_needs_a_password() -> None:
    """Signing in without one could only fail."""
    with pytest.raises(ConfigError):
        open_mailbox("imaps://b@mail.example", "")
