"""A real HTTPS server on loopback that misbehaves as its path says, and remembers who asked for what."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event, Thread

import trustme

NAME = "shop.example"
_BIG = 50_000_000


@dataclass
class Server:
    """Where it listens, whom to trust, and the requests that came: the name that TLS asked for, and the text."""

    port: int
    trust: ssl.SSLContext
    asked: list[tuple[str | None, str]] = field(default_factory=list)
    sent_bytes: int = 0
    ended: Event = field(default_factory=Event)

    def url(self, path: str, name: str = NAME) -> str:
        """An address of it."""
        return f"https://{name}:{self.port}/{path}"


@contextmanager
def serving() -> Iterator[Server]:
    """Serve until the end of the block."""
    authority = trustme.CA()
    own, trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert(NAME).configure_cert(own)
    authority.configure_trust(trust)
    names: dict[int, str | None] = {}
    own.sni_callback = lambda connection, name, _context: names.__setitem__(id(connection), name)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(port=listener.getsockname()[1], trust=trust)

        def accept() -> None:
            while not server.ended.is_set():
                with suppress(OSError):
                    raw, _ = listener.accept()
                    Thread(target=answer, args=(raw,), daemon=True).start()

        def answer(raw: socket.socket) -> None:
            with suppress(OSError), raw, own.wrap_socket(raw, server_side=True) as connection:
                request = _request(connection)
                server.asked.append((names.get(id(connection)), request))
                _answer(server, connection, request.split(" ")[1].strip("/"))

        thread = Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.ended.set()
            with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=1):
                pass
            thread.join(5)


def _request(connection: ssl.SSLSocket) -> str:
    """Read one request to the end of its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while len(body) < length:
        body += connection.recv(65_536)
    return (head + b"\r\n\r\n" + body).decode()


def _answer(server: Server, connection: ssl.SSLSocket, path: str) -> None:
    match path:
        case "slow":
            server.ended.wait(10)
        case "drip":
            for letter in b"HTTP/1.1 200 OK\r\nx: " + b"x" * 200:
                connection.sendall(bytes([letter]))
                if server.ended.wait(0.05):
                    return
        case "cut":
            connection.sendall(b"HTTP/1.1 20")
        case "garbage":
            connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        case "redirect":
            connection.sendall(b"HTTP/1.1 302 Found\r\nlocation: /200\r\ncontent-length: 0\r\n\r\n")
        case "big":
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % _BIG)
            while server.sent_bytes < _BIG:
                server.sent_bytes += connection.send(b"x" * 65_536)
        case status:
            connection.sendall(b"HTTP/1.1 %s Whatever\r\ncontent-length: 2\r\n\r\nok" % status.encode())
