"""Card numbers: Purring never takes one, so it must know one when it sees it."""

from __future__ import annotations

import re
from itertools import accumulate

REMOVED = "[card number removed]"

# Source: ISO/IEC 7812-1:2017 (at most 19 digits); the shortest in use, Visa's old ones, have 13.
_DIGITS = range(13, 20)

# Groups of digits with a space or hyphen between, not part of a longer word such as an id.
_RUN = re.compile(r"(?<![0-9A-Za-z_])\d+(?:[ -]\d+)*(?![0-9A-Za-z_])")
_GROUP = re.compile(r"\d+")


def holds_card_number(text: str) -> bool:
    """Whether some digits in the text could be a card number: as many as one has, with a right check digit."""
    return len(text) >= _DIGITS[0] and any(_holds(match.group()) for match in _RUN.finditer(text))


def without_card_numbers(text: str) -> str:
    """The text without what could be a card number, nor the groups of digits beside it."""
    return _RUN.sub(lambda match: REMOVED if _holds(match.group()) else match.group(), text)


def _holds(run: str) -> bool:
    """Whether some groups in a row make a number. Others may stand beside it: an expiry date, a security code."""
    groups = _GROUP.findall(run)
    return any(
        len(digits) in _DIGITS and _passes_luhn(digits)
        for place in range(len(groups))
        for digits in accumulate(groups[place : place + _DIGITS[-1]])
    )


def _passes_luhn(digits: str) -> bool:
    """Source: ISO/IEC 7812-1:2017, annex B."""
    backwards = [int(digit) for digit in reversed(digits)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in backwards[1::2])
    return (sum(backwards[::2]) + sum(doubled)) % 10 == 0
