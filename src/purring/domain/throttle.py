"""What holds charges back at a gateway: limits that a person has set, and pauses that workers found to be needed.

A limit on the pace is a bucket of `burst` charges into which one flows every `spacing`: in any span of time no more
begin than the bucket holds and what flows in meanwhile. Source: ITU-T I.371 (2004-03), generic cell rate algorithm.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from purring.domain.errors import InvalidInput

EVERYBODY = ""
"""Stands for all merchants together."""

CHARGES_PER_S_MAX = 10_000
BURST_MAX = 10_000
IN_FLIGHT_MAX = 10_000
SPACING_MAX = timedelta(minutes=1)

PAUSE = timedelta(minutes=5)
PAUSE_MAX = timedelta(hours=1)
_DOUBLINGS_MAX = 6

PROBES_MAX = 3
"""So many charges try a gateway after its pause; one of them alone might be one that the gateway can't bear."""
PROBE_WAIT = timedelta(seconds=10)
"""After so long those come back who met a gateway that is just being tried."""

CHARGE_TAKES_AT_LEAST = timedelta(milliseconds=200)
"""Who waits for somebody else's charge to end comes back after so long, or a room would stand empty."""
POSTPONED_MAX = timedelta(hours=1)
"""Nobody is told to come back later than this: limits are changed, and other work may come to an end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """The limits of a gateway, for one merchant or for `EVERYBODY`, how far they are used, and its pause.

    `full_at`: when the bucket would be full again. `pauses`: how many followed each other without an answer in between.
    `paused_until`: the end of the last of them. `probing_until`: so long somebody may be trying whether it is back.
    Only `EVERYBODY`'s row has pauses.
    """

    gateway: str
    merchant_id: str = EVERYBODY
    spacing: timedelta | None = None
    burst: int = 1
    in_flight_max: int | None = None
    full_at: datetime | None = None
    pauses: int = 0
    paused_until: datetime | None = None
    probing_until: datetime | None = None

    @property
    def limits(self) -> bool:
        """Whether a person has set a limit."""
        return self.spacing is not None or self.in_flight_max is not None

    @property
    def per_s(self) -> float | None:
        """How many charges may begin each second in the long run."""
        return None if self.spacing is None else timedelta(seconds=1) / self.spacing

    def is_paused(self, now: datetime) -> bool:
        """Whether nothing is sent there."""
        return self.paused_until is not None and now < self.paused_until

    def is_to_be_tried(self, now: datetime) -> bool:
        """Whether its pause is over and nobody knows yet if it is back."""
        return self.pauses > 0 and not self.is_paused(now)

    @property
    def holds(self) -> bool:
        """Whether anything has to wait."""
        return self.limits or self.pauses > 0


def limited(throttle: Throttle, *, per_s: float | None, burst: int | None, in_flight_max: int | None) -> Throttle:
    """The throttle with these limits in place of those before; what is used of the bucket stays used.

    Without a `burst` the bucket holds what flows in within a second, as workers look for work every second.

    Raises:
        InvalidInput: a number is out of range, or a burst is given without a pace.
    """
    _check_limits(per_s, burst, in_flight_max)
    if per_s is None:
        return replace(throttle, spacing=None, burst=1, in_flight_max=in_flight_max, full_at=None)
    spacing = timedelta(microseconds=-(-1_000_000 // per_s))
    return replace(throttle, spacing=spacing, burst=burst or max(1, int(per_s)), in_flight_max=in_flight_max)


def _check_limits(per_s: float | None, burst: int | None, in_flight_max: int | None) -> None:
    least = timedelta(seconds=1) / SPACING_MAX
    if per_s is not None and not least <= per_s <= CHARGES_PER_S_MAX:
        raise InvalidInput(f"charges per second must be 1/60 to {CHARGES_PER_S_MAX}", field="per_second")
    if burst is not None and per_s is None:
        raise InvalidInput("a burst needs a number of charges per second", field="burst")
    if burst is not None and not 1 <= burst <= BURST_MAX:
        raise InvalidInput(f"a burst must be 1 to {BURST_MAX} charges", field="burst")
    if in_flight_max is not None and not 1 <= in_flight_max <= IN_FLIGHT_MAX:
        raise InvalidInput(f"charges at once must be 1 to {IN_FLIGHT_MAX}", field="in_flight")


# ---------------------------------------------------------------------------------------------------------------------
# Limits


def room(throttle: Throttle, now: datetime, in_flight: int) -> int | None:
    """How many charges may begin now, while so many are in flight; None: as many as like."""
    at_once = None if throttle.in_flight_max is None else max(0, throttle.in_flight_max - in_flight)
    if throttle.spacing is None:
        return at_once
    used = -((now - _full_at(throttle, now, throttle.spacing)) // throttle.spacing)
    by_pace = max(0, throttle.burst - used)
    return by_pace if at_once is None else min(by_pace, at_once)


def begun(throttle: Throttle, now: datetime, count: int) -> Throttle:
    """The throttle after so many charges have begun, be there room for them or not."""
    if throttle.spacing is None:
        return throttle
    return replace(throttle, full_at=_full_at(throttle, now, throttle.spacing) + count * throttle.spacing)


def _full_at(throttle: Throttle, now: datetime, spacing: timedelta) -> datetime:
    """When the bucket is full again: now if it is, and never later than an empty one would be.

    The latter is for clocks that were set back, and for customers who paid although there was no room.
    """
    return min(max(throttle.full_at or now, now), now + throttle.burst * spacing)


def pace(throttles: Iterable[Throttle]) -> timedelta:
    """How far apart those come back who found no room at these."""
    times = [timedelta(microseconds=1)]
    for one in throttles:
        if one.spacing is not None:
            times.append(one.spacing)
        if one.in_flight_max is not None:
            times.append(CHARGE_TAKES_AT_LEAST / one.in_flight_max)
    return max(times)


def place_after(last: datetime, now: datetime, apart: timedelta) -> datetime:
    """When the next who finds no room comes back: behind the last one, and never later than `POSTPONED_MAX`."""
    return min(max(last, now) + apart, now + POSTPONED_MAX)


# ---------------------------------------------------------------------------------------------------------------------
# Pauses


def paused(throttle: Throttle, now: datetime) -> Throttle:
    """The throttle of a gateway that is left alone from now on, each time twice as long, up to `PAUSE_MAX`."""
    length = min(PAUSE * (1 << min(throttle.pauses, _DOUBLINGS_MAX)), PAUSE_MAX)
    return replace(throttle, pauses=throttle.pauses + 1, paused_until=now + length, probing_until=None)


def reopened(throttle: Throttle) -> Throttle:
    """The throttle of a gateway that answers again."""
    return replace(throttle, pauses=0, paused_until=None, probing_until=None)
