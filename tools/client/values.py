"""The modules of values: words, what is answered, what is sent within a request, events."""

from __future__ import annotations

from collections.abc import Iterator

from tools.client.schemas import Json, Place, Source, Types, content, identifier, name_in
from tools.client.writing import docstring, module

_FROM_CLIENT = "from purring_client import models, words\nfrom purring_client.unknown import UnknownEvent"


def words(source: Source) -> str:
    """Every closed list of words. A newer Purring may answer with more than are here."""
    aliases = [
        f"{name}: TypeAlias = {_literal(schema)}\n{docstring(schema.get('description', ''), 0)}"
        for name, schema, _ in _at("words", source.types)
    ]
    return module("The words that the API answers with; a newer Purring may have more.", "", "\n\n".join(aliases))


def _literal(schema: Json) -> str:
    return f"Literal[{', '.join(map(repr, schema['enum']))}]"


def models(source: Source) -> str:
    """What is answered."""
    classes = [_dataclass(name, source.types, "models") for name, _, _ in _at("models", source.types)]
    return module("What Purring answers.", _FROM_CLIENT, *classes)


def bodies(source: Source) -> str:
    """What is within a request."""
    classes = [_typed_dict(schema, place, source.types) for _, schema, place in _at("bodies", source.types)]
    return module("What stands within requests, as dictionaries.", _FROM_CLIENT, *classes)


def events(source: Source) -> str:
    """What comes in, and which class has which kind."""
    kinds = {
        kind: source.types.answers[name_in((content(one["post"]["requestBody"]) or {})["$ref"])]
        for kind, one in source.document.get("webhooks", {}).items()
    }
    classes = [_dataclass(name, source.types, "events") for name, _, _ in _at("events", source.types)]
    union = " | ".join([*(place.seen_from("events") for place in kinds.values()), "UnknownEvent"])
    rows = "".join(f"    {kind!r}: {place.seen_from('events')},\n" for kind, place in kinds.items())
    return module(
        "Events, as Purring sends them to an endpoint.",
        _FROM_CLIENT,
        *classes,
        f"Event: TypeAlias = {union}\n{docstring('One thing that happened. `match` on its class.', 0)}\n\n"
        f"EVENTS: Mapping[str, type[Any]] = {{\n{rows}}}",
    )


def _at(where: str, types: Types) -> Iterator[tuple[str, Json, Place]]:
    """The schemas of a module, by their Python names."""
    places = types.bodies if where == "bodies" else types.answers
    for name in sorted(places, key=lambda one: places[one].name):
        if places[name].module == where:
            yield name, types.schemas[name], places[name]


def _dataclass(name: str, types: Types, where: str) -> str:
    schema, required = types.schemas[name], set(types.schemas[name].get("required", ()))
    lines = ["@dataclass(frozen=True, slots=True, kw_only=True)", f"class {types.answers[name].name}:"]
    lines += [docstring(schema.get("description", "")), ""]
    for sent, one in schema.get("properties", {}).items():
        written = types.of(one, where)
        if sent not in required:
            written = f"{written.removesuffix(' | None')} | None = None"
        lines.append(f"    {identifier(sent)}: {written}")
    return "\n".join(lines)


def _typed_dict(schema: Json, place: Place, types: Types) -> str:
    required = set(schema.get("required", ()))
    rows = {
        name: written if name in required else f"NotRequired[{written}]"
        for name, one in schema.get("properties", {}).items()
        for written in [types.of(one, "bodies", is_sent=True)]
    }
    if any(identifier(name) != name for name in rows):
        inner = ", ".join(f"{name!r}: {written!r}" for name, written in rows.items())
        return f"{place.name} = TypedDict({place.name!r}, {{{inner}}})"
    head = f"class {place.name}(TypedDict):\n{docstring(schema.get('description', ''))}\n"
    return "\n".join([head, *(f"    {name}: {written}" for name, written in rows.items())])
