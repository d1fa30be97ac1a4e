"""How long one schedule takes, on average over realistic facts, beside two floors measured in the same run.

The floors: calling a function that does nothing, and sorting nine ready tuples, as many as a long schedule has steps.
The facts: 220 invoices of customers in four zones, on three kinds of card and a bank account, at every stage of a life:
before the first charge, after one to six declines, held, stopped, with an unknown outcome, closed.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from purring.domain.attempt import AttemptStatus
from purring.domain.decline import DeclineClass
from purring.domain.facts import Facts
from purring.domain.notice import NoticeKind
from purring.domain.payment_method import PaymentMethod
from purring.domain.policies.steady import OFFSETS_DAYS
from purring.domain.recovery import HoldReason, RecoveryStatus
from purring.domain.rulebook.limits import Use
from purring.domain.schedule import schedule
from purring.domain.subscription import SubscriptionStatus
from tests.domain import make
from tests.domain.story import use_of

CLAIMED_US = 50
ZONES = ("Europe/Oslo", "America/New_York", "Asia/Kolkata", "Australia/Sydney")
SCHEMES = ("visa", "mastercard", "amex", "sepa")

Case = tuple[Facts, datetime]


def cases() -> list[Case]:
    """The 220 facts, each with the time at which it is looked at."""
    made: list[Case] = []
    for n, timezone in enumerate(ZONES * 5):
        method = make.method("a", SCHEMES[n % len(SCHEMES)])
        made += [_declined(timezone, method, count) for count in range(7)]
        made += [_unusual(timezone, method, name) for name in ("held", "stopped", "unknown", "closed")]
    return made


def _declined(timezone: str, method: PaymentMethod, count: int) -> Case:
    """An invoice whose first `count` charges were declined, looked at when the next is due."""
    days = (0, *OFFSETS_DAYS)
    times = [make.day(day, timezone=timezone) for day in days]
    attempts = tuple(make.attempt(n, at, of=method) for n, at in enumerate(times[:count], start=1))
    earlier = [
        Use(at=times[0] - timedelta(days=n), amount_minor=9900, currency="NOK", invoice_id="inv_0") for n in (9, 2)
    ]
    facts = make.facts(
        method,
        customer=make.customer(timezone=timezone),
        subscription=make.subscription(status=SubscriptionStatus.PAST_DUE if count else SubscriptionStatus.ACTIVE),
        recovery=make.recovery(opened_at=times[0]) if count else None,
        attempts=attempts,
        notices=tuple(make.notice(one.started_at, NoticeKind.PAYMENT_DECLINED, attempt_id=one.id) for one in attempts),
        uses={method.fingerprint: (*earlier, *map(use_of, attempts))},
    )
    return facts, times[count] if count < len(times) else times[-1]


def _unusual(timezone: str, method: PaymentMethod, name: str) -> Case:
    """An invoice with which something else is the matter."""
    facts, now = _declined(timezone, method, 3)
    last = facts.attempts[-1]
    assert facts.recovery
    match name:
        case "held":
            held = replace(facts.recovery, hold=HoldReason.BANK_TRANSFER, held_until=now + timedelta(days=12))
            return replace(facts, recovery=held), now
        case "closed":
            return replace(facts, recovery=replace(facts.recovery, status=RecoveryStatus.EXHAUSTED)), now
        case "stopped":
            last = replace(last, decline_class=DeclineClass.UPDATE_METHOD)
        case _:
            last = replace(last, status=AttemptStatus.UNKNOWN, ended_at=None, reason=None, decline_class=None)
    return replace(facts, attempts=(*facts.attempts[:-1], last)), now


def nothing(_facts: Facts, _now: datetime) -> None:
    """The least a call can cost."""


def sort_nine(facts: Facts, now: datetime) -> object:
    """The least that putting nine steps in order can cost."""
    return sorted([(n, facts, now) for n in (5, 2, 8, 1, 9, 3, 7, 4, 6)], key=_first)


def _first(row: tuple[int, Facts, datetime]) -> int:
    return row[0]


def us_per_call(call: Callable[[Facts, datetime], object], those: Sequence[Case], rounds: int) -> float:
    """Microseconds for one call: the median round over all cases."""
    taken = []
    for _ in range(rounds):
        started = time.process_time()
        for facts, now in those:
            call(facts, now)
        taken.append((time.process_time() - started) / len(those) * 1e6)
    return statistics.median(taken)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=60, help="times that all facts are gone through")
    rounds = parser.parse_args().rounds
    those = cases()
    gc.disable()
    floor, sorting = us_per_call(nothing, those, rounds), us_per_call(sort_nine, those, rounds)
    average = us_per_call(schedule, those, rounds)
    print(f"{'':28}{'µs per call':>12}{'× sorting':>12}")
    for name, taken in (("an empty function", floor), ("sorting nine tuples", sorting), ("schedule()", average)):
        print(f"{name:28}{taken:12.2f}{taken / sorting:12.1f}")
    verdict = "kept" if average < CLAIMED_US else "MISSED"
    print(f"\nclaimed: less than {CLAIMED_US} µs on average over {len(those)} facts: {verdict}")


if __name__ == "__main__":
    main()
