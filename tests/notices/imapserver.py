"""A small IMAP server for the tests, which knows what taking mails in needs. Source: RFC 3501 (March 2003)."""

from __future__ import annotations

import re
import socketserver
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import trustme

USER, PASSWORD = "bounces@purring.example", "another made-up password"


class _Session(socketserver.StreamRequestHandler):
    """One client."""

    server: _Server

    def handle(self) -> None:
        """Answer line after line."""
        self._say("* OK ready")
        for line in iter(self.rfile.readline, b""):
            tag, _, command = line.decode().strip().partition(" ")
            self._say(f"{tag} {self._answer(command)}")
            if command.upper().startswith("LOGOUT"):
                return

    def _answer(self, command: str) -> str:
        seen, mails = self.server.seen, self.server.mails
        verb = command.upper()
        if verb.startswith("CAPABILITY"):
            self._say("* CAPABILITY IMAP4REV1")
        elif verb.startswith("LOGIN"):
            return "OK in" if command == f'LOGIN {USER} "{PASSWORD}"' else "NO wrong"
        elif verb.startswith("SELECT"):
            self._say(f"* {len(mails)} EXISTS")
        elif verb.startswith("UID SEARCH UNSEEN"):
            self._say(" ".join(["* SEARCH", *(str(uid) for uid in range(1, len(mails) + 1) if uid not in seen)]))
        elif found := re.match(r"UID FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", verb):
            mail = mails[int(found[1]) - 1][: int(found[2])]
            self.wfile.write(
                f"* {found[1]} FETCH (UID {found[1]} BODY[]<0> {{{len(mail)}}}\r\n".encode() + mail + b")\r\n"
            )
        elif found := re.match(r"UID STORE ([\d,]+) \+FLAGS\.SILENT \(\\SEEN\)", verb):
            seen.update(map(int, found[1].split(",")))
        elif not verb.startswith("LOGOUT"):
            return "BAD what?"
        return "OK done"

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    """One mailbox behind TLS."""

    daemon_threads = True

    def __init__(self, mails: list[bytes], context: ssl.SSLContext) -> None:
        self.mails, self.seen, self._context = mails, set[int](), context
        super().__init__(("127.0.0.1", 0), _Session)

    def get_request(self) -> tuple[ssl.SSLSocket, object]:
        """Take a client in, through TLS."""
        client, address = super().get_request()
        return self._context.wrap_socket(client, server_side=True), address

    def handle_error(self, *_: object) -> None:
        """A client that doesn't trust us goes away in the middle."""


@contextmanager
def imap_server(mails: list[bytes], authority: trustme.CA) -> Iterator[tuple[int, ssl.SSLContext]]:
    """A running server: its port, and what somebody who trusts it checks with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with _Server(mails, context) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield server.server_address[1], trusting
        finally:
            server.shutdown()
