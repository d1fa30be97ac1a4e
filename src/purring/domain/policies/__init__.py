"""Retry policies by name. To add one: a file with `propose`, and its line here."""

from __future__ import annotations

from purring.domain.errors import InvalidInput
from purring.domain.policies import fixed, none, steady
from purring.domain.policies.base import Propose

POLICIES: dict[str, Propose] = {
    "steady": steady.propose,
    "fixed": fixed.propose,
    "none": none.propose,
}


def policy_named(name: str) -> Propose:
    """The policy called `name`.

    Raises:
        InvalidInput: there is none; the message lists those there are.
    """
    try:
        return POLICIES[name]
    except KeyError:
        known = ", ".join(sorted(POLICIES))
        raise InvalidInput(f"no retry policy {name!r}; choose one of: {known}", field="retry") from None
