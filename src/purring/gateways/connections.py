"""The connections to one provider: as many as calls at once, taken and put back in constant time.

The HTTP library's own pool looks at every connection on every request, and takes two to three times the memory for
each: see docs/decisions/0007. Here a call takes the connection that was put back last, if it is still good.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from threading import Lock, Semaphore
from time import monotonic
from typing import Self

import httpx2

CHUNK_BYTES = 65_536


class Connections(httpx2.BaseTransport):
    """A transport for `httpx2.Client`, safe to share between threads; at most `most` calls at once.

    `keepalive_s`: a connection that was idle for longer isn't used again.
    """

    def __init__(self, *, most: int, keepalive_s: float) -> None:
        """Connect to nothing yet."""
        self._free = Semaphore(most)
        self._keepalive_s = keepalive_s
        self._idle: list[tuple[HTTPConnection, float]] = []
        self._lock = Lock()
        self._tls = httpx2.create_ssl_context()

    def __enter__(self) -> Self:
        """Stay open until the end of the block."""
        return self

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send one request; its response holds the connection until it is closed.

        Raises:
            httpx2.PoolTimeout, httpx2.ConnectTimeout, httpx2.ConnectError: nothing was sent.
            httpx2.HTTPError: anything may have been sent.
        """
        timeouts = request.extensions.get("timeout", {})
        if not self._free.acquire(timeout=timeouts.get("pool")):
            raise httpx2.PoolTimeout("every connection is in use", request=request)
        try:
            connection = self._take(request.url) or self._connected(request, timeouts.get("connect"))
        except BaseException:
            self._free.release()
            raise
        try:
            with _translated(request):
                response = _sent(connection, request, timeouts.get("read"))
        except BaseException:
            self._drop(connection)
            raise
        stream = _Body(self, connection, response, request)
        return httpx2.Response(response.status, headers=response.getheaders(), stream=stream)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            connection.close()

    def put_back(self, connection: HTTPConnection, *, is_good: bool) -> None:
        """End a call; the next one may use its connection if that `is_good`."""
        if not is_good:
            self._drop(connection)
            return
        with self._lock:
            self._idle.append((connection, monotonic()))
        self._free.release()

    def _drop(self, connection: HTTPConnection) -> None:
        connection.close()
        self._free.release()

    def _take(self, url: httpx2.URL) -> HTTPConnection | None:
        """The idle connection that was used last, unless it leads elsewhere, is too old or was closed meanwhile."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection, since = self._idle.pop()
            if (
                (connection.host, connection.port) == _address(url)
                and monotonic() - since < self._keepalive_s
                and not _has_news(connection)
            ):
                return connection
            connection.close()

    def _connected(self, request: httpx2.Request, timeout_s: float | None) -> HTTPConnection:
        host, port = _address(request.url)
        connection = (
            HTTPSConnection(host, port, timeout=timeout_s, context=self._tls)
            if request.url.scheme == "https"
            else HTTPConnection(host, port, timeout=timeout_s)
        )
        try:
            connection.connect()
        except TimeoutError as error:
            connection.close()
            raise httpx2.ConnectTimeout(str(error), request=request) from error
        except (OSError, ValueError) as error:  # what can't be encoded as a name raises a ValueError
            connection.close()
            raise httpx2.ConnectError(str(error), request=request) from error
        return connection


class _Body(httpx2.SyncByteStream):
    """What the provider answers; closing it gives the connection back."""

    def __init__(
        self, pool: Connections, connection: HTTPConnection, response: HTTPResponse, request: httpx2.Request
    ) -> None:
        self._pool, self._connection, self._response, self._request = pool, connection, response, request
        self._is_open = True

    def __iter__(self) -> Iterator[bytes]:
        """Read on."""
        with _translated(self._request):
            while chunk := self._response.read(CHUNK_BYTES):
                yield chunk
            if self._response.length:
                raise IncompleteRead(b"", self._response.length)

    def close(self) -> None:
        """Give the connection back if the whole answer was read and it stays open; give it up otherwise."""
        if self._is_open:
            self._is_open = False
            whole = self._response.isclosed() and not self._response.will_close
            self._pool.put_back(self._connection, is_good=whole)


def _sent(connection: HTTPConnection, request: httpx2.Request, timeout_s: float | None) -> HTTPResponse:
    assert connection.sock is not None, "it is connected"
    connection.sock.settimeout(timeout_s)
    target = request.url.raw_path.decode("ascii")
    connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in request.headers.raw:
        connection.putheader(name, value)
    connection.endheaders(request.read() or None)
    _await_answer(connection.sock, timeout_s)
    return connection.getresponse()


def _await_answer(sock: socket.socket, timeout_s: float | None) -> None:
    """Wait until there is something to read: whoever waits within a read holds its buffer meanwhile."""
    if isinstance(sock, ssl.SSLSocket) and sock.pending():
        return
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    if not poll.poll(None if timeout_s is None else timeout_s * 1000):
        raise TimeoutError("no answer in time")


@contextmanager
def _translated(request: httpx2.Request) -> Iterator[None]:
    """Raise what can go wrong after the first byte as the HTTP library's own errors."""
    try:
        yield
    except TimeoutError as error:
        raise httpx2.ReadTimeout(str(error), request=request) from error
    except (HTTPException, ValueError) as error:
        raise httpx2.RemoteProtocolError(str(error) or type(error).__name__, request=request) from error
    except OSError as error:
        raise httpx2.ReadError(str(error), request=request) from error


def _has_news(connection: HTTPConnection) -> bool:
    """Whether the other side has closed an idle connection, or said something on it that nobody asked for."""
    sock = connection.sock
    if sock is None:
        return True
    if isinstance(sock, ssl.SSLSocket) and sock.pending():
        return True
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))


def _address(url: httpx2.URL) -> tuple[str, int]:
    return url.raw_host.decode("ascii"), url.port or (443 if url.scheme == "https" else 80)
