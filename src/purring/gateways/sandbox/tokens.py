"""Tokens: what the hosted card field hands out in place of a number. A number is looked at once and not kept."""

from __future__ import annotations

import hashlib
from sqlite3 import Connection, Row

from purring.gateways.sandbox import scripts
from purring.gateways.sandbox.calls import Answered, Call, SandboxRefusal
from purring.gateways.sandbox.ledger import stamp
from purring.gateways.sandbox.numbers import TOKEN_PREFIX, Instrument, by_name, by_number
from purring.gateways.sandbox.script import parse_answer

SOURCES = ("pan", "network_token")


def create(call: Call) -> Answered:
    """POST /v1/tokens: a test `number`, or the `test` name of a card or account, becomes a token."""
    instrument = _instrument(call)
    source = call.text("source", "pan")
    if source not in SOURCES:
        raise SandboxRefusal(400, "invalid_request", f"source: one of {', '.join(SOURCES)}.")
    made = call.ledger.execute("SELECT COALESCE(MAX(rowid), 0) FROM tokens").fetchone()[0]
    token = f"{TOKEN_PREFIX}{hashlib.sha256(f'{made} {instrument.name}'.encode()).hexdigest()[:20]}"
    _insert(call, token, instrument, source)
    _set_expiry(call, token)
    return Answered(status=201, body=_shown(find(call, token)))


def show(call: Call) -> Answered:
    """GET /v1/tokens?token=: what may be known of the card or account behind a token."""
    return Answered(status=200, body=_shown(find(call, call.query.get("token", ""))))


def find(call: Call, token: str) -> Row:
    """The row of a token; a name that is a token by itself gets one on first use."""
    row = _row(call.ledger, token)
    if row is None:
        instrument = by_name(token.removeprefix(TOKEN_PREFIX)) if token.startswith(TOKEN_PREFIX) else None
        if instrument is None:
            raise SandboxRefusal(404, "token_unknown", "token: the sandbox did not make it, and it is no test name.")
        _insert(call, token, instrument, "pan")
        row = _row(call.ledger, token)
    assert row is not None, "a token was inserted and is not there"
    return row


def _row(ledger: Connection, token: str) -> Row | None:
    row: Row | None = ledger.execute("SELECT * FROM tokens WHERE token = ?", (token,)).fetchone()
    return row


def _instrument(call: Call) -> Instrument:
    if "number" in call.body:
        instrument = by_number(call.text("number"))
        if instrument is None:
            raise SandboxRefusal(422, "not_a_test_number", "number: only the documented test numbers are taken here.")
        return instrument
    instrument = by_name(call.text("test"))
    if instrument is None:
        raise SandboxRefusal(422, "unknown_test_name", "test: a name such as visa, visa_insufficient_funds or sepa-7.")
    return instrument


def _insert(call: Call, token: str, instrument: Instrument, source: str) -> None:
    exp_month, exp_year = (12, call.now.year + 3) if instrument.kind == "card" else (None, None)
    call.ledger.execute(
        "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            token,
            instrument.kind,
            instrument.network,
            instrument.last4,
            exp_month,
            exp_year,
            instrument.fingerprint,
            source,
            stamp(call.now),
        ),
    )
    if instrument.script:
        answers = tuple(parse_answer(text) for text in instrument.script)
        scripts.save(call.ledger, token, scripts.Script(answers=answers))


def _set_expiry(call: Call, token: str) -> None:
    if "exp_month" not in call.body and "exp_year" not in call.body:
        return
    month, year = call.number("exp_month"), call.number("exp_year")
    if not (1 <= month <= 12 and 2000 <= year <= 2199):  # noqa: PLR2004 -- the months of a year, and years that cards live in
        raise SandboxRefusal(422, "invalid_expiry", "exp_month, exp_year: 1 to 12 and a year of four digits.")
    call.ledger.execute("UPDATE tokens SET exp_month = ?, exp_year = ? WHERE token = ?", (month, year, token))


def _shown(row: Row) -> dict[str, object]:
    return {name: row[name] for name in ("token", "kind", "network", "last4", "exp_month", "exp_year", "fingerprint")}
