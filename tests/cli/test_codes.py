"""What operators read of codes that nobody lists, and what they may allow their merchant."""

from __future__ import annotations

from datetime import UTC, datetime

from purring.domain.decline import Answer
from purring.store import merchants, unknown_codes
from purring.store.engine import open_store
from tests.cli.conftest import Purring


def test_unlisted_codes_are_shown_and_noted(purring: Purring, database_url: str) -> None:
    """How often, since when; `doctor` tells it as something to know, not as a fault."""
    assert "Every code so far stands in the rulebook." in purring("codes", "unknown").out
    store = open_store(database_url)
    with store.transaction() as conn:
        merchant = merchants.all_of(conn)[0]
        answer = Answer(gateway="sandbox", network="visa", raw_code="ZZ\x1b[31m")
        unknown_codes.count(conn, [(merchant.id, answer)] * 3, datetime(2026, 3, 2, 12, tzinfo=UTC))
    store.close()
    shown = purring("codes", "unknown").out
    assert ["sandbox", "visa"] == shown.splitlines()[-1].split()[:2]
    assert "2026-03-02 13:00" in shown
    assert "\x1b" not in shown
    assert "note   Booking AS: 1 answers that the rulebook doesn't list, met 3 times" in purring("doctor").out


def test_a_merchant_is_given_numbers_of_its_own(purring: Purring) -> None:
    """Stricter at will, looser only where it may be, with a reason and a name."""
    assert "card-amount-30d: at most 10" in purring("merchant", "ceiling", "card-amount-30d", "10").out
    assert 0 != purring("merchant", "ceiling", "card-amount-30d", "16").exit_code
    allowed = purring("merchant", "override", "card-amount-30d", "16", "--reason", "agreed", "--by", "Kari")
    assert "card-amount-30d: at most 16, override: agreed (Kari)" in allowed.out
    refused = purring("merchant", "override", "visa-card-amount-30d", "21", "--reason", "agreed", "--by", "Kari")
    assert 0 != refused.exit_code
    assert "not ours to loosen" in refused.err
    assert "policy v4" in purring("merchant", "ceiling", "card-amount-30d").out
