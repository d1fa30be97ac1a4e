"""Looking a code up: every table, which one a code belongs to, and which row of it is in force on a day."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache

from purring.domain.rulebook import (
    codes_ach,
    codes_adyen,
    codes_bacs,
    codes_braintree,
    codes_iso8583,
    codes_mastercard,
    codes_mastercard_advice,
    codes_sepa,
    codes_stripe,
    codes_vipps,
    codes_visa,
)
from purring.domain.rulebook.codes import Code, Kind, Table
from purring.domain.rulebook.reasons import DeclineClass

TABLES: tuple[Table, ...] = (
    codes_iso8583.TABLE,
    codes_visa.TABLE,
    codes_mastercard.TABLE,
    codes_mastercard_advice.TABLE,
    codes_ach.TABLE,
    codes_sepa.TABLE,
    codes_bacs.TABLE,
    codes_stripe.TABLE,
    codes_adyen.TABLE,
    codes_braintree.TABLE,
    codes_vipps.TABLE,
)
"""Every code table; adding one is a module and a line here."""

BANK_SCHEMES = frozenset({"ach", "sepa", "bacs"})
"""Networks that move money between bank accounts: the card networks' common codes mean nothing there."""

ANY_CARD_NETWORK = "*"
ANY_OTHER_CODE = "*"

Rule = tuple[str, Code]
"""A row under its id."""


def span_of(day: date) -> int:
    """Which span between two changes of any row a day lies in, from 0 on: all its days have the same rows in force."""
    return bisect_right(_changes(), day)


def rows_in(kind: Kind, key: str, span: int) -> Mapping[str, Rule]:
    """The rows of one network or gateway in force in a span, under each code that they stand for, in capitals.

    `key` is the network, for `Kind.GATEWAY` the gateway. A code that isn't there takes the row of `ANY_OTHER_CODE`.
    """
    day = _changes()[span - 1] if span else date.min
    own = _own_rows(kind, key, day)
    if kind is not Kind.RAW or key in BANK_SCHEMES:
        return own
    common = _own_rows(kind, ANY_CARD_NETWORK, day)
    if ANY_OTHER_CODE in own:
        common = {code: found for code, found in common.items() if _forbids(found[1])}
    return common | own


def rule_id(table: Table, row: Code) -> str:
    """The name of a row, "visa:51"; a row with a first day carries it, "visa:83@2026-07-25"."""
    return f"{table.id}:{row.code}" if row.valid_from is None else f"{table.id}:{row.code}@{row.valid_from}"


def rule_named(name: str) -> Rule | None:
    """The row of an id that a verdict or a stored decision names; none when no table has it any more."""
    return _rules().get(name)


@cache
def _rules() -> dict[str, Rule]:
    return {rule_id(table, row): (rule_id(table, row), row) for table in TABLES for row in table.codes}


@cache
def _changes() -> tuple[date, ...]:
    """The days on which some row begins or ceases to be in force, in order."""
    rows = [row for table in TABLES for row in table.codes]
    return tuple(sorted({day for row in rows for day in (row.valid_from, row.valid_to) if day is not None}))


def _own_rows(kind: Kind, key: str, day: date) -> dict[str, Rule]:
    return {
        code: (rule_id(table, row), row)
        for table in TABLES
        if table.kind is kind and table.key == key
        for row in table.codes
        if row.is_valid_on(day)
        for code in _expand(row.code)
    }


def _expand(code: str) -> Iterator[str]:
    """Each code of a range such as "2109-2999"; any other code itself."""
    first, dash, last = code.partition("-")
    if dash:
        yield from map(str, range(int(first), int(last) + 1))
    else:
        yield code.upper()


def _forbids(row: Code) -> bool:
    """Whether a common meaning may stand beside a network's word on "any other code": only when it is stricter."""
    return row.decline_class not in {DeclineClass.RETRY_LATER, DeclineClass.UNKNOWN}
