"""Reads what comes in, within limits, and refuses what holds a card number before anybody else sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import unquote_plus

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from purring.domain.card_number import holds_card_number
from purring.domain.errors import CardNumberSent, InvalidInput, PurringError, TooLarge
from purring.web.problems import problem

BODY_BYTES_MAX = 256 * 1024
JSON_DEPTH_MAX = 20
TARGET_CHARS_MAX = 4_096

_BODY = "purring.body"
# Set by proxies and tracers, with numbers of their own that only look like cards'.
_NOT_OURS = ("x-request-start", "x-datadog-", "x-b3-", "x-amzn-", "x-cloud-trace", "cf-", "traceparent", "tracestate")


class ReadBodies:
    """Hands the application a body that is whole, short enough, and free of card numbers."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            _check_target(scope)
            _check_headers(Headers(scope=scope))
            body = await read_bounded(receive, BODY_BYTES_MAX)
            _check_body(Headers(scope=scope).get("content-type", ""), body)
        except PurringError as error:
            await problem(Request(scope), error)(scope, receive, send)
            return
        scope[_BODY] = body
        await self._app(scope, _replay(body, receive), send)


def body_of(scope: Scope) -> bytes:
    """The body as it came."""
    return bytes(scope.get(_BODY, b""))


async def read_bounded(receive: Receive, bytes_max: int) -> bytes:
    """Read a body whole.

    Raises TooLarge.
    """
    body = bytearray()
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message["type"] == "http.request" and message.get("more_body", False)
        if len(body) > bytes_max:
            raise TooLarge(f"The body is longer than {bytes_max} bytes; send less at once.")
    return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replayed() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _check_target(scope: Scope) -> None:
    query = scope.get("query_string", b"").decode("latin-1")
    if len(scope["path"]) + len(query) > TARGET_CHARS_MAX:
        raise TooLarge(f"The address is longer than {TARGET_CHARS_MAX} characters; ask for less at once.")
    if holds_card_number(scope["path"]) or any(holds_card_number(unquote_plus(one)) for one in query.split("&")):
        raise _card_number("the address")


def _check_headers(headers: Headers) -> None:
    for name, value in headers.items():
        if not name.startswith(_NOT_OURS) and holds_card_number(value):
            raise _card_number(f"the header {name}")


def _check_body(media_type: str, body: bytes) -> None:
    if not body:
        return
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise InvalidInput("The body isn't UTF-8 text; encode it so.") from None
    if "json" in media_type:
        _check_json(text)
    elif any(holds_card_number(unquote_plus(one)) for one in text.split("&")):
        raise _card_number("the body")


def _check_json(text: str) -> None:
    if "\\u0000" in text or text.count("[") + text.count("{") > BODY_BYTES_MAX // 8:
        raise InvalidInput("The body holds U+0000, or more brackets than sense; leave them out.")
    try:
        document = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise InvalidInput("The body isn't JSON; send an object such as {...}.") from None
    for value in _scalars(document, JSON_DEPTH_MAX):
        if holds_card_number(value):
            raise _card_number("the body")
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            raise InvalidInput("The body holds half of a surrogate pair; send whole characters.")


def _no_number(name: str) -> None:
    raise ValueError(name)


def _scalars(value: object, depth: int) -> Iterator[str]:
    """Every text, number and name in a document, as text.

    Raises TooLarge.
    """
    if depth < 0:
        raise TooLarge(f"The body is nested more than {JSON_DEPTH_MAX} deep; send it flatter.")
    match value:
        case dict():
            for name, one in value.items():
                yield name
                yield from _scalars(one, depth - 1)
        case list():
            for one in value:
                yield from _scalars(one, depth - 1)
        case str():
            yield value
        case int() | float():
            yield str(value)


def _card_number(place: str) -> CardNumberSent:
    return CardNumberSent(
        f"In {place} stands what could be a card number; send the gateway's token instead. Nothing of it was kept."
    )
