"""Money that goes back: refunds that we ask for, chargebacks that the customer's bank orders."""

from __future__ import annotations

from purring.domain.money import Money
from purring.gateways.sandbox import charges, events, idempotency
from purring.gateways.sandbox.calls import Answered, Call, SandboxRefusal
from purring.gateways.sandbox.ledger import stamp
from purring.gateways.sandbox.movements import left_to_give_back, money_of, move


def refund(call: Call) -> Answered:
    """POST /v1/refunds: give back part or all of a charge, once per key."""
    key = idempotency.key_of(call)
    stored = idempotency.replay(call, key)
    if stored is not None:
        return stored
    charge = charges.by_key(call.ledger, call.text("charge_key"))
    money = money_of(call)
    left = left_to_give_back(call.ledger, charge)
    if money.currency != left.currency or money > left:
        raise SandboxRefusal(422, "refund_too_large", f"Of this charge {left} can still be given back.")
    move(call.ledger, charge, "refunded", money, stamp(call.now))
    _tell(call, charge["key"], "refund.created", money, "")
    seq = call.ledger.execute("SELECT MAX(seq) FROM movements").fetchone()[0]
    body = {"id": f"re_{seq:08d}", "status": "refunded", "amount_minor": money.minor, "currency": money.currency}
    idempotency.store(call, key, 200, body)
    return Answered(status=200, body=body)


def open_chargeback(call: Call) -> Answered:
    """POST /sandbox/chargebacks: the customer's bank takes the money back, all that is left of it or `amount_minor`."""
    charge = charges.by_key(call.ledger, call.text("key"))
    left = left_to_give_back(call.ledger, charge)
    amount = Money(call.number("amount_minor", left.minor), left.currency)
    if not 0 < amount.minor <= left.minor:
        raise SandboxRefusal(422, "chargeback_too_large", f"Of this charge {left} can be taken back.")
    if call.ledger.execute("SELECT 1 FROM disputes WHERE charge_seq = ?", (charge["seq"],)).fetchone():
        raise SandboxRefusal(409, "dispute_exists", "A charge is disputed once.")
    reason = call.text("reason", "fraudulent")
    call.ledger.execute("INSERT INTO disputes VALUES (?, 'open', ?, ?)", (charge["seq"], amount.minor, reason))
    move(call.ledger, charge, "charged_back", amount, stamp(call.now))
    return _tell(call, charge["key"], "chargeback.opened", amount, reason)


def win(call: Call) -> Answered:
    """POST /sandbox/chargebacks/KEY/won: the money comes back to the merchant."""
    return _end(call, "won")


def lose(call: Call) -> Answered:
    """POST /sandbox/chargebacks/KEY/lost: it stays with the customer."""
    return _end(call, "lost")


def _end(call: Call, ending: str) -> Answered:
    charge = charges.by_key(call.ledger, call.path["key"])
    row = call.ledger.execute(
        "UPDATE disputes SET status = ? WHERE charge_seq = ? AND status = 'open' RETURNING amount_minor, reason",
        (ending, charge["seq"]),
    ).fetchone()
    if row is None:
        raise SandboxRefusal(409, "no_open_dispute", "There is no open dispute about this charge.")
    amount = Money(row["amount_minor"], charge["currency"])
    if ending == "won":
        move(call.ledger, charge, "chargeback_reversed", amount, stamp(call.now))
    return _tell(call, charge["key"], f"chargeback.{ending}", amount, row["reason"])


def _tell(call: Call, key: str, kind: str, amount: Money, reason: str) -> Answered:
    data = {"amount_minor": amount.minor, "currency": amount.currency, "reason": reason}
    events.owe(call, key, kind, data, stamp(call.now))
    return Answered(status=200, body={"key": key, "type": kind, **data})
