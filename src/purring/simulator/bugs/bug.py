"""What a planted bug is, and how it is put in and taken out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from purring.simulator.faults import Fault

Wrap = Callable[[Any], Any]
"""Takes what stood there before, gives what stands there instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """One name of a module or class that means something else while the bug is in."""

    owner: object
    name: str
    wrap: Wrap


@dataclass(frozen=True, slots=True, kw_only=True)
class Bug:
    """One guard less. `needs`: the faults without which nobody could notice. `sql`: what is dropped from the schema."""

    name: str
    what: str
    patches: Sequence[Patch]
    needs: tuple[Fault, ...] = ()
    sql: tuple[str, ...] = ()

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Have the bug, for a while."""
        with ExitStack() as stack:
            for patch in self.patches:
                stack.enter_context(_patched(patch))
            yield


@contextmanager
def _patched(patch: Patch) -> Iterator[None]:
    before = vars(patch.owner)[patch.name]
    setattr(patch.owner, patch.name, patch.wrap(before))
    try:
        yield
    finally:
        setattr(patch.owner, patch.name, before)


def instead(owner: object, name: str, value: object) -> Patch:
    """Something else in the place of a name."""
    return Patch(owner=owner, name=name, wrap=lambda _before: value)


def around(owner: object, name: str, wrap: Wrap) -> Patch:
    """Something in the place of a name that may still use what was there."""
    return Patch(owner=owner, name=name, wrap=wrap)


def nothing(*_arguments: object, **_named: object) -> None:
    """Do nothing at all."""
