"""Sends text messages through any provider that takes an HTTP request.

A provider that was silent after it had the request may have sent the message, and gets it again with the same `{id}`:
who knows messages by that sends each once, with others one may arrive twice.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable
from threading import Lock
from typing import Any, TextIO

import httpx2

from purring.notices.send import Bounced, Deferred, Delivered, Outcome
from purring.notices.sms_request import ShortMessage, SmsSettings, Template

ANSWER_BYTES_MAX = 65_536
_LATER = frozenset({408, 425, 429})
_WHO_ARE_YOU = 401
_NEVER_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


class SmsSender:
    """Asks the provider, over connections that are kept until `close`. Never logs a number, a text or an answer.

    `elapsed_s` tells the seconds on a timer that never steps.
    """

    def __init__(self, settings: SmsSettings, elapsed_s: Callable[[], float]) -> None:
        self.in_flight_max = settings.in_flight_max
        self._settings = settings
        self._template = Template(settings)
        self._elapsed_s = elapsed_s
        self._tls = settings.ssl_context or ssl.create_default_context()
        self._lock = Lock()
        self._client: httpx2.Client | None = None

    def send(self, message: ShortMessage) -> Outcome:
        """Ask once."""
        request = httpx2.Request(
            self._settings.method,
            self._settings.url,
            headers=self._template.headers(message),
            content=self._template.body(message),
            extensions={"timeout": httpx2.Timeout(self._settings.timeout_s).as_dict()},
        )
        try:
            status, answer = self._answer(request)
        except _NEVER_SENT as error:
            return Deferred(detail=f"the provider can't be reached: {type(error).__name__}", affects_all=True)
        except (httpx2.HTTPError, httpx2.StreamError) as error:
            return Deferred(detail=f"the provider didn't answer: {type(error).__name__}", may_have_arrived=True)
        return self._judged(status, answer)

    def close(self) -> None:
        """Let the connections go."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _answer(self, request: httpx2.Request) -> tuple[int, bytes]:
        """The answer's status, and as much of its body as came in time."""
        until_s = self._elapsed_s() + self._settings.answer_s
        response = self._open().send(request, stream=True)
        content = bytearray()
        try:
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > ANSWER_BYTES_MAX or self._elapsed_s() > until_s:
                    break
        finally:
            response.close()
        return response.status_code, bytes(content)

    def _open(self) -> httpx2.Client:
        with self._lock:
            if self._client is None:
                # Without what the environment says of proxies and passwords, which is not ours to follow.
                self._client = httpx2.Client(verify=self._tls, follow_redirects=False, trust_env=False)
            return self._client

    def _judged(self, status: int, answer: bytes) -> Outcome:
        """What the answer means. The provider's own words are left out, since they may repeat the number."""
        detail = f"the provider answered {status}"
        if 200 <= status < 300:  # noqa: PLR2004 - the classes of RFC 9110 §15
            return self._checked(answer)
        if status in _LATER or status >= 500:  # noqa: PLR2004 - likewise
            return Deferred(detail=detail, code=status)
        if status == _WHO_ARE_YOU or status < 400:  # noqa: PLR2004 - likewise
            return Deferred(detail=f"{detail}: look at the address and the secret", code=status, affects_all=True)
        return Bounced(detail=detail, code=status)

    def _checked(self, answer: bytes) -> Outcome:
        path, _, expected = self._settings.success.partition("=")
        if not path:
            return Delivered()
        try:
            said = _at(json.loads(answer), path)
        except (ValueError, LookupError, TypeError, RecursionError):
            return Deferred(detail=f"the provider's answer has no {path}", may_have_arrived=True)
        if _written(said) == expected:
            return Delivered()
        return Deferred(detail=f"the provider's answer doesn't say {path}={expected}")


def _at(value: Any, path: str) -> Any:  # noqa: ANN401 - anything of JSON
    for step in path.split("."):
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def _written(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class ConsoleSmsSender:
    """Shows each text message on a stream."""

    in_flight_max = 1

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def send(self, message: ShortMessage) -> Outcome:
        """Print who gets it and what it says."""
        self.stream.write(f"Text message to {message.to_phone}\n\n{message.text}\n{'-' * 72}\n")
        self.stream.flush()
        return Delivered()

    def close(self) -> None:
        """Keep nothing open."""
