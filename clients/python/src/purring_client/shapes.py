"""JSON as typed values: frozen dataclasses, lists, instants, dates. Fields that a class doesn't know are left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from keyword import iskeyword
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from purring_client.errors import UnexpectedAnswer


class Omitted:
    """The type of `OMITTED`."""

    def __repr__(self) -> str:
        return "OMITTED"


OMITTED: Final = Omitted()
"""An argument that isn't sent. `None` is sent, as null."""

_PARSED: Mapping[Any, Callable[[str], object]] = {
    dt.datetime: dt.datetime.fromisoformat,
    dt.date: dt.date.fromisoformat,
}


def given(**arguments: object) -> dict[str, Any]:
    """The arguments that aren't omitted, as JSON has them. A name that is a Python keyword ends in an underscore."""
    return {_as_sent(name): jsonable(value) for name, value in arguments.items() if value is not OMITTED}


def asked(**arguments: object) -> dict[str, Any]:
    """The arguments of a query that aren't None."""
    return {_as_sent(name): jsonable(value) for name, value in arguments.items() if value is not None}


def jsonable(value: object) -> object:
    """Turn instants and dates within a value into text."""
    match value:
        case dt.date():
            return value.isoformat()
        case Mapping():
            return {name: jsonable(one) for name, one in value.items()}
        case list() | tuple():
            return [jsonable(one) for one in value]
    return value


def shaped(shape: Any, value: Any) -> Any:  # noqa: ANN401 - a type, and whatever JSON holds
    """Give a JSON value the shape of a type.

    Raises:
        UnexpectedAnswer: it can't have that shape.
    """
    try:
        return _shaped(shape, value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise UnexpectedAnswer(f"The answer can't be read as {shape}: {error!r}.") from error


def _shaped(shape: Any, value: Any) -> Any:  # noqa: ANN401 - as above
    if shape in _PARSED:
        return _PARSED[shape](value)
    if is_dataclass(shape):
        return _object(shape, value)
    origin = get_origin(shape)
    if origin is list:
        return [_shaped(get_args(shape)[0], one) for one in value]
    if origin is dict:
        return {name: _shaped(get_args(shape)[1], one) for name, one in value.items()}
    if origin in {Union, UnionType}:
        return _one_of([one for one in get_args(shape) if one is not NoneType], value)
    return value


def _object(shape: Any, value: Mapping[str, Any]) -> object:  # noqa: ANN401 - a dataclass
    found = {}
    for name, (sent, inner, is_required) in _fields(shape).items():
        if is_required or sent in value:
            found[name] = _shaped(inner, value[sent])
    return shape(**found)


def _one_of(shapes: list[Any], value: object) -> object:
    """The first shape that fits; null, and what fits none, as it is."""
    if value is None:
        return None
    for shape in shapes:
        try:
            return _shaped(shape, value)
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
    return value


@cache
def _fields(shape: type[Any]) -> dict[str, tuple[str, Any, bool]]:
    """Of each field its name in JSON, its type, and whether it must be there."""
    types = get_type_hints(shape)
    return {one.name: (_as_sent(one.name), types[one.name], one.default is MISSING) for one in fields(shape)}


def _as_sent(name: str) -> str:
    return name[:-1] if name.endswith("_") and iskeyword(name[:-1]) else name
