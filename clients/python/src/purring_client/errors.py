"""What can go wrong, as one tree.

PurringError
├── Problem             Purring answered, and its answer is a problem (RFC 9457)
│   ├── Invalid             400, 413, 422: something in the request can't be so
│   ├── NotAuthenticated    401: no key, or none that is valid
│   ├── Forbidden           403: the key lacks the scope
│   ├── NotFound            404
│   ├── Conflict            409: understood, but not allowed now
│   ├── VersionMismatch     412: it was changed since it was read
│   ├── RateLimited         429, after every try
│   └── ServerProblem       5xx, after every try
├── NoAnswer            the request may have been worked or not: repeat it under the same key
├── UnexpectedAnswer    what answered isn't Purring, or is an older one
└── BadSignature        a message that isn't from Purring, or is old
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_SERVER_ERRORS = 500


class PurringError(Exception):
    """Everything that this package raises."""


class Problem(PurringError):
    """Purring refused, or failed.

    `code` never changes its meaning; `detail` says what is wrong and what to do instead; `field` is the field to blame,
    as a path, empty where there is none; `details` name what stands in the way; `request_id` finds it in Purring's log.
    """

    def __init__(self, http_status: int, told: Mapping[str, Any]) -> None:
        """Take over what was told; what isn't a problem has the code `unknown`."""
        self.http_status = http_status
        self.code = str(told.get("code", "unknown"))
        self.title = str(told.get("title", ""))
        self.detail = str(told.get("detail", ""))
        self.field = str(told.get("field", ""))
        self.details = tuple(map(str, told.get("details", ())))
        self.request_id = str(told.get("request_id", ""))
        place = f" ({self.field})" if self.field else ""
        super().__init__(f"{http_status} {self.code}{place}: {self.detail}")


class Invalid(Problem):
    """Something in the request can't be so: 400, 413, 422."""


class NotAuthenticated(Problem):
    """No key came with it, or none that is valid: 401."""


class Forbidden(Problem):
    """The key lacks the scope: 403."""


class NotFound(Problem):
    """There is no such thing of this merchant: 404."""


class Conflict(Problem):
    """Understood, but not allowed now: 409."""


class VersionMismatch(Problem):
    """It was changed since it was read; read it again and decide anew: 412."""


class RateLimited(Problem):
    """Too many requests came with this key: 429."""


class ServerProblem(Problem):
    """Purring, or the gateway behind it, couldn't: 5xx."""


class NoAnswer(PurringError):
    """No answer came, so that the request may have been worked or not.

    The same call with `idempotency_key` of this error is worked once at most, and gives the first answer.
    """

    def __init__(self, message: str, idempotency_key: str | None) -> None:
        """Say what happened to the connection, and under which key the request went out."""
        self.idempotency_key = idempotency_key
        super().__init__(message)


class UnexpectedAnswer(PurringError):
    """The answer isn't what the document says: look at the address, and at the server's version."""


class BadSignature(PurringError):
    """A message is not from Purring, was altered, or is old."""


_BY_STATUS: Mapping[int, type[Problem]] = {
    400: Invalid,
    401: NotAuthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    412: VersionMismatch,
    413: Invalid,
    422: Invalid,
    429: RateLimited,
}


def problem(http_status: int, told: Mapping[str, Any]) -> Problem:
    """The error of an answer's status."""
    kind = ServerProblem if http_status >= _SERVER_ERRORS else _BY_STATUS.get(http_status, Problem)
    return kind(http_status, told)
