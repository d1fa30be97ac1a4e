"""A decision made on a day uses that day's rows, and a stricter one holds from its first instant on."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from purring.domain.rulebook.findings import FEES, REMARKS, THRESHOLDS
from purring.domain.rulebook.limit_rows import LIMITS
from purring.domain.rulebook.limits import Use, limits_for, permit
from purring.domain.rulebook.presentment import TERMS
from purring.domain.rulebook.tables import TABLES, rule_id, rule_named
from purring.domain.rulebook.updater import UPDATER_CODES


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
    """An edition is a day: the row's first, or the one on which its source was read."""
    editions = [
        *(row.edition for table in TABLES for row in table.codes),
        *(limit.edition for limit in LIMITS),
        *(terms.edition for terms in TERMS),
        *(row.edition for row in UPDATER_CODES),
        *(fee.edition for fee in FEES),
        *(row.edition for row in THRESHOLDS),
        *(row.edition for row in REMARKS),
    ]
    assert all(map(date.fromisoformat, editions))
    assert all(limit.edition in {str(limit.valid_from), str(limit.source.read_on)} for limit in LIMITS)


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
