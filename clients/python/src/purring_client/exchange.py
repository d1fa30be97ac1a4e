"""One request from its first try to its answer, without the sending: what goes out, when again, what came of it."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx2

from purring_client.errors import NoAnswer, UnexpectedAnswer, problem

TRIES_MAX = 4
WAIT_S_MAX = 30.0
"""Longer than this nobody is kept waiting: the problem is raised instead."""

TIMEOUT_S = 30.0
FIRST_WAIT_S = 0.5
_AGAIN = frozenset({429, 500, 502, 503, 504})
_UNDER_WAY = "request_under_way"
_REFUSED = 400

Outcome = httpx2.Response | httpx2.TransportError


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    idempotency_key: str | None = None
    if_match: int | str | None = None

    def may_repeat(self) -> bool:
        """Whether it does no more when it is worked twice: the key, or the method, sees to that."""
        return self.idempotency_key is not None or self.method in {"GET", "HEAD"}

    def headers(self) -> dict[str, str]:
        """What its key and its version say."""
        headers = {"Accept": "application/json, application/problem+json, */*;q=0.1"}
        if self.idempotency_key is not None:
            headers["Idempotency-Key"] = self.idempotency_key
        if self.if_match is not None:
            headers["If-Match"] = self.if_match if isinstance(self.if_match, str) else f'"{self.if_match}"'
        return headers

    def arguments(self) -> dict[str, Any]:
        """What an HTTP client sends."""
        arguments: dict[str, Any] = {"method": self.method, "url": self.path, "headers": self.headers()}
        if self.query:
            arguments["params"] = self.query
        if self.body is not None:
            arguments["json"] = self.body
        return arguments


def new_key() -> str:
    """A key that no other request has."""
    return str(uuid.uuid4())


def quoted(part: str | int) -> str:
    """One part of a path, whatever it holds."""
    return quote(str(part), safe="")


def wait_s(request: Request, outcome: Outcome, tries: int) -> float | None:
    """How long to wait before the next try; None where there is none.

    What came too often, or to a service that is away, was not worked and is repeated whatever it is. After a lost
    answer only what may be worked twice is.
    """
    if tries >= TRIES_MAX:
        return None
    backed_off = FIRST_WAIT_S * 2 ** (tries - 1) * random.uniform(0.5, 1)
    if isinstance(outcome, httpx2.Response):
        if not _is_worth_it(request, outcome, tries):
            return None
        backed_off = max(backed_off, _retry_after_s(outcome))
    elif not (request.may_repeat() or isinstance(outcome, httpx2.ConnectError)):
        return None
    return backed_off if backed_off <= WAIT_S_MAX else None


def _is_worth_it(request: Request, answer: httpx2.Response, tries: int) -> bool:
    """A first try may still be at work when the second one comes, if its answer got lost."""
    if answer.status_code in {429, 503}:
        return True
    if tries > 1 and answer.status_code == httpx2.codes.CONFLICT:
        return bool(_told(answer).get("code") == _UNDER_WAY)
    return answer.status_code in _AGAIN and request.may_repeat()


def _retry_after_s(answer: httpx2.Response) -> float:
    told = answer.headers.get("Retry-After", "")
    return float(told) if told.isdigit() else 0.0


def settled(request: Request, outcome: Outcome) -> Any:  # noqa: ANN401 - whatever JSON holds
    """What was answered: JSON as Python has it, anything else as bytes, None where nothing was.

    Raises:
        Problem: it was refused, or failed.
        NoAnswer: nobody knows.
        UnexpectedAnswer: it is no answer of Purring's.
    """
    if not isinstance(outcome, httpx2.Response):
        raise NoAnswer(f"{request.method} {request.path}: {outcome!r}", request.idempotency_key) from outcome
    if outcome.status_code >= _REFUSED:
        raise problem(outcome.status_code, _told(outcome))
    if not outcome.is_success:
        raise UnexpectedAnswer(f"{outcome.status_code} instead of an answer; look at the base URL.")
    if not outcome.content:
        return None
    is_json = outcome.headers.get("Content-Type", "").partition(";")[0].endswith("json")
    return outcome.json() if is_json else outcome.content


def _told(answer: httpx2.Response) -> Mapping[str, Any]:
    """What a problem says; of what isn't one, its beginning."""
    try:
        told = answer.json()
    except ValueError:
        told = None
    return told if isinstance(told, dict) else {"detail": answer.text[:200]}
