"""The oracle: the ledger can't be rewritten, survives a power cut, and its counts are right."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from purring.domain.attempt import Approved, Unavailable
from purring.domain.money import Money
from purring.gateways.sandbox.background import serve_in_background
from purring.gateways.sandbox.gateway import SandboxGateway
from purring.gateways.sandbox.local import LocalSandbox, connect
from purring.gateways.sandbox.oracle import SeenCharge, captured_by_invoice, most_within, movements, seen_charges
from tests.gateways.benches import START, TestTime, charge
from tests.gateways.contract import PRICE

DAY = timedelta(days=1)


@pytest.mark.parametrize("statement", ["UPDATE movements SET amount_minor = 1", "DELETE FROM movements"])
def test_movements_cannot_be_rewritten(local: LocalSandbox, statement: str) -> None:
    """Not even with the file open can a movement be changed or removed."""
    local.gateway.charge(charge("att_1"))
    with (
        closing(sqlite3.connect(local.ledger_path)) as ledger,
        pytest.raises(sqlite3.IntegrityError, match="append-only"),
    ):
        ledger.execute(statement)
    assert [PRICE] == [move.amount for move in movements(local.ledger_path)]


def test_only_captures_count_as_charged(local: LocalSandbox) -> None:
    """Declines, waits and what never arrived are no captures; what went through unheard is one."""
    tokens = ["visa", "visa_do_not_honor", "visa_timeout_after", "visa_timeout_before", "sepa", "visa_action_required"]
    for number, token in enumerate(tokens):
        local.gateway.charge(charge(f"att_{number}", f"tok_{token}"))
    assert {"inv_att_0": [PRICE], "inv_att_2": [PRICE]} == captured_by_invoice(local.ledger_path)
    statuses = [seen.status for seen in seen_charges(local.ledger_path)]
    assert ["approved", "declined", "approved", "pending", "action_required"] == statuses


def test_the_networks_see_what_arrives(local: LocalSandbox, time: TestTime) -> None:
    """Charges are seen with card, amount and time; replays, refusals and lost requests are not."""
    for token in ("tok_visa", "tok_visa", "tok_visa_timeout_before", "tok_visa_unavailable"):
        local.gateway.charge(charge(f"att_{token}", token))
    time.pass_by(DAY)
    local.gateway.charge(charge("att_2"))
    seen = seen_charges(local.ledger_path)
    assert [START, START + DAY] == [charge.at for charge in seen]
    assert [1, 2] == [most_within(seen, window)["mer_1", seen[0].fingerprint, PRICE] for window in (DAY, 2 * DAY)]


moments = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(["fp_a", "fp_b"]), st.sampled_from([100, 200])), max_size=30
)


@given(moments=moments, days=st.integers(1, 30))
def test_the_most_in_a_window_is_counted_right(moments: list[tuple[int, str, int]], days: int) -> None:
    """The rolling count equals a plain count over every window that ends at a charge."""
    seen = [_seen(day, fingerprint, minor) for day, fingerprint, minor in moments]
    plain: Counter[tuple[str, int]] = Counter()
    for day, fingerprint, minor in moments:
        within = [other for other in moments if other[1:] == (fingerprint, minor) and day - days < other[0] <= day]
        plain[fingerprint, minor] = max(plain[fingerprint, minor], len(within))
    expected = {("mer_1", fingerprint, Money(minor, "USD")): count for (fingerprint, minor), count in plain.items()}
    assert expected == most_within(seen, days * DAY)


def _seen(day: int, fingerprint: str, minor: int) -> SeenCharge:
    return SeenCharge(
        key="att_1",
        merchant_id="mer_1",
        invoice_id="inv_1",
        token="tok_1",
        fingerprint=fingerprint,
        network="visa",
        amount=Money(minor, "USD"),
        captured=Money(0, "USD"),
        status="declined",
        at=START + day * DAY,
        ended_at=START + day * DAY,
        off_session=True,
    )


def test_what_was_answered_survives_a_power_cut(tmp_path: Path) -> None:
    """A server killed without warning leaves a ledger that knows every answer it gave."""
    ledger_path = tmp_path / "sandbox.db"
    first = serve_in_background(ledger_path)
    with first, connect(first.url) as client:
        outcome = SandboxGateway(client).charge(charge("att_1"))
        assert isinstance(outcome, Approved)
        first.kill()
        assert isinstance(SandboxGateway(client).find("att_1"), Unavailable)
    assert {"inv_att_1": [PRICE]} == captured_by_invoice(ledger_path)
    with serve_in_background(ledger_path) as second, connect(second.url) as client:
        assert outcome == SandboxGateway(client).charge(charge("att_1"))
    assert {"inv_att_1": [PRICE]} == captured_by_invoice(ledger_path)
