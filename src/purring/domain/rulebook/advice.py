"""How gateways that renumber the networks' merchant advice codes are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

_Row = TypeVar("_Row")

PROFILES: dict[str, dict[str, str]] = {
    "rapyd": {
        "01": "03",
        "02": "02",
        "03": "01",
        "05": "03",
        "06": "21",
        "07": "22",
        "08": "24",
        "09": "25",
        "10": "26",
        "11": "27",
        "12": "28",
        "13": "29",
        "14": "30",
        "15": "40",
        "16": "41",
        "17": "04",
        "18": "05",
    },
}
"""Gateway → its code → the network's. A code that a gateway's profile lacks is unknown, whatever the network calls it.

Source: https://docs.rapyd.net/en/merchant-advice-codes.html, read on 2026-11-23 (its 04, "retry using authentication",
has no counterpart).
"""


def as_numbered_by(gateway: str, advice: Mapping[str, _Row], otherwise: str) -> Mapping[str, _Row]:
    """A network's advice under the numbers that a gateway sends; what its profile lacks says what `otherwise` says."""
    profile = PROFILES.get(gateway)
    if profile is None:
        return advice
    numbered = {sent: advice[meant] for sent, meant in profile.items() if meant in advice}
    return numbered | {otherwise: advice[otherwise]} if otherwise in advice else numbered
