"""The habits that all routes share: answers under a key, versions, pages, related things looked up."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Header, Query
from pydantic import BaseModel
from starlette.responses import Response

from purring.domain.errors import PurringError, VersionMismatch, http_status
from purring.operations.idempotency import KEY_CHARS_MAX, Answer, Keyed, at_once, once, once_beyond
from purring.operations.listing import page_of
from purring.operations.services import Services
from purring.operations.transact import NotWithinTransaction
from purring.store.listing import Listed
from purring.web.api.caller import Call
from purring.web.api.types import Out
from purring.web.bodies import body_of
from purring.web.problems import MEDIA_TYPE, SERVER_ERRORS, problem

JSON = "application/json"
LIMIT_MAX = 100
LIMIT = 20
_TAG_CHARS = 16

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=KEY_CHARS_MAX,
        pattern="^[!-~]+$",
        description="Any text of yours, once for each thing that you want done: the same key gives the same answer.",
    ),
]
IfMatch = Annotated[
    str | None,
    Header(max_length=40, description="The ETag that you have read: the change is refused if there is a newer one."),
]
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="How many things a page has at most.")]
Cursor = Annotated[
    str | None,
    Query(pattern="^([2-6][0-9a-f]|7[0-9a-e]){1,40}$", description="The `next_cursor` of the page before, as it is."),
]

Made = TypeVar("Made", bound=BaseModel)


class PageOut(Out, Generic[Made]):
    """A page, newest first. `next_cursor`: where the next one begins; null after the last."""

    data: list[Made]
    next_cursor: str | None


def shown(made: BaseModel, version: int | str | None = None, status: int = 200) -> Response:
    """One thing, with its version as the ETag."""
    headers = {} if version is None else {"ETag": f'"{version}"'}
    return Response(made.model_dump_json(), status, headers, JSON)


def tag_of(made: BaseModel) -> str:
    """A version for what has none of its own: it follows from what is shown."""
    return sha256(made.model_dump_json().encode()).hexdigest()[:_TAG_CHARS]


def done(
    call: Call, key: str | None, act: Callable[[Services], BaseModel], status: int = 200, *, is_secret: bool = False
) -> Response:
    """Do something in one transaction and show what came of it; the same key gets the same answer.

    `is_secret`: the answer lets its reader do something, so that it is sealed where it is kept.
    """

    def answer(services: Services) -> Answer:
        return Answer(http_status=status, text=act(services).model_dump_json())

    if key is None:
        return _response(at_once(call.services, answer))
    return _response(once(call.services, replace(_keyed(call, key), is_secret=is_secret), answer))


def done_beyond(call: Call, key: str | None, act: Callable[[Services], BaseModel], status: int = 200) -> Response:
    """Do something that asks a gateway; a refusal is an answer like any other, and is repeated too."""

    def answer(services: Services) -> Answer:
        try:
            return Answer(http_status=status, text=act(services).model_dump_json())
        except PurringError as error:
            if http_status(error) >= SERVER_ERRORS:
                raise
            refused = problem(call.request, error)
            return Answer(http_status=refused.status_code, text=bytes(refused.body).decode())

    given = answer(call.services) if key is None else once_beyond(call.services, _keyed(call, key), answer)
    return _response(given)


def done_beyond_if_need_be(
    call: Call, key: str | None, act: Callable[[Services], BaseModel], status: int = 200
) -> Response:
    """Do something in one transaction, unless it turns out that a gateway must be asked: then as `done_beyond`."""
    try:
        return done(call, key, act, status)
    except NotWithinTransaction:
        return done_beyond(call, key, act, status)


def _response(given: Answer) -> Response:
    headers = {"Idempotency-Replayed": "true"} if given.is_repeated else {}
    media_type = JSON if given.http_status < 400 else MEDIA_TYPE  # noqa: PLR2004 - problems begin here
    return Response(given.text, given.http_status, headers, media_type)


def _keyed(call: Call, key: str) -> Keyed:
    request = call.request
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + body_of(request.scope)
    return Keyed(merchant_id=call.merchant_id, key=key, request_hash=sha256(asked).hexdigest())


def require_version(if_match: str | None, version: int | str) -> None:
    """Refuse a change of something that isn't at the version that the caller read.

    Raises VersionMismatch.
    """
    if if_match is None or if_match.strip() == "*":
        return
    if f'"{version}"' not in {one.strip().removeprefix("W/") for one in if_match.split(",")}:
        raise VersionMismatch("It was changed since you read it; read it again and decide anew.", field="If-Match")


# ---------------------------------------------------------------------------------------------------------------------
# Pages


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which page of what: at most `limit` things after `cursor`, whose columns have the values of `where`."""

    what: Listed
    limit: int
    cursor: str | None
    where: Mapping[str, str | None]


def page(call: Call, asked: Asked, make: Callable[[Sequence[Any]], Sequence[BaseModel]]) -> Response:
    """One page; `make` turns its nouns into what goes out."""
    things = page_of(
        call.services,
        asked.what,
        call.merchant_id,
        limit=asked.limit,
        before=opened_cursor(asked.cursor),
        where={name: value for name, value in asked.where.items() if value is not None},
    )
    return page_out(make(things.nouns), things.nouns[-1].id if things.has_more else None)


def page_out(data: Sequence[BaseModel], last_id: str | None) -> Response:
    """A page that ends with what has this id; None: nothing more follows."""
    shown_data = ",".join(one.model_dump_json() for one in data)
    next_cursor = None if last_id is None else last_id.encode().hex()
    return Response(f'{{"data":[{shown_data}],"next_cursor":{json.dumps(next_cursor)}}}', 200, media_type=JSON)


def opened_cursor(cursor: str | None) -> str | None:
    """The id that the page before ended with."""
    return None if cursor is None else bytes.fromhex(cursor).decode("ascii")


Expanded = TypeVar("Expanded", bound=str)
Expand = Annotated[
    list[Expanded] | None, Query(max_length=10, description="Related things to show whole, beside their ids.")
]
