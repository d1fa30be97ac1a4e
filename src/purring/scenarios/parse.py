"""Read a story from its file: YAML first, then the form, then the times. Every error names its line and the remedy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from pathlib import Path

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from purring.domain.calendar import zone
from purring.domain.errors import InvalidDate, InvalidInput
from purring.scenarios.format import Entry, Scenario
from purring.scenarios.moment import Later, Moment, OnDay, OnStoryDay, StoryTime, instant

BYTES_MAX = 200_000
"""A story that is longer isn't one."""

BRACKETS_MAX = 50
"""So many open at once are a slip."""

Place = tuple[str | int, ...]
"""The keys and indexes that lead to a value."""

_PLAIN_TAGS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:str", "?", "!", None}
_WORDS: Mapping[str, object] = {"true": True, "false": False, "null": None, "~": None, "": None}
_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})")

_MESSAGES = {
    "missing": "is needed",
    "int_type": "expected a whole number",
    "bool_type": "expected true or false",
    "string_type": "expected text; put quotes around it",
    "list_type": "expected a list",
    "dict_type": "expected a mapping of names",
    "model_type": "expected a mapping",
    "model_attributes_type": "expected a mapping",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """An entry of the timeline with its instant, its line, and what its other moments are reckoned from."""

    at: datetime
    line: int
    entry: Entry
    reckoned: StoryTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A story that can be run."""

    name: str
    scenario: Scenario
    time: StoryTime
    entries: tuple[Timed, ...]


def read_story(path: Path) -> Story:
    """Read a file.

    Raises InvalidInput, whose message has a line for each thing that is wrong.
    """
    try:
        if path.stat().st_size > BYTES_MAX:
            raise InvalidInput(f"{path}: is longer than {BYTES_MAX} bytes; a story fits on a page.")
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InvalidInput(f"{path}: can't be read ({reason}); give the path of a YAML file.") from None
    return parse_story(text, str(path))


def parse_story(text: str, name: str) -> Story:
    """Read the text of a story; `name` is what errors call it.

    Raises InvalidInput, whose message has a line for each thing that is wrong.
    """
    data, lines = _load(text, name)
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        found = [_complaint(details, lines, name) for details in error.errors(include_url=False)]
        raise InvalidInput("\n".join(dict.fromkeys(found))) from None
    return _timed(scenario, lines, name)


# ---------------------------------------------------------------------------------------------------------------------
# YAML: only mappings, lists and scalars, so that a file means what it looks like. Dates, times, `no`, `on` stay text.


def _load(text: str, name: str) -> tuple[object, dict[Place, int]]:
    """The plain data, and the line of each value and key."""
    lines: dict[Place, int] = {}
    _require_flat(text, name)
    try:
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1 if event.start_mark else 1
                raise _wrong(name, line, "anchors and aliases are not read; write it out")
        root = yaml.compose(text, Loader=yaml.BaseLoader)
        if root is None:
            raise InvalidInput(f"{name}: is empty; a story has title, tells, given and timeline.")
        return _plain(root, (), lines, name), lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _wrong(name, mark.line + 1 if mark else 1, f"is not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise InvalidInput(f"{name}: is not YAML: {str(error).partition(chr(10))[0]}.") from None
    except RecursionError:
        raise InvalidInput(f"{name}: is nested too deeply; a story is flat.") from None


def _require_flat(text: str, name: str) -> None:
    """Refuse heaps of brackets before they are read: reading them takes time that grows with their square."""
    depths = accumulate(1 if char in "[{" else -1 for char in text if char in "[]{}")
    if max(depths, default=0) > BRACKETS_MAX:
        raise InvalidInput(f"{name}: is nested too deeply; a story is flat.")


def _plain(node: yaml.Node, place: Place, lines: dict[Place, int], name: str) -> object:
    """The value of a node."""
    line = node.start_mark.line + 1
    lines.setdefault(place, line)
    if node.tag not in _PLAIN_TAGS:
        raise _wrong(name, line, f"tags such as {node.tag} are not read; write plain values")
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, place, lines, name)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*place, index), lines, name) for index, item in enumerate(node.value)]
    assert isinstance(node, yaml.ScalarNode), "YAML has no fourth kind of node"
    return _scalar(node)


def _mapping(node: yaml.MappingNode, place: Place, lines: dict[Place, int], name: str) -> dict[str, object]:
    """The values of a mapping; each key may stand once."""
    values: dict[str, object] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise _wrong(name, line, "a key is a word")
        key = str(key_node.value)
        if key in values:
            raise _wrong(name, line, f"{key} stands here twice; keep one")
        lines[(*place, key)] = line
        values[key] = _plain(value_node, (*place, key), lines, name)
    return values


def _scalar(node: yaml.ScalarNode) -> object:
    """A quoted scalar is text; a plain one may be a whole number, true, false or nothing."""
    text = str(node.value)
    if node.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    return int(text) if _WHOLE_NUMBER.fullmatch(text) else text


# ---------------------------------------------------------------------------------------------------------------------
# Complaints


def _wrong(name: str, line: int, what: str) -> InvalidInput:
    return InvalidInput(f"{name}:{line}: {what}.")


def _complaint(details: ErrorDetails, lines: Mapping[Place, int], name: str) -> str:
    """One thing that is wrong: file, line, where in the file, what, and what would be right."""
    place = tuple(_steps(details["loc"], lines))
    kind, ctx = details["type"], details.get("ctx", {})
    line = _nearest(lines, (*place, str(ctx["key"])) if kind == "unknown_key" else place)
    what = _MESSAGES.get(kind, details["msg"]).replace("Input should be", "expected").rstrip(".")
    if kind == "missing":
        return f"{name}:{line}: {_shown((*place, str(details['loc'][-1])))} is needed."
    return f"{name}:{line}: {_shown(place)}: {what}." if place else f"{name}:{line}: {what}."


def _steps(loc: Place, lines: Mapping[Place, int]) -> Iterator[str | int]:
    """The part of an error's location that stands in the file."""
    place: Place = ()
    for step in loc:
        if (*place, step) not in lines:
            return
        place = (*place, step)
        yield step


def _nearest(lines: Mapping[Place, int], place: Place) -> int:
    while place not in lines:
        place = place[:-1]
    return lines[place]


def _shown(place: Place) -> str:
    """`timeline[2].expect.invoices.main`."""
    return "".join(f"[{step + 1}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")


# ---------------------------------------------------------------------------------------------------------------------
# Times


def _timed(scenario: Scenario, lines: Mapping[Place, int], name: str) -> Story:
    """Reckon when everything happens.

    Raises InvalidInput for entries out of order and for times that no clock shows.
    """
    reckoned = _beginning(scenario, lines, name)
    story_time, entries = reckoned, list[Timed]()
    for index, entry in enumerate(scenario.timeline):
        line = _nearest(lines, ("timeline", index))
        at = _instant(entry.at, reckoned, name, line)
        if at < reckoned.previous_at:
            shown = f"{reckoned.previous_at.astimezone(reckoned.zone):%Y-%m-%d %H:%M}"
            raise _wrong(name, line, f"this comes before {shown}, where the story already is; put it in its place")
        reckoned = replace(reckoned, previous_at=at)
        entries.append(Timed(at=at, line=line, entry=entry, reckoned=reckoned))
    return Story(name=name, scenario=scenario, time=story_time, entries=tuple(entries))


def _beginning(scenario: Scenario, lines: Mapping[Place, int], name: str) -> StoryTime:
    """The start of the first day, unless the story says when it begins."""
    tz = zone(scenario.given.merchant.timezone)
    begins: Moment | None = scenario.begins
    line = _nearest(lines, ("begins",))
    if begins is None:
        day = scenario.first_day
        if day is None:
            raise _wrong(name, line, "nothing given has a date; say when the story begins, such as begins: 2026-03-01")
        begins = OnDay(day)
    if isinstance(begins, OnStoryDay | Later):
        raise _wrong(name, line, "begins: counts from nothing; write a date such as 2026-03-01")
    if begins.at is None:
        begins = replace(begins, at=time.min)
    nowhere = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
    at = _instant(begins, StoryTime(zone=tz, begins_at=nowhere, previous_at=nowhere), name, line)
    return StoryTime(zone=tz, begins_at=at, previous_at=at)


def _instant(moment: Moment, reckoned: StoryTime, name: str, line: int) -> datetime:
    try:
        return instant(moment, reckoned)
    except InvalidDate as error:
        raise _wrong(name, line, error.message.rstrip(".")) from None
