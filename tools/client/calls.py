"""The two modules of calls: a class for each kind of thing, a method for each operation, waiting or `async`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tools.client.schemas import Json, Source, Types, answer, content, identifier, is_page, name_in, operations
from tools.client.writing import docstring, module

_HEADERS = frozenset({"idempotency-key", "if-match"})
_PAGING = "cursor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """What differs between calls that wait and calls that are awaited."""

    module: str
    client: str
    prefix: str
    begins: str
    awaits: str
    said: str


WAITING = Manner(module="client", client="Purring", prefix="", begins="def", awaits="", said="Calls that wait.")
AWAITED = Manner(
    module="aio", client="AsyncPurring", prefix="Async", begins="async def", awaits="await ", said="Calls to await."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """One argument of a method: how it is declared, and where it goes."""

    name: str
    sent: str
    declared: str
    place: str  # path, query, body, or whole: the body itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One operation as a method of a group of things."""

    group: str
    name: str
    path: str
    method: str
    operation: Json

    def names(self, place: str) -> list[str]:
        """The header parameters, or those of another place."""
        return [one["name"].lower() for one in self.operation.get("parameters", ()) if one["in"] == place]


def calls(document: Json) -> list[Call]:
    """Every operation, each with a name that no other of its group has."""
    found: dict[tuple[str, str], Call] = {}
    for path, method, operation in operations(document):
        group = next((identifier(part) for part in path.split("/") if part and "{" not in part), "root")
        whole = identifier(operation["operationId"])
        name = next(one for one in (_within(group, whole), whole, f"{whole}_{method}") if (group, one) not in found)
        found[group, name] = Call(group=group, name=name, path=path, method=method, operation=operation)
    return list(found.values())


def _within(group: str, operation_id: str) -> str:
    """`customers.create_customer` and `payment_methods.list_methods` say the thing twice."""
    for noun in (group, group.removesuffix("s"), group.rpartition("_")[2], group.rpartition("_")[2].removesuffix("s")):
        short = operation_id.removesuffix(f"_{noun}")
        if short != operation_id:
            return identifier(short)
    return operation_id


def waiting(source: Source) -> str:
    """Calls for programs with threads."""
    return _module(source, WAITING)


def awaited(source: Source) -> str:
    """Calls for programs with an event loop."""
    return _module(source, AWAITED)


def _module(source: Source, manner: Manner) -> str:
    groups: dict[str, list[Call]] = {}
    for one in calls(source.document):
        groups.setdefault(one.group, []).append(one)
    transport, listing, connected = (f"{manner.prefix}{name}" for name in ("Transport", "Listing", "Connected"))
    imports = (
        "from purring_client import bodies, models, words\n"
        "from purring_client.exchange import Request, new_key, quoted\n"
        "from purring_client.shapes import OMITTED, Omitted, asked, given, jsonable\n"
        f"from purring_client.transport import {connected}, {listing}, {transport}"
    )
    classes = [_group(name, own, source.types, manner) for name, own in groups.items()]
    return module(manner.said, imports, *classes, _client(list(groups), manner))


def _group(name: str, own: list[Call], types: Types, manner: Manner) -> str:
    head = (
        f"class {_camel(name)}:\n{docstring(f'Calls under `/{name}`.')}\n\n"
        f"    def __init__(self, transport: {manner.prefix}Transport) -> None:\n"
        "        self._transport = transport\n"
    )
    return "\n\n".join([head, *(_method(one, types, manner) for one in own)])


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _client(groups: list[str], manner: Manner) -> str:
    about = "Purring's API with one key. Requests that fail in passing are repeated under the same key."
    head = f"class {manner.client}({manner.prefix}Connected):\n{docstring(about)}"
    return "\n".join([head, *(_property(name) for name in groups)])


def _property(name: str) -> str:
    return (
        f"\n    @cached_property\n    def {name}(self) -> {_camel(name)}:\n"
        f"{docstring(f'Calls under `/{name}`.', 8)}\n        return {_camel(name)}(self._transport)"
    )


def _method(call: Call, types: Types, manner: Manner) -> str:
    told = content(answer(call.operation))
    item = _listed(call, types, told)
    shape = item or _shape(types, told, call, manner)
    arguments = list(_arguments(call, types, manner))
    request = _request(call, arguments)
    begins = "def" if item else manner.begins
    returned = f"{manner.prefix}Listing[{shape}]" if item else shape
    if item:
        does = f"return {manner.prefix}Listing(self._transport, {request}, {shape})"
    elif shape == "None":
        does = f"{manner.awaits}self._transport.send({request}, None)"
    elif " | " in shape:  # no class, so that the type checker must be told
        does = f"answered: {shape} = {manner.awaits}self._transport.send({request}, {shape})\n        return answered"
    else:
        does = f"return {manner.awaits}self._transport.send({request}, {shape})"
    text = docstring(_described(call, types), 8)
    return f"    {begins} {call.name}({_declared(call, arguments)}) -> {returned}:\n{text}\n        {does}"


