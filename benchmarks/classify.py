"""How many declines a second one core classifies, beside two floors measured in the same run.

The floors: calling a function that does nothing, and looking a ready verdict up in a dict under the codes and the day.
*Cached* asks for few combinations again and again, as production does: a day sees some hundreds of them. *Uncached*
asks for more combinations than the cache holds, in turn, so that every single one is worked out.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle, islice, product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from purring.domain.decline import CACHED_ANSWERS_MAX, Answer, Verdict, classify
from purring.domain.rulebook.codes import Kind
from purring.domain.rulebook.tables import TABLES

TODAY = date(2026, 11, 23)
CLAIMED_PER_S = 1_000_000

Case = tuple[Answer, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One thing to measure: a call for each case."""

    name: str
    call: Callable[[Answer, date], object]
    cases: Sequence[Case]


def answers() -> list[Answer]:
    """One answer for each code of each table, alone and with a gateway's code beside it."""
    rows = [(table, row.code.partition("-")[0]) for table in TABLES for row in table.codes if row.code != "*"]
    alone = [
        Answer(
            gateway=table.key if table.kind is Kind.GATEWAY else "sandbox",
            network="" if table.kind is Kind.GATEWAY else table.key.replace("*", "jcb"),
            advice_code=code if table.kind is Kind.ADVICE else None,
            raw_code=code if table.kind is Kind.RAW else None,
            gateway_code=code if table.kind is Kind.GATEWAY else None,
        )
        for table, code in rows
    ]
    visa, stripe = ([code for table, code in rows if table.id == name] for name in ("visa", "stripe"))
    both = [
        Answer(gateway="stripe", network="visa", raw_code=raw, gateway_code=own) for raw, own in product(visa, stripe)
    ]
    return alone + both


def nothing(_answer: Answer, _on: date) -> None:
    """The floor below every call."""


def ready(verdicts: dict[tuple[str, str, str | None, str | None, str | None, date], Verdict]) -> Callable[..., Verdict]:
    """The floor below every cache: one look-up under the same key, without anything else."""

    def look_up(answer: Answer, on: date) -> Verdict:
        return verdicts[
            answer.gateway, answer.network, answer.advice_code, answer.raw_code, answer.gateway_code, on
        ]  # fmt: skip

    return look_up


def contests(calls: int) -> list[Contest]:
    """Every measurement, each with as many cases as calls."""
    every = answers()
    few = list(islice(cycle([(answer, TODAY) for answer in every[:500]]), calls))
    days = [TODAY - timedelta(days=n) for n in range(1 + 2 * CACHED_ANSWERS_MAX // len(every))]
    many = [(answer, day) for day in days for answer in every]
    assert len(many) > CACHED_ANSWERS_MAX, "the cache would hold them all"
    known = {
        (case.gateway, case.network, case.advice_code, case.raw_code, case.gateway_code, on): classify(case, on)
        for case, on in few
    }
    return [
        Contest(name="empty function", call=nothing, cases=few),
        Contest(name="dict look-up", call=ready(known), cases=few),
        Contest(name="classify, cached", call=classify, cases=few),
        Contest(name="classify, uncached", call=classify, cases=list(islice(cycle(many), calls))),
    ]


def per_second(contest: Contest) -> float:
    """Calls a second of this process's own time, so that neighbors on the machine count as little as can be."""
    call = contest.call
    started_ns = time.process_time_ns()
    for answer, on in contest.cases:
        call(answer, on)
    return len(contest.cases) * 1e9 / (time.process_time_ns() - started_ns)


def main() -> int:
    """Measure in turns, print a table; fail if the claim doesn't hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000, help="calls in each round (default: 100,000)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds; the median counts (default: 7)")
    arguments = parser.parse_args()
    if arguments.calls <= CACHED_ANSWERS_MAX:
        parser.error(f"--calls must exceed the {CACHED_ANSWERS_MAX:,} answers that the cache holds")
    measured = contests(arguments.calls)
    for contest in measured:
        per_second(contest)  # the first round warms caches up and isn't counted
    gc.collect()
    gc.disable()
    rounds = [[per_second(contest) for contest in measured] for _ in range(arguments.rounds)]
    medians = [statistics.median(column) for column in zip(*rounds, strict=True)]
    print(f"Classification, one core, median of {arguments.rounds} rounds of {arguments.calls:,} calls\n")
    print(f"{'':<20}{'calls/s':>14}{'ns/call':>10}{'range, ±%':>11}{'x empty':>9}{'x dict':>8}")
    for contest, median, column in zip(measured, medians, zip(*rounds, strict=True), strict=True):
        spread = 50 * (max(column) - min(column)) / median
        empty, look_up = medians[0] / median, medians[1] / median
        print(f"{contest.name:<20}{median:>14,.0f}{1e9 / median:>10,.0f}{spread:>11.1f}{empty:>9.1f}{look_up:>8.1f}")
    holds = medians[2] >= CLAIMED_PER_S
    print(
        f"\nClaim: at least {CLAIMED_PER_S:,} cached classifications/s on one core: {'holds' if holds else 'BROKEN'}."
    )
    return int(not holds)


if __name__ == "__main__":
    sys.exit(main())
