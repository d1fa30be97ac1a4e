"""Handing a rendered notice to somebody who delivers it.

A sender says what became of each message: `Delivered`, `Deferred` (try again later) or `Bounced` (don't). Senders never
log an address or a text.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol, TextIO, TypeVar

from purring.notices.compose import composed
from purring.notices.message import Message

_ADDRESS_LIKE = re.compile(r"\S+@\S+")
_DETAIL_LENGTH_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Somebody answers for it now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """Not now; the same message may go out later.

    `code` is the SMTP reply, if there was one. `affects_all` says that the fault lies with the server or our settings:
    whoever sends a batch should stop and let an operator see `detail`. `may_have_arrived`: the text was handed over and
    nobody said whether it was kept, so that sending it again may make it arrive twice.
    """

    detail: str
    code: int | None = None
    affects_all: bool = False
    may_have_arrived: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounced:
    """Never: this recipient, or this message, is refused for good."""

    detail: str
    code: int | None = None


Outcome = Delivered | Deferred | Bounced


What_contra = TypeVar("What_contra", contravariant=True)


class SenderOf(Protocol[What_contra]):
    """Delivers messages one by one, to as many threads at once as it says; with 1 the caller's own is used."""

    in_flight_max: int

    def send(self, message: What_contra) -> Outcome:
        """Try once to deliver it. Never raises for what a server or a network can do."""
        ...

    def close(self) -> None:
        """Let go of what is kept open between messages; the next message opens it again."""
        ...


Sender = SenderOf[Message]
"""Delivers mails."""


class NullSender:
    """Delivers nothing and counts."""

    in_flight_max = 1

    def __init__(self) -> None:
        self.sent = 0

    def send(self, message: object) -> Outcome:
        """Count it."""
        del message
        self.sent += 1
        return Delivered()

    def close(self) -> None:
        """Keep nothing open."""


class ConsoleSender:
    """Shows each message on a stream."""

    in_flight_max = 1

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def send(self, message: Message) -> Outcome:
        """Print who gets it and what it says."""
        head = f"To: {message.to_name} <{message.to_email}>\nSubject: {message.subject}\n"
        self.stream.write(f"{head}\n{message.body}\n{'-' * 72}\n")
        self.stream.flush()
        return Delivered()

    def close(self) -> None:
        """Keep nothing open."""


class FileSender:
    """Writes each message as a mail of its own into a directory: `<delivery>.eml`, whole or not at all.

    A message that is sent again replaces its file. Only the owner may read them.
    """

    in_flight_max = 1

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._lock = Lock()

    def send(self, message: Message) -> Outcome:
        """Write it down."""
        path = self.directory / f"{message.delivery_id}.eml"
        unfinished = path.with_suffix(".part")
        try:
            with self._lock:
                self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
                with open(unfinished, "wb", opener=_for_owner) as file:
                    file.write(composed(message))
                unfinished.replace(path)
        except OSError as error:
            return Deferred(detail=brief(f"{type(error).__name__}: {error.strerror}"), affects_all=True)
        return Delivered()

    def close(self) -> None:
        """Keep nothing open."""


def _for_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def brief(detail: str) -> str:
    """A server's words, fit to be stored and logged: one short line that names nobody."""
    line = " ".join("".join(char if char.isprintable() else " " for char in detail).split())
    return _ADDRESS_LIKE.sub("<address>", line)[:_DETAIL_LENGTH_MAX]
