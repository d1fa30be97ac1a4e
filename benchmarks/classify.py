"""How many declines a second one core classifies, beside what its parts cost, measured in the same run.

*Cached* asks for few answers again and again, as production does. *Uncached* asks for more answers than the cache
holds, in turn, so that every single one is worked out. The floors below them: calling a function that does nothing,
looking a ready verdict up in a dict under the same key, a cache that always misses around a function that does nothing,
and making one `Verdict`. What an uncached classification costs beyond the last two is its own work.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import cycle, islice, product
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from purring.domain.decline import CACHED_ANSWERS_MAX, Answer, DeclineClass, DeclineReason, Verdict, classify
from purring.domain.rulebook.codes import Kind
from purring.domain.rulebook.tables import TABLES

TODAY = date(2026, 11, 23)
CLAIMED_PER_S = 1_000_000
FEW = 500

EXPLAINED = """\
Uncached: {miss:,.0f} ns of {whole:,.0f} are the cache's own, {verdict:,.0f} the making of the verdict, and {own:,.0f}
the looking up of two codes and the choice of the stricter: Python's price for some thirty small
steps, which no index shortens.

How often: once per distinct answer, process and change of the rules, since days between two changes
share what was worked out. The tables list {single:,} codes; every code of one gateway beside every code of
Visa's makes {double:,} answers at most, and the cache holds {held:,}. Real declines are of far fewer kinds:
twelve codes were 95 % of 5 million failures (Churnkey with Stripe, 2024). So all but the first of each
kind are cached, unless a process meets more than {held:,} kinds in turn."""

Key = tuple[str, str, str | None, str | None, str | None, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """One thing to measure: a call for each answer."""

    name: str
    call: Callable[[Answer, date], object]
    cases: Sequence[Answer]


def codes_of(table_id: str) -> list[str]:
    """The codes of one table; of a range the first."""
    return [
        row.code.partition("-")[0] for table in TABLES if table.id == table_id for row in table.codes if row.code != "*"
    ]


def alone() -> list[Answer]:
    """One answer for each code of each table, and nothing beside it."""
    return [
        Answer(
            gateway=table.key if table.kind is Kind.GATEWAY else "sandbox",
            network="" if table.kind is Kind.GATEWAY else table.key.replace("*", "jcb"),
            advice_code=code if table.kind is Kind.ADVICE else None,
            raw_code=code if table.kind is Kind.RAW else None,
            gateway_code=code if table.kind is Kind.GATEWAY else None,
        )
        for table in TABLES
        for code in codes_of(table.id)
    ]


def pairs(gateway: str) -> list[Answer]:
    """Every code of Visa's with every code of a gateway's, though most never come together."""
    return [
        Answer(gateway=gateway, network="visa", raw_code=raw, gateway_code=own)
        for raw, own in product(codes_of("visa"), codes_of(gateway))
    ]


def nothing(_answer: Answer, _on: date) -> None:
    """The floor below every call."""


def key_of(answer: Answer, on: date) -> Key:
    """What decides: everything but the message."""
    return answer.gateway, answer.network, answer.advice_code, answer.raw_code, answer.gateway_code, on


def ready(verdicts: dict[Key, Verdict]) -> Callable[[Answer, date], Verdict]:
    """The floor below every cache: one look-up under the same key, without anything else."""

    def look_up(answer: Answer, on: date) -> Verdict:
        return verdicts[
            answer.gateway, answer.network, answer.advice_code, answer.raw_code, answer.gateway_code, on
        ]  # fmt: skip

    return look_up


@lru_cache(maxsize=CACHED_ANSWERS_MAX)
def kept(_gateway: str, _network: str, _codes: tuple[str | None, ...], _span: int) -> None:
    """Nothing, in a cache as large as that of classification."""


def missed(answer: Answer, _on: date) -> None:
    """The floor below every miss: the cache finds nothing, and throws the oldest out to keep what is made."""
    kept(answer.gateway, answer.network, (answer.advice_code, answer.raw_code, answer.gateway_code), 0)


def made(_answer: Answer, _on: date) -> Verdict:
    """The floor below every verdict: making one."""
    return Verdict(
        reason=DeclineReason.INSUFFICIENT_FUNDS,
        decline_class=DeclineClass.RETRY_LATER,
        retry_after=None,
        rules=("visa:51",),
        known=True,
        hard_stop=False,
    )


def contests(calls: int) -> list[Contest]:
    """Every measurement, each with as many answers as calls."""
    few = list(islice(cycle((alone() + pairs("stripe"))[:FEW]), calls))
    many = alone() + pairs("stripe") + pairs("braintree")
    assert len(many) > CACHED_ANSWERS_MAX, "the cache would hold them all"
    in_turn = list(islice(cycle(many), calls))
    known = {key_of(answer, TODAY): classify(answer, TODAY) for answer in few}
    return [
        Contest(name="empty function", call=nothing, cases=few),
        Contest(name="dict look-up", call=ready(known), cases=few),
        Contest(name="cache that misses", call=missed, cases=in_turn),
        Contest(name="make a verdict", call=made, cases=in_turn),
        Contest(name="classify, cached", call=classify, cases=few),
        Contest(name="classify, uncached", call=classify, cases=in_turn),
    ]


def per_second(contest: Contest) -> float:
    """Calls a second of this process's own time, so that neighbors on the machine count as little as can be."""
    call = contest.call
    started_ns = time.process_time_ns()
    for answer in contest.cases:
        call(answer, TODAY)
    return len(contest.cases) * 1e9 / (time.process_time_ns() - started_ns)


