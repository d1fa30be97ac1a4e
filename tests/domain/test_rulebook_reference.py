"""Tables, updater codes, fees and thresholds as data: whole, without doubles, and not changed by accident."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from hashlib import sha256

import pytest

from purring.domain.decline import DeclineClass
from purring.domain.rulebook.advice import PROFILES
from purring.domain.rulebook.codes import Code, Table
from purring.domain.rulebook.findings import FEES, REMARKS, THRESHOLDS
from purring.domain.rulebook.limit_rows import LIMITS
from purring.domain.rulebook.presentment import TERMS
from purring.domain.rulebook.tables import TABLES
from purring.domain.rulebook.updater import SERVICES, UPDATER_CODES, UpdaterEffect, updater_code

E = UpdaterEffect

# What each table decides, in one number: a row that is added, lost or decides otherwise changes it. Wording doesn't.
DIGESTS = {
    "iso8583": "4e1cceea9522",
    "visa": "be3f3b6b4df0",
    "mastercard": "ca4d4b7f5afb",
    "mastercard-advice": "039579102768",
    "ach": "aabc518bb580",
    "sepa": "9be67498fbba",
    "bacs": "a1d8d64f7de8",
    "stripe": "55cbbcf2a28f",
    "adyen": "b3897ecf2258",
    "braintree": "2eae17eea6e5",
    "limits": "2106754f2df3",
    "terms": "3062a5d1939d",
    "profiles": "3d9791666bad",
    "updaters": "af472805801b",
}


def _digest(lines: Iterable[str]) -> str:
    """A short digest of lines, in whatever order they stand."""
    return sha256("\n".join(sorted(lines)).encode()).hexdigest()[:12]


def _decides(row: Code) -> str:
    """Everything of a row that decides something."""
    parts = (row.code, row.reason, row.decline_class, row.category, row.stop, row.delay_hours, row.defers)
    return "|".join(map(str, (*parts, row.uncertain, row.valid_from, row.valid_to)))


def _digests() -> dict[str, str]:
    tables = {table.id: _digest(map(_decides, table.codes)) for table in TABLES}
    limits = (
        f"{limit.id}|{limit.edition}|{limit.scheme}|{limit.scope}|{limit.attempts_max}|{limit.window_days}|"
        f"{limit.automatic_only}|{limit.counts_from_first}|{limit.valid_from}|{limit.valid_to}"
        for limit in LIMITS
    )
    terms = (
        f"{row.id}|{row.again}|{row.entry_description}|{row.transaction_code}|{row.sequence_type}|"
        f"{row.prenotification_days}|{row.in_working_days}|{row.same_amount}|{row.same_originator}|{row.valid_from}"
        for row in TERMS
    )
    profiles = (f"{name}|{sent}|{meant}" for name, profile in PROFILES.items() for sent, meant in profile.items())
    updaters = (f"{row.service}|{row.code}|{row.effect}" for row in UPDATER_CODES)
    return tables | {
        "limits": _digest(limits),
        "terms": _digest(terms),
        "profiles": _digest(profiles),
        "updaters": _digest(updaters),
    }


def test_no_decision_changed_by_accident() -> None:
    """Whoever means to change what a row decides puts the new digest here, and says why in the commit."""
    assert DIGESTS == _digests()


def test_everything_is_classified_and_nothing_twice() -> None:
    """522 rows, each with a class or as an approval; a code that stands twice has days that follow one another."""
    rows = [(table.id, row) for table in TABLES for row in table.codes]
    assert 522 == len(rows)
    assert {*DeclineClass, None} == {row.decline_class for _, row in rows}
    keys = Counter((name, row.code.upper()) for name, row in rows)
    assert {("visa", "57"): 2} == {key: count for key, count in keys.items() if count > 1}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.id)
def test_every_row_says_where_it_was_read(table: Table) -> None:
    """A source is more than a word, unless it is memory."""
    assert all(row.source.text == "memory" or len(row.source.text) > len("our own") for row in table.codes)


@pytest.mark.parametrize(
    ("service", "code", "effect"),
    [
        ("visa_vau", "A", E.STORE_AND_CHARGE),
        ("visa_vau", "C", E.STOP),
        ("visa_vau", "Q", E.ASK_CUSTOMER),
        ("mastercard_abu", " contac ", E.ASK_CUSTOMER),
        ("cybersource_au", "CUR", E.NOTHING),
        ("network_token", "suspended", E.HOLD),
        ("network_token", "DELETED", E.STOP),
    ],
)
def test_an_updaters_code_asks_for_something(service: str, code: str, effect: UpdaterEffect) -> None:
    """Each code is found however it is cased and spaced, and asks for one thing."""
    found = updater_code(service, code)
    assert found is not None
    assert effect is found.effect


def test_updaters_are_whole() -> None:
    """No code stands twice, each service has some, every effect occurs, and an unknown code says nothing."""
    assert 17 == len(UPDATER_CODES) == len({(row.service, row.code) for row in UPDATER_CODES})
    assert set(SERVICES) == {row.service for row in UPDATER_CODES}
    assert set(UpdaterEffect) == {row.effect for row in UPDATER_CODES}
    assert updater_code("visa_vau", "Z") is None
    assert updater_code("no such service", "A") is None


def test_fees_and_thresholds_are_positive() -> None:
    """A fee costs something, a threshold is a number or a share, and a remark is a sentence."""
    assert all(fee.amount > Decimal() and len(fee.currency) == 3 for fee in FEES)
    assert all((row.count_max is None) != (row.share_max is None) for row in THRESHOLDS)
    assert all(row.share_max is None or Decimal() < row.share_max < 1 for row in THRESHOLDS)
    assert all(row.text.endswith(".") for row in REMARKS)
    assert 12 == len(FEES)
    assert 4 == len(THRESHOLDS)
