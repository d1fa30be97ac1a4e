"""Where bounces lie until we have taken them in: a Maildir, an mbox file, or a mailbox on an IMAP server.

What was taken is marked as read, not removed: whoever keeps the mailbox says how long. Opening one fails with what the
world can do (`MAILBOX_ERRORS`); nothing here logs an address or a text.
"""

from __future__ import annotations

import imaplib
import mailbox
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from purring.domain.errors import ConfigError

MAILS_MAX = 100
"""How many mails are taken at once."""

MAIL_BYTES_MAX = 262_144
"""What is read of a mail: the report stands at its beginning, and what follows is our own."""

TIMEOUT_S = 10.0
MAILBOX_ERRORS = (OSError, imaplib.IMAP4.error, mailbox.Error)

Keep = Callable[[Sequence[bytes]], object]


class Mailbox(Protocol):
    """Hands over mails that are new."""

    def take(self, keep: Keep) -> int:
        """Give up to MAILS_MAX new mails to `keep`, mark them as read once that returns, and tell how many they were.

        Raises what MAILBOX_ERRORS lists.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Maildir:
    """A directory with `new` and `cur`; several may take from it at once."""

    path: Path

    def take(self, keep: Keep) -> int:
        """Take what lies in `new`; what lies in `cur` has been read."""
        some = sorted(path for path in (self.path / "new").iterdir() if not path.name.startswith("."))[:MAILS_MAX]
        if some:
            keep([_beginning(path) for path in some])
        for path in some:
            with suppress(FileNotFoundError):  # another one has taken it too, which does no harm
                path.rename(self.path / "cur" / f"{path.name}:2,S")
        return len(some)


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAIL_BYTES_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mbox:
    """A file of mails, locked while we look through it."""

    path: Path

    def take(self, keep: Keep) -> int:
        """Take what isn't marked as read."""
        box = mailbox.mbox(self.path, create=False)
        try:
            box.lock()
            new = [(key, mail) for key, mail in box.items() if "R" not in mail.get_flags()][:MAILS_MAX]
            if new:
                keep([box.get_bytes(key)[:MAIL_BYTES_MAX] for key, _ in new])
            for key, mail in new:
                mail.add_flag("RO")
                box[key] = mail
        finally:
            box.close()
        return len(new)


@dataclass(frozen=True, slots=True, kw_only=True)
class Imap:
    """A folder on a server. `starttls`: begin in plain text and change to TLS before anything is said."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    starttls: bool = False
    ssl_context: ssl.SSLContext | None = None

    def take(self, keep: Keep) -> int:
        """Take what isn't marked as seen."""
        with self._opened() as server:
            server.login(self.user, self.password)
            _done(server.select(f'"{self.folder}"'))
            found = _done(server.uid("SEARCH", "UNSEEN"))
            uids = [uid.decode() for uid in (found[0] or b"").split()][:MAILS_MAX]
            if uids:
                keep([_fetched(server, uid) for uid in uids])
                _done(server.uid("STORE", ",".join(uids), "+FLAGS.SILENT", r"(\Seen)"))
        return len(uids)

    def _opened(self) -> imaplib.IMAP4:
        context = self.ssl_context or ssl.create_default_context()
        if not self.starttls:
            return imaplib.IMAP4_SSL(self.host, self.port, ssl_context=context, timeout=TIMEOUT_S)
        server = imaplib.IMAP4(self.host, self.port, timeout=TIMEOUT_S)
        try:
            server.starttls(context)
        except BaseException:
            server.shutdown()
            raise
        return server


def _fetched(server: imaplib.IMAP4, uid: str) -> bytes:
    """The beginning of a mail, without marking it as seen."""
    parts = _done(server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{MAIL_BYTES_MAX}>)"))
    return next((part[1] for part in parts if isinstance(part, tuple)), b"")


def _done(answer: tuple[str, list[Any]]) -> list[Any]:
    """What the server sent: lines, and pairs of a line and the text that it announces."""
    status, parts = answer
    if status != "OK":
        raise imaplib.IMAP4.error("the server refused")
    return parts


def open_mailbox(place: str, password: str) -> Mailbox:
    """Name a mailbox: `maildir:/path`, `mbox:/path`, `imaps://user@host/folder`, or `imap://…` for STARTTLS.

    Raises ConfigError.
    """
    parts = urlsplit(place)
    if parts.scheme in {"maildir", "mbox"} and parts.path:
        path = Path(unquote(parts.path))
        return Maildir(path=path) if parts.scheme == "maildir" else Mbox(path=path)
    if parts.scheme in {"imap", "imaps"} and parts.hostname and parts.username and password and not parts.password:
        return Imap(
            host=parts.hostname,
            port=parts.port or (993 if parts.scheme == "imaps" else 143),
            user=unquote(parts.username),
            password=password,
            folder=unquote(parts.path.strip("/")).replace('"', "") or "INBOX",
            starttls=parts.scheme == "imap",
        )
    raise ConfigError(
        "A mailbox for bounces is maildir:/path, mbox:/path, or imaps://user@host/folder (imap:// for STARTTLS) with "
        "its password in a setting of its own.",
        field="bounce_mailbox",
    )
