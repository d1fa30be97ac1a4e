"""Turn offsets in days into instants: the part that `steady` and `fixed` share."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache

from purring.domain.calendar import at_local, zone


@lru_cache(maxsize=65_536)
def times(invoice_on: date, offsets_days: tuple[int, ...], at: time, zone_name: str) -> tuple[datetime, ...]:
    """The instants that lie `offsets_days` after the invoice date, at local time `at`."""
    tz = zone(zone_name)
    return tuple(at_local(invoice_on + timedelta(days=days), at, tz) for days in offsets_days)
