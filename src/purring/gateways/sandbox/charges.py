"""Charges: made once per key, found by key, settled when their time comes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from sqlite3 import Connection, Row
from typing import assert_never
from urllib.parse import quote

from purring.domain.money import Money
from purring.gateways.sandbox import events, idempotency, scripts, tokens
from purring.gateways.sandbox.calls import Answered, Call, Fault, SandboxRefusal, refusal
from purring.gateways.sandbox.ledger import instant, stamp
from purring.gateways.sandbox.movements import money_of, move
from purring.gateways.sandbox.reasons import codes_for
from purring.gateways.sandbox.script import (
    Approve,
    AskCustomer,
    Decline,
    DeclineFor,
    Final,
    FindUnknown,
    RefuseWork,
    ScriptedAnswer,
    SettleLater,
    Throttle,
    TimeOut,
    answer_text,
    parse_final,
)

TIME = "Sandbox-Time"
"""The header in which whoever lives by a test clock says what time it is there."""

UNCONFIRMED = "decline authentication_required"
"""How a charge ends that the customer didn't confirm in time, refused to, or that was given up."""

PRESENTMENT = ("entry_description", "transaction_code", "sequence_type", "prenotification_days")
"""What a request may say about the form of a bank debit; the ledger keeps it as it came."""

STATUS_CODES = {"approved": 200, "declined": 402, "pending": 202, "action_required": 202}


