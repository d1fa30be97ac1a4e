"""The one way to a payment provider over HTTP: what can go wrong on the way ends as `Unavailable` or `Unknown`.

A request that certainly wasn't worked on is `Unavailable`; everything after the first byte may have been sent, and
every answer that can't be read, is `Unknown`. Nothing here retries, follows redirects, or logs bodies and keys.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Self

import httpx2

from purring.domain.attempt import Unavailable, Unknown
from purring.gateways.connections import Connections

ANSWER_BYTES_MAX = 1_048_576
RETRY_AFTER_MAX = timedelta(days=1)

_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings:
    """Where a provider is and how long to wait for it.

    `connect_timeout_s` bounds the wait for a free connection and the making of one, `read_timeout_s` each silence after
    it. `keepalive_s` must be shorter than the provider's own,
    or it will close a connection just as we send on it.
    """

    base_url: str
    api_key: str = field(repr=False)
    in_flight_max: int = 64
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 30.0
    keepalive_s: float = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer the provider meant: 2xx, or a 4xx that refuses. `body` is the JSON object it sent."""

    status: int
    headers: Mapping[str, str]
    body: Mapping[str, object]


Sent = Reply | Unavailable | Unknown


class HttpClient:
    """A pool of connections to one provider, safe to share between threads.

    `says_not_processed` reads a 503: whether the provider states that it did nothing with the request.
    """

    def __init__(
        self,
        settings: HttpSettings,
        *,
        says_not_processed: Callable[[Reply], bool],
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.in_flight_max = settings.in_flight_max
        self.base_url = settings.base_url.rstrip("/")
        self._says_not_processed = says_not_processed
        self._client = httpx2.Client(
            base_url=settings.base_url,
            headers={"Authorization": f"Bearer {settings.api_key}", "Accept": "application/json"},
            timeout=_timeouts(settings),
            transport=transport or Connections(most=settings.in_flight_max, keepalive_s=settings.keepalive_s),
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(
        self, path: str, params: Mapping[str, str] | None = None, *, headers: Mapping[str, str] | None = None
    ) -> Sent:
        """Read something."""
        return self._send(self._client.build_request("GET", path, params=params, headers=headers))

    def post(
        self,
        path: str,
        body: Mapping[str, object],
        *,
        idempotency_key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Sent:
        """Send a JSON object, once."""
        key = {} if idempotency_key is None else {"Idempotency-Key": idempotency_key}
        return self._send(self._client.build_request("POST", path, json=body, headers={**(headers or {}), **key}))

    def _send(self, request: httpx2.Request) -> Sent:
        try:
            response = self._client.send(request, stream=True)
            try:
                content = _read_bounded(response.iter_bytes())
            finally:
                response.close()
        except _NEVER_SENT as error:
            return Unavailable(detail=f"not sent: {_describe(error)}")
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            return Unknown(detail=f"sent, no answer: {_describe(error)}")
        return self._judge(response, content)

    def _judge(self, response: httpx2.Response, content: bytes | None) -> Sent:
        status = response.status_code
        if status == httpx2.codes.TOO_MANY_REQUESTS:
            return Unavailable(detail="rate limited (429)", retry_after=_retry_after(response.headers))
        body = None if content is None else _json_object(content)
        if body is None:
            return Unknown(detail=f"status {status} with a body that can't be read")
        reply = Reply(status=status, headers=response.headers, body=body)
        if status == httpx2.codes.SERVICE_UNAVAILABLE and self._says_not_processed(reply):
            return Unavailable(detail="not processed (503)", retry_after=_retry_after(response.headers))
        return reply if _is_meant(status) else Unknown(detail=f"status {status}")


def _timeouts(settings: HttpSettings) -> httpx2.Timeout:
    start_s = settings.connect_timeout_s
    return httpx2.Timeout(settings.read_timeout_s, connect=start_s, pool=start_s)


def _is_meant(status: int) -> bool:
    """Whether the provider itself decided: a success, or a refusal that isn't about time."""
    return 200 <= status < 300 or (400 <= status < 500 and status != httpx2.codes.REQUEST_TIMEOUT)  # noqa: PLR2004 -- the classes of RFC 9110 §15


def _read_bounded(chunks: Iterable[bytes]) -> bytes | None:
    """The whole body, or None as soon as it is longer than any sane answer."""
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > ANSWER_BYTES_MAX:
            return None
    return bytes(content)


def read_json(content: bytes) -> object:
    """Read what a provider sent; characters that no database keeps, NUL and half a surrogate pair, are replaced.

    Raises ValueError.
    """
    try:
        return _kept(json.loads(content))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def _kept(value: object) -> object:
    match value:
        case str():
            return value.replace("\0", "\ufffd").encode(errors="replace").decode()
        case list():
            return [_kept(one) for one in value]
        case dict():
            return {str(_kept(key)): _kept(one) for key, one in value.items()}
        case _:
            return value


def _json_object(content: bytes) -> Mapping[str, object] | None:
    try:
        value = read_json(content)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long the provider asks us to wait: seconds, or a date that is read against its own `Date`."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    wait = timedelta(seconds=min(int(value[:9]), 86_400)) if value.isdecimal() else _until(value, headers)
    return None if wait is None else max(timedelta(0), min(wait, RETRY_AFTER_MAX))


def _until(value: str, headers: Mapping[str, str]) -> timedelta | None:
    try:
        return parsedate_to_datetime(value) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return None


def _describe(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]
