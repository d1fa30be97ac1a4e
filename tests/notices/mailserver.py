"""A real SMTP server for the tests, on a free port of this machine, that answers as a test tells it to."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER, PASSWORD = "purring", "a made-up password"


@dataclass(kw_only=True)
class Mailbox:
    """What the server got, and what it answers: a reply for each address, sender or the data, else 250."""

    replies: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    peers: set[Any] = field(default_factory=set)
    sessions: list[SMTP] = field(default_factory=list)
    port: int = 0
    hangs_up_after_text: bool = False
    looks_s: float = 0.0
    once: dict[str, str] = field(default_factory=dict)

    def refuse_next(self, address: str, reply: str) -> None:
        """Answer so the next time that this sender is named, and never again."""
        self.once[address] = reply

    def hang_up(self) -> None:
        """Close every connection from the server's side."""
        for session in self.sessions:
            asyncio.run_coroutine_threadsafe(_close(session), session.loop).result(5)

    async def handle_MAIL(self, *said: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Accept the sender, unless told otherwise."""
        server, session, envelope, address, options = said
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        self.peers.add(session.peer)
        self.sessions.append(server)
        return self.once.pop(address, None) or self.replies.get(address, "250 OK")

    async def handle_RCPT(self, *said: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Accept the recipient, unless told otherwise."""
        _, _, envelope, address, _ = said
        envelope.rcpt_tos.append(address)
        return self.replies.get(address, "250 OK")

    async def handle_DATA(self, *said: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep the mail, unless told otherwise."""
        server, content = said[0], said[-1].content
        if "DATA" in self.replies:
            return self.replies["DATA"]
        self.raw.append(content)
        self.mails.append(message_from_bytes(content, policy=POLICY, _class=EmailMessage))
        await asyncio.sleep(self.looks_s)
        if self.hangs_up_after_text:
            await _close(server)
        return "250 Kept"


async def _close(session: SMTP) -> None:
    if session.transport is not None:
        session.transport.close()


class _OnAnyPort(Controller):
    """A controller that learns its port from the socket, so that no two tests want the same one."""

    def __init__(self, handler: object, **settings: Any) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        super().__init__(handler, hostname="localhost", port=self.listening.getsockname()[1], **settings)

    def _create_server(self) -> Any:  # noqa: ANN401 - what asyncio returns
        loop: asyncio.AbstractEventLoop = self.loop
        return loop.create_server(self._factory_invoker, sock=self.listening, ssl=self.ssl_context)


@contextmanager
def mail_server(
    *, starttls: ssl.SSLContext | None = None, implicit: ssl.SSLContext | None = None, **settings: object
) -> Iterator[Mailbox]:
    """A running server; its mailbox knows the port."""
    mailbox = Mailbox()
    controller = _OnAnyPort(
        mailbox, tls_context=starttls, ssl_context=implicit, authenticator=_authenticate, **settings
    )
    mailbox.port = controller.port
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


def _authenticate(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, login: LoginPassword
) -> AuthResult:
    ok = (login.login, login.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=ok, handled=False)
