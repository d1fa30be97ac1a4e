"""How gateways that renumber the networks' merchant advice codes are read."""

from __future__ import annotations

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


def network_advice(gateway: str, code: str) -> str | None:
    """The network's own advice code for the one a gateway sent; none when its profile doesn't list it."""
    profile = PROFILES.get(gateway)
    return code if profile is None else profile.get(code.strip())
