"""KID numbers: the reference by which Norwegian banks tell who pays what, 2 to 25 characters with a check digit last.

The agreement with the bank fixes the scheme and the length; a payment with another KID is turned away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle
from typing import assert_never

from purring.domain.errors import InvalidInput

LENGTH_MIN = 2
LENGTH_MAX = 25
"""Source: Wikipedia, KID-nummer, as cited by public validation libraries (read 2026-11-23); the banks' own text is
unverified."""

LIKE_CARDS = range(13, 20)
"""Lengths that card numbers have, too (ISO/IEC 7812-1). Of such KIDs, each MOD10 one has a card number's check digit,
and one in ten of MOD11's; Purring takes nothing that could be a card number, so no agreement has these lengths."""

_DIGITS = re.compile("[0-9]*")
_KID = re.compile("[0-9]+[0-9-]")


class KidScheme(StrEnum):
    """How the last character is reckoned."""

    MOD10 = "mod10"
    MOD11 = "mod11"


@dataclass(frozen=True, slots=True, kw_only=True)
class KidAgreement:
    """What was agreed with the bank, and how many of the digits before the check digit name the customer.

    Raises InvalidInput.
    """

    scheme: KidScheme
    length: int
    customer_digits: int = 0

    def __post_init__(self) -> None:
        """Leave room for at least one digit of the invoice, and no doubt that it is no card number."""
        _require_length(self.length)
        if self.length in LIKE_CARDS:
            raise InvalidInput(
                f"A KID of {self.length} digits can be mistaken for a card number, which Purring takes nowhere; "
                f"agree on one of {LENGTH_MIN} to {LIKE_CARDS[0] - 1} or {LIKE_CARDS[-1] + 1} to {LENGTH_MAX} with the "
                "bank.",
                field="length",
            )
        if not 0 <= self.customer_digits <= self.length - 2:
            raise InvalidInput(
                f"A KID of {self.length} has no room for {self.customer_digits} digits of the customer and one of the "
                f"invoice; use 0 to {self.length - 2}.",
                field="customer_digits",
            )

    @property
    def invoice_digits(self) -> int:
        """How many digits name the invoice."""
        return self.length - 1 - self.customer_digits


def make_kid(payload_digits: str, scheme: KidScheme, length: int) -> str:
    """Write a KID of the agreed length: the payload with zeros before it, and the check digit behind.

    Raises InvalidInput.
    """
    _require_length(length)
    if not payload_digits or not _DIGITS.fullmatch(payload_digits):
        raise InvalidInput(
            f"{payload_digits[:60]!r} can't become a KID; send one or more of the digits 0 to 9.", field="payload"
        )
    if len(payload_digits) >= length:
        raise InvalidInput(
            f"{len(payload_digits)} digits and a check digit don't fit into a KID of {length}; "
            f"send at most {length - 1} digits, or agree on a longer KID.",
            field="payload",
        )
    payload = payload_digits.rjust(length - 1, "0")
    return payload + check_digit(payload, scheme)


def check_kid(kid: str, scheme: KidScheme, length: int | None = None) -> str:
    """Give a KID back if its form, its length where one is agreed, and its check digit are right.

    Raises InvalidInput.
    """
    agreed = range(LENGTH_MIN, LENGTH_MAX + 1) if length is None else (length,)
    if not _KID.fullmatch(kid) or (kid.endswith("-") and scheme is not KidScheme.MOD11):
        raise InvalidInput(f"{kid[:60]!r} is no KID; write its digits without spaces.", field="kid")
    if len(kid) not in agreed:
        expected = f"{LENGTH_MIN} to {LENGTH_MAX}" if length is None else f"{length}"
        raise InvalidInput(f"KID {kid[:60]} has {len(kid)} characters, not {expected}; copy it again.", field="kid")
    if check_digit(kid[:-1], scheme) != kid[-1]:
        raise InvalidInput(f"KID {kid} has a wrong digit ({scheme}); copy it again from the invoice.", field="kid")
    return kid


def invoice_kid(agreement: KidAgreement, customer_number: int, invoice_number: int) -> str:
    """Write the KID of an invoice from its customer's and its own number in their sequences.

    Without digits of the customer in the agreement, the customer's number is 0. Raises InvalidInput.
    """
    customer = _padded(customer_number, agreement.customer_digits, "customer_number")
    invoice = _padded(invoice_number, agreement.invoice_digits, "invoice_number")
    return make_kid(customer + invoice, agreement.scheme, agreement.length)


def numbers_of(kid: str, agreement: KidAgreement) -> tuple[int, int]:
    """Read the customer's and the invoice's number from a KID.

    Raises InvalidInput.
    """
    payload = check_kid(kid, agreement.scheme, agreement.length)[:-1]
    split = agreement.customer_digits
    return int(payload[:split] or "0"), int(payload[split:])


def check_digit(payload_digits: str, scheme: KidScheme) -> str:
    """Reckon the last character of a KID; MOD11 gives "-" where the digit would be 10."""
    match scheme:
        case KidScheme.MOD10:
            return str(-_weighted(payload_digits, (2, 1), carry=True) % 10)
        case KidScheme.MOD11:
            digit = -_weighted(payload_digits, (2, 3, 4, 5, 6, 7), carry=False) % 11
            return "-" if digit == 10 else str(digit)  # noqa: PLR2004 -- the one remainder that is no digit
        case _:
            assert_never(scheme)


def _weighted(digits: str, weights: tuple[int, ...], *, carry: bool) -> int:
    """The sum of the digits from the right, each times its weight; with `carry`, of those products' own digits."""
    products = (int(digit) * weight for digit, weight in zip(reversed(digits), cycle(weights), strict=False))
    return sum(sum(divmod(product, 10)) if carry else product for product in products)


def _require_length(length: int) -> None:
    if not LENGTH_MIN <= length <= LENGTH_MAX:
        raise InvalidInput(
            f"A KID can't have {length} characters; agree on {LENGTH_MIN} to {LENGTH_MAX} with the bank.",
            field="length",
        )


def _padded(number: int, width: int, field: str) -> str:
    """A number with zeros before it; of no width at all, only 0 fits."""
    if not 0 <= number < 10**width:
        raise InvalidInput(
            f"{field} {number} doesn't fit into {width} digits; agree on a longer KID with the bank, or split it "
            "otherwise.",
            field=field,
        )
    return str(number).rjust(width, "0") if width else ""
