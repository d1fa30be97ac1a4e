"""Chance that repeats itself: the same seed and the same question give the same answer, whoever asks first."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import TypeVar

from purring.clock import seeded

Face = TypeVar("Face")


class Dice:
    """Dice of their own for each thing they decide about, so that threads and other throws don't change them."""

    def __init__(self, seed: int, *about: object) -> None:
        """Name what is decided: `Dice(7, "issuer", "c0001")`."""
        self._random = seeded("/".join(map(str, (seed, *about))))

    def happens(self, chance: float) -> bool:
        """Whether something of this probability happens."""
        return self._random.random() < chance

    def pick(self, shares: Mapping[Face, float]) -> Face:
        """One of several, each as often as its share of the sum says."""
        faces = list(shares)
        at = self._random.random() * sum(shares.values())
        passed = sum(reached <= at for reached in accumulate(shares.values()))
        return faces[min(passed, len(faces) - 1)]

    def between(self, least: int, most: int) -> int:
        """A whole number, both ends included."""
        return least + int(self._random.random() * (most - least + 1))
