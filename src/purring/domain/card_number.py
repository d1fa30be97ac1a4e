"""Card numbers: Purring never takes one, so it must know one when it sees it."""

from __future__ import annotations

import re

REMOVED = "[card number removed]"

# 13 to 19 digits, alone or grouped by spaces or hyphens, and not part of a longer word such as an id.
# Source: ISO/IEC 7812-1:2017 (at most 19 digits); the shortest in use, Visa's old ones, have 13.
_CARD_LIKE = re.compile(r"(?<![0-9A-Za-z_])\d(?:[ -]?\d){12,18}(?![0-9A-Za-z_])")
_SEPARATORS = str.maketrans("", "", " -")


def holds_card_number(text: str) -> bool:
    """Whether some digits in the text could be a card number: as many as one has, with a right check digit."""
    return any(_passes_luhn(match.group()) for match in _CARD_LIKE.finditer(text))


def without_card_numbers(text: str) -> str:
    """The text with everything that could be a card number taken out."""
    return _CARD_LIKE.sub(lambda match: REMOVED if _passes_luhn(match.group()) else match.group(), text)


def _passes_luhn(digits: str) -> bool:
    """Source: ISO/IEC 7812-1:2017, annex B."""
    reversed_digits = [int(digit) for digit in reversed(digits.translate(_SEPARATORS))]
    doubled = (sum(divmod(2 * digit, 10)) for digit in reversed_digits[1::2])
    return (sum(reversed_digits[::2]) + sum(doubled)) % 10 == 0
