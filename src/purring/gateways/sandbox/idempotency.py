"""Idempotency keys: one key, one body, one answer, for as long as the key lives."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from purring.gateways.sandbox.calls import Answered, Call, SandboxRefusal
from purring.gateways.sandbox.ledger import stamp

KEY_LENGTH_MAX = 255


def key_of(call: Call) -> str:
    """The request's `Idempotency-Key`."""
    key = call.headers.get("idempotency-key", "")
    if 1 <= len(key) <= KEY_LENGTH_MAX:
        return key
    raise SandboxRefusal(400, "idempotency_key_missing", f"Idempotency-Key: send 1 to {KEY_LENGTH_MAX} characters.")


def replay(call: Call, key: str) -> Answered | None:
    """The stored answer of a living key, marked as replayed; an expired key is a new one."""
    row = call.ledger.execute(
        "SELECT body_hash, status, reply FROM idempotency WHERE key = ? AND expires_at > ?", (key, stamp(call.now))
    ).fetchone()
    if row is None:
        return None
    if row["body_hash"] != _hash(call):
        raise SandboxRefusal(409, "idempotency_conflict", "This key was used with another body; nothing was done.")
    return Answered(status=row["status"], body=json.loads(row["reply"]), headers={"Idempotent-Replayed": "true"})


def store(call: Call, key: str, status: int, body: Mapping[str, object]) -> None:
    """Remember an answer until the key's lifetime is over."""
    expires_at = stamp(call.now + call.controls.settings.key_lifetime)
    values = (key, _hash(call), status, json.dumps(body), expires_at)
    call.ledger.execute("INSERT OR REPLACE INTO idempotency VALUES (?, ?, ?, ?, ?)", values)


def _hash(call: Call) -> str:
    return hashlib.sha256(call.route.encode() + b"\n" + call.raw_body).hexdigest()