def create(call: Call) -> Answered:
    """POST /v1/charges: the same key and body get the stored answer, the same key with another body is refused."""
    key = idempotency.key_of(call)
    stored = idempotency.replay(call, key)
    if stored is not None:
        return stored
    token = tokens.find(call, call.text("token"))
    money = money_of(call)
    taken = scripts.next_step(call.ledger, token["token"], call.now)
    if taken.find_unknown:
        forget_for(call.ledger, key, taken.find_unknown)
    return _answer(call, _Wanted(key=key, token=token, money=money), taken.answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """A charge that was asked for and is not in the ledger yet."""

    key: str
    token: Row
    money: Money


def _answer(call: Call, wanted: _Wanted, answer: ScriptedAnswer) -> Answered:
    match answer:
        case RefuseWork():
            return refusal(503, "not_processed", "The sandbox is unavailable and did nothing.")
        case Throttle(retry_after=wait):
            headers = {"Retry-After": str(int(wait.total_seconds()))}
            return refusal(429, "rate_limited", "Too many requests; nothing was done.", headers)
        case TimeOut():
            lost = Answered(status=504, body={}, fault=Fault.TIMEOUT)
            return lost if answer.then is None else _booked(call, wanted, answer.then, Fault.TIMEOUT)
        case Approve() | Decline() | DeclineFor() | SettleLater() | AskCustomer():
            return _booked(call, wanted, answer, Fault.NONE)
        case FindUnknown():
            raise AssertionError("a script's step never yields a `find` entry")
        case _:
            assert_never(answer)


def _booked(call: Call, wanted: _Wanted, answer: Final | SettleLater | AskCustomer, fault: Fault) -> Answered:
    _refuse_other_currency(answer, wanted.money)
    seq = _insert(call, wanted, answer)
    if isinstance(answer, Final):
        finish(call, _by_seq(call.ledger, seq), answer, stamp(call.now))
    shown = show(_by_seq(call.ledger, seq))
    status = STATUS_CODES[str(shown["status"])]
    idempotency.store(call, wanted.key, status, shown)
    return Answered(status=status, body=shown, fault=fault)


def _refuse_other_currency(answer: Final | SettleLater | AskCustomer, money: Money) -> None:
    final = answer.then if isinstance(answer, SettleLater | AskCustomer) else answer
    if isinstance(final, Approve) and final.captured is not None and final.captured.currency != money.currency:
        raise SandboxRefusal(422, "script_currency", f"The script approves {final.captured}, the charge is of {money}.")


def _insert(call: Call, wanted: _Wanted, answer: Final | SettleLater | AskCustomer) -> int:
    status, ends_as, due_at = "new", None, None
    asked_at = _time_of(call)
    begins_at = asked_at or call.now
    match answer:
        case SettleLater(days=days, then=then):
            status, ends_as, due_at = "pending", answer_text(then), stamp(begins_at + timedelta(days=days))
        case AskCustomer(then=then):
            lifetime = call.controls.settings.action_lifetime
            status, ends_as, due_at = "action_required", answer_text(then), stamp(begins_at + lifetime)
        case _:
            pass
    now = stamp(call.now)
    values = {
        "key": wanted.key,
        "token": wanted.token["token"],
        "network": wanted.token["network"],
        "fingerprint": wanted.token["fingerprint"],
        "merchant_id": call.text("merchant_id"),
        "invoice_id": call.text("invoice_id"),
        "amount_minor": wanted.money.minor,
        "currency": wanted.money.currency,
        "off_session": call.flag("off_session", default=True),
        **{name: call.text(name) if name in call.body else None for name in PRESENTMENT[:3]},
        "prenotification_days": call.number("prenotification_days") if "prenotification_days" in call.body else None,
        "created_at": now,
        "status": status,
        "ends_as": ends_as,
        "due_at": due_at,
        "updated_at": now,
        "return_to": call.text("return_to", ""),
        "asked_at": None if asked_at is None else stamp(asked_at),
    }
    cursor = call.ledger.execute(_INSERT, values)
    assert cursor.lastrowid is not None, "SQLite names every inserted row"
    return cursor.lastrowid


_INSERT = """
INSERT INTO charges (
    key, token, network, fingerprint, merchant_id, invoice_id, amount_minor, currency, off_session, entry_description,
    transaction_code, sequence_type, prenotification_days, created_at, status, ends_as, due_at, updated_at,
    return_to, asked_at
) VALUES (
    :key, :token, :network, :fingerprint, :merchant_id, :invoice_id, :amount_minor, :currency, :off_session,
    :entry_description, :transaction_code, :sequence_type, :prenotification_days, :created_at, :status, :ends_as,
    :due_at, :updated_at, :return_to, :asked_at
)
"""
_HIDE = "UPDATE find_unknown SET times_left = times_left - 1 WHERE key = ? AND times_left > 0 RETURNING times_left"
_HIDE_FOR = """
INSERT INTO find_unknown VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET times_left = excluded.times_left
"""


def finish(call: Call, charge: Row, answer: Final, at: str) -> None:
    """End a charge at a moment that may be past: book the money or the decline, and owe its event."""
    match answer:
        case Approve(captured=partial):
            captured = _captured(charge, partial)
            _set(call.ledger, charge, "approved", at, captured_minor=captured.minor)
            move(call.ledger, charge, "captured", captured, at)
        case Decline(answer=codes):
            shown = {
                "gateway": codes.gateway,
                "network": codes.network or charge["network"],
                "raw_code": codes.raw_code,
                "advice_code": codes.advice_code,
                "gateway_code": codes.gateway_code,
                "message": codes.message,
            }
            _set(call.ledger, charge, "declined", at, decline=json.dumps(shown))
        case DeclineFor(reason=reason):
            finish(call, charge, Decline(answer=codes_for(reason, charge["network"])), at)
            return
        case _:
            assert_never(answer)
    events.owe(call, charge["key"], "charge.updated", {"charge": show(_by_seq(call.ledger, charge["seq"]))}, at)


def _captured(charge: Row, partial: Money | None) -> Money:
    asked = Money(charge["amount_minor"], charge["currency"])
    return asked if partial is None else min(partial, asked)


def _set(
    ledger: Connection, charge: Row, status: str, at: str, *, captured_minor: int = 0, decline: str | None = None
) -> None:
    ledger.execute(
        "UPDATE charges SET status = ?, captured_minor = ?, decline = ?, due_at = NULL, updated_at = ? WHERE seq = ?",
        (status, captured_minor, decline, at, charge["seq"]),
    )


def settle_due(call: Call) -> None:
    """End everything whose time has come by now, each at its own moment; but not what follows a test clock."""
    due = call.ledger.execute(
        "SELECT * FROM charges WHERE due_at <= ? AND asked_at IS NULL ORDER BY due_at, seq", (stamp(call.now),)
    ).fetchall()
    for charge in due:
        ending = charge["ends_as"] if charge["status"] == "pending" else UNCONFIRMED
        finish(call, charge, parse_final(ending), charge["due_at"])


def find(call: Call) -> Answered:
    """GET /v1/charges?key=: what the ledger knows of our reference, however old its idempotency key is."""
    key = call.query.get("key", "")
    if call.ledger.execute(_HIDE, (key,)).fetchone() is not None:
        return Answered(status=200, body={"key": key, "status": "unknown"})
    charge = by_key(call.ledger, key)
    time = _time_of(call)
    if time is not None and charge["asked_at"] is not None and charge["due_at"] and charge["due_at"] <= stamp(time):
        ending = charge["ends_as"] if charge["status"] == "pending" else UNCONFIRMED
        finish(call, charge, parse_final(ending), stamp(call.now))
    return Answered(status=200, body=show(by_key(call.ledger, key)))


def _time_of(call: Call) -> datetime | None:
    """What time it is for whoever asks, if they live by a test clock."""
    told = call.headers.get(TIME.lower())
    try:
        return None if told is None else instant(told)
    except ValueError:
        raise SandboxRefusal(400, "invalid_request", f"{TIME}: send a time such as 2027-03-01T09:00:00Z.") from None


def forget_for(ledger: Connection, key: str, times: int) -> None:
    """Make `find` not know a key so many times."""
    ledger.execute(_HIDE_FOR, (key, times))


def cancel(call: Call) -> Answered:
    """POST /v1/charges/KEY/cancel: give up waiting for the customer; anything else stays as it is."""
    charge = by_key(call.ledger, call.path["key"])
    if charge["status"] == "action_required":
        end_waiting(call, charge, succeed=False)
    return Answered(status=200, body=show(by_key(call.ledger, charge["key"])))


def confirm(call: Call) -> Answered:
    """POST /v1/charges/KEY/confirm: the customer answers their bank, `{"succeed": true}` or false."""
    charge = by_key(call.ledger, call.path["key"])
    if charge["status"] != "action_required":
        raise SandboxRefusal(409, "nothing_to_confirm", f"The charge is {charge['status']}.")
    end_waiting(call, charge, succeed=call.flag("succeed", default=True))
    return Answered(status=200, body=show(by_key(call.ledger, charge["key"])))


def end_waiting(call: Call, charge: Row, *, succeed: bool) -> None:
    """End a charge that waits for the customer, as its script says or as one that was not confirmed."""
    finish(call, charge, parse_final(charge["ends_as"] if succeed else UNCONFIRMED), stamp(call.now))


def by_key(ledger: Connection, key: str) -> Row:
    """The charge of a key; of several (the key had expired) the one that took money, else the last."""
    row: Row | None = ledger.execute(
        "SELECT * FROM charges WHERE key = ? ORDER BY status = 'approved' DESC, seq DESC LIMIT 1", (key,)
    ).fetchone()
    if row is None:
        raise SandboxRefusal(404, "charge_absent", "No charge was ever made under this key.")
    return row


def _by_seq(ledger: Connection, seq: int) -> Row:
    row: Row = ledger.execute("SELECT * FROM charges WHERE seq = ?", (seq,)).fetchone()
    return row


def show(charge: Row) -> dict[str, object]:
    """A charge as JSON."""
    waits = charge["status"] == "action_required"
    return {
        "id": f"ch_{charge['seq']:08d}",
        "key": charge["key"],
        "status": charge["status"],
        "merchant_id": charge["merchant_id"],
        "invoice_id": charge["invoice_id"],
        "amount_minor": charge["amount_minor"],
        "captured_minor": charge["captured_minor"],
        "currency": charge["currency"],
        "created_at": charge["created_at"],
        "decline": json.loads(charge["decline"]) if charge["decline"] else None,
        "expected_at": charge["due_at"] if charge["status"] == "pending" else None,
        "expires_at": charge["due_at"] if waits else None,
        "confirm_path": f"/bank/{quote(charge['key'], safe='')}" if waits else None,
    }
