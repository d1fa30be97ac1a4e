"""What every part of a story's form is made of: strict models, and texts that are read into values.

Keys are said in `Field(description=...)`; the reference page is made from these descriptions, so they are written for
somebody who knows billing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from purring.domain.calendar import zone
from purring.domain.catalog import Interval, parse_interval
from purring.domain.errors import InvalidInput, PurringError
from purring.domain.money import Money, parse_money
from purring.gateways.sandbox.script import Final, ScriptedAnswer, parse_answer, parse_final
from purring.i18n.locales import check_locale
from purring.scenarios.moment import Moment, read_day, read_duration, read_moment, read_time

NONE = "none"
"""The word for: there is none."""

Value = TypeVar("Value")


class Part(BaseModel):
    """A mapping of the file. Unknown keys are refused with those that are known."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)

    @model_validator(mode="before")
    @classmethod
    def _know_every_key(cls, data: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
        if isinstance(data, dict):
            known = keys_of(cls)
            for key in data:
                if key not in known:
                    raise PydanticCustomError(
                        "unknown_key",
                        "unknown key {key}; the keys here are {known}",
                        {"key": key, "known": ", ".join(known)},
                    )
        return data


def keys_of(part: type[BaseModel]) -> list[str]:
    """The keys of a part, as they are written in the file."""
    return [field.alias or name for name, field in part.model_fields.items()]


@dataclass(frozen=True, slots=True)
class Form:
    """How a text is written, for the reference page."""

    text: str


def reader(read: Callable[[str], Value]) -> Callable[[Any], Value]:
    """A validator that reads a text, and says in our own words what is wrong with it."""

    def validate(value: Any) -> Value:  # noqa: ANN401 - whatever stands in the file
        if not isinstance(value, str):
            try:
                read(f"{value}")
            except PurringError as error:
                raise PydanticCustomError("unreadable", "{reason}", {"reason": error.message}) from None
            raise PydanticCustomError("string_type", "expected text")
        try:
            return read(value)
        except PurringError as error:
            raise PydanticCustomError("unreadable", "{reason}", {"reason": error.message}) from None

    return validate


def _matching(pattern: str, remedy: str) -> Callable[[str], str]:
    """A reader of texts that match a pattern."""
    wanted = re.compile(pattern)

    def read(text: str) -> str:
        if wanted.fullmatch(text):
            return text
        raise InvalidInput(f"{text[:60]!r} {remedy}")

    return read


_NAME_FORM = r"[a-z][a-z0-9_-]{0,30}"
_read_name = _matching(_NAME_FORM, "is no name; write up to 31 small letters, digits, - and _, a letter first.")
_read_invoice = _matching(
    rf"{_NAME_FORM}(/[1-9][0-9]{{0,2}})?",
    "is no invoice; write its name, or main/2 for the second of subscription main.",
)
_read_section = _matching(r"§[1-9][0-9]?(\.[1-9][0-9]?)?", "is no section of the behaviour; write §1 or §1.2.")
_read_sentence = _matching(r"(?s)\S.{0,499}", "is no sentence; write 1 to 500 characters.")

Name = Annotated[str, PlainValidator(reader(_read_name)), Form("a name, such as `main`")]
CustomerName = Annotated[str, PlainValidator(reader(_read_name)), Form("a customer's name")]
MethodName = Annotated[str, PlainValidator(reader(_read_name)), Form("a method's name")]
SubscriptionName = Annotated[str, PlainValidator(reader(_read_name)), Form("a subscription's name")]
InvoiceName = Annotated[
    str,
    PlainValidator(reader(_read_invoice)),
    Form("an invoice: `main` is the first of subscription `main`, `main/2` the second"),
]
Section = Annotated[str, PlainValidator(reader(_read_section)), Form("`§1.2`")]
Sentence = Annotated[str, PlainValidator(reader(_read_sentence)), Form("text")]
MoneyText = Annotated[Money, PlainValidator(reader(parse_money)), Form("`249.95 USD`")]
IntervalText = Annotated[Interval, PlainValidator(reader(parse_interval)), Form("`1 month`, `2 weeks`, `90 days`")]
MomentText = Annotated[Moment, PlainValidator(reader(read_moment)), Form("a moment")]
MaybeMomentText = Annotated[
    Moment | str,
    PlainValidator(reader(lambda text: text if text == NONE else read_moment(text))),
    Form("a moment, or `none`"),
]
DayText = Annotated[date, PlainValidator(reader(read_day)), Form("`2026-03-04`")]
TimeText = Annotated[time, PlainValidator(reader(read_time)), Form("`10:00`")]
DurationText = Annotated[timedelta, PlainValidator(reader(read_duration)), Form("`3 days`, `2 hours`, `5 minutes`")]
FinalText = Annotated[Final, PlainValidator(reader(parse_final)), Form("an answer that ends a charge")]
AnswerText = Annotated[ScriptedAnswer, PlainValidator(reader(parse_answer)), Form("an answer")]
LocaleText = Annotated[str, PlainValidator(reader(check_locale)), Form("`en` or `nb`")]
ZoneText = Annotated[str, PlainValidator(reader(lambda text: zone(text).key)), Form("`Europe/Oslo`")]
Word = Field(strict=False)
"""For enumerations: they are written as their words."""


def maybe(description: str) -> Any:  # noqa: ANN401 - any field's default
    """A key that may be left out: nothing is said about it then."""
    return Field(default=None, description=description)


def unless_said(default: object, description: str) -> Any:  # noqa: ANN401 - any field's default
    """A key that may be left out: then this holds."""
    return Field(default=default, description=description)


def short_for(key: str, *kinds: type) -> BeforeValidator:
    """Let a lone value of these kinds stand for a mapping with it under `key`."""
    return BeforeValidator(lambda value: {key: value} if type(value) in kinds else value)