def measure(measured: Sequence[Contest], rounds: int) -> list[list[float]]:
    """Calls a second of each contest, round by round; the first round warms caches up and isn't counted."""
    for contest in measured:
        per_second(contest)
    gc.collect()
    gc.disable()
    turns = [[per_second(contest) for contest in measured] for _ in range(rounds)]
    return [list(column) for column in zip(*turns, strict=True)]


def table_of(measured: Sequence[Contest], columns: Sequence[Sequence[float]]) -> dict[str, float]:
    """Print one line for each contest; give the median of each in nanoseconds a call."""
    ns = {contest.name: 1e9 / statistics.median(column) for contest, column in zip(measured, columns, strict=True)}
    print(f"{'':<20}{'calls/s':>14}{'ns/call':>10}{'range, ±%':>11}{'x empty':>9}{'x dict':>8}")
    for (name, one), column in zip(ns.items(), columns, strict=True):
        spread = 50 * (max(column) - min(column)) * one / 1e9
        floors = f"{one / ns['empty function']:>9.1f}{one / ns['dict look-up']:>8.1f}"
        print(f"{name:<20}{1e9 / one:>14,.0f}{one:>10,.0f}{spread:>11.1f}{floors}")
    return ns


def explained(ns: dict[str, float]) -> str:
    """What the uncached time goes into, and how often it is met."""
    whole, miss, verdict = (ns[name] for name in ("classify, uncached", "cache that misses", "make a verdict"))
    single, double = len(alone()), max(len(pairs(name)) for name in ("stripe", "adyen", "braintree"))
    return EXPLAINED.format(
        miss=miss, whole=whole, verdict=verdict, own=whole - miss - verdict, single=single, double=double,
        held=CACHED_ANSWERS_MAX,
    )  # fmt: skip


def main() -> int:
    """Measure in turns, print a table and what it means; fail if the claim doesn't hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000, help="calls in each round (default: 100,000)")
    parser.add_argument("--rounds", type=int, default=7, help="rounds; the median counts (default: 7)")
    arguments = parser.parse_args()
    if arguments.calls <= 2 * CACHED_ANSWERS_MAX:
        parser.error(f"--calls must exceed twice the {CACHED_ANSWERS_MAX:,} answers that the cache holds")
    measured = contests(arguments.calls)
    columns = measure(measured, arguments.rounds)
    print(f"Classification, one core, median of {arguments.rounds} rounds of {arguments.calls:,} calls\n")
    ns = table_of(measured, columns)
    print(f"\n{explained(ns)}")
    holds = 1e9 / ns["classify, cached"] >= CLAIMED_PER_S
    print(
        f"\nClaim: at least {CLAIMED_PER_S:,} cached classifications/s on one core: {'holds' if holds else 'BROKEN'}."
    )
    return int(not holds)


if __name__ == "__main__":
    sys.exit(main())
