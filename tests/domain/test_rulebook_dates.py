"""A decision made on a day uses that day's rows: an example on both sides of every dated change, and none left out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from purring.domain.decline import Answer, DeclineClass, classify
from purring.domain.rulebook.codes import Kind
from purring.domain.rulebook.findings import FEES, REMARKS, THRESHOLDS
from purring.domain.rulebook.limit_rows import ALWAYS, LIMITS
from purring.domain.rulebook.limits import Use, limits_for, permit
from purring.domain.rulebook.presentment import TERMS, presentment_terms
from purring.domain.rulebook.tables import TABLES, rule_id, rule_named
from purring.domain.rulebook.updater import UPDATER_CODES

C = DeclineClass
DAY = timedelta(days=1)
LAST_READ_ON = date(2026, 11, 23)

# (network, code, first day): the rule that speaks the day before, and the class before and after
CODES = {
    ("visa", "5C", date(2025, 4, 11)): ("visa:*", C.UNKNOWN, C.UPDATE_METHOD),
    ("visa", "9G", date(2025, 4, 11)): ("visa:*", C.UNKNOWN, C.RETRY_AFTER_CUSTOMER_ACTION),
    ("visa", "83", date(2026, 7, 25)): ("visa:*", C.UNKNOWN, C.RETRY_AFTER_CUSTOMER_ACTION),
    ("visa", "57", date(2026, 10, 25)): ("visa:57", C.NEVER_RETRY, C.NEVER_RETRY),
}

# (limit, first day): attempts allowed the day before and from then on
ALLOWED = {
    ("mastercard-card-24h", date(2019, 10, 14)): (None, 20),
    ("visa-card-amount-30d", date(2021, 4, 17)): (None, 15),
    ("mastercard-card-24h", date(2022, 10, 1)): (20, 10),
    ("mastercard-card-amount-30d", date(2023, 11, 1)): (None, 35),
    ("visa-card-amount-30d", date(2025, 5, 25)): (15, 20),
}

# (terms, first day): the number of the presentation to ask for
PRESENTED = {
    ("ach-again", date(2015, 9, 18)): 2,
    ("sepa-first", date(2016, 11, 20)): 1,
    ("sepa-again", date(2016, 11, 20)): 3,
}


def _spoken(network: str, code: str, on: date) -> tuple[str, DeclineClass]:
    verdict = classify(Answer(gateway="sandbox", network=network, raw_code=code), on)
    return verdict.rules[0], verdict.decline_class


@pytest.mark.parametrize(("network", "code", "first_day"), CODES)
def test_a_code_means_what_it_meant_on_the_day(network: str, code: str, first_day: date) -> None:
    """The day before, the older row speaks; on its first day, the new one does, under its day's name."""
    rule_before, before, after = CODES[network, code, first_day]
    assert (rule_before, before) == _spoken(network, code, first_day - DAY)
    assert (f"{network}:{code}@{first_day}", after) == _spoken(network, code, first_day)


@pytest.mark.parametrize(("name", "first_day"), ALLOWED)
def test_a_limit_allows_what_it_allowed_on_the_day(name: str, first_day: date) -> None:
    """A new edition holds from the start of its first day, an old one until the day before."""

    def on(day: date) -> int | None:
        return {limit.id: limit.attempts_max for limit in limits_for(name.partition("-")[0], day)}.get(name)

    assert ALLOWED[name, first_day] == (on(first_day - DAY), on(first_day))


@pytest.mark.parametrize(("name", "first_day"), PRESENTED)
def test_a_form_is_demanded_from_its_first_day(name: str, first_day: date) -> None:
    """The day before, nothing is demanded."""
    scheme, number = name.partition("-")[0], PRESENTED[name, first_day]
    assert "none" == presentment_terms(scheme, number, first_day - DAY).id
    assert name == presentment_terms(scheme, number, first_day).id


def test_every_dated_change_has_its_example() -> None:
    """Whoever adds a row with a first day adds one line above."""
    raw = [table for table in TABLES if table.kind is Kind.RAW]
    assert set(CODES) == {
        (table.key, row.code, row.valid_from) for table in raw for row in table.codes if row.valid_from
    }
    assert not [row for table in TABLES if table not in raw for row in table.codes if row.valid_from or row.valid_to]
    assert set(ALLOWED) == {(limit.id, limit.valid_from) for limit in LIMITS if limit.valid_from != ALWAYS}
    assert set(PRESENTED) == {(terms.id, terms.valid_from) for terms in TERMS if terms.valid_from != ALWAYS}


def test_what_ends_has_a_successor() -> None:
    """A row goes out of force only on the first day of the next edition of the same code, limit or fee."""

    def firsts(rows: Iterable[tuple[object, date | None]]) -> set[tuple[object, date | None]]:
        return set(rows)

    codes = [((table.id, row.code), row) for table in TABLES for row in table.codes]
    begun = firsts((key, row.valid_from) for key, row in codes)
    assert all((key, row.valid_to) in begun for key, row in codes if row.valid_to)
    limits = firsts((limit.id, limit.valid_from) for limit in LIMITS)
    assert all((limit.id, limit.valid_to) in limits for limit in LIMITS if limit.valid_to)
    fees = firsts(((fee.what, fee.region), fee.valid_from) for fee in FEES)
    assert all(((fee.what, fee.region), fee.valid_to) in fees for fee in FEES if fee.valid_to)
    assert not [terms for terms in TERMS if terms.valid_to]


def test_every_row_has_an_edition() -> None:
    """An edition is a day: the row's first, or the one on which its source was read; none lies in the future."""
    editions = [
        *(row.edition for table in TABLES for row in table.codes),
        *(limit.edition for limit in LIMITS),
        *(terms.edition for terms in TERMS),
        *(row.edition for row in UPDATER_CODES),
        *(fee.edition for fee in FEES),
        *(row.edition for row in THRESHOLDS),
        *(row.edition for row in REMARKS),
    ]
    assert max(map(date.fromisoformat, editions)) <= LAST_READ_ON


def test_a_stored_rule_is_found_again() -> None:
    """The row behind each id that a verdict names can be shown; an id that no table has gives none."""
    for table in TABLES:
        for row in table.codes:
            name = rule_id(table, row)
            assert (name, row) == rule_named(name)
    assert rule_named("visa:no such row") is None


def test_a_stricter_rule_holds_at_once() -> None:
    """Attempts made under the old number count against the new one from its first instant on."""
    uses = [
        Use(at=datetime(2022, 9, 30, 12, n, tzinfo=UTC), amount_minor=100 + n, currency="NOK", invoice_id="inv_1")
        for n in range(12)
    ]

    def permitted_at(at: datetime) -> datetime:
        limits = [limit for limit in limits_for("mastercard", at.date()) if limit.scheme == "mastercard"]
        return permit(
            limits, uses, amount_minor=100, currency="NOK", invoice_id="inv_1", automatic=True, at=at
        ).at  # fmt: skip

    last_minute = datetime(2022, 9, 30, 23, 59, tzinfo=UTC)
    assert last_minute == permitted_at(last_minute)
    midnight = datetime(2022, 10, 1, tzinfo=UTC)
    assert uses[2].at + timedelta(hours=24) == permitted_at(midnight)
