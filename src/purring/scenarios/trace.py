"""The whole story as it was played: every event with its reason, every notice, in the order in which they happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from purring.domain.clause import named_clause
from purring.domain.event import EventKind
from purring.domain.ids import EventId
from purring.scenarios.observe import Observer
from purring.scenarios.world import Copy, World
from purring.store.events import Event

_UNTOLD = {"invoice_id", "number", "rules", "known", "clause", "from", "fields", "method_id"}
"""Data that the line shows in another way, or not at all."""


class Trace:
    """Lines, each with the merchant's time; what is new is added at every entry."""

    def __init__(self, world: World) -> None:
        self.lines: list[str] = []
        self._world = world
        self._seen: set[EventId] = set()
        self._copies = 0
        self._asides: list[tuple[datetime, str]] = []

    def aside(self, text: str) -> None:
        """Remember what no event of the store tells."""
        self._asides.append((self._world.clock.now(), text))

    def heading(self, text: str) -> None:
        """Say where in the file the story is."""
        self.lines.append(f"{self._world.local(self._world.clock.now())}  -- {text}")

    def catch_up(self) -> list[Event]:
        """Add what happened since the last time. Gives the new events."""
        observer = Observer(self._world)
        new = [event for event in self._world.events() if event.id not in self._seen]
        self._seen |= {event.id for event in new}
        copies = self._world.copies(self._copies)
        self._copies += len(copies)
        told = [
            *self._asides,
            *((event.at, line) for event in new for line in _event_lines(event, observer)),
            *((copy.message.at, _copy_line(copy, observer)) for copy in copies),
        ]
        self._asides.clear()
        self.lines += [f"{self._world.local(at)}  {line}" for at, line in sorted(told, key=lambda one: one[0])]
        return new


def _event_lines(event: Event, observer: Observer) -> Iterator[str]:
    noun, _, verb = event.kind.value.partition(".")
    name = observer.about(event.object_id)
    if event.kind is EventKind.ATTEMPT_STARTED:
        yield f"{name} started: {_why(event.data)}"
        return
    yield f"{noun if name == event.object_id else name} {verb.replace('_', ' ')}{_data(event.data)}"


def _why(data: Mapping[str, Any]) -> str:
    """The sentence of an attempt's clause."""
    return named_clause(data["clause"], data["figures"]).text


def _data(data: Mapping[str, object]) -> str:
    """The facts of an event that a reader needs."""
    said = [str(value) for key, value in data.items() if key not in _UNTOLD and value not in (None, "", [])]
    rules = data.get("rules")
    if isinstance(rules, list) and rules:
        said.append("by " + ", ".join(str(rule) for rule in rules))
    return f": {', '.join(said)}" if said else ""


def _copy_line(copy: Copy, observer: Observer) -> str:
    message, notice = copy.message, copy.notice
    number = f" no. {notice.number}" if notice.number else ""
    about = f" about {observer.name(notice.invoice_id)}" if notice.invoice_id else ""
    return f"notice {notice.kind.value}{number}{about} to {message.to_email} ({message.locale}): {message.subject}"
