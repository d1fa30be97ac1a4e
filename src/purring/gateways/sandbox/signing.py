"""The signature on the sandbox's events: HMAC-SHA256 over `timestamp.body`, in `Sandbox-Signature: t=…,v1=…`."""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta

HEADER = "Sandbox-Signature"
TOLERANCE = timedelta(minutes=5)

_WRITTEN = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})", re.ASCII)


def sign(secret: str, body: bytes, at: datetime) -> str:
    """The header's value."""
    seconds = int(at.timestamp())
    return f"t={seconds},v1={_mac(secret, seconds, body)}"


def is_genuine(secret: str, header: str, body: bytes, now: datetime) -> bool:
    """Whether the header signs this body and is at most `TOLERANCE` off `now`, either way."""
    match = _WRITTEN.fullmatch(header)
    if match is None:
        return False
    seconds = int(match[1])
    matches = hmac.compare_digest(_mac(secret, seconds, body), match[2])
    return matches and abs(now - datetime.fromtimestamp(seconds, UTC)) <= TOLERANCE


def _mac(secret: str, seconds: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest()
