"""One request to the sandbox and one answer from it, and how the fields of a body are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from sqlite3 import Connection
from typing import TypeVar

from purring.gateways.sandbox.settings import Controls

Field = TypeVar("Field", str, int, bool, list[object])


class Fault(StrEnum):
    """How the answer gets lost on its way back."""

    NONE = "none"
    TIMEOUT = "timeout"
    CUT = "cut"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What goes back: a status and a JSON object, or a page of `html`, unless `fault` swallows it."""

    status: int
    body: Mapping[str, object]
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: Fault = Fault.NONE
    html: str = ""

    @property
    def content(self) -> bytes:
        """The bytes that go over the wire."""
        return self.html.encode() if self.html else encode(self.body)

    @property
    def media_type(self) -> str:
        """What the bytes are."""
        return "text/html; charset=utf-8" if self.html else "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request that passed the door: within one transaction, at one moment."""

    ledger: Connection
    controls: Controls
    now: datetime
    route: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    path: Mapping[str, str]
    body: Mapping[str, object]
    raw_body: bytes

    def text(self, name: str, default: str | None = None) -> str:
        """A string of the body."""
        return self._read(name, str, default)

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number of the body."""
        return self._read(name, int, default)

    def flag(self, name: str, default: bool) -> bool:  # noqa: FBT001 -- a default value, not a switch
        """A yes or no of the body."""
        return self._read(name, bool, default)

    def texts(self, name: str) -> list[str]:
        """A list of strings of the body."""
        values: list[object] = self._read(name, list, [])
        if all(isinstance(value, str) for value in values):
            return [str(value) for value in values]
        raise SandboxRefusal(400, "invalid_request", f"{name}: send a list of strings.")

    def _read(self, name: str, kind: type[Field], default: Field | None) -> Field:
        value = self.body.get(name, default)
        if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
            return value
        raise SandboxRefusal(400, "invalid_request", f"{name}: send a {kind.__name__}.")


class SandboxRefusal(Exception):
    """The sandbox refuses a request; nothing of it stays. Never leaves the sandbox: it becomes an answer."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def refusal(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Answered:
    """The form of every refusal: `{"error": {"code", "message"}}`."""
    return Answered(status=status, body={"error": {"code": code, "message": message}}, headers=headers or {})


def encode(body: Mapping[str, object]) -> bytes:
    """A JSON object, compact."""
    return json.dumps(body, separators=(",", ":")).encode()
