"""What must always hold among the rows, numbered as in the list of what must never happen, and checked by brute force.

Each query finds what breaks its sentence. They lean on nothing that keeps the sentence in the first place: not on the
schema's constraints, nor on the rulebook's arithmetic. Left to others: 10 and 11 (seen only at the gateway), 18 as far
as it is about the gateway's ledger (that is 1), 24 (an audit chain that isn't there yet), 25 (`secrets`, which reads
every word), 26 and 27 (seen only once faults have ended): the simulator and the torture check those.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, func, select

from purring.domain.money import Money
from purring.store.invariants import attempts, isolation, ledger, limits, money, restored, told
from purring.store.invariants.query import Queries

__all__ = ["EXAMPLES_MAX", "InvariantResult", "Ledger", "check"]

EXAMPLES_MAX = 5

Ledger = Mapping[str, Sequence[Money]]
"""What a gateway captured, under the invoice's id, without what it gave back or lost to a chargeback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvariantResult:
    """Whether one sentence holds; `examples` are ids of rows that break it, EXAMPLES_MAX at most."""

    number: int
    name: str
    holds: bool
    violations_count: int
    examples: tuple[str, ...]


_ALL: Mapping[int, tuple[str, Queries]] = {
    2: ("an invoice is paid exactly when its money adds up", money.paid_when_it_adds_up),
    3: ("the journal sums to zero, and receivables are what is owed", money.journal_balances),
    4: ("no more is given back than came in, in real currencies", money.refunds_within_captures),
    5: ("money found late is booked", money.captures_are_booked),
    6: ("an invoice has one open attempt at most", attempts.one_open),
    7: ("an attempt ends or waits for an operator within 7 days and 2 hours", attempts.end_in_time),
    8: ("a final state changes by an explicit correction only", attempts.final_states_stay),
    9: ("an attempt is written down before it is sent", attempts.started_first),
    12: ("no card or account is charged more often than a limit allows", limits.within_limits),
    13: ("nothing is charged early, after the window or during a hold", limits.within_window),
    14: ("a day lies between two automatic attempts on one card", limits.a_day_apart),
    15: ("only the customer's own methods are charged, and none that was removed", attempts.on_own_methods),
    16: ("no automatic attempt follows a hard stop", attempts.none_after_hard_stop),
    17: ("nothing is charged by itself for what is canceled, written off or disputed", attempts.none_on_the_settled),
    18: ("no two attempts on one invoice are under way at once", attempts.never_two_at_once),
    19: ("each decline owes one notice", told.one_notice_per_decline),
    20: ("no failure is told after the success was known", told.none_after_success),
    21: ("each state has its event", told.states_have_events),
    22: ("a gateway's event acts once", told.inbound_acts_once),
    23: ("no row points at another merchant's, or at nothing", isolation.no_row_crosses),
    28: ("after a restore nothing is charged before all is checked", restored.none_before_reconciled),
}


def check(conn: Connection, now: datetime, ledger_of_gateway: Ledger | None = None) -> list[InvariantResult]:
    """Check every sentence, and with the gateway's ledger also whether it charged once and nothing got lost."""
    results = [_checked(conn, number, now) for number in _ALL]
    if ledger_of_gateway is None:
        return results
    charged_twice = ledger.charged_more_than_once(conn, ledger_of_gateway)
    lost = ledger.not_booked(conn, ledger_of_gateway)
    at_gateway = [
        _result(1, "an invoice is charged once at the gateway", len(charged_twice), charged_twice),
        _result(5, "what the gateway captured is booked", len(lost), lost),
    ]
    return sorted([*results, *at_gateway], key=lambda result: result.number)


def _checked(conn: Connection, number: int, now: datetime) -> InvariantResult:
    count = 0
    examples: list[str] = []
    for some, how_many in _built(conn.dialect.name, number):
        found = conn.execute(some, {"now": now}).all()
        if found:
            count += conn.execute(how_many, {"now": now}).scalar_one()
            examples.extend(str(row.id) for row in found)
    return _result(number, _ALL[number][0], count, examples)


@lru_cache
def _built(dialect: str, number: int) -> Sequence[tuple[Select[Any], Select[Any]]]:
    """Build the queries of a sentence once: some violations, and how many there are."""
    queries = list(_ALL[number][1](dialect))
    return [(query.limit(EXAMPLES_MAX), select(func.count()).select_from(query.subquery())) for query in queries]


def _result(number: int, name: str, count: int, examples: Sequence[str]) -> InvariantResult:
    return InvariantResult(
        number=number, name=name, holds=not count, violations_count=count, examples=tuple(examples[:EXAMPLES_MAX])
    )
