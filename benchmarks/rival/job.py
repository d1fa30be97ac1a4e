"""One charge as one task, the way most teams write it: look, write, commit, charge, write the answer, commit.

The same tables as ours, and four rows: the attempt, its invoice, its recovery, an event for whoever listens. It keeps
the promise that matters (the key is on disk before the gateway hears of it) and leaves the rest out: no ceilings of
networks, no notices, no schedule; a retry is due in three days.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import uuid4  # noqa: TID251 - rivals make their own ids

from psycopg.types.json import Jsonb

URL_SETTING = "BENCHMARK_DATABASE_URL"
QUEUE = "charges"

LOOK: LiteralString = """
SELECT invoice.customer_id, invoice.total_minor, invoice.currency, method.id, method.gateway, method.token,
       method.fingerprint, (SELECT count(*) FROM attempt WHERE attempt.merchant_id = invoice.merchant_id
                            AND attempt.invoice_id = invoice.id)
FROM invoice
JOIN subscription ON subscription.merchant_id = invoice.merchant_id AND subscription.id = invoice.subscription_id
JOIN payment_method method ON method.merchant_id = invoice.merchant_id AND method.id = subscription.method_id
WHERE invoice.merchant_id = %(merchant_id)s AND invoice.id = %(invoice_id)s AND invoice.status = 'open'
FOR UPDATE OF invoice
"""
BEGIN: LiteralString = """
INSERT INTO attempt (merchant_id, id, invoice_id, method_id, gateway, fingerprint, amount_minor, currency, number,
  initiator, status, started_at, key_expires_at, is_backup, captured_minor, hard_stop, rules, why, notes, asked_count,
  detail, version)
VALUES (%(merchant_id)s, %(attempt_id)s, %(invoice_id)s, %(method_id)s, %(gateway)s, %(fingerprint)s, %(amount_minor)s,
  %(currency)s, %(number)s, 'automatic', 'started', clock_timestamp(), clock_timestamp() + interval '24 hours', false,
  0, false, '[]', '[]', '[]', 0, '', 1)
"""
ANSWER: LiteralString = """
UPDATE attempt SET status = 'declined', reason = 'insufficient_funds', decline_class = 'retry_later',
  gateway_ref = %(gateway_ref)s, answer = %(answer)s, ended_at = clock_timestamp(), version = version + 1
WHERE merchant_id = %(merchant_id)s AND id = %(attempt_id)s AND status = 'started'
"""
PLAN: LiteralString = """
UPDATE invoice SET next_step_at = next_step_at + interval '3 days', version = version + 1
WHERE merchant_id = %(merchant_id)s AND id = %(invoice_id)s
"""
NOTE: LiteralString = """
UPDATE recovery SET version = version + 1 WHERE merchant_id = %(merchant_id)s AND invoice_id = %(invoice_id)s
"""
TELL: LiteralString = """
INSERT INTO event (merchant_id, id, kind, object_id, at, data)
VALUES (%(merchant_id)s, %(event_id)s, 'attempt.declined', %(attempt_id)s, clock_timestamp(), %(data)s)
"""
RECORD = (ANSWER, PLAN, NOTE, TELL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A charge whose key is on disk."""

    merchant_id: str
    invoice_id: str
    attempt_id: str
    token: str
    amount_minor: int

    def answered(self) -> dict[str, Any]:
        """Ask the gateway, which declines at once; what RECORD takes."""
        answer = {"gateway": "sandbox", "network": "visa", "raw_code": "51", "message": "Insufficient funds"}
        return {
            "merchant_id": self.merchant_id,
            "invoice_id": self.invoice_id,
            "attempt_id": self.attempt_id,
            "event_id": new_id("evt_"),
            "gateway_ref": f"ch_{self.attempt_id}",
            "answer": Jsonb(answer),
            "data": Jsonb({"invoice_id": self.invoice_id, "reason": "insufficient_funds"}),
        }


def new_id(prefix: str) -> str:
    """An id that nobody else makes."""
    return prefix + uuid4().hex[:26]


def begun(merchant_id: str, invoice_id: str, row: tuple[Any, ...]) -> tuple[Begun, dict[str, Any]]:
    """What is going to be charged, and what BEGIN takes, after LOOK found a row."""
    _, amount_minor, currency, method_id, gateway, token, fingerprint, earlier = row
    charge = Begun(
        merchant_id=merchant_id,
        invoice_id=invoice_id,
        attempt_id=new_id("att_"),
        token=token,
        amount_minor=amount_minor,
    )
    return charge, {
        "merchant_id": merchant_id,
        "invoice_id": invoice_id,
        "attempt_id": charge.attempt_id,
        "method_id": method_id,
        "gateway": gateway,
        "fingerprint": fingerprint,
        "amount_minor": amount_minor,
        "currency": currency,
        "number": earlier + 1,
    }


def charge(conn: Any, merchant_id: str, invoice_id: str) -> None:  # noqa: ANN401 - a connection
    """Charge one invoice on a connection of this thread's own."""
    with conn.transaction():
        row = conn.execute(LOOK, {"merchant_id": merchant_id, "invoice_id": invoice_id}).fetchone()
        if row is None:
            return
        charged, values = begun(merchant_id, invoice_id, row)
        conn.execute(BEGIN, values)
    answered = charged.answered()
    with conn.transaction():
        for statement in RECORD:
            conn.execute(statement, answered)


async def charge_async(conn: Any, merchant_id: str, invoice_id: str) -> None:  # noqa: ANN401 - a connection
    """The same on an asynchronous connection."""
    async with conn.transaction():
        found = await conn.execute(LOOK, {"merchant_id": merchant_id, "invoice_id": invoice_id})
        row = await found.fetchone()
        if row is None:
            return
        charged, values = begun(merchant_id, invoice_id, row)
        await conn.execute(BEGIN, values)
    answered = charged.answered()
    async with conn.transaction():
        for statement in RECORD:
            await conn.execute(statement, answered)


def database_url() -> str:
    """The database that this run is about, as SQLAlchemy takes it."""
    return os.environ[URL_SETTING]


def plain_database_url() -> str:
    """The same, as the driver takes it."""
    return database_url().replace("postgresql+psycopg:", "postgresql:", 1)
