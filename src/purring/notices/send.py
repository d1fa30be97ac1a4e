"""Handing a rendered notice to somebody who delivers it.

A sender says what became of each message: `Delivered`, `Deferred` (try again later) or `Bounced` (don't). Senders never
log an address or a text. One sender serves one thread; `close` it at the end of a batch, and it opens again by itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Protocol, TextIO

from purring.domain.errors import InvalidInput
from purring.domain.ids import DeliveryId, NoticeId, RecoveryId
from purring.notices.images import InlineImage

# Stricter than RFC 5321 §4.1.2: no quoted local parts, no address literals. Whoever needs those can't be mailed anyway.
_ADDRESS = re.compile(r"[^\s\x00-\x1f\x7f@<>()\[\]\\,;:\"]{1,64}@(?:[\w-]{1,63}\.)*[\w-]{1,63}")
_ADDRESS_LENGTH_MAX = 254
_ADDRESS_LIKE = re.compile(r"\S+@\S+")
_DETAIL_LENGTH_MAX = 200
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*")
_TEXT = re.compile(r"[^\x00\ud800-\udfff]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Somebody answers for it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Not now; the same message may go out later.

    `code` is the SMTP reply, if there was one. `affects_all` says that the fault lies with the server or our settings:
    whoever sends a batch should stop and let an operator see `detail`.
    """

    detail: str
    code: int | None = None
    affects_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounced:
    """Never: this recipient, or this message, is refused for good."""

    detail: str
    code: int | None = None


Outcome = Delivered | Deferred | Bounced


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One mail to one person: a text, and the same as HTML unless `body_html` is ""; `images` are those it shows.

    `delivery_id` makes the Message-ID, which stays the same however often it is sent. `thread` (a recovery's or
    notice's id) keeps the mails about one payment together. `from_email` is our own address, `reply_to` the merchant's
    or "".

    Raises InvalidInput that names the field, for anything that could forge a header or can't be an address.
    """

    delivery_id: DeliveryId
    thread: RecoveryId | NoticeId
    at: datetime
    locale: str
    from_name: str
    from_email: str
    to_name: str
    to_email: str = field(repr=False)
    reply_to: str
    subject: str
    body: str = field(repr=False)
    body_html: str = field(default="", repr=False)
    images: tuple[InlineImage, ...] = ()

    def __post_init__(self) -> None:
        """Refuse headers that would not be one line, and addresses that are none."""
        self._require(_TOKEN, "letters, digits, - and _ only", "delivery_id", "thread", "locale")
        self._require(_LINE, "one line without control characters", "from_name", "to_name", "subject")
        self._require(_TEXT, "text", "body", "body_html")
        for name in ("from_email", "to_email", "reply_to") if self.reply_to else ("from_email", "to_email"):
            address = getattr(self, name)
            # A server that takes no SMTPUTF8 would lose mails to everybody if our own address needed it.
            if not (is_address(address) and (name == "to_email" or address.isascii())):
                raise InvalidInput(f"message {name} is not an e-mail address like name@example.com", field=name)
        assert self.at.tzinfo is not None, self.at

    @property
    def message_id(self) -> str:
        """The Message-ID: the same at every attempt to send it."""
        return self._id(self.delivery_id)

    @property
    def thread_id(self) -> str:
        """What all mails of one thread refer to."""
        return self._id(self.thread)

    def _require(self, pattern: re.Pattern[str], remedy: str, *names: str) -> None:
        for name in names:
            if not pattern.fullmatch(getattr(self, name)):
                raise InvalidInput(f"message {name} must be {remedy}", field=name)

    def _id(self, local: str) -> str:
        return f"<{local}@{self.from_email.rpartition('@')[2]}>"


def is_address(text: str) -> bool:
    """Tell whether a text can be an e-mail address."""
    return len(text) <= _ADDRESS_LENGTH_MAX and _ADDRESS.fullmatch(text) is not None


class Sender(Protocol):
    """Delivers messages one by one."""

    def send(self, message: Message) -> Outcome:
        """Try once to deliver it. Never raises for what a server or a network can do."""
        ...

    def close(self) -> None:
        """Let go of what is kept open between messages."""
        ...


class NullSender:
    """Delivers nothing and counts."""

    def __init__(self) -> None:
        self.sent = 0

    def send(self, message: Message) -> Outcome:
        """Count it."""
        del message
        self.sent += 1
        return Delivered()

    def close(self) -> None:
        """Keep nothing open."""


class ConsoleSender:
    """Shows each message on a stream."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def send(self, message: Message) -> Outcome:
        """Print who gets it and what it says."""
        head = f"To: {message.to_name} <{message.to_email}>\nSubject: {message.subject}\n"
        self.stream.write(f"{head}\n{message.body}\n{'-' * 72}\n")
        return Delivered()

    def close(self) -> None:
        """Let the stream show what it still holds."""
        self.stream.flush()


def composed(message: Message) -> EmailMessage:
    """The message as a mail. Source: RFC 5322 (October 2008), RFC 3834 §5 (August 2004)."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _mailbox(message.from_name, message.from_email)
    mail["To"] = _mailbox(message.to_name, message.to_email)
    if message.reply_to:
        mail["Reply-To"] = _mailbox("", message.reply_to)
    mail["Subject"] = message.subject
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = message.message_id
    mail["In-Reply-To"] = message.thread_id
    mail["References"] = message.thread_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"  # for Exchange, which doesn't read the line above
    mail.set_content(message.body, cte="quoted-printable")
    mail["Content-Language"] = message.locale
    return mail


def brief(detail: str) -> str:
    """A server's words, fit to be stored and logged: one short line that names nobody."""
    line = " ".join("".join(char if char.isprintable() else " " for char in detail).split())
    return _ADDRESS_LIKE.sub("<address>", line)[:_DETAIL_LENGTH_MAX]


def _mailbox(name: str, email: str) -> Address:
    local, _, domain = email.rpartition("@")
    return Address(display_name=name, username=local, domain=domain)
