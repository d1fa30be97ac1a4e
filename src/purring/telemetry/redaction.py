"""Takes out of log lines what must not stand in them: card numbers, secrets, passwords in URLs."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping
from typing import Any

from purring.domain.card_number import without_card_numbers

HIDDEN = "[hidden]"
DEPTH_MAX = 6

_SECRET_NAME = re.compile(
    r"secret|password|passwd|token|api_?key|authori[sz]ation|signature|cookie|cvc|cvv|\bpan\b", re.IGNORECASE
)
_URL_PASSWORD = re.compile(r"(?<=://)([^\s:/@]*):[^\s/@]+@")
_SECRET_VALUE = re.compile(r"\b(?:sk|whsec)_\w+|\bBearer\s+\S+")


def redact(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A step of structlog: the line with nothing in it that must not be written."""
    return {name: _clean(name, value, DEPTH_MAX) for name, value in line.items()}


def clean_text(text: str) -> str:
    """The text without card numbers, keys, and passwords in URLs."""
    text = _URL_PASSWORD.sub(rf"\1:{HIDDEN}@", without_card_numbers(text))
    return _SECRET_VALUE.sub(HIDDEN, text)


def _clean(name: str, value: object, depth: int) -> object:
    if _SECRET_NAME.search(name):
        return HIDDEN
    match value:
        case bool() | None:
            return value
        case str():
            return clean_text(value)
        case int() | float():
            return value if clean_text(str(value)) == str(value) else HIDDEN
        case Mapping() if depth:
            return {clean_text(str(key)): _clean(str(key), one, depth - 1) for key, one in value.items()}
        case list() | tuple() | set() | frozenset() if depth:
            return [_clean(name, one, depth - 1) for one in value]
        case _:
            return clean_text(str(value))
