"""What Pydantic found wrong, as one of our own errors: the first thing, with its field and the remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from purring.domain.errors import InvalidInput, MissingField, PurringError, UnknownField
from purring.web.api.types import ONE_LINE, SAYS_SOMETHING
from purring.web.problems import problem


async def on_invalid(request: Request, error: Exception) -> Response:
    """Answer a request whose parts aren't what they should be."""
    assert isinstance(error, RequestValidationError)
    return problem(request, explained(error.errors()))


def explained(found: Sequence[Mapping[str, Any]]) -> PurringError:
    """The first of several findings as an error; the others stand in its details, by their fields."""
    first, *others = found
    error = _explained(first)
    return type(error)(error.message, field=error.field, details=tuple(_field(one) for one in others))


def _explained(found: Mapping[str, Any]) -> PurringError:
    own = getattr((found.get("ctx") or {}).get("error"), "error", None)
    field = _field(found)
    if isinstance(own, PurringError):
        return type(own)(own.message, field=_joined(field, own.field))
    match found["type"]:
        case "extra_forbidden":
            return UnknownField(f"There is no field {field!r} here; leave it out.", field=field)
        case "string_pattern_mismatch" if found["ctx"]["pattern"] in {SAYS_SOMETHING, ONE_LINE}:
            remedy = "it is blank, or holds a line break or an invisible character; write it on one line."
            return InvalidInput(f"{field}: {remedy}", field=field)
        case "missing":
            return MissingField(f"{field!r} is missing; send it.", field=field)
        case "json_invalid":
            return InvalidInput("The body isn't JSON; send an object such as {...}.")
        case _:
            return InvalidInput(f"{field}: {_lowered(found['msg'])}.", field=field)


def _field(found: Mapping[str, Any]) -> str:
    """The place as a path: `people.0.email`; what it was read from (body, query) isn't told."""
    return ".".join(str(part)[:60] for part in found["loc"][1:]) or str(found["loc"][0])


def _joined(field: str, inner: str | None) -> str:
    return f"{field}.{inner}" if inner and field.rpartition(".")[2] != inner else field


def _lowered(message: str) -> str:
    return f"{message[:1].lower()}{message[1:]}"
