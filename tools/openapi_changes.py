"""What a newer OpenAPI document would break for programs written against an older one.

Additions are fine: clients ignore fields that they don't know and treat unknown members of a list as such. Taken as
broken is what went away or became narrower: a route, a parameter, a field of an answer, a member that a request may
send; and what is newly demanded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]
_ONLY_WORDS = frozenset({"description", "title", "examples", "default"})


def breaking(old: Json, new: Json) -> list[str]:
    """Every break, each as a line that says where."""
    return list(_paths(old, new))


def _paths(old: Json, new: Json) -> Iterator[str]:
    for path, methods in old["paths"].items():
        for method, before in methods.items():
            where, after = f"{method.upper()} {path}", new["paths"].get(path, {}).get(method)
            if after is None:
                yield f"{where}: removed"
            else:
                yield from _operation(where, _Side(old, before), _Side(new, after))


class _Side:
    """A part of one document, with the document to look references up in."""

    def __init__(self, document: Json, part: Json) -> None:
        self.document = document
        self.part = part

    def at(self, part: Json) -> _Side:
        """Another part, whatever it refers to looked up."""
        while "$ref" in part:
            names = part["$ref"].removeprefix("#/").split("/")
            part = self.document
            for name in names:
                part = part[name]
        return _Side(self.document, part)

    def fields(self) -> Json:
        """The properties of an object."""
        found: Json = self.part.get("properties", {})
        return found

    def required(self) -> set[str]:
        """The names of those that must be there."""
        return set(self.part.get("required", ()))

    def variants(self) -> list[_Side]:
        """The forms of which it is one; itself where there is one form."""
        return [self.at(one).whole() for one in self.part.get("anyOf", ())] or [self.whole()]

    def whole(self) -> _Side:
        """Itself, looked up."""
        return self.at(self.part)


def _operation(where: str, old: _Side, new: _Side) -> Iterator[str]:
    before = {(one["in"], one["name"]): one for one in old.part.get("parameters", ())}
    after = {(one["in"], one["name"]): one for one in new.part.get("parameters", ())}
    for key, one in before.items():
        if key not in after:
            yield f"{where}: parameter {key[1]} removed"
        else:
            yield from _request(f"{where} {key[1]}", old.at(one["schema"]), new.at(after[key]["schema"]))
    for key, one in after.items():
        if one.get("required") and not before.get(key, {}).get("required"):
            yield f"{where}: parameter {key[1]} is now required"
    yield from _bodies(where, old, new)
    for status, answer in old.part["responses"].items():
        if status.startswith("2"):
            yield from _answer_to(f"{where} {status}", old.at(answer), new, status)


def _bodies(where: str, old: _Side, new: _Side) -> Iterator[str]:
    before, after = (_content(side.part.get("requestBody", {})) for side in (old, new))
    if after is None:
        if before is not None:
            yield f"{where}: body removed"
    elif before is None:
        yield f"{where}: a body is now needed"
    else:
        yield from _request(where, old.at(before), new.at(after))


def _answer_to(where: str, old: _Side, new: _Side, status: str) -> Iterator[str]:
    if status not in new.part["responses"]:
        yield f"{where}: no such answer any more"
        return
    before, after = _content(old.part), _content(new.at(new.part["responses"][status]).part)
    if before is not None and after is not None:
        yield from _answer(where, old.at(before), new.at(after))


def _content(part: Json) -> Json | None:
    found: Json | None = part.get("content", {}).get("application/json", {}).get("schema")
    return found


def _request(where: str, old: _Side, new: _Side) -> Iterator[str]:
    """What may be sent must stay so."""
    for one in old.variants():
        fits = [other for other in new.variants() if _kind(one) == _kind(other)]
        if not fits:
            yield f"{where}: {_kind(one)} can't be sent any more"
            continue
        yield from _narrowed(where, one, fits[0])
        for name, field in one.fields().items():
            if name not in fits[0].fields():
                yield f"{where}.{name}: removed"
            else:
                yield from _request(f"{where}.{name}", one.at(field), fits[0].at(fits[0].fields()[name]))
        for name in sorted(fits[0].required() - one.required()):
            yield f"{where}.{name}: now required"
        if "items" in one.part:
            yield from _request(f"{where}[]", one.at(one.part["items"]), fits[0].at(fits[0].part["items"]))


def _narrowed(where: str, old: _Side, new: _Side) -> Iterator[str]:
    for name in sorted(set(old.part.get("enum", ())) - set(new.part.get("enum", old.part.get("enum", ())))):
        yield f"{where}: {name!r} can't be sent any more"
    for name, worse in (("maxLength", -1), ("maximum", -1), ("maxItems", -1), ("minLength", 1), ("minimum", 1)):
        before, after = old.part.get(name), new.part.get(name)
        if after is not None and (before is None or (after - before) * worse > 0):
            yield f"{where}: {name} is now {after}"
    if new.part.get("pattern") is not None and new.part.get("pattern") != old.part.get("pattern"):
        yield f"{where}: another pattern"


def _answer(where: str, old: _Side, new: _Side) -> Iterator[str]:
    """What was answered must still be."""
    kinds = {_kind(one) for one in old.variants()}
    for other in new.variants():
        if _kind(other) not in kinds:
            yield f"{where}: may be {_kind(other)} now"
    for one in old.variants():
        for other in new.variants():
            if _kind(one) == _kind(other):
                yield from _fields(where, one, other)


def _fields(where: str, old: _Side, new: _Side) -> Iterator[str]:
    for name, field in old.fields().items():
        if name not in new.fields():
            yield f"{where}.{name}: removed"
            continue
        if name in old.required() - new.required():
            yield f"{where}.{name}: may be missing now"
        yield from _answer(f"{where}.{name}", old.at(field), new.at(new.fields()[name]))
    if "items" in old.part and "items" in new.part:
        yield from _answer(f"{where}[]", old.at(old.part["items"]), new.at(new.part["items"]))


def _kind(side: _Side) -> str:
    """What a value is, as far as a program must know."""
    kind = str(side.part.get("type", "anything"))
    return f"{kind} ({side.part['format']})" if "format" in side.part else kind
