"""Signatures as receivers in every language can check them.

Source: Standard Webhooks 1.0.0, github.com/standard-webhooks/standard-webhooks (read 2026-11-27): the content is
`id.timestamp.body`, the signature `v1,` and the Base64 of its HMAC-SHA256; several are separated by spaces.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from purring.domain.errors import BadSignature, InvalidInput

ID = "webhook-id"
TIMESTAMP = "webhook-timestamp"
SIGNATURE = "webhook-signature"

PREFIX = "whsec_"
SECRET_BYTES = 32
"""The specification asks for 24 to 64."""
_BYTES = range(24, 65)
TOLERANCE = timedelta(minutes=5)


def secret_of(random_bytes: bytes) -> str:
    """Write a secret as receivers know it: `whsec_` and Base64."""
    assert len(random_bytes) in _BYTES, "the specification asks for 24 to 64 bytes"
    return PREFIX + base64.b64encode(random_bytes).decode()


def headers(event_id: str, at: datetime, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """Give the three headers that go with a body, signed with each of the secrets.

    Raises InvalidInput.
    """
    seconds = int(at.timestamp())
    signatures = (_signature(secret, event_id, seconds, body) for secret in secrets)
    return {ID: event_id, TIMESTAMP: str(seconds), SIGNATURE: " ".join(signatures)}


def verify(secret: str, given: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Make sure that a body was signed with the secret, within five minutes of now; names of headers in lower case.

    Raises BadSignature, InvalidInput.
    """
    try:
        event_id, seconds, signatures = given[ID], int(given[TIMESTAMP]), given[SIGNATURE]
    except (KeyError, ValueError):
        raise BadSignature("a header of Standard Webhooks is missing or can't be read; refuse the message") from None
    if abs(int(now.timestamp()) - seconds) > TOLERANCE.total_seconds():
        raise BadSignature("the message is older or newer than five minutes; refuse it, and look at the clocks")
    expected = _signature(secret, event_id, seconds, body).encode()
    if not any(hmac.compare_digest(expected, one.encode()) for one in signatures.split(" ")):
        raise BadSignature("no signature fits the secret and the raw body; refuse the message")


def _signature(secret: str, event_id: str, seconds: int, body: bytes) -> str:
    content = f"{event_id}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(_key(secret), content, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or len(key) not in _BYTES:
        raise InvalidInput("a secret looks like whsec_ and the Base64 of 24 to 64 bytes", field="secret")
    return key
