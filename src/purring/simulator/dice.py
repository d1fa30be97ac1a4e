"""Chance that repeats itself: one stream of throws for each thing decided about, so that none disturbs another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from purring.clock import seeded

Face = TypeVar("Face")


class Dice:
    """Dice of one seed. A stream is named, such as `kill`; its throws depend on how often it was asked before."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._streams = {"": seeded(f"{seed}/")}

    def chance(self, about: str, probability: float) -> bool:
        """Whether something of this probability happens."""
        return self._throw(about) < probability

    def pick(self, about: str, faces: Sequence[Face]) -> Face:
        """One of several, each equally likely."""
        return faces[int(self._throw(about) * len(faces))]

    def between(self, about: str, least: int, most: int) -> int:
        """A whole number, both ends included."""
        return least + int(self._throw(about) * (most - least + 1))

    def shuffled(self, about: str, things: Sequence[Face]) -> list[Face]:
        """All of them in some order."""
        left, mixed = list(things), []
        while left:
            mixed.append(left.pop(int(self._throw(about) * len(left))))
        return mixed

    def _throw(self, about: str) -> float:
        stream = self._streams.get(about)
        if stream is None:
            stream = self._streams[about] = seeded(f"{self._seed}/{about}")
        return stream.random()
