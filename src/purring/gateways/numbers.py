"""Whether the number of a card or account can be one: its form, its length and its check digits.

For a gateway's own field: no number gets any further into Purring. UK banks check accounts with tables of weights that
are licensed, so that a sort code and an account are looked at for their form alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum

from stdnum import iban, luhn
from stdnum.exceptions import ValidationError
from stdnum.no import kontonr
from stdnum.us import rtn


class NumberFault(StrEnum):
    """What is wrong with a number."""

    CARD = "card_number"
    IBAN = "iban"
    ROUTING = "routing_number"
    NORWEGIAN = "norwegian_account"
    FORM = "number_form"


_SPACES = re.compile(r"[\s.]+")
_IBAN = re.compile(r"[A-Za-z]{2}[0-9]{2}[0-9A-Za-z]{0,36}")
_ACH = re.compile(r"([0-9]{9})[-/]([0-9]{4,17})")
_BACS = re.compile(r"[0-9]{2}-?[0-9]{2}-?[0-9]{2}[-/]?[0-9]{8}")
_NORWEGIAN = re.compile(r"[0-9]{11}")
_CARD = re.compile(r"[0-9]{12,19}|[0-9]{4}(?:-[0-9]{3,6}){2,4}")


def fault_of(number: str) -> NumberFault | None:
    """What is wrong with a card number, an IBAN, `routing-account`, `sort code-account` or a Norwegian account.

    None: it can be one. Whether it is, only the bank knows.
    """
    typed = _SPACES.sub("", number)
    if _IBAN.fullmatch(typed):
        return None if _is_valid(iban.validate, typed) else NumberFault.IBAN
    if match := _ACH.fullmatch(typed):
        return None if _is_valid(rtn.validate, match[1]) else NumberFault.ROUTING
    if _NORWEGIAN.fullmatch(typed):
        return None if _is_valid(kontonr.validate, typed) else NumberFault.NORWEGIAN
    if "-" in typed and _BACS.fullmatch(typed):
        return None
    if _CARD.fullmatch(typed):
        return None if _is_valid(luhn.validate, typed.replace("-", "")) else NumberFault.CARD
    return NumberFault.FORM


def _is_valid(validate: Callable[[str], str], number: str) -> bool:
    try:
        validate(number)
    except ValidationError:
        return False
    return True
