"""What a cell may say: each reader turns trimmed text into a value, or raises InvalidInput that names the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import StrEnum

from purring.domain.calendar import require_date, require_instant, zone
from purring.domain.card_number import without_card_numbers
from purring.domain.errors import InvalidDate, InvalidInput, NaiveTime
from purring.i18n.locales import check_locale
from purring.notices.message import is_address

Reader = Callable[[str], object]

TEXT_CHARS_MAX = 200
SHOWN_CHARS_MAX = 60

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def shown(value: str) -> str:
    """A value as a message repeats it: short, and without card numbers, should one have come this far."""
    return repr(without_card_numbers(value)[:SHOWN_CHARS_MAX])


def text(value: str) -> str:
    """One line of at most TEXT_CHARS_MAX characters."""
    if len(value) > TEXT_CHARS_MAX:
        raise InvalidInput(f"it has {len(value)} characters; {TEXT_CHARS_MAX} are the most.")
    if not value.isprintable():
        raise InvalidInput("it holds a line break or an invisible character; write it on one line.")
    return value


def name(value: str) -> str:
    """A text that names something, so not only a number of signs."""
    if not any(char.isalnum() for char in value):
        raise InvalidInput(f"{shown(value)} is no name; write one with a letter or a digit.")
    return text(value)


def day(value: str) -> date:
    """A date such as 2026-11-23."""
    try:
        if _DAY.fullmatch(value):
            return require_date(date.fromisoformat(value), "the date")
    except ValueError:
        pass
    raise InvalidDate(f"{shown(value)} is not a date; write it as 2026-11-23.")


def instant(value: str) -> datetime:
    """A time with its zone, such as 2026-11-23T10:00:00Z or 2026-11-23T11:00:00+01:00; given back in UTC."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidDate(f"{shown(value)} is not a time; write it as 2026-11-23T10:00:00Z.") from None
    if at.tzinfo is None:
        raise NaiveTime(f"{shown(value)} has no time zone; add Z for UTC or an offset such as +01:00.")
    return require_instant(at.astimezone(UTC), "the time")


def yes_no(value: str) -> bool:
    """The words true, yes, 1, false, no, 0."""
    found = _YES_NO.get(value.lower())
    if found is None:
        raise InvalidInput(f"{shown(value)} is neither true nor false; write one of them.")
    return found


def whole(least: int, most: int) -> Callable[[str], int]:
    """A reader of whole numbers within bounds."""

    def read(value: str) -> int:
        if not (value.isascii() and value.isdigit()) or not least <= int(value[:20]) <= most:
            raise InvalidInput(f"{shown(value)} is not a whole number from {least} to {most}.")
        return int(value)

    return read


def one_of(members: type[StrEnum]) -> Callable[[str], StrEnum]:
    """A reader of a closed list of words."""

    def read(value: str) -> StrEnum:
        try:
            return members(value)
        except ValueError:
            raise InvalidInput(f"{shown(value)} is not known; write one of {', '.join(members)}.") from None

    return read


def time_zone(value: str) -> str:
    """An IANA time zone."""
    return zone(value).key


def locale(value: str) -> str:
    """A language that we have."""
    return check_locale(value)


def country(value: str) -> str:
    """A country as ISO 3166 writes it."""
    if not _COUNTRY.fullmatch(value):
        raise InvalidInput(f"{shown(value)} is not a country; write two capital letters such as NO.")
    return value


def email(value: str) -> str:
    """An e-mail address."""
    if not is_address(value):
        raise InvalidInput(f"{shown(value)} is not an e-mail address; write one like name@example.com.")
    return value


def last4(value: str) -> str:
    """The last digits of a card or account; more of them are nobody's business."""
    if not (value.isascii() and value.isalnum()) or len(value) > 4:  # noqa: PLR2004 - PCI DSS 4.0.1, 3.4.1: show four
        raise InvalidInput("it is more than the last four digits; send those alone.")
    return value
