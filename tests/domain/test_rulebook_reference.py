"""Sources, updater codes, fees and thresholds as data: whole and without doubles."""

from __future__ import annotations

from decimal import Decimal

import pytest

from purring.domain.rulebook.codes import Table
from purring.domain.rulebook.findings import FEES, REMARKS, THRESHOLDS
from purring.domain.rulebook.tables import TABLES
from purring.domain.rulebook.updater import SERVICES, UPDATER_CODES, UpdaterEffect, updater_code

E = UpdaterEffect


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.id)
def test_every_row_says_where_it_was_read(table: Table) -> None:
    """A source is more than a word, unless it is memory."""
    assert all(row.source.text == "memory" or len(row.source.text) > len("our own") for row in table.codes)


def test_updaters_are_whole() -> None:
    """No code stands twice, each service has some, every effect occurs, and an unknown code says nothing."""
    assert len(UPDATER_CODES) == len({(row.service, row.code) for row in UPDATER_CODES})
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
