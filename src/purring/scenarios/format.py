"""A whole story as it is written in its file."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from purring.scenarios.actions import Action
from purring.scenarios.expected import Expect
from purring.scenarios.given import Given
from purring.scenarios.part import MomentText, Part, Section, Sentence, maybe, unless_said


class Entry(Part):
    """One moment of the story: first its actions, then what the engine finds to do, then what must be true."""

    at: MomentText = Field(description="when; a bare date means the end of that day")
    do: list[Action] = unless_said([], "what happens, in order")
    expect: Expect | None = maybe("what must be true then")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.do and self.expect is None:
            raise PydanticCustomError("empty", "nothing happens here and nothing is expected; write do or expect")
        if self.expect is not None and not self.expect.says_something:
            raise PydanticCustomError("empty", "expect lists nothing; list what must be true, or leave it out")
        return self


class Finally(Part):
    """When the story has run on until nothing more is planned for its invoices."""

    nothing_more: bool = Field(
        default=False,
        description="from the last entry on there was no charge, no notice and no change about its invoices",
    )
    expect: Expect | None = maybe("what must be true then")


class Scenario(Part):
    """One story. Every story also ends with the store's invariants checked against the gateway's own ledger."""

    title: Sentence = Field(description="the story in one sentence")
    tells: Annotated[list[Section], Field(min_length=1)] = Field(description="which sections of the behaviour it tells")
    begins: MomentText | None = maybe("when; unless said, the earliest day that is given")
    given: Given = unless_said(Given(), "what there is when it begins")
    timeline: Annotated[list[Entry], Field(min_length=1)] = Field(description="what happens, in order of time")
    finally_: Finally | None = Field(default=None, alias="finally", description="how it ends")

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        expected = [entry.expect for entry in self.timeline] + [self.finally_.expect if self.finally_ else None]
        refused = any(action.refused for entry in self.timeline for action in entry.do)
        if not refused and not any(expect is not None and expect.says_something for expect in expected):
            raise PydanticCustomError("empty", "the story expects nothing; say what must be true in an expect")
        return self

    @property
    def first_day(self) -> date | None:
        """The earliest day that is given, if any is."""
        given = self.given
        days = [part.starts for part in given.subscriptions.values()]
        return min([*days, *(part.invoice_on for part in given.invoices.values())], default=None)
