"""The kinds of values that requests are made of, each refusing what it can't be in its own words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import core_schema

from purring.domain.calendar import require_date, require_instant, zone
from purring.domain.errors import InvalidDate, InvalidInput, NaiveTime, PurringError
from purring.domain.ids import PREFIXES, Prefix, check_id
from purring.domain.money import EXPONENTS, Money
from purring.i18n.locales import LOCALES, check_locale
from purring.notices.message import is_address

TEXT_CHARS_MAX = 200
MINOR_MAX = 999_999_999_999
"""Twelve digits, so that no amount can look like a card's number."""

Value = TypeVar("Value")
Made = TypeVar("Made")


class Told(ValueError):
    """One of our errors on its way through Pydantic, which hands on nothing else."""

    def __init__(self, error: PurringError) -> None:
        super().__init__(error.message)
        self.error = error


def told(check: Callable[[Value], Any]) -> Callable[[Value], Any]:
    """The check, with what it raises made fit for Pydantic."""

    def checked(value: Value) -> Any:  # noqa: ANN401 - whatever the check gives
        try:
            return check(value)
        except PurringError as error:
            raise Told(error) from None

    return checked


def _email(text: str) -> str:
    if not is_address(text):
        raise InvalidInput("It is no e-mail address; write one like name@example.com.")
    return text


def _zone(text: str) -> str:
    return zone(text).key


def _country(text: str) -> str:
    if not (text == "" or (len(text) == 2 and text.isascii() and text.isalpha() and text.isupper())):  # noqa: PLR2004 - ISO 3166
        raise InvalidInput("It is no country; write two capital letters such as NO.")
    return text


_OUTSIDE = "It is outside the years that we can reckon with, which are 1970 to 2199."


def _instant(value: object) -> datetime:
    if isinstance(value, datetime):
        return require_instant(value, "the time")
    if not isinstance(value, str):
        raise InvalidDate("It is no time; write it as 2026-11-23T10:00:00Z.")
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidDate("It is no time; write it as 2026-11-23T10:00:00Z.") from None
    if at.tzinfo is None:
        raise NaiveTime("It has no time zone; add Z for UTC or an offset such as +01:00.")
    try:
        return require_instant(at.astimezone(UTC), "the time")
    except (OverflowError, InvalidDate):
        raise InvalidDate(_OUTSIDE) from None


def _day(value: object) -> date:
    try:
        on = date.fromisoformat(value) if isinstance(value, str) and len(value) == len("2026-11-23") else None
    except ValueError:
        on = None
    if on is None:
        raise InvalidDate("It is no date; write it as 2026-11-23.")
    try:
        return require_date(on, "the date")
    except InvalidDate:
        raise InvalidDate(_OUTSIDE) from None


class OfKind:
    """Marks a text as an id of one kind."""

    def __init__(self, prefix: Prefix) -> None:
        self._prefix = prefix

    def __get_pydantic_core_schema__(self, _source: object, _handler: object) -> core_schema.CoreSchema:
        """Refuse what is no such id."""
        return core_schema.no_info_after_validator_function(told(self._check), core_schema.str_schema())

    def _check(self, value: str) -> str:
        return check_id(value, self._prefix)

    def __get_pydantic_json_schema__(self, _schema: object, _handler: object) -> dict[str, Any]:
        """Say what such an id looks like."""
        pattern = f"^{self._prefix}[0-7][0-9abcdefghjkmnpqrstvwxyz]{{25}}$"
        return {"type": "string", "pattern": pattern, "description": f"The id of a {PREFIXES[self._prefix]}."}


def _whole(value: object) -> object:
    """JSON has one kind of number: 3.0 is as whole as 3."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
CustomerKey = Annotated[str, OfKind("cus_")]
MethodKey = Annotated[str, OfKind("pm_")]
ProductKey = Annotated[str, OfKind("prod_")]
PriceKey = Annotated[str, OfKind("price_")]
SubscriptionKey = Annotated[str, OfKind("sub_")]
InvoiceKey = Annotated[str, OfKind("inv_")]
AttemptKey = Annotated[str, OfKind("att_")]
RecoveryKey = Annotated[str, OfKind("rec_")]
NoticeKey = Annotated[str, OfKind("ntc_")]
EventKey = Annotated[str, OfKind("evt_")]
TestClockKey = Annotated[str, OfKind("clk_")]
RefundKey = Annotated[str, OfKind("rfd_")]
DisputeKey = Annotated[str, OfKind("dsp_")]
PersonKey = Annotated[str, OfKind("per_")]
EndpointKey = Annotated[str, OfKind("ep_")]

_CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
_BLANK = r"\u0020\u00a0\u1680\u2000-\u200f\u202a-\u202f\u205f-\u206f\u3000\ufeff"
ONE_LINE = f"^[^{_CONTROL}]*$"
SAYS_SOMETHING = f"^[^{_CONTROL}]*[^{_CONTROL}{_BLANK}][^{_CONTROL}]*$"
Name = Annotated[str, StringConstraints(max_length=TEXT_CHARS_MAX, pattern=SAYS_SOMETHING)]
Text = Annotated[str, StringConstraints(max_length=TEXT_CHARS_MAX, pattern=ONE_LINE)]
Email = Annotated[
    str, StringConstraints(max_length=254), AfterValidator(told(_email)), Field(examples=["kari@example.com"])
]
Timezone = Annotated[
    str, StringConstraints(min_length=1, max_length=64), AfterValidator(told(_zone)), Field(examples=["Europe/Oslo"])
]
Locale = Annotated[
    str,
    AfterValidator(told(check_locale)),
    WithJsonSchema({"type": "string", "enum": list(LOCALES), "description": "A language that Purring has."}),
]
Country = Annotated[str, AfterValidator(told(_country)), WithJsonSchema({"type": "string", "pattern": "^([A-Z]{2})?$"})]
Instant = Annotated[
    datetime, BeforeValidator(told(_instant)), WithJsonSchema({"type": "string", "format": "date-time"})
]
Day = Annotated[date, BeforeValidator(told(_day)), WithJsonSchema({"type": "string", "format": "date"})]
Currency = Annotated[
    str,
    AfterValidator(told(lambda code: Money.zero(code).currency)),
    WithJsonSchema({"type": "string", "enum": sorted(EXPONENTS), "description": "ISO 4217."}),
]


Member = TypeVar("Member", bound=StrEnum)
Word = Annotated[Member, Field(strict=False)]
"""A member of a closed list, as its text."""


class In(BaseModel):
    """What comes in: a field that we don't know is refused, and nothing is taken for something else."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Nothing(In):
    """No fields: send an empty object."""


class Out(BaseModel):
    """What goes out: every field is always there."""

    model_config = ConfigDict(frozen=True)


class DeletedOut(Out):
    """What is no more."""

    id: str


def maybe(make: Callable[[Value], Made], value: Value | None) -> Made | None:
    """What is made of a value, if there is one."""
    return None if value is None else make(value)


class MoneyIn(In):
    """An amount above zero: whole minor units (øre, cents) and the currency."""

    minor: Annotated[int, Field(ge=1, le=MINOR_MAX), WHOLE]
    currency: Currency

    def money(self) -> Money:
        """As the core has it."""
        return Money(self.minor, self.currency)


class MoneyOut(Out):
    """An amount: whole minor units (øre, cents) and the currency."""

    minor: int
    currency: str


def money_out(value: Money) -> MoneyOut:
    """An amount as it goes out."""
    return MoneyOut(minor=value.minor, currency=value.currency)