def _described(call: Call, types: Types) -> str:
    """What the operation does, and what is to know about its body."""
    does = call.operation.get("description") or call.operation.get("summary") or ""
    body = content(call.operation.get("requestBody")) or {}
    about = types.schemas[name_in(body["$ref"])].get("description", "") if "$ref" in body else ""
    return f"{does.strip().rstrip('.')}. {about}" if about else does


def _listed(call: Call, types: Types, told: Json | None) -> str | None:
    """What the pages hold, where the answer is one of several pages."""
    schema = types.schemas[name_in(told["$ref"])] if told and "$ref" in told else None
    if schema is None or not is_page(schema) or _PAGING not in call.names("query"):
        return None
    return types.of(schema["properties"]["data"]["items"], "")


def _shape(types: Types, told: Json | None, call: Call, manner: Manner) -> str:
    if told is not None:
        return types.of(told, manner.module).replace("list[", "builtins.list[")  # a method may be called so
    return "bytes" if answer(call.operation).get("content") else "None"


def _arguments(call: Call, types: Types, manner: Manner) -> Iterator[Argument]:
    for one in call.operation.get("parameters", ()):
        if one["in"] == "header" and one["name"].lower() not in _HEADERS and one.get("required"):
            raise ValueError(f"{call.method} {call.path} needs the header {one['name']}, which the client can't send")
        if one["in"] in {"path", "query"} and one["name"] != _PAGING:
            written = types.of(one["schema"], manner.module, is_sent=True)
            declared = written if one.get("required") else f"{written.removesuffix(' | None')} | None = None"
            yield Argument(name=identifier(one["name"]), sent=one["name"], declared=declared, place=one["in"])
    yield from _of_body(call, types, manner)


def _of_body(call: Call, types: Types, manner: Manner) -> Iterator[Argument]:
    """The fields of the body; the body itself where it has no fixed ones."""
    body = content(call.operation.get("requestBody"))
    if body is None:
        return
    schema = types.schemas[name_in(body["$ref"])] if "$ref" in body else body
    if "properties" not in schema and schema.get("additionalProperties") is not False:
        yield Argument(name="body", sent="body", declared=types.of(body, manner.module, is_sent=True), place="whole")
        return
    for name, one in schema.get("properties", {}).items():
        written = types.of(one, manner.module, is_sent=True)
        if name not in schema.get("required", ()):
            none = " | None" * written.endswith(" | None")
            written = f"{written.removesuffix(none)} | Omitted{none} = OMITTED"
        yield Argument(name=identifier(name), sent=name, declared=written, place="body")


def _declared(call: Call, arguments: list[Argument]) -> str:
    """The signature: what the path holds comes first and may be given by place."""
    within = [f"{one.name}: {one.declared}" for one in arguments if one.place == "path"]
    named = [f"{one.name}: {one.declared}" for one in arguments if one.place != "path"]
    headers = call.names("header")
    named += ["if_match: int | str | None = None"] if "if-match" in headers else []
    named += ["idempotency_key: str | None = None"] if "idempotency-key" in headers else []
    return ", ".join(["self", *within, *(["*", *named] if named else [])])


def _request(call: Call, arguments: list[Argument]) -> str:
    by_place: dict[str, list[str]] = {}
    path = call.path
    for one in arguments:
        by_place.setdefault(one.place, []).append(one.name)
        path = path.replace(f"{{{one.sent}}}", f"{{quoted({one.name})}}")
    parts = [f"method={call.method.upper()!r}", f"path={'f' * ('path' in by_place)}{path!r}"]
    if "query" in by_place:
        parts.append(f"query=asked({_handed(by_place['query'])})")
    if "whole" in by_place:
        parts.append("body=jsonable(body)")
    elif content(call.operation.get("requestBody")) is not None:
        parts.append(f"body=given({_handed(by_place.get('body', []))})")
    headers = call.names("header")
    parts += ["if_match=if_match"] if "if-match" in headers else []
    parts += ["idempotency_key=idempotency_key or new_key()"] if "idempotency-key" in headers else []
    return f"Request({', '.join(parts)})"


def _handed(names: list[str]) -> str:
    return ", ".join(f"{name}={name}" for name in names)
