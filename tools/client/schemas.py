"""Schemas of the document as Python types: where each lives, and how it is written there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

Json = Mapping[str, Any]

_REF = "#/components/schemas/"
_JSON = "application/json"
_SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_FORMATS = {"date-time": "dt.datetime", "date": "dt.date"}
PAGE_FIELDS = frozenset({"data", "next_cursor"})


@dataclass(frozen=True, slots=True)
class Place:
    """A Python name, and the module that has it."""

    module: str
    name: str

    def seen_from(self, module: str) -> str:
        """How another module writes it."""
        return self.name if module == self.module else f"{self.module}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Types:
    """Every schema that something refers to, with its place as an answer and its place as a part of a request."""

    schemas: Json
    answers: Mapping[str, Place]
    bodies: Mapping[str, Place]

    def of(self, schema: Json, module: str, *, is_sent: bool = False) -> str:
        """A schema as a type, as `module` writes it."""
        if "$ref" in schema:
            return self._of_ref(name_in(schema["$ref"]), module, is_sent=is_sent)
        if "const" in schema:
            return f"Literal[{schema['const']!r}]"
        if "enum" in schema:
            return f"Literal[{', '.join(map(repr, schema['enum']))}]"
        variants = schema.get("anyOf") or schema.get("oneOf")
        if variants:
            return _union(self.of(one, module, is_sent=is_sent) for one in variants)
        if isinstance(schema.get("type"), list):
            return _union(self.of({**schema, "type": one}, module, is_sent=is_sent) for one in schema["type"])
        if len(schema.get("allOf", ())) == 1:
            return self.of(schema["allOf"][0], module, is_sent=is_sent)
        return self._of_kind(schema, module, is_sent=is_sent)

    def _of_ref(self, name: str, module: str, *, is_sent: bool) -> str:
        places = self.bodies if is_sent else self.answers
        return places[name].seen_from(module) if name in places else self.of(self.schemas[name], module)

    def _of_kind(self, schema: Json, module: str, *, is_sent: bool) -> str:
        match schema.get("type"):
            case "array":
                inner = self.of(schema.get("items", {}), module, is_sent=is_sent)
                return f"Sequence[{inner}]" if is_sent else f"list[{inner}]"
            case "object":
                more = schema.get("additionalProperties")
                inner = self.of(more, module, is_sent=is_sent) if isinstance(more, dict) and more else "Any"
                return f"Mapping[str, {inner}]" if is_sent else f"dict[str, {inner}]"
            case "string":
                return _FORMATS.get(schema.get("format", ""), "str")
            case kind:
                return _SIMPLE.get(str(kind), "Any")


@dataclass(frozen=True, slots=True)
class Source:
    """A document, and its schemas as types."""

    document: Json
    types: Types


def _union(types: Iterable[str]) -> str:
    found = list(dict.fromkeys(types))
    if "Any" in found:
        return "Any"
    return " | ".join([*(one for one in found if one != "None"), *(["None"] if "None" in found else [])])


def name_in(ref: str) -> str:
    """The schema that a reference names."""
    return ref.removeprefix(_REF)


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Path, method and operation, in the document's order."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            if method in {"get", "put", "post", "delete", "patch", "head", "options"}:
                yield path, method, operation


def content(part: Json | None) -> Json | None:
    """The schema of what a body or an answer holds as JSON; None where it holds none."""
    found: Json | None = (part or {}).get("content", {}).get(_JSON, {}).get("schema")
    return found


def answer(operation: Json) -> Json:
    """The answer when all goes well."""
    found: Json = next((one for status, one in operation["responses"].items() if status.startswith("2")), {})
    return found


def source_of(document: Json) -> Source:
    """Give each schema of a document its place."""
    schemas = document["components"]["schemas"]
    given = list(reached(schemas, _bodies(document)))
    told = list(reached(schemas, (content(answer(one)) for _, _, one in operations(document))))
    asked = list(reached(schemas, (it["schema"] for _, _, one in operations(document) for it in _parameters(one))))
    events = list(
        reached(schemas, (content(one["post"]["requestBody"]) for one in document.get("webhooks", {}).values()))
    )
    answers: dict[str, Place] = {}
    for name in [*given, *told, *asked, *events]:
        if "enum" in schemas[name]:
            answers[name] = Place("words", name)
    bodies = dict(answers)
    for name in [*told, *events]:
        if _is_object(schemas[name]) and not is_page(schemas[name]):
            answers.setdefault(name, Place("models" if name in told else "events", _short(name, schemas)))
    for name in given:
        if _is_object(schemas[name]):
            bodies.setdefault(name, Place("bodies", name))
    return Source(document, Types(schemas=schemas, answers=answers, bodies=bodies))


def _bodies(document: Json) -> Iterator[Json | None]:
    """What is within the bodies of requests: their own fields become arguments."""
    schemas = document["components"]["schemas"]
    for _, _, operation in operations(document):
        body = content(operation.get("requestBody"))
        if body and "$ref" in body and _is_object(schemas[name_in(body["$ref"])]):
            yield from schemas[name_in(body["$ref"])].get("properties", {}).values()
        else:
            yield body


def _parameters(operation: Json) -> Iterator[Json]:
    yield from operation.get("parameters", ())


def reached(schemas: Json, roots: Iterable[Json | None]) -> Iterator[str]:
    """The names of all schemas that these refer to, each once."""
    seen: set[str] = set()
    waiting: list[Any] = [one for one in roots if one]
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, list):
            waiting += part
        elif isinstance(part, dict):
            name = name_in(part.get("$ref", ""))
            if name and name not in seen:
                seen.add(name)
                yield name
                waiting.append(schemas[name])
            waiting += [one for key, one in part.items() if isinstance(one, dict | list) and key != "examples"]


def _is_object(schema: Json) -> bool:
    return schema.get("type") == "object" and ("properties" in schema or schema.get("additionalProperties") is False)


def is_page(schema: Json) -> bool:
    """Whether it is one page of a list."""
    return set(schema.get("properties", ())) == PAGE_FIELDS


def _short(name: str, schemas: Json) -> str:
    """What goes out is called `CustomerOut` in the document, and `Customer` by those who receive it."""
    short = name.removesuffix("Out")
    return short if short and short not in schemas else name


def identifier(name: str) -> str:
    """A name of the document as Python may have it."""
    made = name.replace("-", "_").lower()
    return f"{made}_" if iskeyword(made) else made
