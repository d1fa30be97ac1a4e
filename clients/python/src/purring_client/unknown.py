"""An event of a kind that came after this package."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownEvent:
    """Whatever a newer Purring says. `data` is as it came."""

    id: str
    type: str
    timestamp: dt.datetime
    merchant_id: str
    data: dict[str, Any]
