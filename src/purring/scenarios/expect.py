"""Compares what a story expects with what there is, and says what differs so that it can be read aloud."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from purring.domain.errors import InvalidInput
from purring.operations.queue import queue_of
from purring.scenarios.expected import AttemptsPart, Expect, InvoicePartExpected, NoticePart, NoticesPart, StepPart
from purring.scenarios.moment import Moment, StoryTime, span
from purring.scenarios.observe import Observer, Values, shown
from purring.scenarios.part import Part
from purring.scenarios.world import Copy, World
from purring.store.events import Event

_COMPARED_APART = {"attempts", "next", "next_charge", "schedule", "says", "says_not", "count"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that is not as expected. `at` is the merchant's time."""

    at: str
    about: str
    text: str

    def __str__(self) -> str:
        """`2026-03-04 23:59 invoice main: expected status paid, was open`."""
        return f"{self.at} {self.about}: {self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What came since the entry before, and what had come before it."""

    copies: Sequence[Copy]
    copies_before: Sequence[Copy]
    events: Sequence[Event]


class Comparison:
    """One entry's expectations against the world as it is now."""

    def __init__(self, world: World, reckoned: StoryTime) -> None:
        self._world = world
        self._reckoned = reckoned
        self._observer = Observer(world)

    def differences(self, expect: Expect, news: News) -> list[Difference]:
        """Everything that is not as expected; nothing where all is well."""
        at = self._world.local(self._observer.now)
        return [Difference(at=at, about=about, text=text) for about, text in self._all(expect, news)]

    def _all(self, expect: Expect, news: News) -> Iterator[tuple[str, str]]:
        try:
            for name, invoice in expect.invoices.items():
                yield from ((f"invoice {name}", text) for text in self._invoice(name, invoice))
            for name, subscription in expect.subscriptions.items():
                values = self._observer.subscription(name)
                yield from ((f"subscription {name}", text) for text in self._fields(subscription, values))
            for name, method in expect.methods.items():
                yield from ((f"method {name}", text) for text in self._fields(method, self._observer.method(name)))
        except InvalidInput as error:
            yield "the story", error.message
        yield from (("notices", text) for text in self._notices(expect.notices, news.copies))
        so_far = [*news.copies_before, *news.copies]
        yield from (("notices so far", text) for text in self._notices(expect.notices_so_far, so_far))
        if expect.queue is not None:
            rows = [self._observer.waiting(row) for row in queue_of(self._world.services).rows]
            yield from (("the queue", text) for text in self._closed("row", expect.queue, rows))
        happened = {event.kind for event in news.events}
        missing = [kind for kind in expect.events or () if kind not in happened]
        yield from (("events", f"expected {kind.value}, which didn't happen") for kind in missing)

    # One part against one mapping of values

    def _fields(self, part: Part, values: Values, prefix: str = "") -> Iterator[str]:
        """A sentence for each field that is not as expected."""
        for name, expected in _listed(part):
            actual = values.get(name)
            if not self._is_as_expected(name, expected, actual):
                label = f"{prefix}{type(part).model_fields[name].alias or name}"
                yield f"expected {label} {self._shown(expected)}, was {self._shown(actual)}"

    def _is_as_expected(self, name: str, expected: object, actual: object) -> bool:
        if isinstance(expected, Moment):
            return isinstance(actual, datetime) and actual in span(expected, self._reckoned)
        if isinstance(expected, list) and isinstance(actual, list):
            return set(expected) <= set(actual) if name == "rules" else sorted(expected) == sorted(actual)
        return self._shown(expected) == self._shown(actual)

    def _shown(self, value: object) -> str:
        return shown(value, self._world)

    def _described(self, values: Values) -> str:
        """Values in one line, those that say something."""
        said = [f"{name.rstrip('_')} {self._shown(value)}" for name, value in values.items() if value not in (None, [])]
        return "(" + ", ".join(said) + ")"

    def _wanted(self, part: Part) -> str:
        """What a part of a list asks for, in one line."""
        said = [f"{name.rstrip('_')} {self._shown(value)}" for name, value in _listed(part, everything=True)]
        return "(" + ", ".join(said) + ")"

    # Invoices

    def _invoice(self, name: str, part: InvoicePartExpected) -> Iterator[str]:
        facts, plan, values = self._observer.invoice(name)
        yield from self._fields(part, values)
        if part.attempts is not None:
            yield from self._attempts(part.attempts, [self._observer.attempt(one) for one in facts.attempts])
        first = plan.steps[0] if plan.steps else None
        yield from self._step("next", part.next, self._observer.step(first))
        yield from self._step("next_charge", part.next_charge, self._observer.step(plan.next_charge))
        if part.schedule is not None:
            steps = [self._observer.step(step) for step in plan.steps]
            yield from self._closed("step", part.schedule, steps)

    def _step(self, label: str, part: StepPart | None, values: Values) -> Iterator[str]:
        if part is not None:
            yield from self._fields(part, values, f"{label} ")

    def _attempts(self, part: AttemptsPart, found: Sequence[Values]) -> Iterator[str]:
        if part.count is not None and part.count != len(found):
            yield f"expected {part.count} attempts, were {len(found)}{self._listing(found)}"
        if part.last is not None:
            last: Values = found[-1] if found else {}
            yield from self._fields(part.last, last, "last attempt's ")
        for wanted in part.includes or ():
            if not any(self._matches(wanted, one) for one in found):
                yield f"expected an attempt {self._wanted(wanted)}, found none{self._listing(found)}"
        if part.exactly is not None:
            yield from self._closed("attempt", part.exactly, found)

    def _closed(self, what: str, wanted: Sequence[Part], found: Sequence[Values]) -> Iterator[str]:
        """A closed list: as many, and each as expected."""
        if len(wanted) != len(found):
            yield f"expected exactly {len(wanted)} {what}s, were {len(found)}{self._listing(found)}"
            return
        for number, (part, values) in enumerate(zip(wanted, found, strict=True), 1):
            yield from self._fields(part, values, f"{what} {number}'s ")

    def _matches(self, part: Part, values: Values) -> bool:
        return next(self._fields(part, values), None) is None

    def _listing(self, found: Sequence[Values]) -> str:
        return "".join(f"\n    {self._described(values)}" for values in found)

    # Notices

    def _notices(self, part: NoticesPart | None, copies: Sequence[Copy]) -> Iterator[str]:
        if part is None:
            return
        if part.count is not None and part.count != len(copies):
            yield f"expected {part.count}, were {len(copies)}{self._listing_of_copies(copies)}"
        for wanted in part.includes or ():
            count = sum(self._is_copy(wanted, copy) for copy in copies)
            if not (count if wanted.count is None else count == wanted.count):
                number = "one" if wanted.count is None else str(wanted.count)
                yield f"expected {number} {self._wanted(wanted)}, found {count}{self._listing_of_copies(copies)}"
        if part.exactly is not None:
            yield from self._exactly(part.exactly, list(copies))

    def _exactly(self, wanted: Sequence[NoticePart], copies: list[Copy]) -> Iterator[str]:
        """A closed list in any order: each copy is taken by the first entry that it matches."""
        left = list(copies)
        for part in wanted:
            for _ in range(1 if part.count is None else part.count):
                taken = next((copy for copy in left if self._is_copy(part, copy)), None)
                if taken is None:
                    yield f"expected one {self._wanted(part)}, found none{self._listing_of_copies(copies)}"
                else:
                    left.remove(taken)
        if left:
            yield f"expected nothing else, but there was{self._listing_of_copies(left)}"

    def _is_copy(self, part: NoticePart, copy: Copy) -> bool:
        text = " ".join(f"{copy.message.subject}\n{copy.message.body}".split())
        says = all(" ".join(words.split()) in text for words in part.says)
        says_not = not any(" ".join(words.split()) in text for words in part.says_not)
        return says and says_not and self._matches(part, self._observer.copy(copy))

    def _listing_of_copies(self, copies: Sequence[Copy]) -> str:
        subjects = ({**self._observer.copy(copy), "subject": copy.message.subject} for copy in copies)
        return self._listing(list(subjects))


def _listed(part: Part, *, everything: bool = False) -> Iterator[tuple[str, object]]:
    """The fields that the file lists, and their values."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        if name in part.model_fields_set and value is not None and (everything or name not in _COMPARED_APART):
            yield name, value
