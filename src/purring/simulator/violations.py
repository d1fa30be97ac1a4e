"""What a history broke."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that must never happen. `check` names who saw it: an invariant, the judge, the gateway, liveness."""

    check: str
    detail: str

    def __str__(self) -> str:
        return f"{self.check}: {self.detail}"
