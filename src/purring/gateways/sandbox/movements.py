"""Movements of money, refunds and chargebacks: what the ledger is the oracle for."""

from __future__ import annotations

from sqlite3 import Connection, Row

from purring.domain.errors import InvalidMoney
from purring.domain.money import Money
from purring.gateways.sandbox.calls import Call, SandboxRefusal


def money_of(call: Call) -> Money:
    """The positive amount of a request's `amount_minor` and `currency`."""
    try:
        money = Money(call.number("amount_minor"), call.text("currency"))
    except InvalidMoney as error:
        raise SandboxRefusal(422, "invalid_amount", error.message) from error
    if money.minor > 0:
        return money
    raise SandboxRefusal(422, "invalid_amount", "amount_minor: send a positive number.")


_MOVE = """
INSERT INTO movements (at, kind, charge_seq, key, merchant_id, invoice_id, amount_minor, currency)
SELECT ?, ?, seq, key, merchant_id, invoice_id, ?, ? FROM charges WHERE seq = ?
"""
_LEFT = """
SELECT COALESCE(SUM(CASE WHEN kind IN ('captured', 'chargeback_reversed') THEN amount_minor ELSE -amount_minor END), 0)
FROM movements WHERE charge_seq = ?
"""


def move(ledger: Connection, charge: Row, kind: str, amount: Money, at: str) -> None:
    """Write one movement; there is no way to change or remove one."""
    ledger.execute(_MOVE, (at, kind, amount.minor, amount.currency, charge["seq"]))


def left_to_give_back(ledger: Connection, charge: Row) -> Money:
    """What was captured less what was refunded or taken back."""
    minor = ledger.execute(_LEFT, (charge["seq"],)).fetchone()[0]
    return Money(minor, charge["currency"])
