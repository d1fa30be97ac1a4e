"""Sends one event to one endpoint: to an address that was looked up and checked just before, within a deadline.

Nothing is sent on after a redirect, no answer is kept but its status, and no connection is used twice, because each
delivery looks the name up anew.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol

import httpcore2

from purring.webhooks.addresses import Resolve, is_loopback, is_public, look_up

DEADLINE_S = 15.0
"""From the look-up of the name to the answer's status, all in all."""
ANSWER_BYTES_MAX = 4_096
"""So much of an answer is read, as a courtesy to its sender, and thrown away."""
OK = range(200, 300)
GONE = 410
_PROBLEM_CHARS_MAX = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What came of one try: the answer's status, or the problem that kept an answer from coming."""

    status: int | None
    problem: str
    took_ms: int

    @property
    def is_taken(self) -> bool:
        """Whether the endpoint has the event."""
        return self.status in OK

    @property
    def is_gone(self) -> bool:
        """Whether the endpoint wants no events any more."""
        return self.status == GONE


class Poster(Protocol):
    """Sends to endpoints."""

    @property
    def allows_loopback(self) -> bool:
        """Whether endpoints on this machine are allowed."""
        ...

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        """Send once; whatever goes wrong is told, never raised."""
        ...


class HttpPoster:
    """Sends over HTTPS."""

    def __init__(
        self,
        *,
        allows_loopback: bool = False,
        resolve: Resolve = look_up,
        tls: ssl.SSLContext | None = None,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        """`allows_loopback`: to this machine too, also by plain http; for tests and developers only."""
        self.allows_loopback = allows_loopback
        self._resolve = resolve
        self._tls = tls or ssl.create_default_context()
        self._deadline_s = deadline_s

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Posted:
        """Send once; whatever goes wrong is told, never raised."""
        started = monotonic()
        try:
            status = self._status(url, headers, body, Deadline(started + self._deadline_s))
        except Exception as error:  # noqa: BLE001 - an endpoint may do anything to us; the log tells what
            return Posted(status=None, problem=_told(error), took_ms=_ms_since(started))
        problem = "" if status in OK else f"answered {status}"
        return Posted(status=status, problem=problem, took_ms=_ms_since(started))

    def _status(self, url: str, headers: Mapping[str, str], body: bytes, deadline: Deadline) -> int:
        network = _Checked(self._resolve, deadline, allows_loopback=self.allows_loopback)
        sent = [*headers.items(), ("content-length", str(len(body)))]
        request: dict[str, Any] = {
            "headers": [("host", _host_of(url)), *sent],
            "content": body,
            "extensions": {"timeout": dict.fromkeys(("connect", "read", "write", "pool"), self._deadline_s)},
        }
        with (
            httpcore2.ConnectionPool(ssl_context=self._tls, network_backend=network, retries=0) as pool,
            pool.stream("POST", url, **request) as response,
        ):
            _read_a_little(response.iter_stream())
            return int(response.status)


class Deadline:
    """The instant by which all must be over, on a timer that never steps."""

    def __init__(self, at_s: float, timer: Callable[[], float] = monotonic) -> None:
        """Set it."""
        self._at_s = at_s
        self._timer = timer

    def left_s(self) -> float:
        """Tell how much time is left. Raises TimeoutError: none."""
        left = self._at_s - self._timer()
        if left <= 0:
            raise TimeoutError
        return left


class RefusedAddressError(Exception):
    """A name leads where we don't send."""


class _Checked(httpcore2.SyncBackend):
    """Connects to addresses that were checked, whatever the name leads to a moment later."""

    def __init__(self, resolve: Resolve, deadline: Deadline, *, allows_loopback: bool) -> None:
        self._resolve = resolve
        self._deadline = deadline
        self._may_call = (lambda one: is_public(one) or is_loopback(one)) if allows_loopback else is_public

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *args: Any, **more: Any
    ) -> httpcore2.NetworkStream:
        """Look the name up, check every address, and call the first that takes the call."""
        del timeout
        addresses = self._resolve(host.strip("[]"), port)
        refused = [one for one in addresses if not self._may_call(one)]
        if refused or not addresses:
            raise RefusedAddressError(f"{host} leads to {', '.join(refused) or 'no address'}, which isn't public")
        for address in addresses[:-1]:
            try:
                return self._connected(address, port, *args, **more)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                continue
        return self._connected(addresses[-1], port, *args, **more)

    def _connected(self, address: str, port: int, *args: Any, **more: Any) -> httpcore2.NetworkStream:
        stream = super().connect_tcp(address, port, self._deadline.left_s(), *args, **more)
        return _Hurried(stream, self._deadline)


class _Hurried(httpcore2.NetworkStream):
    """A connection on which all reading and writing together ends by a deadline."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read some."""
        del timeout
        return self._stream.read(max_bytes, self._deadline.left_s())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all."""
        del timeout
        self._stream.write(buffer, self._deadline.left_s())

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        """Go on encrypted, with the one whose name was called."""
        del timeout
        secured = self._stream.start_tls(ssl_context, server_hostname, self._deadline.left_s())
        return _Hurried(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - whatever the connection knows
        """Tell about the connection."""
        return self._stream.get_extra_info(info)


def _read_a_little(chunks: Iterable[bytes]) -> None:
    """Read an answer that is as small as it should be to its end; what goes wrong by now changes nothing."""
    read = 0
    try:
        for chunk in chunks:
            read += len(chunk)
            if read >= ANSWER_BYTES_MAX:
                return
    except Exception:  # noqa: BLE001 - the status is there, and it is what counts
        return


def _host_of(url: str) -> str:
    parsed = httpcore2.URL(url)
    host, usual = parsed.host.decode(), {b"https": 443, b"http": 80}[parsed.scheme]
    return host if parsed.port in {None, usual} else f"{host}:{parsed.port}"


def _told(error: Exception) -> str:
    match error:
        case RefusedAddressError():
            return str(error)[:_PROBLEM_CHARS_MAX]
        case TimeoutError() | httpcore2.TimeoutException():
            return "did not answer in time"
        case ssl.SSLError() | httpcore2.ConnectError() if "CERTIFICATE" in str(error).upper():
            return "its certificate is not valid for its name"
        case httpcore2.ConnectError() | OSError():
            return "can't be reached"
        case _:
            return "cut the connection, or didn't answer in HTTP"


def _ms_since(started: float) -> int:
    return int((monotonic() - started) * 1000)
